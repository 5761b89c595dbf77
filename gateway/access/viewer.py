"""Who asks: handed to every query that returns a resident's data.

A viewer is read anew from the database with each request (a session, a bearer token), so that a
right taken away is gone at the next one. It holds no connection and can be passed between threads.
"""

from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, and_, false, or_, true

from gateway.access.errors import NotAllowed, not_found
from gateway.access.roles import ACTIONS, OWN_ONLY, Action, Role

EVERYWHERE = "*"  # in a grant: at every site


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in person or program, with the rights of this moment."""

    user_id: int
    login: str
    name: str
    grants: frozenset[tuple[str, Role]]  # (site or "*", role)
    resident_id: str | None = None  # whom a resident is, or whose relative one is
    language: str = "en"
    # Whose data OWN_ONLY roles reach: oneself, or residents whose sharing is in force now.
    residents: frozenset[str] = field(default_factory=frozenset)
    system: bool = False  # the gateway's own jobs: every action, everywhere

    def roles(self, site: str | None = None) -> frozenset[Role]:
        """The roles at one site, or (None) anywhere."""
        return frozenset(
            role for where, role in self.grants if site is None or where in (site, EVERYWHERE)
        )

    def sites(self, action: Action | None = None) -> frozenset[str]:
        """Sites with any role, or with one that gives `action`; "*" stands for every site."""
        if self.system:
            return frozenset({EVERYWHERE})
        return frozenset(
            site for site, role in self.grants if action is None or action in ACTIONS[role]
        )

    def may(self, action: Action, site: str | None = None) -> bool:
        """Whether a role gives it at this site (None: at some site).

        For residents and relatives it is then still only about their own: where the object is a
        resident's, ask `sees_resident` or filter with `residents_clause` as well.
        """
        return self.system or any(action in ACTIONS[role] for role in self.roles(site))

    def require(self, action: Action, site: str | None = None) -> None:
        """Raises NotAllowed."""
        if not self.may(action, site):
            where = f"site {site}" if site else "any site"
            raise NotAllowed(
                action.value,
                where,
                f"{self.login} has no role there that may",
                "Ask an administrator of the site for the role",
            )

    def sees_resident(
        self, site: str, resident_id: str | None, action: Action = Action.SEE_RESIDENTS
    ) -> bool:
        """Whether `action` reaches this resident; None stands for what belongs to a home alone."""
        if self.system:
            return True
        return any(
            action in ACTIONS[role] and (role not in OWN_ONLY or resident_id in self.residents)
            for role in self.roles(site)
        )

    def require_resident(
        self, action: Action, site: str, resident_id: str | None, operation: str = ""
    ) -> None:
        """Raises NotFound: who may not see a resident does not learn that there is one."""
        if not self.sees_resident(site, resident_id, action):
            raise not_found(operation or action.value, "resident")


SYSTEM = Viewer(user_id=0, login="system", name="Gateway", grants=frozenset(), system=True)


def residents_clause(
    viewer: Viewer,
    site: ColumnElement[str],
    resident: ColumnElement[str] | ColumnElement[str | None],
    action: Action = Action.SEE_READINGS,
) -> ColumnElement[bool]:
    """For a WHERE: the rows about residents whom `action` of this viewer reaches.

    `site` and `resident` are the query's own columns. A row without a resident (a home's own) is
    reached only by roles that reach all of a site.
    """
    if viewer.system:
        return true()
    clauses: list[ColumnElement[bool]] = []
    for where, role in sorted(viewer.grants):
        if action not in ACTIONS[role]:
            continue
        here = true() if where == EVERYWHERE else site == where
        if role in OWN_ONLY:
            clauses.append(and_(here, resident.in_(sorted(viewer.residents))))
        else:
            clauses.append(here)
    return or_(*clauses) if clauses else false()


def sites_clause(viewer: Viewer, site: ColumnElement[str], action: Action) -> ColumnElement[bool]:
    """For a WHERE over things that are a site's, no resident's (devices, rules, reviews)."""
    sites = viewer.sites(action)
    return true() if EVERYWHERE in sites else site.in_(sorted(sites))
