"""The lab behind its pages: the real application over only what reviews ask of a gateway."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.app import build_app
from gateway.access import Role, Viewer, sessions, users
from gateway.config import Settings
from gateway.db import writing
from gateway.notify.stream import Bulletin
from tests.reviews.lab import SITE, Lab

PEOPLE = {
    "carer": Role.CARER,
    "coordinator": Role.COORDINATOR,
    "resident": Role.RESIDENT,
    "facilitator": Role.FACILITATOR,
    "decider": Role.DECIDER,
    "technician": Role.TECHNICIAN,
}


class Host:
    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    def site_now(self, site: str) -> int:
        return self._lab.now


@dataclass
class Doors:
    """As gateway.run.Gateway, as far as reviews' pages use it."""

    lab: Lab
    settings: Settings

    def __post_init__(self) -> None:
        self.engine = self.lab.engine
        self.clock = self.lab.clock
        self.registry = self.lab.registry
        self.store = self.lab.store
        self.host = Host(self.lab)
        self.bulletin = Bulletin()

    def app(self) -> Any:
        made = build_app(self)
        made.state.desk = self.lab.desk
        return made


def open_doors(lab: Lab, folder: Path) -> Doors:
    """Accounts for everybody; the lab's own viewers are then these accounts."""
    doors = Doors(lab, Settings(data=folder))
    with writing(lab.engine) as conn:
        for login, role in PEOPLE.items():
            who = "anna" if role is Role.RESIDENT else None
            users.create(conn, login, login.title(), None, [(SITE, role)], lab.now, resident=who)
            found = users.by_login(conn, login)
            assert found is not None
            setattr(lab, login, _viewer(found))
    return doors


def _viewer(account: users.Account) -> Viewer:
    return Viewer(
        account.id,
        account.login,
        account.name,
        account.grants,
        account.resident,
        residents=frozenset({account.resident} if account.resident else ()),
    )


def cookie(lab: Lab, viewer: Viewer) -> str:
    """A session's token for somebody's browser."""
    with writing(lab.engine) as conn:
        return sessions.open(conn, viewer.user_id, lab.now, 12)
