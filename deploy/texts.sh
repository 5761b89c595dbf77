#!/bin/sh
# Extracts every text that people see into gateway/texts/locales/homecare.pot, and merges it into
# the languages that exist. A new language: pybabel init -i …/homecare.pot -d …/locales -D homecare -l sv
set -eu
cd "$(dirname "$0")/.."
babel="${BABEL:-.venv/bin/pybabel}"
locales=gateway/texts/locales
mkdir -p "$locales"
"$babel" -q extract -F gateway/texts/babel.cfg -k N_ -k ngettext:1,2 --no-location --sort-output \
    --project homecare -o "$locales/homecare.pot" .
if ls "$locales"/*/LC_MESSAGES/homecare.po >/dev/null 2>&1; then
    "$babel" -q update -i "$locales/homecare.pot" -d "$locales" -D homecare --no-fuzzy-matching
    "$babel" -q compile -d "$locales" -D homecare
fi
echo "$locales/homecare.pot: $(grep -c '^msgid ' "$locales/homecare.pot") texts"
