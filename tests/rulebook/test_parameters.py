"""A resident's own limits: care decisions within the adopted range, with who, what and why."""

from decimal import Decimal

import pytest

from devices.errors import Refused
from gateway import rulebook
from gateway.access import NotAllowed
from gateway.access.audit import read_audit
from gateway.db import reading, writing
from tests.rulebook.site import DAY, spo2


def sets(site, value, reason="COPD, 88 to 92 prescribed", viewer=None, at=None):
    with writing(site.engine) as conn:
        rulebook.set_parameter(
            conn,
            viewer or site.coordinator,
            site.name,
            "anna",
            "spo2-low",
            "limit",
            None if value is None else Decimal(value),
            reason,
            site.now,
            at,
        )


def limit(site, resident="anna", at=None):
    with reading(site.engine) as conn:
        return rulebook.values_for(conn, site.name, "spo2-low", resident, at)["limit"]


def test_an_own_value_is_used_for_that_resident_only(site):
    site.begins()
    sets(site, 88)
    assert limit(site) == 88
    assert limit(site, "jon") == 92
    assert limit(site, None) == 92


def test_back_to_the_sites_value(site):
    site.begins()
    sets(site, 88)
    site.clock.advance(DAY)
    sets(site, None, "no longer prescribed")
    assert limit(site) == 92
    assert limit(site, at=site.now - 1) == 88  # as it was then


def test_a_changed_site_value_leaves_own_values_alone(site):
    site.begins()
    sets(site, 88)
    site.adopts(limit=90)
    assert limit(site) == 88
    assert limit(site, "jon") == 90


@pytest.mark.parametrize(("value", "why"), [(79, "outside"), (96, "outside"), ("88.5", "between")])
def test_beyond_the_range_needs_a_review(site, value, why):
    site.begins()
    with pytest.raises(Refused, match=why) as refused:
        sets(site, value)
    assert "needs a review" in str(refused.value)
    assert limit(site) == 92


def test_the_range_of_a_scheduled_version_counts_already(site):
    site.begins()
    site.adopts(spo2(low=86), after=DAY)
    with pytest.raises(Refused, match="outside"):
        sets(site, 84)


def test_a_version_that_excludes_somebodys_value_is_refused(site):
    site.begins()
    sets(site, 82)
    with pytest.raises(Refused, match="anna has limit 82"):
        site.adopts(spo2(low=86))


def test_a_stop_is_never_refused_and_holds_the_value_to_the_older_range(site):
    site.begins(spo2(low=86))
    site.adopts(spo2(low=80))
    sets(site, 82)
    site.stops()
    assert limit(site) == 86


def test_who_may(site):
    site.begins()
    for viewer in (site.carer, site.technician, site.decider, site.resident):
        with pytest.raises(NotAllowed):
            sets(site, 88, viewer=viewer)


def test_a_reason_is_asked_for(site):
    site.begins()
    with pytest.raises(Refused, match="no reason"):
        sets(site, 88, reason=" ")


def test_history_and_audit_say_who_what_and_why(site):
    site.begins()
    sets(site, 88)
    sets(site, 90, reason="new prescription")
    with reading(site.engine) as conn:
        newest = rulebook.history(conn, site.coordinator, site.name, "spo2-low")[0]
        looked = read_audit(conn, site.resident, "anna", site.name)
        hidden = rulebook.history(conn, site.decider, site.name, "spo2-low")
    assert (newest.before, newest.after, newest.reason) == ("88", "90", "new prescription")
    assert newest.by_name == site.coordinator.name
    assert [entry.verb for entry in looked] == ["set a limit of"] * 2
    assert all(one.resident is None for one in hidden)


def test_a_rule_that_is_not_here(site):
    with pytest.raises(Refused, match="not in the rulebook"):
        limit(site)
    with pytest.raises(Refused, match="does not run here"):
        sets(site, 88)
