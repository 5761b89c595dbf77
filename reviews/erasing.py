"""What reviews keep of a person: reports of back-tests that tell of them, and nothing else.

Evidence of a review holds counts only. It stays; it can no longer be computed again.
"""

import sqlalchemy as sa

from gateway.erasure import Person
from reviews import tables

ERASED = "Somebody of whom this report told was erased. Ask again: they are no longer in it."


def forget(conn: sa.Connection, person: Person) -> int:
    """Empty each report that names the person, or a home in which they lived alone."""
    of = tables.backtest
    homes = {(stay.site, stay.home) for stay in person.alone}
    told = [of.c.result.contains(f'"resident:{person.id}"'), of.c.question.contains(person.id)]
    told += [
        sa.and_(of.c.site == site, of.c.result.contains(f'"home": "{home}"'))
        for site, home in sorted(homes)
    ]
    found = conn.execute(
        sa.update(of)
        .where(of.c.site == person.site, sa.or_(*told))
        .values(state="failed", result=None, problem=ERASED)
    )
    return found.rowcount
