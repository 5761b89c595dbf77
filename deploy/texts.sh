#!/bin/sh
# Finds every text that people see and brings each language's .po up to date: new texts come in
# empty, texts that are gone go out, nothing is guessed. Then says what each language lacks.
# A new language: pybabel init -i <pot> -d gateway/texts/locales -D homecare -l <language>
set -eu
cd "$(dirname "$0")/.."
python="${PYTHON:-.venv/bin/python}"
locales=gateway/texts/locales
pot="${POT:-$(mktemp)}"
"$python" -m babel.messages.frontend -q extract -F gateway/texts/babel.cfg \
    -k N_ -k NN_:1,2 -k ngettext:1,2 -k translate -k _say -k Spoken --no-location --sort-output --project homecare --no-wrap \
    -o "$pot" .
for language in ga is nn sv fi; do
    file="$locales/$language/LC_MESSAGES/homecare.po"
    verb=update
    more="--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date"
    if [ ! -f "$file" ]; then
        verb=init
        more=
        mkdir -p "$(dirname "$file")"
    fi
    # shellcheck disable=SC2086 # several words on purpose
    "$python" -m babel.messages.frontend -q $verb -i "$pot" -o "$file" -D homecare -l "$language" \
        --no-wrap $more
done
[ -n "${POT:-}" ] || rm -f "$pot"
# What speakers read through, and tests hold: tests/rules/test_languages.py.
mkdir -p tests/rules/booklets
for language in en ga is nn sv fi; do
    "$python" -c "import sys; from gateway.texts.booklet import booklet; \
sys.stdout.reconfigure(encoding='utf-8'); print(booklet(sys.argv[1]), end='')" "$language" \
        > "tests/rules/booklets/$language.txt"
done
"$python" -m api.cli.main texts status
