"""Opening a review, saying what troubles, proposing, taking positions, moving on.

Everything is appended. A new proposal begins with no positions: what was said of another change is
not said of this one.
"""

from collections.abc import Mapping
from decimal import Decimal

import sqlalchemy as sa

from devices.errors import Refused, Spoken
from gateway import rulebook
from gateway.access import SYSTEM, Action, Role, Viewer
from gateway.access.audit import Verb, audit
from gateway.registry.tables import site as site_table
from gateway.rulebook import Mode, keep
from gateway.rulebook.entries import dump_values
from reviews import tables
from reviews.cycle import Cause, Phase
from reviews.records import Stance, find, proposals
from reviews.seen import meant, replaceable
from reviews.steps import advance, append, own_role
from rules.errors import ValueOutOfRange
from rules.file.language import Parameter, Rule

DAY_MS = 86_400_000
BOX_DAYS = 28  # a review is time-boxed; the page shows what is left


def open_review(
    conn: sa.Connection,
    viewer: Viewer,
    site: str,
    rule_name: str,
    question: str,
    now: int,
    *,
    cause: str = "people",
    stop_mandate_id: int | None = None,
    due_at: int | None = None,
) -> int:
    """A new review of one rule at one site; returns its id. Raises Refused and NotAllowed."""
    viewer.require(Action.PROPOSE, site)
    what = f"{rule_name} at {site}"
    known = conn.execute(sa.select(site_table.c.id).where(site_table.c.id == site)).scalar()
    if known is None:  # a right that holds everywhere holds at no site that is not there
        raise Refused(
            "open a review",
            what,
            Spoken("no site {site} is known", site=site),
            Spoken("Register it first"),
        )
    if not question.strip():
        raise Refused(
            "open a review", what, Spoken("no question was asked"), Spoken("Say what troubles you")
        )
    if rule_name not in {one.rule_name for one in rulebook.entries(conn, site)}:
        raise Refused(
            "open a review",
            what,
            Spoken("no rule of this name is known here"),
            Spoken("Take it in first: Rules"),
        )
    made = conn.execute(
        tables.review.insert()
        .values(
            site=site,
            rule_name=rule_name,
            question=question.strip(),
            cause=cause,
            stop_mandate_id=stop_mandate_id,
            phase=Phase.CO_CREATION.value,
            phase_since=now,
            opened_by=viewer.user_id,
            opened_name=viewer.name,
            opened_at=now,
            due_at=due_at if due_at is not None else now + BOX_DAYS * DAY_MS,
        )
        .returning(tables.review.c.id)
    )
    review_id: int = made.scalar_one()
    append(conn, viewer, review_id, "opened", Phase.CO_CREATION, question, now, site=site)
    audit(conn, viewer, Verb.OPENED_REVIEW, f"review:{review_id}", site, now, what)
    return review_id


def open_for_stops(conn: sa.Connection, now: int) -> list[int]:
    """A review for every stop that has none yet; safe to repeat. Returns the new ids."""
    have = sa.select(tables.review.c.stop_mandate_id).where(
        tables.review.c.stop_mandate_id.is_not(None)
    )
    of = rulebook.mandate.c
    missing = conn.execute(
        sa.select(of.id, of.site, of.rule_name, of.reason, of.review_due_at).where(
            of.kind == rulebook.MandateKind.STOP.value, of.id.not_in(have)
        )
    ).all()
    return [
        open_review(
            conn,
            SYSTEM,
            row.site,
            row.rule_name,
            row.reason,
            now,
            cause="stop",
            stop_mandate_id=row.id,
            due_at=row.review_due_at,
        )
        for row in missing
    ]


def say(
    conn: sa.Connection, viewer: Viewer, review_id: int, role: Role, words: str, now: int
) -> None:
    """What troubles somebody, or what they saw, in their own words."""
    review = find(conn, viewer, review_id)
    viewer.require(Action.PROPOSE, review.site)
    own_role(viewer, review, role)
    if not words.strip():
        raise Refused(
            "say", f"review {review_id}", Spoken("there are no words"), Spoken("Write a sentence")
        )
    if review.phase is Phase.CLOSED:
        raise Refused(
            "say", f"review {review_id}", Spoken("it is closed"), Spoken("Open a new review")
        )
    append(conn, viewer, review_id, "said", review.phase, words, now, site=review.site, role=role)


def propose(
    conn: sa.Connection,
    viewer: Viewer,
    review_id: int,
    rule: Rule,
    values: Mapping[str, Decimal],
    mode: Mode,
    reason: str,
    now: int,
    *,
    site_at: int | None = None,
    seen: int | None = None,
) -> int:
    """Put a change on the table; it replaces `seen`, the review's proposal. Returns its id.

    `seen` None: none was there. Refused where another has come since.
    """
    review = find(conn, viewer, review_id)
    viewer.require(Action.PROPOSE, review.site)
    what = f"{rule.name} at {review.site}"
    if rule.name != review.rule_name:
        raise Refused(
            "propose a change",
            what,
            Spoken("this review is about {rule_name}", rule_name=review.rule_name),
            "",
        )
    replaceable(conn, review_id, seen)
    at = now if site_at is None else site_at
    base = rulebook.base_entry(conn, review.site, rule.name, at)
    if base is None:
        raise Refused(
            "propose a change",
            what,
            Spoken("the rule is not in force here"),
            Spoken("See the Rules page"),
        )
    full = filled(base, rule, values)
    if (base.text, dict(base.values), base.mode) == (rule.text, full, mode):
        raise Refused(
            "propose a change",
            what,
            Spoken("this is what runs already"),
            Spoken("Move a value, then propose"),
        )
    if not reason.strip():
        raise Refused(
            "propose a change",
            what,
            Spoken("no reason was given"),
            Spoken("Say why in a few words"),
        )
    advance(conn, viewer, review, Cause.PROPOSED, reason, now)
    made = conn.execute(
        tables.proposal.insert()
        .values(
            review_id=review_id,
            text_hash=keep(conn, rule, now),
            values=dump_values(full),
            mode=mode.value,
            base_entry_id=base.id,
            reason=reason.strip(),
            by_user=viewer.user_id,
            by_name=viewer.name,
            at=now,
        )
        .returning(tables.proposal.c.id)
    )
    proposal_id: int = made.scalar_one()
    audit(conn, viewer, Verb.PROPOSED, f"review:{review_id}", review.site, now, what)
    return proposal_id


def filled(base: rulebook.Entry, rule: Rule, values: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """A wish with every limit: those not named stay as they run now, where another text still has
    them, in the same unit and within its range. What never ran has only its defaults. Raises
    ValueOutOfRange.
    """
    if base.lane is Mode.SHADOW:  # taken in as off
        return rule.values(values)
    before = rulebook.rule_of(base.text).parameters
    kept = {
        name: value
        for name, value in base.values.items()
        if name in before and _still(before[name], rule.parameters.get(name), value)
    }
    return rule.values({**kept, **values})


def _still(old: Parameter, new: Parameter | None, value: Decimal) -> bool:
    """Whether a limit means the same in another text, and may have this value there."""
    if new is None or new.unit != old.unit:
        return False
    try:
        new.check(value)
    except ValueOutOfRange:
        return False
    return True


def take_position(
    conn: sa.Connection,
    viewer: Viewer,
    review_id: int,
    role: Role,
    stance: Stance,
    reason: str,
    interest: str | None,
    now: int,
    *,
    seen: int | None = None,
) -> None:
    """Say what one thinks of a proposal; the newest word of a person counts.

    `seen`: the proposal that was read, refused where another has replaced it; None is enough while
    there was only one.

    `interest`: a conflict of interest in own words, or '' for "none"; None was not answered and is
    refused. An objection needs its reason.
    """
    review = find(conn, viewer, review_id)
    viewer.require(Action.TAKE_POSITION, review.site)
    own_role(viewer, review, role)
    what = f"review {review_id}"
    if not proposals(conn, review_id) or review.phase not in {
        Phase.EXPLORATION,
        Phase.EXPERIMENTATION,
    }:
        raise Refused(
            "take a position",
            what,
            Spoken("nothing is proposed now"),
            Spoken("Wait for a proposal"),
        )
    proposal = meant(conn, review_id, "take a position", seen, "take your position")
    if stance is Stance.OBJECT and not reason.strip():
        raise Refused(
            "take a position", what, Spoken("an objection needs its reason"), Spoken("Say why")
        )
    if interest is None:
        raise Refused(
            "take a position",
            what,
            Spoken("it was not said whether you have an interest of your own"),
            Spoken("Choose none, or say which"),
        )
    conn.execute(
        tables.position.insert().values(
            proposal_id=proposal.id,
            role=role.value,
            stance=stance.value,
            reason=reason.strip(),
            interest=interest.strip(),
            by_user=viewer.user_id,
            by_name=viewer.name,
            at=now,
        )
    )
    audit(conn, viewer, Verb.TOOK_POSITION, f"review:{review_id}", review.site, now, role.value)


def withdraw(conn: sa.Connection, viewer: Viewer, review_id: int, reason: str, now: int) -> None:
    """Close a review that nobody wants any more; only the facilitator's side may."""
    review = find(conn, viewer, review_id)
    viewer.require(Action.RUN_REVIEW, review.site)
    if review.cause == "stop":
        raise Refused(
            "withdraw a review",
            f"review {review_id}",
            Spoken("it was opened by a stop, which must be answered"),
            Spoken("Decide it: the present version can stay"),
        )
    advance(conn, viewer, review, Cause.WITHDRAWN, reason, now)


def reopen(conn: sa.Connection, viewer: Viewer, review_id: int, reason: str, now: int) -> None:
    """Take a review whose outcome was not as said back to co-creation."""
    review = find(conn, viewer, review_id)
    viewer.require(Action.RUN_REVIEW, review.site)
    advance(conn, viewer, review, Cause.REOPENED, reason, now, due_at=now + BOX_DAYS * DAY_MS)
