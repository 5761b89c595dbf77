"""A rule off for one resident: who may, with which reason, and what everybody then reads."""

import pytest

from devices.errors import Refused
from gateway import rulebook
from gateway.access import NotAllowed
from gateway.access.audit import read_audit
from gateway.db import reading, writing
from rules.packs import starter_rules
from tests.rulebook.site import DAY, who
from tests.rulebook.test_parameters import limit, sets

REASON = "With her daughter until Sunday"


def turn(site, *, on, reason=REASON, viewer=None, rule="spo2-low", resident="anna", at=None):
    with writing(site.engine) as conn:
        rulebook.switch(
            *(conn, viewer or site.coordinator, site.name, resident, rule),
            on=on,
            reason=reason,
            now=site.now,
            site_at=at,
        )


def is_off(site, resident="anna", at=None):
    with reading(site.engine) as conn:
        own = rulebook.overrides(conn, site.name, at).get(("spo2-low", resident))
        return rulebook.switched_off(own)


def test_it_is_off_for_that_resident_only_and_on_again(site):
    site.begins()
    turn(site, on=False)
    assert is_off(site)
    assert not is_off(site, "jon")
    site.clock.advance(DAY)
    turn(site, on=True, reason="She is home")
    assert not is_off(site)
    assert is_off(site, at=site.now - 1)  # as it was then


def test_limits_stay_what_they_are(site):
    site.begins()
    sets(site, 88)
    turn(site, on=False)
    assert limit(site) == 88
    turn(site, on=True)
    assert limit(site) == 88


def test_who_when_and_why_stand_in_history_and_audit(site):
    site.begins()
    before = rulebook_revision(site)
    turn(site, on=False)
    assert rulebook_revision(site) > before  # so that the engine's host looks
    with reading(site.engine) as conn:
        off = rulebook.off_for(conn, site.name, "spo2-low", "anna", site.now)
        told = rulebook.history(conn, site.coordinator, site.name, "spo2-low")
        hidden = rulebook.history(conn, site.decider, site.name, "spo2-low")
        looks = read_audit(conn, site.coordinator, "anna", site.name, limit=5)
    assert (off.reason, off.by_name, off.at) == (REASON, site.coordinator.name, site.now)
    assert (told[0].kind, told[0].resident, told[0].reason) == ("switch", "anna", REASON)
    assert [one.kind for one in hidden] == ["installed"]  # of who does not see the resident
    assert looks[0].detail.startswith("switched off: spo2-low for anna")


def rulebook_revision(site):
    with reading(site.engine) as conn:
        return rulebook.revision(conn)


@pytest.mark.parametrize("role", ["carer", "decider", "facilitator"])
def test_others_may_not(site, role):
    site.begins()
    with pytest.raises(NotAllowed):
        turn(site, on=False, viewer=getattr(site, role))
    assert not is_off(site)


def test_what_makes_no_sense_is_refused(site):
    site.begins()
    with pytest.raises(Refused, match="no reason"):
        turn(site, on=False, reason=" ")
    with pytest.raises(Refused, match="on already"):
        turn(site, on=True)
    with pytest.raises(Refused, match="does not run here"):
        turn(site, on=False, rule="no-such")
    turn(site, on=False)
    with pytest.raises(Refused, match="off already"):
        turn(site, on=False)


def test_a_call_for_help_is_never_switched_off(site):
    with writing(site.engine) as conn:
        rulebook.install_starter(conn, site.name, starter_rules(), site.now)
    for rule in ("sos", "fall"):
        with pytest.raises(Refused, match="answers a call for help"):
            turn(site, on=False, rule=rule)


def test_another_site_s_nurse_may_not(site):
    site.begins()
    with pytest.raises(NotAllowed):
        turn(site, on=False, viewer=who(9, "nurse", site="donegal"))
