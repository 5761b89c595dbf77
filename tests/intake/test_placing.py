"""Placing: every message ends as readings with their quality, or as dead letters with a reason."""

import json

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.reading import Quality
from gateway.intake.journal import Flag, Row
from gateway.intake.placing import place
from tests.building import a_device, a_home, a_resident, a_site, directory_of
from tests.intake.building import AT, TOPIC

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def a_row(payload=b"", topic=TOPIC, *, flags=0, at=AT, site_at=None, **fields) -> Row:
    return Row(1, topic, payload, at, site_at, int(flags), **fields)


def a_directory(clock="wall", **device):
    meter = a_device("meter", owner="anna", **device)
    motion = a_device("motion", place="kitchen")
    return directory_of(
        a_site("donegal", clock=clock, homes=[a_home("home-1", devices=[meter, motion])])
    )


DIRECTORY = a_directory()
TOPICS = [
    TOPIC,
    TOPIC.replace("reading", "urgent"),
    TOPIC.replace("reading", "status"),
    TOPIC.replace("meter", "ghost"),
    "homecare/v1/donegal/_site/clock/reading",
    "x",
]
KEYS = st.sampled_from(["signal", "value", "unit", "time", "slot", "boot", "seq", "readings", "n"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["spo2", "%", "on"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)


def placed(payload, directory=DIRECTORY, /, **fields):
    return place(a_row(payload, **fields), directory)


def spo2(time=None, value=97) -> bytes:
    at = "" if time is None else f',"time":{time}'
    return f'{{"signal":"spo2","value":{value}{at}}}'.encode()


def test_a_good_reading_is_its_owners():
    result = placed(spo2(AT - 1000))
    (reading,) = result.readings
    assert (reading.site, reading.home, reading.device) == ("donegal", "home-1", "meter")
    assert (reading.resident, reading.x, reading.at, reading.quality) == ("anna", 97, AT - 1000, 0)
    assert (result.heard, result.dead) == (result.device, [])


def test_a_home_device_speaks_for_the_home():
    result = placed(b'{"signal":"motion"}', topic=TOPIC.replace("meter", "motion"))
    (reading,) = result.readings
    assert (reading.resident, reading.place, reading.x) == (None, "kitchen", 1)


# -- bad input: a table of what comes, and what becomes of it

BAD = {
    "truncated": (b'{"signal":"spo2","val', "not-json"),
    "empty": (b"", "not-json"),
    "bare word": (b"NaN", None),
    "NaN": (b'{"signal":"spo2","value":NaN}', None),
    "infinite": (b'{"signal":"spo2","value":1e999}', None),
    "minus infinite": (b'{"signal":"spo2","value":-1e999}', None),
    "deeply nested": (b"[" * 20_000 + b"]" * 20_000, None),
    "deeply nested objects": (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, None),
    "duplicate keys": (b'{"signal":"spo2","value":97,"value":60}', None),
    "wrong UTF-8": (b'{"signal":"spo2","value":"\xff\xfe"}', None),
    "nothing but zeros": (b"\0" * 64, None),
    "unknown signal": (b'{"signal":"aura","value":7}', None),
    "the gateway's own signal": (b'{"signal":"coverage","value":1}', None),
    "a tick on a device's topic": (b'{"signal":"tick","time":1}', None),
    "wrong unit": (b'{"signal":"spo2","value":97,"unit":"kg"}', None),
    "a word for a number": (b'{"signal":"spo2","value":"high"}', None),
    "a number of a million digits": (b'{"signal":"spo2","value":' + b"9" * 50_000 + b"}", None),
    "no time": (b'{"signal":"spo2","value":97,"time":"yesterday"}', None),
    "a time without zone": (b'{"signal":"spo2","value":97,"time":"2026-01-01T00:00:00"}', None),
    "a negative seq": (b'{"boot":1,"seq":-1,"signal":"spo2","value":97}', None),
    "an empty list": (b"[]", None),
}


@pytest.mark.parametrize(("payload", "code"), BAD.values(), ids=BAD.keys())
def test_bad_input_becomes_a_dead_letter_with_a_reason(payload, code):
    result = placed(payload)
    assert not result.readings
    assert result.dead
    for dead in result.dead:
        assert dead.code
        assert len(dead.reason) > 10
        assert code is None or dead.code == code
    assert result.heard  # it is broken, not silent


@pytest.mark.parametrize(
    ("topic", "code"),
    [
        ("homecare/v1/donegal/home-1/ghost/reading", "unknown-device"),
        ("homecare/v1/donegal/home-9/meter/reading", "unknown-home"),
        ("homecare/v1/atlantis/home-1/meter/reading", "unknown-site"),
        ("homecare/v1/DONEGAL/home-1/meter/reading", "topic"),
        ("homecare/v1/donegal/home 1/meter/reading", "topic"),
        ("homecare/v1/donegal/home-1/meter/temperature", "topic"),
        ("homecare/v1/donegal/home-1/meter/", "topic"),
        ("homecare/v1/donegal/home-1/meter/extra/reading", "topic"),
        ("zigbee2mqtt/kitchen", "topic"),
        ("", "topic"),
        ("homecare/v1/" + "a" * 65 + "/home-1/meter/reading", "topic"),
        ("homecare/v1/atlantis/_site/clock/reading", "unknown-site"),
        ("homecare/v1/donegal/_site/clock/reading", "tick"),  # a wall site: nobody moves its clock
    ],
)
def test_a_topic_that_is_nobodys_is_a_dead_letter(topic, code):
    result = placed(b'{"signal":"tick","time":1}', topic=topic)
    assert [dead.code for dead in result.dead] == [code]
    assert not result.readings
    assert result.heard is None
    assert result.tick is None


def test_an_oversized_message_is_a_dead_letter():
    result = placed(b"x" * 256, flags=Flag.OVERSIZED, part=70_000)
    assert [dead.code for dead in result.dead] == ["oversized"]


def test_a_partly_bad_list_keeps_its_good_items():
    result = placed(b'[{"signal":"spo2","value":97},{"signal":"spo2","value":"x"},7]')
    assert [reading.index for reading in result.readings] == [0]
    assert [dead.index for dead in result.dead] == [1, 2]


def test_a_replayed_item_of_a_list_comes_alone():
    payload = b'[{"signal":"spo2","value":97},{"signal":"pulse","value":60}]'
    result = placed(payload, flags=Flag.REPLAY, part=1, first_received_at=AT - HOUR)
    (reading,) = result.readings
    assert (reading.signal, reading.at, reading.received_at) == ("pulse", AT - HOUR, AT - HOUR)
    assert result.heard is None


# -- time


@pytest.mark.parametrize(
    ("time", "at", "quality"),
    [
        (None, AT, Quality.UNTIMED),
        (AT, AT, Quality.OK),
        (AT - 29 * DAY, AT - 29 * DAY, Quality.OK),
        (AT - 300 * DAY, AT - 300 * DAY, Quality.OK),  # late: stored, never judged
        (AT - 367 * DAY, AT, Quality.SKEWED),
        (0, AT, Quality.SKEWED),  # 1970
        (AT + 1, AT, Quality.FUTURE),
        (4_070_908_800_000, AT, Quality.FUTURE),  # 2099
    ],
)
def test_the_time_that_rules_use(time, at, quality):
    (reading,) = placed(spo2(time)).readings
    assert (reading.at, reading.quality, reading.measured_at) == (at, quality, time)


def test_a_clock_far_ahead_is_told():
    assert not placed(spo2(AT + 5 * MINUTE)).future
    assert placed(spo2(AT + 5 * MINUTE + 1)).future


def test_a_stepped_wall_clock_makes_every_time_doubtful():
    (reading,) = placed(spo2(AT), flags=Flag.UNSURE).readings
    assert reading.quality == Quality.SKEWED


@pytest.mark.parametrize(
    ("site_at", "time", "at", "quality"),
    [
        (5 * DAY, 5 * DAY + HOUR, 5 * DAY + HOUR, Quality.OK),  # before the next tick
        (5 * DAY, 5 * DAY - HOUR, 5 * DAY - HOUR, Quality.OK),  # late
        (5 * DAY, None, 5 * DAY + 1, Quality.UNTIMED),  # just after the tick, so not late
        (5 * DAY, AT, 5 * DAY + 1, Quality.FUTURE),
        (None, 7 * DAY, 7 * DAY, Quality.OK),  # before the first tick its time is its own
        (None, None, AT, Quality.UNTIMED),
    ],
)
def test_a_data_site_lives_by_its_ticks(site_at, time, at, quality):
    (reading,) = placed(spo2(time), a_directory("data"), site_at=site_at).readings
    assert (reading.at, reading.quality) == (at, quality)
    assert reading.received_at == (AT if site_at is None else site_at)


def test_a_tick_is_a_tick():
    topic = "homecare/v1/donegal/_site/clock/reading"
    tick = b'{"signal":"tick","time":5000}'
    assert placed(tick, a_directory("data"), topic=topic).tick == ("donegal", 5000)
    for payload, flags in ((b"{}", 0), (tick, Flag.RETAINED), (b'{"signal":"pulse","time":1}', 0)):
        result = placed(payload, a_directory("data"), topic=topic, flags=flags)
        assert (result.tick, [dead.code for dead in result.dead]) == (None, ["tick"])


# -- doubts


@pytest.mark.parametrize("value", [3, "1e-999999999"])
def test_an_implausible_value_is_kept_and_marked(value):
    (reading,) = placed(spo2(AT, value=value)).readings
    assert reading.quality == Quality.IMPLAUSIBLE


def test_a_retained_event_is_none():
    result = placed(
        b'{"signal":"motion"}', topic=TOPIC.replace("meter", "motion"), flags=Flag.RETAINED
    )
    assert (result.readings, result.heard) == ([], None)
    assert [dead.code for dead in result.dead] == ["retained"]


def test_a_retained_value_is_state_and_no_sign_of_life():
    result = placed(spo2(AT), flags=Flag.RETAINED)
    assert result.readings[0].quality == Quality.RETAINED
    assert result.heard is None


def test_an_untimed_message_after_a_gap_is_backlog():
    flags = Flag.REPEATED | Flag.BACKLOG
    (reading,) = placed(spo2(), flags=flags).readings
    assert reading.quality == Quality.UNTIMED | Quality.REPEATED | Quality.BACKLOG


@pytest.mark.parametrize("topic", [TOPIC, TOPIC.replace("reading", "urgent")])
def test_a_call_for_help_that_waited_is_still_one(topic):
    flags = Flag.BACKLOG | (Flag.URGENT if topic.endswith("urgent") else 0)
    (reading,) = placed(b'{"signal":"sos"}', topic=topic, flags=flags).readings
    assert not reading.quality & Quality.BACKLOG


def test_a_reset_counter_is_told():
    assert placed(spo2(AT), flags=Flag.CLASH).clash


# -- whose


def test_without_consent_nothing_is_kept():
    site = a_site(homes=[a_home(residents=[a_resident(consent=None)], devices=[a_device("meter")])])
    result = placed(spo2(AT), directory_of(site))
    assert (result.readings, result.dead, result.refused_for_consent) == ([], [], 1)
    assert not result.refused_call


def test_consent_counts_at_the_time_of_measuring():
    anna = a_resident(consent=AT - HOUR, consent_until=AT)
    site = a_site(homes=[a_home(residents=[anna], devices=[a_device("meter", owner="anna")])])
    payload = b'[{"signal":"spo2","value":97,"time":%d},{"signal":"spo2","value":97,"time":%d}]'
    result = placed(payload % (AT - 2 * HOUR, AT - MINUTE), directory_of(site), at=AT + HOUR)
    assert [reading.index for reading in result.readings] == [1]
    assert result.refused_for_consent == 1


def test_a_call_for_help_without_consent_is_told_without_its_value():
    site = a_site(homes=[a_home(residents=[a_resident(consent=None)], devices=["meter"])])
    result = placed(b'{"signal":"sos"}', directory_of(site))
    assert (result.readings, result.refused_call) == ([], True)


def test_a_withheld_row_is_counted():
    urgent = TOPIC.replace("reading", "urgent")
    assert placed(b"", flags=Flag.WITHHELD).refused_for_consent == 1
    assert placed(b"", topic=urgent, flags=Flag.WITHHELD | Flag.URGENT).refused_call


def test_a_pause_silences_monitoring_and_no_alarm():
    anna = a_resident(pauses=[(AT - HOUR, AT + HOUR, False)])
    site = a_site(homes=[a_home(residents=[anna], devices=[a_device("meter", owner="anna")])])
    directory = directory_of(site)
    assert placed(spo2(AT), directory).refused_for_pause == 1
    assert len(placed(b'{"signal":"sos"}', directory).readings) == 1


def test_before_it_was_placed_a_device_speaks_for_nobody():
    site = a_site(homes=[a_home(devices=[a_device("meter", since=AT - HOUR)])])
    result = placed(spo2(AT - 2 * HOUR), directory_of(site))
    assert [(dead.index, dead.code) for dead in result.dead] == [(0, "not-placed")]


def test_the_registered_dialect_decodes():
    senml = b'[{"bn":"x:","n":"spo2","u":"%","v":97}]'
    (reading,) = placed(senml, a_directory(dialect="senml")).readings
    assert (reading.signal, reading.x) == ("spo2", 97)
    packed = cbor2.dumps([{0: "spo2", 1: "%", 2: 97}])
    (reading,) = placed(packed, a_directory(dialect="senml-cbor")).readings
    assert (reading.signal, reading.x) == ("spo2", 97)


def test_a_dialect_that_is_none_is_told():
    result = placed(spo2(AT), a_directory(dialect="klingon"))
    assert [dead.code for dead in result.dead] == ["dialect"]


# -- status


@pytest.mark.parametrize(
    ("payload", "status", "alive"),
    [
        (b"online", {"online": True}, True),
        (b"offline", {"online": False}, False),  # a last will: the broker speaks
        (b'{"online":true,"battery":80}', {"online": True, "battery": 80}, True),
    ],
)
def test_a_status_says_whether_the_device_is_there(payload, status, alive):
    result = placed(payload, topic=TOPIC.replace("reading", "status"))
    assert result.status == status
    assert (result.heard is not None) is alive


@pytest.mark.parametrize("payload", [b"", b"dead", b"[]", b'{"battery":80}', b"\xff", b"[" * 9999])
def test_a_status_that_is_none_is_a_dead_letter(payload):
    result = placed(payload, topic=TOPIC.replace("reading", "status"))
    assert [dead.code for dead in result.dead] == ["status"]


@given(payload=st.binary(max_size=200), flags=st.integers(0, 511), topic=st.sampled_from(TOPICS))
def test_any_bytes_end_somewhere(payload, flags, topic):
    """Whatever comes, it is a reading, a dead letter, a status, or counted as refused."""
    flags &= ~int(Flag.REPLAY)
    result = placed(payload, topic=topic, flags=flags)
    assert (
        result.readings
        or result.dead
        or result.status
        or result.refused_for_consent
        or result.refused_for_pause
    )
    assert all(reading.quality >= 0 for reading in result.readings)


@given(tree=JSON, dialect=st.sampled_from(["homecare", "senml"]), time=st.integers(0, 2**45))
def test_any_json_ends_somewhere(tree, dialect, time):
    result = placed(json.dumps(tree).encode(), a_directory(dialect=dialect), at=time)
    assert result.readings or result.dead
