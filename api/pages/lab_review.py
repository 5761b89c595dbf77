"""What one review's page shows, gathered for its reader."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from api.pages.clocks import site_now
from api.pages.lab_words import NEEDS, OUTCOMES, STEPS, moved, sentence_of, sliders, words
from gateway import rulebook
from gateway.access import Action, Role, Viewer, not_found
from gateway.alerts.episodes import Disposition
from gateway.rulebook import Mode
from gateway.texts import catalogue
from reviews import decide, dispositions, quorum, records, steps, trying
from reviews.cycle import Phase
from reviews.quorum import Missing, Standing
from reviews.records import Evidence, Position, Review, Stance

DAY_MS = 86_400_000
SIDES = (Role.RESIDENT, Role.CARER, Role.DECIDER)  # absent ones are shown by these names


@dataclass(frozen=True, slots=True)
class PositionRow:
    """A position, or a role that has not spoken."""

    role: Role
    position: Position | None
    mine: bool


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that a decision asks for."""

    met: bool
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the course."""

    words_of: str
    who: str
    at: int


@dataclass(frozen=True, slots=True)
class Seen:
    """A review with everything around it, as read in one moment."""

    review: Review
    site: Any
    site_at: int
    standing: Standing
    live: rulebook.Entry | None
    base: rulebook.Entry | None  # what a proposal is measured against: in force, or taken in as off
    rule: Any  # of what is live, or was last
    draft: Any  # of the proposal, whose limits are moved; without one, the same


def look(conn: sa.Connection, gateway: Any, viewer: Viewer, review_id: int) -> Seen:
    """Read a review. Raises NotFound."""
    review = records.find(conn, viewer, review_id)
    site = gateway.registry.directory.sites.get(review.site)
    if site is None:  # a row from before opening asked for a known site
        raise not_found("open a review", f"review {review_id}")
    at = site_now(gateway, review.site)
    standing = decide.standing_of(conn, review, at)
    live = rulebook.live_entry(conn, review.site, review.rule_name, at)
    newest = [one for one in rulebook.entries(conn, review.site)
              if one.rule_name == review.rule_name]  # fmt: skip
    rule = rulebook.rule_of((live or newest[-1]).text)
    base = rulebook.base_entry(conn, review.site, review.rule_name, at)
    draft = standing.proposal.rule if standing.proposal else rule
    return Seen(review, site, at, standing, live, base, rule, draft)


def context(
    conn: sa.Connection,
    gateway: Any,
    viewer: Viewer,
    seen: Seen,
    tried: Mapping[str, Decimal] | None = None,
) -> dict[str, Any]:
    """Everything for reviews/review.html. `tried`: limits that the reader is just moving."""
    review, standing, language = seen.review, seen.standing, viewer.language
    proposal = standing.proposal
    today = dict(seen.base.values) if seen.base else seen.rule.defaults()
    shown = {**today, **(proposal.values if proposal else {}), **(tried or {})}
    steps = records.course(conn, review.id)
    return {
        **evidence_context(conn, gateway, viewer, seen, newest_evidence(seen)),
        "title": catalogue(language).gettext(seen.rule.title),
        "days_left": days_left(review, gateway.clock.now()),
        "said": [one for one in steps if one.kind == "said"],
        "course": [_step(one, language) for one in steps],
        "summary": dispositions.summary(
            conn, viewer, review.site, review.rule_name, seen.site.zone, seen.site_at + 1
        ),
        "live": seen.live,
        "proposal": proposal,
        "old_sentence": sentence_of(
            seen.rule, today, seen.live.mode if seen.live else Mode.OFF, language
        ),
        "new_sentence": sentence_of(proposal.rule, proposal.values, proposal.mode, language)
        if proposal
        else "",
        "changes": moved(proposal.rule, today, proposal.values, language)
        if proposal and proposal.mode is not Mode.OFF
        else [],
        "sliders": sliders(seen.draft, today, shown, language),
        "draft_reason": "",
        "position_rows": position_rows(standing.positions, viewer),
        "spoken": any(one.user_id == viewer.user_id for one in standing.positions),
        "stances": tuple(Stance),
        "my_roles": my_roles(viewer, review.site),
        "needs": needs(standing, viewer, language),
        "led_to": led_to(conn, review, language),
        "has_outcome": any(
            one.effective_at is not None for one in records.decisions(conn, review.id)
        ),
        "can": rights(seen, viewer),
        **trial_context(conn, seen, viewer),
        "problems": [],
        "disposition_codes": tuple(Disposition),
    }


def trial_context(conn: sa.Connection, seen: Seen, viewer: Viewer) -> dict[str, Any]:
    """What runs in shadow, what it would have said, and whether the reader may start or end it."""
    review, proposal = seen.review, seen.standing.proposal
    running = trying.trial_of(conn, review, seen.site_at)
    runs_it = viewer.may(Action.RUN_REVIEW, review.site)
    live = proposal is not None and proposal.mode is Mode.LIVE
    return {
        "trial": running,
        "trial_until": _ends(rulebook.entries(conn, review.site), running, seen.site_at),
        "in_shadow": trying.episodes_in_shadow(conn, review, running.effective_at)
        if running
        else 0,
        "can_try": live and runs_it and review.phase is Phase.EXPLORATION,
        "can_finish_trial": runs_it and review.phase is Phase.EXPERIMENTATION and running is None,
        "most_days": trying.MOST_DAYS,
    }


def _ends(entries: list[rulebook.Entry], running: rulebook.Entry | None, at: int) -> int | None:
    """When a trial ends by itself, in the site's clock."""
    if running is None:
        return None
    of = [one for one in entries if (one.rule_name, one.lane) == (running.rule_name, running.lane)]
    return rulebook.next_change(of, at)


def evidence_context(
    conn: sa.Connection, gateway: Any, viewer: Viewer, seen: Seen, evidence: Evidence | None
) -> dict[str, Any]:
    """Everything for reviews/evidence.html."""
    language = viewer.language
    what, stale = "", False
    fields: list[tuple[str, str]] = []
    if evidence is not None:
        base = rulebook.entry_by_id(conn, evidence.base_entry_id)
        text = records.text_of(conn, evidence.text_hash)
        rule = rulebook.rule_of(text)
        what = sentence_of(rule, evidence.values, evidence.mode, language)
        fields = [
            (name, rule.parameters[name].write(value)) for name, value in evidence.values.items()
        ]
        stale = base is None or seen.base is None or base.id != seen.base.id
    directory = gateway.registry.directory

    def home_labels(homes: tuple[str, ...]) -> list[str]:
        entries = [directory.home(seen.review.site, home) for home in homes]
        return [entry.label or entry.id for entry in entries if entry is not None]

    return {
        "review": seen.review,
        "site": seen.site,
        "evidence": evidence,
        "what": what,
        "stale": stale,
        "home_labels": home_labels,
        "replay_fields": fields,
        "can_replay": rights(seen, viewer)["explore"],
        **words(language),
    }


def newest_evidence(seen: Seen) -> Evidence | None:
    """Of the proposal on the table; before there is one, the last that was asked."""
    asked = [one for one in seen.standing.evidences if one.purpose == "compare"]
    proposal = seen.standing.proposal
    if proposal is not None and seen.review.phase is not Phase.CO_CREATION:
        asked = [
            one
            for one in asked
            if one.text_hash == proposal.text_hash
            and one.values == proposal.values
            and one.mode is proposal.mode
        ]
    return asked[-1] if asked else None


def my_roles(viewer: Viewer, site: str) -> list[Role]:
    """The roles in which the viewer can speak in a review."""
    return sorted(viewer.roles(site) & steps.ROLES_WITH_POSITION)


def position_rows(positions: Any, viewer: Viewer) -> list[PositionRow]:
    """Everybody who spoke, then the sides that have not."""
    rows = [PositionRow(one.role, one, one.user_id == viewer.user_id) for one in positions]
    spoken = {one.role for one in positions}
    sides = {
        Role.RESIDENT: quorum.RESIDENTS,
        Role.CARER: quorum.CARERS,
        Role.DECIDER: quorum.DECIDERS,
    }
    absent = [role for role in SIDES if not spoken & sides[role]]
    return [*rows, *(PositionRow(role, None, mine=False) for role in absent)]


def needs(standing: Standing, viewer: Viewer, language: str) -> list[Need]:
    """What an adoption asks for, met or not."""
    _ = catalogue(language).gettext
    absent = set(quorum.missing(standing, viewer, records.Outcome.ADOPT))
    found = []
    for code, (met, missing) in NEEDS.items():
        if code is Missing.NO_EVIDENCE:
            wrong = absent & {
                Missing.NO_EVIDENCE, Missing.STALE_EVIDENCE, Missing.EMPTY_EVIDENCE
            }  # fmt: skip
            text = words(language)["missing_word"](min(wrong)) if wrong else _(met)
            found.append(Need(not wrong, text))
        else:
            found.append(Need(code not in absent, _(missing if code in absent else met)))
    return found


def days_left(review: Review, now: int) -> int:
    """Whole days until the last one; negative when it has passed."""
    return int((review.due_at - now) // DAY_MS)


def led_to(conn: sa.Connection, review: Review, language: str) -> str:
    """What a closed review came to, in a few words."""
    _ = catalogue(language).gettext
    taken = records.decisions(conn, review.id)
    if taken:
        return f"{_(OUTCOMES[taken[-1].outcome])}: {taken[-1].reasons}"
    return _("It was withdrawn.") if review.phase is Phase.CLOSED else ""


def rights(seen: Seen, viewer: Viewer) -> dict[str, bool]:
    """Which forms the page carries."""
    site, phase = seen.review.site, seen.review.phase
    open_ = phase is not Phase.CLOSED
    talk = phase in {Phase.CO_CREATION, Phase.EXPLORATION}
    roles = bool(my_roles(viewer, site))
    return {
        "say": open_ and roles and viewer.may(Action.PROPOSE, site),
        "explore": talk and viewer.may(Action.PROPOSE, site) and seen.base is not None,
        "position": phase in {Phase.EXPLORATION, Phase.EXPERIMENTATION}
        and roles
        and viewer.may(Action.TAKE_POSITION, site),
        "decide": viewer.may(Action.DECIDE, site),
        "why": viewer.may(Action.SEE_WHY, site),
        "withdraw": talk and viewer.may(Action.RUN_REVIEW, site) and seen.review.cause != "stop",
    }


def _step(one: records.Said, language: str) -> Step:
    _ = catalogue(language).gettext
    said = _(STEPS[one.kind]) if one.kind in STEPS else one.kind
    if one.kind not in {"said", "opened"} and one.words:
        said = f"{said}. {one.words}"
    return Step(said, "" if one.role == "system" else one.role, one.at)
