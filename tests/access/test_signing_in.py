"""Accounts, passwords, sessions, links and tokens: only hashes are kept, nothing is revealed."""

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update

from devices.errors import Refused
from gateway.access import (
    SYSTEM,
    Action,
    NotAllowed,
    NotFound,
    Role,
    links,
    passwords,
    sessions,
    throttle,
    tokens,
    users,
)
from gateway.access.tables import link, session, token, user
from gateway.clock import ManualClock
from gateway.db import reading, writing
from tests.building import state_engine, viewer

GOOD = "four words stand here"
HOUR = 3_600_000


class Door:
    """A database with accounts, and a clock."""

    def __init__(self, folder):
        self.folder = folder
        self.engine = state_engine(folder)
        self.clock = ManualClock()

    @property
    def now(self):
        return self.clock.now()

    def do(self, function, *args, **named):
        """Call something that takes a connection, in its own writing transaction."""
        with writing(self.engine) as conn:
            return function(conn, *args, **named)

    def look(self, function, *args, **named):
        with reading(self.engine) as conn:
            return function(conn, *args, **named)

    def account(self, login="aoife", password=None, grants=(("donegal", Role.CARER),), **named):
        return self.do(users.create, login, login.title(), password, grants, self.now, **named)

    def sign_in(self, login="aoife", password=GOOD, address=""):
        return users.authenticate(self.engine, login, password, self.now, address)

    def stored(self, column):
        return self.look(lambda conn: conn.execute(select(column)).scalars().all())


@pytest.fixture
def door(tmp_path, monkeypatch):
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=64))
    passwords._nobody.cache_clear()
    door = Door(tmp_path)
    yield door
    door.engine.dispose()
    passwords._nobody.cache_clear()


# --- passwords ---


def test_the_right_password_signs_in(door):
    user_id = door.account(password=GOOD)
    who = door.sign_in(" Aoife ")
    assert (who.user_id, who.login, who.name) == (user_id, "aoife", "Aoife")
    assert who.may(Action.SEE_READINGS, "donegal")


def test_composed_and_decomposed_letters_are_one_password(door):
    door.account(password="caf\u00e9 au lait, encore")
    assert door.sign_in(password="cafe\u0301 au lait, encore")


def test_wrong_unknown_disabled_and_passwordless_all_answer_the_same(door):
    door.account(password=GOOD)
    door.account("bjarni")
    gone = door.account("cait", password=GOOD)
    door.do(users.disable, gone, door.now, SYSTEM)
    tried = [
        ("aoife", "wrong"),
        ("nobody", GOOD),
        ("bjarni", GOOD),
        ("cait", GOOD),
        ("№ \x00", GOOD),
    ]
    assert [door.sign_in(*pair) for pair in tried] == [None] * 5


def test_an_unknown_login_costs_as_much_as_a_wrong_password(door, monkeypatch):
    door.account(password=GOOD)
    checked = []
    verify = passwords._hasher.verify
    monkeypatch.setattr(
        passwords,
        "_hasher",
        type(
            "Counting",
            (),
            {
                "verify": lambda _, *pair: checked.append(pair) or verify(*pair),
                "hash": passwords._hasher.hash,
            },
        )(),
    )
    door.sign_in("aoife", "wrong password")
    door.sign_in("nobody", "wrong password")
    assert len(checked) == 2


def test_guessing_slows_down_alike_for_logins_that_exist_and_that_do_not(door):
    door.account(password=GOOD)
    told = []
    for login in ("aoife", "nobody"):
        for _ in range(throttle.FREE_LOGIN):
            assert door.sign_in(login, "wrong") is None
        with pytest.raises(throttle.Throttled) as caught:
            door.sign_in(login, GOOD)
        told.append(str(caught.value))
    assert told[0] == told[1]
    assert caught.value.wait_ms == throttle.FIRST_WAIT_MS


def test_after_waiting_the_right_password_signs_in_and_is_forgiven(door):
    door.account(password=GOOD)
    for _ in range(throttle.FREE_LOGIN):
        door.sign_in(password="wrong")
    door.clock.advance(throttle.FIRST_WAIT_MS)
    assert door.sign_in()
    assert door.sign_in(password="wrong") is None
    assert door.sign_in()


def test_each_further_failure_doubles_the_wait_up_to_a_limit(door):
    waits = []
    for _ in range(throttle.FREE_LOGIN):
        door.sign_in(password="wrong")
    for _ in range(10):
        with pytest.raises(throttle.Throttled) as caught:
            door.sign_in()
        waits.append(caught.value.wait_ms)
        door.clock.advance(caught.value.wait_ms)
        door.sign_in(password="wrong")
    assert waits[:3] == [15_000, 30_000, 60_000]
    assert waits[-1] == throttle.LONGEST_WAIT_MS, "nobody is locked out for good"


def test_one_address_cannot_try_many_logins(door):
    for number in range(throttle.FREE_ADDRESS):
        door.sign_in(f"guess{number}", "wrong", "203.0.113.9")
    with pytest.raises(throttle.Throttled):
        door.sign_in("another", "wrong", "203.0.113.9")
    assert door.sign_in("another", "wrong", "203.0.113.10") is None


def test_a_clock_set_back_locks_nobody_out(door):
    door.account(password=GOOD)
    for _ in range(throttle.FREE_LOGIN):
        door.sign_in(password="wrong")
    door.clock.step(-30 * 24 * HOUR)
    with pytest.raises(throttle.Throttled) as caught:
        door.sign_in()
    assert caught.value.wait_ms <= throttle.FIRST_WAIT_MS


@pytest.mark.parametrize("weak", ["short", "aaaaaaaaaaaaaaaa", "aoife aoife 1234", "x" * 300])
def test_weak_passwords_are_refused(door, weak):
    with pytest.raises(Refused, match="set password"):
        door.account(password=weak)


def test_a_new_password_ends_every_session(door):
    user_id = door.account(password=GOOD)
    open_one = door.do(sessions.open, user_id, door.now, 12)
    who, _ = door.look(sessions.viewer, open_one, door.now)
    door.do(users.set_password, user_id, "another four words here", door.now, who)
    assert door.look(sessions.viewer, open_one, door.now) is None
    assert door.sign_in() is None
    assert door.sign_in(password="another four words here")


def test_weaker_hashes_of_earlier_days_are_renewed_at_sign_in(door, monkeypatch):
    door.account(password=GOOD)
    before = door.stored(user.c.password_hash)
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=2, memory_cost=64))
    assert door.sign_in()
    assert door.stored(user.c.password_hash) != before
    assert door.sign_in()


# --- accounts ---


def test_a_login_is_taken_once_whatever_its_case(door):
    door.account("aoife")
    with pytest.raises(Refused, match="exists"):
        door.account("AOIFE")


@pytest.mark.parametrize("login", ["", "a b", "-x", "ünal", "x" * 65])
def test_what_is_no_login(door, login):
    with pytest.raises(Refused, match="not a login"):
        door.account(login)


def test_an_admin_manages_their_own_sites_only(door):
    admin = viewer("admin", "donegal")
    door.account(by=admin)
    with pytest.raises(NotAllowed):
        door.account("kari", grants=[("vestland", Role.CARER)], by=admin)
    with pytest.raises(NotAllowed):
        door.account("root", grants=[("*", Role.ADMIN)], by=admin)
    with pytest.raises(NotAllowed):
        door.account("x", by=viewer("carer"))
    with pytest.raises(NotAllowed):
        door.account("y", grants=[], by=viewer("carer"))


def test_nobody_grants_themselves_a_role(door):
    user_id = door.account("boss", grants=[("donegal", Role.ADMIN)])
    boss = viewer("admin", user_id=user_id)
    with pytest.raises(Refused, match="your own"):
        door.do(users.set_grants, user_id, [("donegal", Role.CARER)], door.now, boss)


def test_roles_can_be_given_and_taken_and_count_at_the_next_request(door):
    user_id = door.account()
    open_one = door.do(sessions.open, user_id, door.now, 12)
    door.do(users.set_grants, user_id, [("donegal", Role.TECHNICIAN)], door.now, viewer("admin"))
    who, _ = door.look(sessions.viewer, open_one, door.now)
    assert who.roles() == {Role.TECHNICIAN}


@pytest.mark.parametrize(
    ("grants", "resident"), [([("*", Role.FAMILY)], None), ([("donegal", Role.RESIDENT)], None)]
)
def test_grants_that_make_no_sense(door, grants, resident):
    with pytest.raises(Refused):
        door.account(grants=grants, resident=resident)


def test_admins_list_the_accounts_of_their_sites(door):
    door.account("aoife")
    door.account("kari", grants=[("vestland", Role.CARER)])
    listed = door.look(users.listing, viewer("admin"))
    assert [account.login for account in listed] == ["aoife"]
    assert door.look(users.names, [listed[0].id]) == {listed[0].id: "Aoife"}
    assert door.look(users.by_login, "Kari").grants == {("vestland", Role.CARER)}
    with pytest.raises(NotFound):
        door.look(users.find, 99)


# --- sessions ---


def test_a_session_holds_until_it_expires(door):
    user_id = door.account()
    open_one = door.do(sessions.open, user_id, door.now, 12, "a phone")
    door.clock.advance(12 * HOUR - 1)
    who, csrf = door.look(sessions.viewer, open_one, door.now)
    assert who.user_id == user_id
    assert len(csrf) == 64
    door.clock.advance(1)
    assert door.look(sessions.viewer, open_one, door.now) is None


def test_signing_out_ends_it_at_once(door):
    user_id = door.account()
    mine, other = (door.do(sessions.open, user_id, door.now, 12) for _ in range(2))
    door.do(sessions.revoke, mine, door.now)
    door.do(sessions.revoke, "what is this", door.now)
    assert door.look(sessions.viewer, mine, door.now) is None
    assert door.look(sessions.viewer, other, door.now)


def test_a_lost_phone_is_signed_out_from_another(door):
    user_id = door.account()
    lost = door.do(sessions.open, user_id, door.now, 12, "lost phone")
    here = door.do(sessions.open, user_id, door.now + 1, 12, "desk")
    who, _ = door.look(sessions.viewer, here, door.now + 1)
    listed = door.look(sessions.listing, who, door.now + 1)
    assert [one.agent for one in listed] == ["desk", "lost phone"]
    door.do(sessions.revoke_one, who, listed[1].id, door.now + 2)
    assert door.look(sessions.viewer, lost, door.now + 2) is None
    with pytest.raises(NotFound):
        door.do(sessions.revoke_one, viewer(user_id=99), listed[0].id, door.now + 2)


def test_every_session_has_its_own_csrf_token(door):
    user_id = door.account()
    tokens_ = {
        door.look(sessions.viewer, door.do(sessions.open, user_id, door.now, 12), door.now)[1]
        for _ in range(3)
    }
    assert len(tokens_) == 3


def test_no_token_stands_in_the_database(door):
    user_id = door.account()
    given = [
        door.do(sessions.open, user_id, door.now, 12),
        door.do(links.issue, user_id, door.now, 15),
        door.do(tokens.issue, SYSTEM, "export", [("donegal", Role.CARER)], door.now),
    ]
    kept = [door.stored(table.c.token_hash)[0] for table in (session, link, token)]
    assert all(len(found) == 64 for found in kept)
    for file in (door.folder / "state.db", door.folder / "state.db-wal"):
        held = file.read_bytes()
        assert not any(secret.encode() in held for secret in given)


# --- links ---


def test_a_link_signs_in_once(door):
    user_id = door.account()
    given = door.do(links.issue, user_id, door.now, 15, links.Purpose.INVITE)
    assert door.do(links.redeem, given, door.now) == user_id
    assert door.do(links.redeem, given, door.now) is None


def test_a_link_expires(door):
    given = door.do(links.issue, door.account(), door.now, 15)
    door.clock.advance(15 * 60_000)
    assert door.do(links.redeem, given, door.now) is None
    assert door.do(links.redeem, "made up", door.now) is None


def test_a_link_of_a_disabled_account_is_worth_nothing(door):
    user_id = door.account()
    given = door.do(links.issue, user_id, door.now, 15)
    door.do(users.disable, user_id, door.now, SYSTEM)
    assert door.do(links.redeem, given, door.now) is None


# --- tokens of programs ---


def test_a_program_has_just_its_scopes(door):
    given = door.do(tokens.issue, SYSTEM, "export", [("donegal", Role.CARER)], door.now)
    assert given.startswith("hc_")
    program = door.look(tokens.lookup, given, door.now)
    assert program.login == "program:export"
    assert program.may(Action.SEE_READINGS, "donegal")
    assert not program.may(Action.SEE_READINGS, "vestland")
    assert door.look(tokens.lookup, "hc_made-up", door.now) is None


def test_a_token_never_has_more_rights_than_its_issuer_has_today(door):
    user_id = door.account("una", grants=[("donegal", Role.COORDINATOR), ("donegal", Role.NURSE)])
    una = viewer(["coordinator", "nurse"], user_id=user_id)
    with pytest.raises(Refused, match="is not admin at donegal"):
        door.do(tokens.issue, una, "x", [("donegal", Role.ADMIN)], door.now)
    scopes = [("donegal", Role.COORDINATOR), ("donegal", Role.NURSE)]
    given = door.do(tokens.issue, una, "x", scopes, door.now)
    door.do(users.set_grants, user_id, scopes[1:], door.now, viewer("admin"))
    assert door.look(tokens.lookup, given, door.now).grants == {("donegal", Role.NURSE)}
    door.do(users.disable, user_id, door.now, SYSTEM)
    assert door.look(tokens.lookup, given, door.now) is None


def test_tokens_expire_and_are_revoked(door):
    scopes = [("donegal", Role.CARER)]
    short = door.do(tokens.issue, SYSTEM, "short", scopes, door.now, 1)
    long = door.do(tokens.issue, SYSTEM, "long", scopes, door.now, None)
    door.clock.advance(24 * HOUR)
    assert door.look(tokens.lookup, short, door.now) is None
    (listed,) = door.look(tokens.listing, SYSTEM, door.now)
    assert (listed.label, listed.scopes) == ("long", frozenset(scopes))
    with pytest.raises(NotFound):
        door.do(tokens.revoke, viewer("coordinator"), listed.id, door.now)
    door.do(tokens.revoke, SYSTEM, listed.id, door.now)
    assert door.look(tokens.lookup, long, door.now) is None


@pytest.mark.parametrize(
    ("scopes", "why"), [([], "no scope"), ([("donegal", Role.FAMILY)], "person's")]
)
def test_tokens_that_make_no_sense(door, scopes, why):
    with pytest.raises(Refused, match=why):
        door.do(tokens.issue, SYSTEM, "x", scopes, door.now)


def test_a_carer_issues_no_tokens(door):
    with pytest.raises(NotAllowed):
        door.do(tokens.issue, viewer("carer"), "x", [("donegal", Role.CARER)], door.now)


def test_an_account_without_an_end_is_still_read_anew_each_time(door):
    user_id = door.account()
    open_one = door.do(sessions.open, user_id, door.now, 12)
    who, _ = door.look(sessions.viewer, open_one, door.now)
    assert who.user_id == user_id
    door.do(lambda conn: conn.execute(update(user).values(disabled_at=door.now)))
    assert door.look(sessions.viewer, open_one, door.now) is None
