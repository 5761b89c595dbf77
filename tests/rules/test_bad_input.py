"""Whatever stands in a file: a rule, or a named refusal. Never a crash, never a long wait."""

import random

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.checks.checking import check, checked_rule
from rules.checks.examples import run_examples, run_named_example
from rules.errors import RuleRefused
from rules.file.document import read_document
from rules.file.named import NAMED
from rules.operators import OPERATORS
from rules.packs import library_rules
from rules.rule import Rule
from tests.rules.stories import HEAD

TEXTS = tuple(one.text for one in (*library_rules(), *NAMED.values()))
WORDS = tuple(
    {o.word for o in OPERATORS}
    | {f.alias or n for o in OPERATORS for n, f in o.form.model_fields.items()}
    | {"named", "name", "when", "clear_when", "parameters", "examples", "inputs", "truth", "number"}
)
LEAVES = (
    "spo2", "door@outer", "motion@", "@", "$limit", "$", "92 %", "9" * 400, "-1 kg", "1e999 %",
    "NaN",
    "0.0000001 kg", "999999999999999 wk", "999999999999999.999999 d", "24:00", "24:01", "99:99",
    "٩٢ %", "92 \N{EM SPACE}%", "é" * 50, "\N{ROCKET}", "a\u200db", "open", "mon", "true", "", "~",
    "{named: a}", "bathroom_visits", "__class__", "{0.__class__}", "%s%n", "../../etc/passwd",
)  # fmt: skip


def read(text):
    """A rule or a named expression goes through all that a file can go through."""
    try:
        found = read_document(text, "trial.yaml")
        if isinstance(found, Rule):
            check(found)
            return sum(1 for _ in run_examples(found))
        return sum(1 for one in found.examples if run_named_example(found, one))
    except RuleRefused as refused:
        is_well_said(refused)
        return None


def is_well_said(refused):
    said = str(refused)
    assert refused.operation == "read a rule"
    assert refused.problem
    assert len(said) < 4000
    assert said.isprintable(), said


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=300), st.binary(max_size=300).map(lambda b: b.decode("latin-1"))))
def test_any_text_at_all(text):
    read(text)


@settings(max_examples=150, deadline=None)
@given(st.randoms(use_true_random=False))
def test_rules_with_a_few_characters_changed(r):
    text = r.choice(TEXTS)
    for _ in range(r.randint(1, 4)):
        at = r.randrange(len(text))
        piece = r.choice(
            ["", "\n", ":", "- ", "{", "]", "#", "\t", "&a ", "*a", "!!python ", "'", '"']
        )
        text = text[:at] + piece + text[at + r.randint(0, 3) :]
    read(text)


def anything(r, depth):
    """A mapping, list or word as somebody might guess the language."""
    kind = r.random()
    if depth == 0 or kind < 0.3:
        return r.choice(LEAVES if r.random() < 0.6 else WORDS)
    if kind < 0.75:
        return {r.choice(WORDS): anything(r, depth - 1) for _ in range(r.randint(0, 3))}
    return [anything(r, depth - 1) for _ in range(r.randint(0, 3))]


@settings(max_examples=200, deadline=None)
@given(st.randoms(use_true_random=False))
def test_rules_with_a_part_replaced_by_anything(r):
    data = yaml.load(r.choice(TEXTS), yaml.BaseLoader)
    for _ in range(r.randint(1, 3)):
        place = data
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = r.choice(keys)
            if isinstance(place[key], dict | list) and r.random() < 0.8:
                place = place[key]
                continue
            place[key] = anything(r, 3)
            break
    read(yaml.safe_dump(data, allow_unicode=True, sort_keys=False))


@settings(max_examples=200, deadline=None)
@given(st.randoms(use_true_random=False))
def test_conditions_that_somebody_might_guess(r):
    when = {r.choice(WORDS): anything(r, 4)}
    read(HEAD + yaml.safe_dump({"when": when}, allow_unicode=True))


def parameter(name):
    return f"  {name}: {{label: l, default: 5 min, low: 1 min, high: 9 min}}\n"


WHEN = "when: {event: {signal: sos}}\n"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join([f'*{chr(97 + i)}'] * 9)}]\n" for i in range(12)
)
HARD = {
    "five hundred deep, in lines": (
        HEAD + "when:\n" + "".join(" " * i + "not:\n" for i in range(1, 500)), "deeper than",
    ),
    "a thousand deep, in brackets": (HEAD + "when: " + "[" * 1000 + "]" * 1000, "deeper than"),
    "thirty-one deep is allowed, and looked at": (
        f"{HEAD}when: {'{not: ' * 31}{{event: {{signal: sos}}}}{'}' * 31}",
        "not heard does not mean",
    ),
    "ten thousand parameters": (
        HEAD + "parameters:\n" + "".join(f"  a{i}: {{}}\n" for i in range(10_000)) + WHEN,
        "parameters",
    ),
    "two thousand whole parameters": (
        HEAD + "parameters:\n" + "".join(parameter(f"a{i}") for i in range(2000)) + WHEN, "40",
    ),
    "a file too large": (HEAD + WHEN + "#" * 300_000, "bytes"),
    "a bomb": (BOMB, "anchors"),
    "NUL": (HEAD + "title: a\x00b\n" + WHEN, "\\x00"),
    "an escape": (HEAD.replace("A trial", '"\\e[31mred\\0"'), "it is missing"),
    "half a pair": (HEAD.replace("A trial", "\ud83d"), "\\ud83d"),
    "right to left": (HEAD.replace("A trial", "a\u202eb"), "\\u202e"),
    "a byte order mark": ("\ufeff" + HEAD, "it is missing"),
    "a merge": (HEAD + "<<: {when: x}\n" + WHEN, "unknown key"),
    "two documents": (HEAD + "---\n" + HEAD, "not YAML"),
    "a huge number": (
        HEAD + f"when: {{above: {{value: spo2, limit: {'9' * 1000} %}}}}\n", "no quantity",
    ),
    "a huge length": (
        HEAD + "when: {none_for: {signal: motion, for: 999999999999999.999999 wk}}\n", "35 d,",
    ),
    "a range beyond any step": (
        HEAD + "parameters: {a: {label: l, default: 0, low: 0, high: 999999999999999, "
        "step: 0.000001}}\n" + WHEN,
        "nowhere",
    ),
    "a negative step": (
        HEAD + "parameters: {a: {label: l, default: 0, low: 0, high: 9, step: -1}}\n" + WHEN,
        "positive",
    ),
    "a key with a line in it": (HEAD + '"a\\nb\\e": 1\n' + WHEN, "\\x1b"),
    "a zone outside": (
        HEAD + WHEN + "examples: [{name: e, kind: quiet, zone: ../../etc/passwd, readings: [], "
        "until: '01:00'}]\n",
        "zone",
    ),
    "a year beyond": (
        HEAD + WHEN + "examples: [{name: e, kind: quiet, day: '9999-12-31', readings: [], "
        "until: '01:00'}]\n",
        "1971",
    ),
    "a calendar that is none": (
        HEAD + WHEN + "examples: [{name: e, kind: quiet, holidays: XX, readings: [], "
        "until: '01:00'}]\n",
        "calendar",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HARD)
def test_hard_files_are_refused_by_name(name):
    text, reason = HARD[name]
    with pytest.raises(RuleRefused) as caught:
        for _ in run_examples(checked_rule(text, "trial.yaml")):
            pass
    said = str(caught.value)
    assert reason in said, said
    assert said.isprintable()
    assert len(said) < 4000


def test_values_beyond_every_bound_in_an_example_are_refused():
    for value in ("1e999999", "1e-999999", "-0", "9" * 60, "Infinity", "sNaN", "0x10", "1_0"):
        example = f"{{name: e, kind: quiet, readings: ['01:00 spo2 {value}'], until: '02:00'}}"
        text = HEAD + f"when: {{below: {{value: spo2, limit: 90 %}}}}\nexamples: [{example}]\n"
        with pytest.raises(RuleRefused, match=r"examples\.readings") as refused:
            list(run_examples(read_document(text, "trial.yaml")))
        is_well_said(refused.value)


def test_the_same_file_is_refused_in_the_same_words():
    r = random.Random(4)
    for _ in range(30):
        text = HEAD + yaml.safe_dump({"when": {r.choice(WORDS): anything(r, 3)}})
        said = []
        for _ in range(2):
            try:
                said.append(str(checked_rule(text).version))
            except RuleRefused as refused:
                said.append(str(refused))
        assert said[0] == said[1]
