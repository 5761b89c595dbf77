"""What somebody looked at before they spoke: a page stays open while others go on.

What is said on it is meant of what stood there. So positions, proposals, trials and decisions carry
what was seen; where something newer stands now, they are refused, and told what changed, by whom.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from devices.errors import Refused, Spoken
from gateway import rulebook
from gateway.rulebook import Mode
from reviews.cycle import Cause
from reviews.quorum import Standing
from reviews.records import Outcome, Proposal, course, proposals


@dataclass(frozen=True, slots=True)
class Basis:
    """What a decision is taken on. None was not said: then there must never have been another."""

    proposal: int | None = None
    evidence: int | None = None
    entry: int | None = None  # what is in force, or was taken in as off


UNSAID = Basis()


def meant(
    conn: sa.Connection, review_id: int, operation: str, seen: int | None, then: str
) -> Proposal:
    """The proposal that is spoken of: the newest, which must be the one that was seen.

    Not said (None) is enough while there was only one. Raises Refused.
    """
    known = proposals(conn, review_id)
    newest, what = known[-1], f"review {review_id}"
    if seen is None and len(known) > 1:
        raise Refused(
            operation,
            what,
            Spoken("it was not said which of {count} proposals is meant", count=len(known)),
            Spoken("The newest is {id}: read it, then name it", id=newest.id),
        )
    if seen not in {None, newest.id}:
        raise _changed(conn, known, operation, seen, f"Read it, then {then}")
    return newest


def replaceable(conn: sa.Connection, review_id: int, seen: int | None) -> None:
    """Whether what would be replaced is what was seen; None: nothing was. Raises Refused."""
    known = proposals(conn, review_id)
    operation, what = "propose a change", f"review {review_id}"
    if not known and seen is not None:
        raise Refused(
            operation,
            what,
            Spoken("there is no proposal {seen} here", seen=seen),
            Spoken("Name none"),
        )
    if not known or seen == known[-1].id:
        return
    if seen is None:
        raise Refused(
            operation,
            what,
            Spoken(
                "another proposal is on the table: {proposal}",
                proposal=_told(conn, None, known[-1]),
            ),
            Spoken("Read proposal {id}, then replace it if yours is better", id=known[-1].id),
        )
    raise _changed(conn, known, operation, seen, "Read it, then replace it if yours is better")


def unchanged(conn: sa.Connection, standing: Standing, outcome: Outcome, basis: Basis) -> None:
    """Whether a decision is taken on what stands now. Raises Refused."""
    operation, what = "decide a review", f"review {standing.review.id}"
    proposal = meant(conn, standing.review.id, operation, basis.proposal, "decide")
    live = standing.live_entry_id
    deploys = outcome in {Outcome.ADOPT, Outcome.REJECT}
    if basis.entry is None and deploys and live != proposal.base_entry_id:
        hint = Spoken("It is entry {live}: read it, then name it", live=live)
        raise Refused(
            operation, what, Spoken("what runs changed since the proposal was made"), hint
        )
    if basis.entry is not None and basis.entry != live:
        problem = Spoken(
            "what runs changed while you looked: {running}", running=_in_force(conn, live)
        )
        raise Refused(operation, what, problem, Spoken("Read it, then decide"))
    fitting = [one.id for one in standing.evidences if one.is_of(proposal, live)]
    if basis.evidence is None and outcome is Outcome.ADOPT and len(fitting) > 1:
        problem = Spoken("it was not said which of {count} replays was seen", count=len(fitting))
        raise Refused(
            operation,
            what,
            problem,
            Spoken("The newest is {fitting}: read it, name it", fitting=fitting[-1]),
        )
    if basis.evidence is not None and basis.evidence not in fitting[-1:]:
        newer = f"replay {fitting[-1]} is newer" if fitting else "it is of another proposal"
        problem = Spoken(
            "replay {evidence} is not the one that counts: {newer}",
            evidence=basis.evidence,
            newer=newer,
        )
        raise Refused(operation, what, problem, Spoken("Read what it counted, then decide"))


def _changed(
    conn: sa.Connection, known: Sequence[Proposal], operation: str, seen: int | None, hint: str
) -> Refused:
    before = next((one for one in known if one.id == seen), None)
    what = f"review {known[-1].review_id}"
    if before is None:
        newest = f"The newest is {known[-1].id}"
        return Refused(
            operation, what, Spoken("there is no proposal {seen} here", seen=seen), newest
        )
    told = _told(conn, before, known[-1])
    return Refused(
        operation, what, Spoken("the proposal changed while you looked: {told}", told=told), hint
    )


def _told(conn: sa.Connection, before: Proposal | None, now: Proposal) -> str:
    """By whom (a role: nobody is named in a review) and what."""
    steps = course(conn, now.review_id)
    roles = [one.role for one in steps if one.kind == Cause.PROPOSED.value]
    who = f"the {roles[-1]}" if roles and roles[-1] != "system" else "somebody"
    old = before.values if before else {}
    parts = ["another text of the rule"] if before and before.text_hash != now.text_hash else []
    if now.mode is Mode.OFF:
        parts.append("to do without the rule")
    elif before and before.mode is Mode.OFF:
        parts.append("that it runs")
    parts += [
        f"{name} {now.rule.parameters[name].write(value)}"
        for name, value in now.values.items()
        if old.get(name) != value
    ]
    return f"{who} proposed {', '.join(parts) or 'the same for another reason'}"


def _in_force(conn: sa.Connection, entry_id: int | None) -> str:
    entry = rulebook.entry_by_id(conn, entry_id) if entry_id is not None else None
    if entry is None:
        return "nothing is in force"
    by = entry.mandate.by_name if entry.mandate else "somebody"
    if entry.mode is not Mode.LIVE:
        return f"{by} switched it off"
    known = rulebook.rule_of(entry.text).parameters
    limits = ", ".join(f"{name} {known[name].write(x)}" for name, x in entry.values.items())
    return f"{by} put version {entry.version[:8]} in force{f' with {limits}' if limits else ''}"
