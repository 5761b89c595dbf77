"""Six languages: complete, well formed, bent as each template asks, and read through as files.

A new operator, signal, place or rule without its texts in every language fails here:
`sh deploy/texts.sh` brings new texts into the catalogues, `homecare texts export` gives a sheet.
"""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po
from babel.util import pathmatch

from gateway.texts import LANGUAGES, SOURCE, format_length, nouns, preferred, sheets, spoken
from gateway.texts.booklet import booklet
from gateway.texts.catalogues import catalogue, file_of, translated
from gateway.texts.comparisons import COMPARISON_TEMPLATES
from gateway.texts.formats import LENGTHS, plural_number
from gateway.texts.inflection import asked, fill, forms, inflect
from gateway.texts.phrases import TEMPLATES
from rules.file.named import NAMED
from rules.packs import PACKS, library_rules
from rules.sentences.comparing import KEYS as COMPARISONS

OTHERS = [language for language in LANGUAGES if language != SOURCE]
ROOT = Path(__file__).parents[2]
BOOKLETS = Path(__file__).parent / "booklets"
HOUR = 3_600_000


def prose():
    """All that a rule says beside its sentence."""
    for pack in PACKS:
        yield pack.title
    for rule in library_rules():
        yield from (rule.title, rule.why, rule.not_for, *rule.guidance)
        yield from (one.label for one in rule.parameters.values())
    for named in NAMED.values():
        yield from (named.title, named.what, *(one.label for one in named.inputs.values()))


WORDS = [
    *nouns.SIGNALS.values(),
    *nouns.PLACES.values(),
    *nouns.DAYS.values(),
    *nouns.CLAUSES.values(),
]
SPOKEN = sorted(
    text for text in {*TEMPLATES.values(), *WORDS, *prose()} if re.search(r"[a-z]", text)
)
BARE = {"{signal}", "{conditions}", "{place}"}  # nothing to translate


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_word_and_rule_has_its_text(language):
    missing = [text for text in SPOKEN if text not in BARE and not translated(text, language)]
    assert missing == [], "sh deploy/texts.sh, then translate"


def test_the_catalogues_hold_every_text_that_people_see():
    """Extracted as `deploy/texts.sh` does; what is not in a catalogue no translator ever meets."""
    with (ROOT / "gateway/texts/babel.cfg").open(encoding="utf-8") as config:
        mapping, options = parse_mapping_cfg(config)
    plural = (1, 2)
    keywords = {
        **DEFAULT_KEYWORDS, "N_": None, "translate": None, "_say": None,
        "NN_": plural, "ngettext": plural,
    }  # fmt: skip
    found = set()
    for folder in ("api", "devices", "gateway", "reviews", "rules"):  # where people's texts are
        for file in sorted((ROOT / folder).rglob("*")):
            name = file.relative_to(ROOT).as_posix()
            method = next((m for pattern, m in mapping if pathmatch(pattern, name)), None)
            if method is None or not file.is_file():
                continue
            chosen = next((options[p] for p, _ in mapping if pathmatch(p, name)), {})
            with file.open("rb") as opened:
                for _line, text, _comments, _context in extract(
                    method, opened, keywords, options=chosen
                ):
                    found.add(text if isinstance(text, str) else text[0])
    found.discard("")
    assert len(found) > 1_000
    for language in OTHERS:
        known = {
            one.id if isinstance(one.id, str) else one.id[0] for one in sheets.listing(language)
        }
        assert found - known == set(), "sh deploy/texts.sh"


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_fills_in_what_the_english_does_in_every_plural(language):
    wrong = {
        str(one.id): found for one in sheets.listing(language) if (found := sheets.problems(one))
    }
    assert wrong == {}


@pytest.mark.parametrize("language", OTHERS)
def test_plural_categories_are_those_of_cldr(language):
    with file_of(language).open("rb") as file:
        texts = read_po(file)
    count = len(sheets.plural_forms(language))
    assert texts.num_plurals == count
    for one in texts:
        if one.pluralizable:
            assert len(one.string) == count, one.id


@pytest.mark.parametrize("language", OTHERS)
def test_no_english_is_left_in_what_rules_say(language):
    """What is the same in both languages is a name, a number or a sign."""
    say = catalogue(language).gettext
    said = {inflect(text): inflect(say(text)) for text in SPOKEN if translated(text, language)}
    alike = {english for english, other in said.items() if english == other}
    words = {t for t in alike if re.search(r"[a-z]{2,} [a-z]{2,}", re.sub(r"\{.*?\}", "", t))}
    assert words == set()


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_marked_until_a_native_speaker_confirms_it(language):
    """Taken away by `homecare texts import`; carers never see it."""
    one = sheets.standing(language)
    unconfirmed = [m for m in sheets.listing(language) if sheets.UNCONFIRMED in m.flags]
    assert len(unconfirmed) == one.translated - one.confirmed
    assert "fuzzy" not in booklet(language)


@pytest.mark.parametrize("language", OTHERS)
def test_a_noun_has_every_form_that_a_template_asks_of_it(language, monkeypatch):
    """In all that the library says; elsewhere the first form stands in."""
    lost = set()

    def strict(message, form=""):
        if form and form not in forms(message):
            lost.add((message, form))
        return inflect(message, form)

    def strict_fill(message, form, parts):
        if form and not asked(message) and form not in forms(message):
            lost.add((message, form))
        return fill(message, form, parts)

    monkeypatch.setattr("gateway.texts.nouns.inflect", strict)
    monkeypatch.setattr("gateway.texts.formats.fill", strict_fill)
    booklet(language)
    for size, *_ in LENGTHS:
        format_length(2 * size, language)
    assert lost == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_speaker_can_read_the_library(language):
    """Written anew by deploy/texts.sh; the difference is what a speaker reads in a review."""
    kept = (BOOKLETS / f"{language}.txt").read_text(encoding="utf-8")
    assert booklet(language) == kept, "sh deploy/texts.sh, and read what changed"


def test_the_comparisons_of_the_rules_have_their_words():
    assert set(COMPARISON_TEMPLATES) == COMPARISONS


def test_a_form_that_is_not_there_is_the_first():
    assert inflect("liike | genitive: liikkeen", "genitive") == "liikkeen"
    assert inflect("liike | genitive: liikkeen", "dative") == "liike"
    assert fill(
        "{a.genitive} nousu {b}", "", {"a": lambda f: f"<{f}>", "b": lambda f: f or "-"}
    ) == ("<genitive> nousu -")


def test_a_placeholder_that_nothing_fills_breaks_no_page():
    assert (
        fill("{unknown} and {known}", "", {"known": lambda _form: "this"}) == "{unknown} and this"
    )


def test_lengths_bend_by_number_and_case():
    no_break = "\N{NO-BREAK SPACE}"
    said = {
        ("ga", 1): "1 uair an chloig", ("ga", 3): "3 huaire an chloig",
        ("ga", 7): "7 n-uaire an chloig", ("ga", 12): "12 uair an chloig",
        ("is", 1): "1 klukkustund", ("is", 5): "5 klukkustundir", ("is", 21): "21 klukkustund",
        ("fi", 1): "1 tunti", ("fi", 4): "4 tuntia",
        ("sv", 2): "2 timmar", ("nn", 2): "2 timar",
    }  # fmt: skip
    for (language, hours), text in said.items():
        assert format_length(hours * HOUR, language).replace(no_break, " ") == text
    assert format_length(4 * HOUR, "fi", "illative").replace(no_break, " ") == "4 tuntiin"
    assert plural_number(Decimal("1.5"), "ga") == 0  # other, not two
    assert plural_number(Decimal("2.1"), "is") == 1  # one, by CLDR


def test_days_are_spans_where_three_or_more_follow():
    assert nouns.say_days(("mon", "tue", "wed", "thu", "fri"), "en") == "Monday to Friday"
    assert nouns.say_days(("mon", "sat", "sun"), "fi", "on") == "lauantaista maanantaihin"
    assert nouns.say_days(("mon", "thu"), "sv", "on") == "på måndagar eller på torsdagar"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("fi-FI,fi;q=0.9,en;q=0.8", "fi"), ("nb-NO,nb;q=0.9", "nn"), ("de,sv;q=0.5,en;q=0.4", "sv"),
        ("de", "en"), ("", "en"), ("en;q=0.2, ga;q=0.9", "ga"), ("is;q=0, en", "en"),
        ("fi;q=x", "en"),
    ],
)  # fmt: skip
def test_a_browser_is_spoken_to_as_it_asks(header, language):
    assert preferred(header) == language


def test_a_neighbouring_language_is_served():
    assert [spoken(one) for one in ("nb", "no", "sv-FI", "xx", "")] == [
        "nn",
        "nn",
        "sv",
        "en",
        "en",
    ]


@pytest.fixture
def own_copy(tmp_path, monkeypatch):
    """Finnish in a folder of its own, so that a test may write."""
    path = tmp_path / "homecare.po"
    path.write_bytes(file_of("fi").read_bytes())
    monkeypatch.setattr("gateway.texts.sheets.file_of", lambda _language: path)
    return path


@pytest.mark.parametrize("kind", ["csv", "po"])
def test_a_sheet_that_comes_back_untouched_changes_nothing(own_copy, tmp_path, kind):
    sheet = tmp_path / f"sheet.{kind}"
    text = sheets.to_csv("fi") if kind == "csv" else sheets.to_po("fi")
    sheet.write_text(text, encoding="utf-8")
    before = own_copy.read_text(encoding="utf-8")
    assert sheets.take("fi", sheet) == 0
    assert own_copy.read_text(encoding="utf-8") == before


def row(tmp_path, line):
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(f"english,form,translation,confirmed\n{line}\n", encoding="utf-8-sig")
    return sheet


def test_a_native_speakers_yes_takes_the_mark_away(own_copy, tmp_path):
    before = sheets.standing("fi").confirmed
    assert sheets.take("fi", row(tmp_path, "Phone at once.,,Soita heti.,yes")) == 1
    assert sheets.standing("fi").confirmed == before + 1
    assert sheets.take("fi", row(tmp_path, "Phone at once.,,Soita saman tien.,")) == 1
    assert sheets.standing("fi").confirmed == before


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{value} is above {limit},,{value} on yli {raja},", "{raja} is not in the English"),
        ("{value} is above {limit},,arvo on yli {limit},", "{value} of the English is missing"),
        ("{count} hour,one,{count} tunti,", "a plural form is missing"),
        ("Nobody ever wrote this.,,Ei kukaan.,", "is no text of the gateway"),
    ],
)
def test_a_sheet_with_one_mistake_is_refused_whole(own_copy, tmp_path, line, problem):
    sheet = row(tmp_path, f"Phone at once.,,Soita pian.,yes\n{line}")
    before = own_copy.read_text(encoding="utf-8")
    with pytest.raises(sheets.SheetRefused, match=re.escape(problem)):
        sheets.take("fi", sheet)
    assert own_copy.read_text(encoding="utf-8") == before


@pytest.mark.parametrize(
    "content", [b"", b"a,b\n1,2\n", b"\xff\xfe\x00", b'english,"translation\n']
)
def test_a_file_that_is_no_sheet_is_refused_by_name(own_copy, tmp_path, content):
    sheet = tmp_path / "sheet.csv"
    sheet.write_bytes(content)
    with pytest.raises(sheets.SheetRefused, match=r"sheet\.csv"):
        sheets.take("fi", sheet)
