import pytest

from gateway.access import Role
from gateway.alerts import service
from gateway.alerts.worklist import row, worklist
from gateway.clock import ManualClock
from gateway.db import reading, writing
from tests.building import a_home, a_site, registry_with, state_engine, viewer


class Team:
    """The database of one site, and short words for what its people do."""

    def __init__(self, engine):
        self.engine = engine
        self.clock = ManualClock()
        self.aoife = viewer(Role.CARER, user_id=1, login="aoife")
        self.bjarni = viewer(Role.CARER, user_id=2, login="bjarni")
        self.keys = 0

    def apply(self, *changes):
        with writing(self.engine) as conn:
            return service.apply(conn, changes, self.clock.now())

    def technical(self, *findings):
        with writing(self.engine) as conn:
            return service.technical(conn, findings, self.clock.now())

    def does(self, action, who, alert_id, *args, done_at=None, key=None):
        if key is None:
            self.keys += 1
            key = f"key-{self.keys}"
        with writing(self.engine) as conn:
            tail = () if action is service.undo else (done_at,)
            return action(conn, who, alert_id, *args, *tail, key, self.clock.now())

    def takes(self, who, alert_id, **more):
        return self.does(service.acknowledge, who, alert_id, **more)

    def closes(self, who, alert_id, disposition="useful", response="phoned", note="", **more):
        return self.does(service.close, who, alert_id, disposition, response, None, note, **more)

    def line(self, alert_id, who=None):
        with reading(self.engine) as conn:
            return row(conn, who or self.aoife, alert_id)

    def list(self, who=None, **filters):
        with reading(self.engine) as conn:
            return worklist(conn, who or self.aoife, **filters)


@pytest.fixture
def team(tmp_path):
    engine = state_engine(tmp_path)
    registry_with(engine, a_site("donegal", [a_home(residents=["anna"])]), a_site("vestland", []))
    yield Team(engine)
    engine.dispose()
