"""The course of a review: each move along its table and each word is one appended step."""

import sqlalchemy as sa

from devices.errors import Refused, Spoken
from gateway.access import ACTIONS, Action, Role, Viewer
from reviews import tables
from reviews.cycle import Cause, Phase, move
from reviews.records import Review

ROLES_WITH_POSITION = frozenset(r for r in Role if Action.TAKE_POSITION in ACTIONS[r])


def own_role(viewer: Viewer, review: Review, role: Role) -> None:
    """Raises Refused where somebody would speak in a role that is not theirs."""
    if role not in viewer.roles(review.site) or role not in ROLES_WITH_POSITION:
        raise Refused(
            "speak",
            f"review {review.id}",
            Spoken("you are not {role} here", role=role),
            Spoken("Choose your role"),
        )


def advance(
    conn: sa.Connection,
    viewer: Viewer,
    review: Review,
    cause: Cause,
    words: str,
    now: int,
    *,
    due_at: int | None = None,
) -> None:
    """Move a review along its table and append why. Raises Refused."""
    step = move(review.phase, cause)
    values: dict[str, object] = {"phase": step.target.value}
    if step.target is not review.phase:
        values["phase_since"] = now
    if due_at is not None:
        values["due_at"] = due_at
    conn.execute(tables.review.update().where(tables.review.c.id == review.id).values(**values))
    append(conn, viewer, review.id, cause.value, step.target, words, now, site=review.site)


def append(
    conn: sa.Connection,
    viewer: Viewer,
    review_id: int,
    kind: str,
    phase: Phase,
    words: str,
    now: int,
    *,
    site: str,
    role: Role | None = None,
) -> None:
    """One line of a review's course; nothing changes it later."""
    roles = sorted(viewer.roles(site) & ROLES_WITH_POSITION)
    conn.execute(
        tables.step.insert().values(
            review_id=review_id,
            kind=kind,
            phase=phase.value,
            role=role or (roles[0] if roles else "system"),
            words=words.strip(),
            by_user=viewer.user_id,
            by_name=viewer.name,
            at=now,
        )
    )
