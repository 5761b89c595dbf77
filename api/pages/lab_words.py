"""Words and numbers of reviews and rules, in the reader's language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from gateway.rulebook import Mode
from gateway.texts import N_, catalogue, format_decimal, format_unit
from gateway.texts.phrases import format_parameter, render
from reviews.cycle import Phase
from reviews.quorum import Missing
from reviews.records import Outcome, Stance
from rules.file.language import Parameter, Rule
from rules.quantity import CLOCK
from rules.sentences.sentence import sentence

DASH = "\N{EN DASH}"

MODES: Mapping[str, str] = {
    Mode.LIVE: N_("live"),
    Mode.SHADOW: N_("in shadow"),
    Mode.OFF: N_("off"),
}
PHASES: Mapping[str, str] = {
    Phase.CO_CREATION: N_("Co-creation"),
    Phase.EXPLORATION: N_("Exploration"),
    Phase.EXPERIMENTATION: N_("Experimentation"),
    Phase.EVALUATION: N_("Evaluation"),
    Phase.CLOSED: N_("Closed"),
}
STANCES: Mapping[str, str] = {
    Stance.SUPPORT: N_("I support it"),
    Stance.LIVE_WITH: N_("I can live with it"),
    Stance.OBJECT: N_("I object"),
}
OUTCOMES: Mapping[str, str] = {
    Outcome.ADOPT: N_("Adopt the proposal"),
    Outcome.REJECT: N_("Keep today's rule"),
    Outcome.DEFER: N_("Decide later"),
    Outcome.KEEP: N_("It stays as it is"),
}
NEEDS: Mapping[Missing, tuple[str, str]] = {  # what is there, what is missing
    Missing.NO_RESIDENT: (
        N_("The residents' side has taken a position"),
        N_("No resident or resident's representative has taken a position"),
    ),
    Missing.NO_CARER: (
        N_("A carer has taken a position"),
        N_("No carer has taken a position"),
    ),
    Missing.NO_DECIDER: (
        N_("A decider has taken a position"),
        N_("No decider has taken a position"),
    ),
    Missing.NO_EVIDENCE: (
        N_("Replayed over this site's own history"),
        N_("The proposal was not replayed over this site's history"),
    ),
}
MISSING: Mapping[Missing, str] = {
    **{code: texts[1] for code, texts in NEEDS.items()},
    Missing.NOT_DECIDER: N_("Only a decider of this site can decide"),
    Missing.WRONG_PHASE: N_("This decision does not belong to the present phase"),
    Missing.NO_PROPOSAL: N_("Nothing is proposed yet"),
    Missing.STALE_EVIDENCE: N_("The replay compares another version with this proposal"),
    Missing.EMPTY_EVIDENCE: N_("The replay found no home that was covered enough to compare"),
}
STEPS: Mapping[str, str] = {  # lines of a review's course
    "opened": N_("Opened"),
    "said": N_("Somebody said what they saw"),
    "proposed": N_("A proposal was put on the table"),
    "reworked": N_("Taken back to talk"),
    "tried": N_("A trial in shadow began"),
    "trial-ended": N_("The trial in shadow ended"),
    "adopted": N_("Decided: the proposal takes force"),
    "rejected": N_("Decided: today's rule stays"),
    "deferred": N_("Decided: later"),
    "kept": N_("Decided: it stays as it is"),
    "reopened": N_("Opened again: the outcome was not as said"),
    "withdrawn": N_("Withdrawn"),
}
KINDS: Mapping[str, str] = {  # lines of a rule's history
    "installed": N_("Began with the starter pack"),
    "offered": N_("Taken in, off"),
    "adopted": N_("Adopted by a review"),
    "trial": N_("Trial in shadow"),
    "stopped": N_("Stopped by a coordinator"),
    "withdrawn": N_("A scheduled change was withdrawn"),
    "parameter": N_("A resident's own limit was set"),
    "switch": N_("Switched for one resident"),
}
MANDATES: Mapping[str, str] = {
    "founding": N_("founding mandate"),
    "adopted": N_("decided by a review"),
    "stop": N_("since a coordinator's stop"),
}

CHANGES: Mapping[str, str] = {  # what an example of a rule expects
    "onset": N_("it speaks"),
    "end": N_("it is over"),
    "unknown": N_("it cannot be seen"),
    "known": N_("it can be seen again"),
    "told": N_("it is told"),
}


def words(language: str) -> dict[str, Any]:
    """What the templates of reviews and rules call."""
    _ = catalogue(language).gettext

    def table(known: Mapping[Any, str]) -> Callable[[Any], str]:
        return lambda code: _(known[code]) if code in known else str(code)

    return {
        "mode_word": table(MODES),
        "phase_word": table(PHASES),
        "stance_word": table(STANCES),
        "outcome_word": table(OUTCOMES),
        "missing_word": table(MISSING),
        "step_word": table(STEPS),
        "kind_word": table(KINDS),
        "mandate_word": table(MANDATES),
        "change_word": table(CHANGES),
        "count": lambda number: format_decimal(Decimal(number), language),
        "phase_steps": lambda phase: phase_steps(Phase(phase), language),
    }


@dataclass(frozen=True, slots=True)
class PhaseStep:
    """One of the four phases, as the bar shows it."""

    number: int
    word: str
    done: bool
    current: bool


def phase_steps(phase: Phase, language: str) -> list[PhaseStep]:
    """The bar of a review that stands in `phase`."""
    _ = catalogue(language).gettext
    order = [one for one in Phase if one is not Phase.CLOSED]
    at = len(order) if phase is Phase.CLOSED else order.index(phase)
    return [
        PhaseStep(n + 1, _(PHASES[one]), done=n < at, current=n == at)
        for n, one in enumerate(order)
    ]


def sentence_of(rule: Rule, values: Mapping[str, Decimal], mode: Mode, language: str) -> str:
    """What a version says in plain words; that it does not run is said as well."""
    if mode is Mode.OFF:
        return catalogue(language).gettext("This rule does not run here.")
    return render(sentence(rule, values), language)


@dataclass(frozen=True, slots=True)
class Slider:
    """A limit to move. Numbers are plain text as a browser's number box takes them."""

    name: str
    label: str
    clock: bool
    unit: str
    low: str
    high: str
    step: str
    value: str
    today: str
    text: str  # the value as a person reads it
    low_text: str
    high_text: str
    today_text: str


def sliders(
    rule: Rule, today: Mapping[str, Decimal], values: Mapping[str, Decimal], language: str
) -> list[Slider]:
    """One for every parameter of the rule."""
    return [
        _slider(one, today.get(one.name, one.default), values.get(one.name, one.default), language)
        for one in rule.parameters.values()
    ]


def _slider(span: Parameter, today: Decimal, value: Decimal, language: str) -> Slider:
    def said(number: Decimal) -> str:
        if span.unit == CLOCK:  # a time field takes HH:MM in every language
            return f"{int(number) // 60:02d}:{int(number) % 60:02d}"
        return format_parameter(number, span.unit, language)

    clock = span.unit == CLOCK
    return Slider(
        span.name,
        catalogue(language).gettext(span.label),
        clock,
        "" if clock else format_unit(span.unit, language),
        f"{span.low:f}",
        f"{span.high:f}",
        f"{span.step:f}",
        f"{value:f}",
        f"{today:f}",
        said(value),
        said(span.low),
        said(span.high),
        said(today),
    )


@dataclass(frozen=True, slots=True)
class Moved:
    """A limit that a proposal changes."""

    label: str
    old: str
    new: str


def moved(
    rule: Rule, old: Mapping[str, Decimal], new: Mapping[str, Decimal], language: str
) -> list[Moved]:
    """The limits that differ."""
    return [
        Moved(
            catalogue(language).gettext(one.label),
            format_parameter(old[name], one.unit, language) if name in old else DASH,
            format_parameter(new[name], one.unit, language),
        )
        for name, one in rule.parameters.items()
        if name in new and old.get(name) != new[name]
    ]
