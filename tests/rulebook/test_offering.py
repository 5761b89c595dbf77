"""A rule of the library is taken in as off: reviews speak of it, and nobody is watched by it."""

import pytest

from devices.errors import Refused
from gateway import rulebook
from gateway.access import NotAllowed
from gateway.db import reading, writing
from gateway.rulebook import MandateKind, Mode
from rules.packs import library_rules
from tests.rulebook.site import spo2

FEVER = next(rule for rule in library_rules() if rule.name == "fever")


def offered(site, viewer=None, rule=FEVER):
    with writing(site.engine) as conn:
        who = viewer or site.carer
        return rulebook.offer(conn, who, site.name, rule, "Would it help?", site.now)


def base(site, rule=FEVER, at=None):
    with reading(site.engine) as conn:
        when = site.now if at is None else at
        return rulebook.base_entry(conn, site.name, rule.name, when)


def test_what_was_taken_in_runs_nowhere_and_is_what_a_change_is_measured_against(site):
    entry_id = offered(site)
    with reading(site.engine) as conn:
        found = rulebook.entries(conn, site.name)
        assert rulebook.running(found, site.now) == []
        assert rulebook.live_entry(conn, site.name, "fever", site.now) is None
    known = base(site)
    assert (known.id, known.mode, known.mandate) == (entry_id, Mode.OFF, None)
    assert known.values == FEVER.defaults()


def test_a_trial_in_shadow_and_its_end_do_not_move_the_base(site):
    entry_id = offered(site)
    with writing(site.engine) as conn:
        rulebook.trial(
            conn, site.facilitator, site.name, FEVER, {}, "a week", site.now, site.now + 1000,
            site.now,
        )  # fmt: skip
    assert base(site).id == entry_id
    assert base(site, at=site.now + 2000).id == entry_id


def test_once_decided_the_live_entry_is_the_base_and_a_stop_switches_it_off(site):
    offered(site)
    with writing(site.engine) as conn:
        live = rulebook.adopt(
            conn, site.decider, site.name, FEVER, {}, Mode.LIVE, 1, site.now, site.now
        )
    assert base(site).id == live
    assert base(site).mandate.kind is MandateKind.ADOPTED
    with writing(site.engine) as conn:
        rulebook.stop(conn, site.coordinator, site.name, "fever", "wrong", site.now + 1)
    assert base(site, at=site.now + 1).mode is Mode.OFF


def test_a_name_that_is_known_is_refused(site):
    site.begins()
    with pytest.raises(Refused, match="known here"):
        offered(site, rule=spo2())


def test_who_may_not_propose_takes_nothing_in(site):
    from gateway.access import Role
    from tests.rulebook.site import who

    with pytest.raises(NotAllowed):
        offered(site, who(9, Role.TECHNICIAN))


def test_the_history_tells_who_took_it_in(site):
    offered(site)
    with reading(site.engine) as conn:
        [change] = rulebook.history(conn, site.decider, site.name, "fever")
    assert (change.kind, change.reason) == ("offered", "Would it help?")
