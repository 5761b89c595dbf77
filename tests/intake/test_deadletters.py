"""Dead letters: listed to those who look after devices, opened by carers, replayed once mended."""

import pytest
from sqlalchemy import select

from gateway.access import NotAllowed, NotFound, Role
from gateway.access.tables import audit_entry
from gateway.db import reading, writing
from gateway.intake import deadletters
from gateway.intake.journal import Flag
from gateway.intake.placing import place
from tests.building import a_device, a_home, a_site, directory_of, state_engine, viewer
from tests.intake.building import AT, TOPIC, a_journal, a_message

GHOST = TOPIC.replace("meter", "ghost")
SPO2 = b'{"signal":"spo2","value":97}'


@pytest.fixture
def state(tmp_path):
    return state_engine(tmp_path)


@pytest.fixture
def journal(tmp_path):
    return a_journal(tmp_path, payload_limit=1_000)


def directory(*devices):
    return directory_of(a_site(homes=[a_home(devices=[*devices, a_device("meter")])]))


def consume(state, journal, known=None, *, after=0):
    """What the consumer does: place each row, record what is dead; all readings."""
    readings = []
    with writing(state) as conn:
        for row in journal.read(after, 1000):
            placed = place(row, known or directory())
            deadletters.record(conn, row, placed.dead)
            readings += placed.readings
    return readings


def listed(state, who=None, **fields):
    with reading(state) as conn:
        return deadletters.listing(conn, who or viewer(Role.TECHNICIAN), **fields)


def replayed(state, journal, who=None, **fields):
    with writing(state) as conn:
        return deadletters.replay(
            journal, conn, who or viewer(Role.TECHNICIAN), AT + 1000, **fields
        )


def test_a_letter_says_topic_reason_and_size(state, journal):
    journal.append([a_message(SPO2, GHOST), a_message(b"{", TOPIC)])
    consume(state, journal)
    newest, first = listed(state)
    assert (first.site, first.home, first.device, first.topic) == (
        "donegal", "home-1", "ghost", GHOST
    )  # fmt: skip
    assert (first.code, first.size, first.received_at) == ("unknown-device", len(SPO2), AT)
    assert newest.code == "not-json"


def test_consuming_again_adds_none(state, journal):
    journal.append([a_message(b'[{"signal":"aura","value":1},7]')])
    consume(state, journal)
    consume(state, journal)
    assert sorted(letter.index for letter in listed(state)) == [0, 1]


def test_the_state_holds_no_byte_of_it(tmp_path, state, journal):
    journal.append([a_message(b'{"signal":"spo2","value":"sixty-one"}')])
    consume(state, journal)
    assert len(listed(state)) == 1
    state.dispose()
    assert b"sixty-one" not in (tmp_path / "state.db").read_bytes()


def test_pages_filters_and_counts(state, journal):
    other = TOPIC.replace("donegal", "atlantis")
    journal.append([a_message(SPO2, GHOST) for _ in range(5)] + [a_message(SPO2, other)])
    consume(state, journal)
    first = listed(state, limit=3)
    rest = listed(state, limit=3, after=first[-1].id)
    assert len({letter.id for letter in first + rest}) == 5
    everywhere = viewer(Role.ADMIN, "*")
    assert len(listed(state, everywhere)) == 6  # a site that is none shows to who sees all
    assert len(listed(state, everywhere, code="unknown-site")) == 1
    with reading(state) as conn:
        assert deadletters.counts(conn, viewer(Role.TECHNICIAN)) == {
            ("donegal", "unknown-device"): 5
        }


def test_only_who_may_see_payloads_sees_the_bytes(state, journal):
    journal.append([a_message(SPO2, GHOST)])
    consume(state, journal)
    (letter,) = listed(state)
    with writing(state) as conn:
        opened = deadletters.inspect(journal, conn, viewer(Role.CARER), letter.id, AT)
        assert opened.payload == SPO2
        for role, site in ((Role.TECHNICIAN, "donegal"), (Role.CARER, "vestland")):
            with pytest.raises(NotFound):
                deadletters.inspect(journal, conn, viewer(role, site), letter.id, AT)
        with pytest.raises(NotFound):
            deadletters.inspect(journal, conn, viewer(Role.CARER), 99, AT)


def test_a_look_at_the_bytes_is_audited(state, journal):
    journal.append([a_message(SPO2, GHOST)])
    consume(state, journal)
    (letter,) = listed(state)
    with writing(state) as conn:
        deadletters.inspect(journal, conn, viewer(Role.CARER), letter.id, AT)
        verbs = conn.execute(select(audit_entry.c.verb, audit_entry.c.object)).all()
    assert verbs == [("opened the payload of", f"dead letter:{letter.id}")]


def test_once_mended_a_replay_makes_the_reading_it_should_have_been(state, journal):
    journal.append([a_message(SPO2, GHOST)])
    consume(state, journal)
    (letter,) = listed(state)
    assert replayed(state, journal, ids=[letter.id]).replayed == (letter.id,)
    row = journal.read(1, 10)[0]
    assert (row.flags, row.first_received_at) == (Flag.REPLAY, AT)
    readings = consume(state, journal, directory(a_device("ghost")), after=1)
    assert [(found.device, found.at) for found in readings] == [("ghost", AT)]
    assert listed(state, waiting=True) == []


def test_a_letter_is_replayed_once(state, journal):
    journal.append([a_message(SPO2, GHOST)])
    consume(state, journal)
    (letter,) = listed(state)
    replayed(state, journal, ids=[letter.id])
    assert replayed(state, journal, ids=[letter.id]).replayed == ()
    assert journal.last_offset() == 2


def test_what_is_still_no_reading_is_a_new_letter(state, journal):
    journal.append([a_message(SPO2, GHOST)])
    consume(state, journal)
    replayed(state, journal, code="unknown-device")
    consume(state, journal)
    (waiting,) = listed(state, waiting=True)
    assert waiting.offset == 2


def test_only_the_bad_item_of_a_list_is_replayed(state, journal):
    journal.append([a_message(b'[{"signal":"spo2","value":97},{"signal":"aura","value":1}]')])
    consume(state, journal)
    replayed(state, journal, site="donegal")
    again = consume(state, journal)
    assert [(found.offset, found.index) for found in again] == [(1, 0)]


def test_what_is_no_longer_kept_is_named(state, journal):
    journal.append([a_message(b"x" * 2_000), a_message(SPO2, GHOST), a_message(SPO2, GHOST)])
    consume(state, journal)
    journal.claim("rules", 3)
    journal.redact([2])
    journal.prune(AT)
    letters = {letter.offset: letter.id for letter in listed(state)}
    assert [letter.size for letter in listed(state, code="oversized")] == [2_000]
    done = replayed(state, journal)
    assert set(done.gone) == {letters[1], letters[2]}
    assert done.replayed == (letters[3],)


def test_who_may_not_replay_is_told(state, journal):
    with pytest.raises(NotAllowed):
        replayed(state, journal, viewer(Role.CARER), site="donegal")
    with pytest.raises(NotAllowed):
        listed(state, viewer(Role.FAMILY))


def test_letters_end_with_the_journals_retention(state, journal):
    journal.append([a_message(SPO2, GHOST)])
    consume(state, journal)
    with writing(state) as conn:
        assert deadletters.forget(conn, AT) == 0
        assert deadletters.forget(conn, AT + 1) == 1
