#!/bin/sh
# Fetch what the pages use of others into api/static/vendor (ignored by git, part of a built
# package): htmx, its SSE extension, uPlot, Designsystemet's CSS and our own theme of it.
#
#   sh deploy/pages.sh [PYTHON]        what the product serves; of node_modules only axe-core stays
#                                      (3 MB, for the page tests)
#   sh deploy/pages.sh --dev [PYTHON]  and leave all of node_modules, for work on the theme
#
# An `npm` on the PATH is used where there is one; otherwise Node comes from PyPI into a throw-away
# environment (about 60 MB to download), and is gone afterwards. Nothing of it is needed at run time.
set -eu
cd "$(dirname "$0")/.."

dev=""
if [ "${1:-}" = "--dev" ]; then dev=yes; shift; fi
python=${1:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

if command -v npm >/dev/null 2>&1 && command -v node >/dev/null 2>&1 &&
	[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ]; then
	echo "Fetching the pages' parts with the npm on your PATH (about 10 MB, under a minute)."
else
	echo "No npm here: taking Node from PyPI for a moment (about 60 MB, one to two minutes)."
	"$python" -m venv "$work/node"
	"$work/node/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
		-r deploy/lock/node.txt
	PATH="$work/node/bin:$PATH"
	export PATH
fi

npm ci --loglevel=error --no-progress >"$work/npm.log" 2>&1 || {
	cat "$work/npm.log" >&2
	echo "fetch pages: npm ci failed (see above). Is a package registry reachable? Then: make install" >&2
	exit 1
}

theme=node_modules/.homecare
node node_modules/@digdir/designsystemet/dist/bin/designsystemet.js tokens create \
	--config ds.config.json >"$work/theme.log" 2>&1 &&
	node node_modules/@digdir/designsystemet/dist/bin/designsystemet.js tokens build \
		--config ds.config.json --tokens $theme/tokens --out-dir $theme/built \
		>>"$work/theme.log" 2>&1 || {
	cat "$work/theme.log" >&2
	echo "fetch pages: the theme was not built (see above); ds.config.json describes it" >&2
	exit 1
}

vendor=api/static/vendor
rm -rf "$vendor.new"
mkdir -p "$vendor.new"
cp node_modules/htmx.org/dist/htmx.min.js \
	node_modules/htmx.org/dist/ext/hx-sse.min.js \
	node_modules/uplot/dist/uPlot.iife.min.js \
	node_modules/uplot/dist/uPlot.min.css \
	"$vendor.new/"
cp node_modules/@digdir/designsystemet-css/dist/src/index.css "$vendor.new/designsystemet.css"
cp $theme/built/homecare.css "$vendor.new/theme.css"
for name in htmx.org uplot @digdir/designsystemet-css; do
	cp "node_modules/$name/LICENSE" "$vendor.new/LICENSE.$(echo "$name" | tr '/@' '-_')"
done
rm -rf "$vendor"
mv "$vendor.new" "$vendor"
if [ -z "$dev" ]; then
	for part in node_modules/* node_modules/.[!.]*; do
		[ "$part" = node_modules/axe-core ] || rm -rf "$part"
	done
fi
echo "The pages' parts are in $vendor."
