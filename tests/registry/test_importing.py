"""Importing: a plan first, all of it or nothing, the same file twice changes nothing."""

import re
from contextlib import contextmanager
from pathlib import Path

import bcrypt
import pytest
from sqlalchemy import select

from api import onboarding
from devices.errors import Refused
from gateway.access import NotAllowed
from gateway.access.tables import audit_entry
from gateway.clock import ManualClock
from gateway.db import reading, writing
from gateway.registry import Registry, credentials, importing
from gateway.registry.fields import FIELDS
from gateway.registry.plans import What
from gateway.registry.tables import credential
from tests.building import registry_with, state_engine, viewer

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "operators" / "registry.md"
DAY = 24 * 3_600_000
ADMIN = viewer("admin")


def example(language):
    return re.search(rf"```{language}\n(.*?)```", GUIDE.read_text(), re.DOTALL)[1]


class Office:
    """A registry and someone who imports files into it, day by day."""

    def __init__(self, folder):
        self.clock = ManualClock(1_793_750_400_000)  # 4 November 2026
        self.engine = state_engine(folder)
        self.registry = Registry(self.engine, self.clock)

    @property
    def now(self):
        return self.clock.now()

    @property
    def directory(self):
        return self.registry.directory

    def plan(self, text, file="homes.yaml"):
        return importing.plan(text, file, self.directory, self.now)

    def apply(self, plan, who=ADMIN):
        with writing(self.engine) as conn:
            passwords = importing.apply(conn, plan, who, self.now)
        self.registry.reload()
        return passwords

    def take(self, text, file="homes.yaml"):
        """Import what must be right, and be right the second time too."""
        plan = self.plan(text, file)
        assert plan.lines()
        assert plan.problems == ()
        passwords = self.apply(plan)
        self.clock.advance(1000)
        again = self.plan(text, file)
        assert again.empty, again.lines()
        assert self.apply(again) == []
        assert [made.login for made in passwords] == list(plan.new_logins)
        return plan, passwords

    def problems(self, text, file="homes.yaml"):
        plan = self.plan(text, file)
        assert plan.changes == ()
        return [str(problem) for problem in plan.problems]

    def holding(self, device, home="home-1", at=None):
        entry = self.directory.device("donegal", home, device)
        return entry.holding(self.now if at is None else at)


@pytest.fixture
def office(tmp_path):
    office = Office(tmp_path)
    yield office
    office.engine.dispose()


def told(plan, action):
    return [change.id for change in plan.changes if change.action is action]


def test_the_example_in_the_guide(office):
    plan, passwords = office.take(example("yaml"))
    assert told(plan, What.ADDED) == [
        "donegal",
        "donegal/home-1",
        "donegal/home-1/anna",
        "donegal/home-1/brid",
        "donegal/home-1/button",
        "donegal/home-1/scale",
        "donegal/home-1/front-door",
    ]
    assert [made.login for made in passwords] == ["donegal.home-1.button", "donegal.home-1.hub-1"]
    assert office.holding("button").resident == "anna"
    assert office.holding("scale").of(1).resident == "anna"
    assert office.holding("scale").of(1).consent
    assert not office.holding("scale").of(2).consent
    assert not office.holding("front-door").consent, "brid lives there too and has not agreed"
    anna = office.directory.resident("anna")
    assert (anna.language, anna.born) == ("ga", 1942)
    assert office.directory.sites["donegal"].emergency == ("112", "999")


def test_no_password_is_hashed_while_the_registry_is_locked(office, monkeypatch):
    """A hash takes a millisecond, a region thousands: alerts wait behind the write lock."""
    under_lock = []

    def hashed(password):
        assert not under_lock, "hashed inside the transaction"
        return f"hash of {password}"

    @contextmanager
    def watched(engine):
        with writing(engine) as conn:
            under_lock.append(True)
            yield conn
            under_lock.pop()

    monkeypatch.setattr(credentials, "hashed", hashed)
    monkeypatch.setattr(onboarding, "writing", watched)
    plan = office.plan(example("yaml"))
    made = onboarding.bring_in(office.engine, plan, ADMIN, office.now)
    assert [one.login for one in made] == list(plan.new_logins)
    with reading(office.engine) as conn:
        stored = dict(conn.execute(select(credential.c.login, credential.c.hash)).all())
    assert stored == {one.login: f"hash of {one.password}" for one in made}


def test_a_hub_that_nobody_prepared_for_still_gets_its_password(office):
    plan = office.plan(example("yaml"))
    first, _ = plan.new_logins
    with writing(office.engine) as conn:
        made = importing.apply(conn, plan, ADMIN, office.now, credentials.prepared([first, "gone"]))
        found = credentials.credentials(conn, office.now)
    assert [one.login for one in made] == list(plan.new_logins)
    for one, stored in zip(made, found, strict=True):
        assert bcrypt.checkpw(one.password.encode(), stored.bcrypt_hash.encode())


def test_both_examples_say_the_same(office):
    office.take(example("yaml"))
    plan = office.plan(example("csv"), "homes.csv")
    assert plan.problems == ()
    assert plan.empty, plan.lines()


def test_csv_alone_makes_the_same_registry(office, tmp_path):
    office.take(example("csv").replace(",", ";").replace("\n", "\r\n"), "homes.csv")
    (tmp_path / "other").mkdir()
    other = Office(tmp_path / "other")
    other.take(example("yaml"))
    mine, theirs = office.directory.records, other.directory.records
    assert (mine.sites, mine.homes, mine.residents) == (
        theirs.sites,
        theirs.homes,
        theirs.residents,
    )
    assert {found.login for found in mine.devices} == {found.login for found in theirs.devices}
    for table in ("occupancies", "consents", "placements", "slots"):
        assert len(getattr(mine, table)) == len(getattr(theirs, table)), table
    other.engine.dispose()


def test_the_guide_lists_every_key_and_column():
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \|", GUIDE.read_text(), re.MULTILINE)
    assert rows == [(found.key, found.column) for kind in FIELDS.values() for found in kind]


def test_a_dry_run_writes_nothing(office):
    before = office.directory.records
    office.plan(example("yaml"))
    office.registry.reload()
    assert office.directory.records == before


def test_a_bad_row_keeps_the_good_ones_out(office):
    problems = office.problems(example("yaml").replace("owner: anna", "owner: nobody"))
    assert len(problems) == 1
    with pytest.raises(Refused, match="owner nobody"):
        office.apply(office.plan(example("yaml").replace("owner: anna", "owner: nobody")))
    assert office.directory.sites == {}


def test_a_plan_is_applied_only_to_the_registry_it_was_made_for(office):
    stale = office.plan(example("yaml"))
    office.take(example("yaml").replace("Gweedore 1", "Gweedore 2"))
    with pytest.raises(Refused, match="changed meanwhile"):
        office.apply(stale)


def test_only_who_may_import_at_every_site_of_the_file(office):
    with pytest.raises(NotAllowed):
        office.apply(office.plan(example("yaml")), viewer("admin", "vestland"))
    with pytest.raises(NotAllowed):
        office.apply(office.plan(example("yaml")), viewer("coordinator"))


def test_an_import_and_its_consents_are_audited(office):
    office.take(example("yaml"))
    with reading(office.engine) as conn:
        rows = conn.execute(select(audit_entry.c.verb, audit_entry.c.object)).all()
    assert ("imported", "site:donegal") in rows
    assert ("recorded the consent of", "resident:anna") in rows
    assert len(rows) == 2, "the second import changed nothing"


# --- what changes over time ---


def test_a_device_that_moves_takes_its_serial_and_leaves_its_history(office):
    office.take(example("yaml"))
    moved = office.clock.now()
    second = """
sites:
  - id: donegal
    homes:
      - id: home-2
        residents: [{id: cait, name: Cáit, consent: 2026-02-01}]
        devices: [{id: door, owner: home, place: outer, serial: DW-0093}]
"""
    plan, passwords = office.take(second)
    assert told(plan, What.ENDED) == ["donegal/home-1/front-door"]
    assert [made.login for made in passwords] == ["donegal.home-2.door"]
    assert office.holding("front-door", at=moved - 1).place == "outer"
    assert office.holding("front-door") is None
    assert office.holding("door", "home-2").sole_resident == "cait"
    assert office.holding("door", "home-2", at=moved - 1) is None
    assert "device donegal/home-1/scale" in plan.left


def test_an_old_file_read_again_is_a_move_back_and_says_so(office):
    office.take(example("yaml").replace("            since: 2026-01-08\n", "", 3))
    new = example("yaml").replace("home-1", "home-2").replace("anna", "ada").replace("brid", "bo")
    office.take(new.replace("            since: 2026-01-08\n", ""))
    plan = office.plan(example("yaml").replace("            since: 2026-01-08\n", ""))
    assert "donegal/home-2/front-door" in told(plan, What.ENDED)


def test_a_replaced_device_gets_a_new_password_and_the_hubs_keep_theirs(office):
    text = example("yaml").replace("signals: [sos, battery]", "serial: B-1")
    office.take(text)
    _, passwords = office.take(text.replace("B-1", "B-2").replace("DW-0093", "DW-9999"))
    assert [made.login for made in passwords] == ["donegal.home-1.button"]


def test_a_serial_that_becomes_known_is_no_replacement(office):
    office.take(example("yaml"))
    plan, passwords = office.take(
        example("yaml").replace(
            "signals: [sos, battery]", "serial: B-1\n            signals: [sos, battery]"
        )
    )
    assert told(plan, What.CHANGED) == ["donegal/home-1/button"]
    assert passwords == []
    assert len(office.directory.records.placements) == 3


def test_another_room_begins_another_placement_even_where_since_was_left_standing(office):
    office.take(example("yaml"))
    changed = office.now
    office.take(example("yaml").replace("place: bathroom", "place: bedroom"))
    assert office.holding("scale", at=changed - 1).place == "bathroom"
    assert office.holding("scale").place == "bedroom"


def test_a_resident_who_moves_leaves_the_old_home(office):
    office.take(example("yaml"))
    moved = office.now
    text = """
sites:
  - id: donegal
    homes:
      - id: home-2
        residents: [{id: anna, consent: 2026-01-08}]
"""
    plan, _ = office.take(text)
    assert told(plan, What.CHANGED) == ["donegal/home-2/anna"]
    anna = office.directory.resident("anna")
    assert (anna.home(moved - 1), anna.home(moved)) == ("home-1", "home-2")
    assert office.holding("button").resident is None, "whoever presses it now is not anna"


def test_a_move_within_one_file(office):
    text = """
sites:
  - id: donegal
    name: Donegal
    zone: Europe/Dublin
    languages: en
    emergency: 112
    fallback_phone: +353 74 910 0000
    homes:
      - id: home-1
        residents:
          - {id: anna, name: A, consent: 2026-01-01, since: 2026-01-01, until: 2026-02-01}
      - id: home-2
        residents:
          - {id: anna, consent: 2026-01-01, since: 2026-02-01}
"""
    office.take(text)
    anna = office.directory.resident("anna")
    assert [stay.home for stay in anna.occupancies] == ["home-1", "home-2"]
    both = text.replace(", until: 2026-02-01", "").replace("anna", "brid")
    assert "one home at a time" in office.problems(both)[0]


def test_consent_no_withdraws_and_the_old_date_does_not_bring_it_back(office):
    office.take(example("yaml"))
    withdrawn = office.now
    refusing = example("yaml").replace("consent: 2026-01-08", "consent: no")
    office.take(refusing)
    anna = office.directory.resident("anna")
    assert anna.consented(withdrawn - 1)
    assert not anna.consented(withdrawn)
    plan, _ = office.take(example("yaml"))
    assert any("later `since`" in note.reason for note in plan.notes)
    assert not office.directory.resident("anna").consented(office.now)
    office.clock.advance(400 * DAY)
    office.take(example("yaml").replace("consent: 2026-01-08", "consent: 2027-11-01"))
    assert office.directory.resident("anna").consented(office.now)


def test_an_earlier_since_reaches_back_and_a_later_one_never_cuts_off(office):
    office.take(example("yaml"))
    start = office.directory.resident("anna").occupancies[0].from_at
    plan, _ = office.take(
        example("yaml").replace(
            "since: 2026-01-08\n            consent", "since: 2026-02-08\n            consent"
        )
    )
    assert plan.empty
    assert "left as it is" in plan.notes[0].reason
    office.take(
        example("yaml").replace(
            "since: 2026-01-08\n            consent", "since: 2026-01-01\n            consent"
        )
    )
    assert office.directory.resident("anna").occupancies[0].from_at == start - 7 * DAY


def test_a_device_taken_away_loses_its_login(office):
    text = example("yaml")
    office.take(text)
    assert len(office.registry.credentials()) == 2
    plan, _ = office.take(
        text.replace("interval: 1h", "interval: 1h\n            until: 2026-10-01")
    )
    assert told(plan, What.ENDED) == ["donegal/home-1/button"]
    assert [found.login for found in office.registry.credentials()] == ["donegal.home-1.hub-1"]
    assert office.holding("button") is None


def test_a_data_site_holds_since_ever_and_gets_a_driver(office):
    text = example("yaml").replace("languages:", "clock: data\n    languages:")
    _, passwords = office.take(re.sub(r"\n +since: .*", "", text))
    assert [made.login for made in passwords] == [
        "donegal._site.clock",
        "donegal.home-1.button",
        "donegal.home-1.hub-1",
    ]
    assert office.holding("button", at=0).home == "home-1"


def test_what_is_missing_in_the_file_stays_and_is_told(office):
    office.take(example("yaml"))
    plan, _ = office.take("sites: [{id: donegal}]")
    assert plan.left == (
        "device donegal/home-1/button",
        "device donegal/home-1/front-door",
        "device donegal/home-1/scale",
        "home donegal/home-1",
        "resident donegal/home-1/anna",
        "resident donegal/home-1/brid",
    )


def test_a_registry_built_by_hand_takes_a_file_too(office):
    registry_with(office.engine)
    office.registry.reload()
    plan, _ = office.take("sites: [{id: donegal, homes: [{id: home-1, area: Anagaire}]}]")
    assert [change.detail for change in plan.changes if change.detail] == [
        "area Gaoth Dobhair → Anagaire"
    ]


# --- what is refused, by line ---


YAML = example("yaml")


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("zone: Europe/Dublin", "zone: Europe/Dubln", 4, "did you mean 'Europe/Dublin'?"),
        ("fallback_phone:", "fallbak_phone:", 7, "did you mean 'fallback_phone'?"),
        ("languages: [en, ga]", "languages: [en, gd]", 5, "unknown language 'gd'"),
        ("emergency: [112, 999]", "emergency: [help]", 6, "no emergency number"),
        ("+353 74 910 0000", "074 910 0000", 7, "write it internationally"),
        ("holidays: IE", "holidays: GB-NI", 8, "Did you mean 'GB-NIR'?"),
        ("holidays: IE", "holidays: Ireland", 8, "as ISO 3166 does"),
        ("    fallback_phone: +353 74 910 0000\n", "", 2, "cannot go live without"),
        ("    zone: Europe/Dublin\n", "", 2, "a new site needs zone"),
        ("id: home-1", "id: Home 1", 10, "perhaps 'home-1'"),
        ("drive_minutes: 25", "drive_minutes: far", 13, "no number of minutes"),
        ("born: 1942", "born: 42", 17, "no year of birth"),
        ("consent: no", "consent: maybe", 25, "where there is no consent, write no"),
        ("            consent: no\n", "", 22, "consent is missing"),
        ("since: 2026-01-08", "since: 2026-02-30", 20, "not in the calendar"),
        ("since: 2026-01-08", "since: 8.1.2026", 20, "is no date"),
        ("since: 2026-01-08", "since: 2026-01-08T12:00", 20, "a time with its zone"),
        ("id: brid", "id: anna", 22, "stands twice; first on line 15"),
        ("id: scale", "id: button", 32, "stands twice; first on line 27"),
        ("dialect: homecare", "dialect: homecar", 33, "did you mean 'homecare'?"),
        ("[body_weight]", "[weight]", 38, "unknown signal 'weight'"),
        ("owner: anna", "owner: ann", 27, "owner ann is no resident of this home (anna, brid)"),
        ("            owner: anna\n", "", 27, "owner is missing"),
        ("2: brid}", "2: cait}", 32, "cait in slots"),
        ("2: brid}", "x: brid}", 37, "'x' is no slot"),
        ("place: bathroom\n            owner: home", "owner: anna", 32, "write `owner: home`"),
        ("interval: 1h", "interval: 1m", 30, "is no interval"),
        ("interval: 1h", "interval: 90d", 30, "is no interval"),
        ("serial: DW-0093", "serial: SC-4471", 41, "one thing stands in one place"),
        ("signals: [door, battery]", "until: 2026-01-01", 41, "ends before it begins"),
        ("    homes:\n", "    home:\n", 9, "did you mean 'homes'?"),
        ("label: Gweedore 1", "label: {a: {b: c}}", 11, "nested too deeply"),
        ("label: Gweedore 1", "label: [a, b]", 11, "one value, not a list"),
        ("label: Gweedore 1", 'label: "a\\u0007"', 11, "printable"),
        ("label: Gweedore 1", "id: home-2", 11, "'id' stands twice; first on line 10"),
    ],
)  # fmt: skip
def test_a_wrong_row_is_named_by_line_and_says_why(office, old, new, line, reason):
    assert old in YAML
    problems = office.problems(YAML.replace(old, new, 1))
    assert any(found.startswith(f"line {line}:") and reason in found for found in problems), (
        problems
    )


def test_all_problems_are_told_at_once_in_the_order_of_lines(office):
    text = YAML.replace("1942", "42").replace("homecare", "x").replace("Dublin", "Dubln")
    assert [problem.split(":")[0] for problem in office.problems(text)] == [
        "line 4",
        "line 17",
        "line 33",
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "line 1: the file is empty"),
        ("- a", "line 1: begin with `sites:`"),
        ("sites: {}", "line 1: 'sites' must be a list"),
        ("sites: []", "line 1: nothing to import"),
        ("sites: [donegal]", "line 1: a site is written as"),
        ("sites:\n  - id: ]\n", "line 2: this is not YAML"),
        ("sites:\n  - {name: x}", "line 2: site ?: id is missing"),
        ("sites: &a [*a]", "line 1: a site is written as"),
        ("[" * 20_000, "line 1: this is not YAML"),
        ("a: \x00", "line 1: this is not YAML"),
    ],
)
def test_a_file_of_the_wrong_shape(office, text, reason):
    assert office.problems(text)[0].startswith(reason), office.problems(text)


CSV = example("csv")


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        (",consent,", ",,", 1, "unknown column ''"),
        (",consent,", ",consnt,", 1, "did you mean 'consent'?"),
        (",born,", ",zone,", 1, "column 'zone' stands twice"),
        ("2026-01-08,no,front", "2026-01-08,,front", 4, "consent is missing"),
        ("donegal,,,,,,,home-1,,,,brid", "donegal,,,,,,,,,,,brid", 4, "'home' is empty"),
        ("anna,,,,,,2026-01-08,scale", "anna,Ann,,,,,2026-01-08,scale", 3, "'Anna J.' on line 2"),
        ("2026-01-08,scale", "2026-01-08,button", 3, "'button' stands twice; first on line 2"),
        ("Anna J.", '"Anna J.', 2, "this is not CSV"),
        ("SC-4471,2026-01-08", "SC-4471,2026-01-08,x", 3, "29 cells under 28 columns"),
        ("1=anna 2=brid", "1=anna 1=brid", 3, "one slot stands twice"),
        ("brid,Bríd J.", ",Bríd J.", 4, "'resident' is empty"),
    ],
)
def test_a_wrong_line_of_csv(office, old, new, line, reason):
    assert old in CSV
    problems = office.problems(CSV.replace(old, new, 1), "homes.csv")
    assert any(found.startswith(f"line {line}:") and reason in found for found in problems), (
        problems
    )


def test_ids_of_residents_are_unique_over_all_sites(office):
    registry_with(office.engine)
    office.registry.reload()
    text = YAML.replace("id: donegal", "id: vestland")
    assert "is a resident of another site" in office.problems(text)[0]


def test_the_clock_of_a_site_in_use_stays(office):
    office.take(YAML)
    assert "cannot change" in office.problems("sites: [{id: donegal, clock: data}]")[0]
    assert "cannot change" in office.problems("sites: [{id: donegal, demo: yes}]")[0]


def test_a_site_being_set_up_needs_no_fallback_yet(office):
    text = YAML.replace("fallback_phone: +353 74 910 0000", "live: no")
    office.take(text)
    assert "cannot go live" in office.problems("sites: [{id: donegal, live: yes}]")[0]


def test_another_format_is_refused(office):
    assert "neither .yaml nor .csv" in office.problems("x", "homes.xlsx")[0]


def test_a_file_that_is_not_utf8_is_named_by_line(tmp_path):
    (tmp_path / "homes.csv").write_bytes(b"site\nBr\xedd\n")
    with pytest.raises(Refused, match="line 2 is not UTF-8"):
        importing.read(tmp_path / "homes.csv")
