"""Why, and why not, as a page or a program is told it: verdict, lines, brakes, what came of it."""

from dataclasses import dataclass
from typing import Any

from api.pages.why_lines import Line, LineWriter, Reading, lines, mark_of
from api.pages.why_words import BRAKES, FREE, SENT
from api.pages.words import Words
from devices.signals import CATALOGUE, Kind
from gateway.texts import catalogue, format_value
from gateway.texts.phrases import render
from gateway.watch.answers import Answer
from gateway.watch.outcomes import Brake, Told
from rules.sentences.sentence import sentence

LATE_MS = 60_000  # known later than this after its onset: worth saying


@dataclass(frozen=True, slots=True)
class Held:
    """One brake in words."""

    kind: str
    name: str
    text: str
    on: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that came of an episode, or did not."""

    text: str
    at: int | None  # wall time or the site's clock, as `site_clock` says
    site_clock: bool
    good: bool


@dataclass(frozen=True, slots=True)
class View:
    """All of it in one language."""

    verdict: str
    mark: str  # true, false, unknown, gone
    sentence: str
    lines: tuple[Line, ...]
    clear_lines: tuple[Line, ...]
    enough: tuple[str, ...]  # what would have turned the whole rule
    follows: str
    rests: tuple[Reading, ...]
    brakes: tuple[Held, ...]
    steps: tuple[Step, ...]
    notes: tuple[str, ...]

    @property
    def held_back(self) -> bool:
        """Whether any brake was on."""
        return any(one.on for one in self.brakes)


def view(answer: Answer, language: str) -> View:
    """What a page shows of an answer."""
    writer = LineWriter(answer, language)
    tree = tuple(lines(answer, language))
    root = answer.root
    stopped = next((line for line in tree if line.stopped), None)
    enough = tuple(writer.miss(miss) for miss in answer.misses[answer.plan.root])
    return View(
        verdict=_verdict(answer, language, stopped),
        mark="gone" if answer.gone else mark_of(root),
        sentence=render(sentence(answer.rule, answer.plan.values), language),
        lines=() if answer.gone else tree,
        clear_lines=() if answer.gone else tuple(lines(answer, language, clear=True)),
        enough=() if answer.gone else enough,
        follows="" if answer.gone or not tree else tree[0].follows,
        rests=tuple(_reading(answer, one, language) for one in _by_devices(answer)),
        brakes=tuple(_brake(answer, one, language) for one in answer.brakes),
        steps=_steps(answer, language),
        notes=tuple(_notes(answer, language)),
    )


def _verdict(answer: Answer, language: str, stopped: Line | None) -> str:
    _ = catalogue(language).gettext
    words = Words(language)
    at, zone = answer.question.at, answer.site.zone
    if answer.gone:
        if answer.first_at is None:
            return _("Gone: no reading is kept of this time.")
        day = words.date(answer.first_at, zone)
        return _("Gone: deleted before {day}, or never measured.").format(day=day)
    root = answer.root
    if root.is_true:
        if root.since is None or root.since == at:
            return _("Yes: all that it asks for was so.")
        since = words.clock_near(root.since, zone, at)
        return _("Yes: all that it asks for was so since {time}.").format(time=since)
    number = stopped.number if stopped is not None else 1
    if root.answer is None:
        return _("Unknown: line {n} could not be seen.").format(n=number)
    return _("No: stopped at line {n}.").format(n=number)


def _by_devices(answer: Answer) -> list[Any]:
    return [one for one in answer.rests if not CATALOGUE[one.signal].by_gateway]


def _reading(answer: Answer, one: Any, language: str) -> Reading:
    from api.pages.sentences import signal_name

    event = CATALOGUE[one.signal].kind is Kind.EVENT
    value = "" if event else format_value(one.x, one.signal, language)
    name = signal_name(one.signal, one.place, language)
    return Reading(name, value, one.at, answer.question.at - one.at)


def _brake(answer: Answer, one: Brake, language: str) -> Held:
    _ = catalogue(language).gettext
    name, on = BRAKES[one.kind]
    if not one.on:
        return Held(one.kind, _(name), _(FREE[one.kind]), on=False)
    words, zone, at = Words(language), answer.site.zone, answer.question.at
    parts = {
        "since": ""
        if one.since is None
        else " " + _("since {time}").format(time=words.clock_near(one.since, zone, at)),
        "until": ""
        if one.until is None
        else " " + _("until {time}").format(time=words.clock_near(one.until, zone, at)),
        "at": "" if one.since is None else words.clock_near(one.since, zone, at),
        "by": _(one.by) if one.by else "",
    }
    if one.kind == "not-live" and one.by == "draft":
        return Held(one.kind, _(name), _("A draft: it runs nowhere."), on=True)
    return Held(one.kind, _(name), _(on).format_map(parts), on=True)


def _steps(answer: Answer, language: str) -> tuple[Step, ...]:
    """Recorded: the episode, its alert, its messages, who opened it."""
    _ = catalogue(language).gettext
    told = answer.told
    if told is None:
        return ()
    found = [Step(_began(told, language), told.onset_at, site_clock=True, good=True)]
    if told.held_until is not None:
        text = _("Held back: told at most once in a while, so not before")
        found.append(Step(text, told.held_until, site_clock=True, good=False))
    if told.code is None:
        found.append(Step(_nobody(told, language), None, site_clock=True, good=False))
        return tuple(found)
    raised = _("Alert {code} raised").format(code=told.code)
    found.append(Step(raised, told.raised_at, site_clock=False, good=True))
    for cause in told.causes:
        text = _("The broader cause is over, this is not")
        if cause.code:
            text = _("Held back: alert {code} explains it").format(code=cause.code)
        found.append(Step(text, cause.at, site_clock=False, good=not cause.code))
    if not told.sent:
        found.append(Step(_("No message was made"), None, site_clock=False, good=False))
    for one in told.sent:
        text = f"{one.channel}: {_(SENT.get(one.state, one.state))}"
        if one.reason:
            text = f"{text} ({one.reason})"
        moment = one.due_at if one.finished_at is None else one.finished_at
        found.append(Step(text, moment, site_clock=False, good=one.state == "sent"))
    if told.opened_at is None:
        found.append(Step(_("Nobody has opened it"), None, site_clock=False, good=False))
    else:
        who = told.opened_by or _("somebody")
        text = _("Opened by {who}").format(who=who)
        found.append(Step(text, told.opened_at, site_clock=False, good=True))
    return tuple(found)


def _began(told: Told, language: str) -> str:
    _ = catalogue(language).gettext
    text = _("Episode began, by the record")
    if told.mode == "shadow":
        text = _("Episode began in shadow, by the record")
    return f"{text} · {_('version')} {told.version[:8]}"


def _nobody(told: Told, language: str) -> str:
    _ = catalogue(language).gettext
    if told.mode == "shadow":
        return _("Nobody was told: it ran in shadow")
    return _("Nobody was told: known too late, or held back")


def _notes(answer: Answer, language: str) -> list[str]:
    """What a reader must know before believing it."""
    _ = catalogue(language).gettext
    words, zone, at = Words(language), answer.site.zone, answer.question.at
    found = []
    if answer.partial_from is not None:
        day = words.date_time(answer.partial_from, zone)
        found.append(
            _(
                "Readings are kept from {day} on: the rule looks back further, so it may have "
                "known more then."
            ).format(day=day)
        )
    told, root = answer.told, answer.root
    if not answer.gone and answer.version != "draft" and answer.mode in {"live", "shadow"}:
        if told is None and root.is_true:
            found.append(
                _(
                    "No episode was recorded then. Readings may have come later than the "
                    "moment, or it was held across a time that could not be seen."
                )
            )
        elif told is not None and root.answer == 0 and told.version == answer.version:
            found.append(
                _(
                    "An episode was recorded then and stays recorded: late readings since show "
                    "another course, or it waited for what ends it."
                )
            )
    if told is not None and told.noticed_at - told.onset_at >= LATE_MS and told.noticed_at > at:
        when = words.clock_near(told.noticed_at, zone, at)
        text = _("It became known only at {time}: readings were late.")
        if not told.late:
            text = _("It became known only at {time}.")
        found.append(text.format(time=when))
    return found
