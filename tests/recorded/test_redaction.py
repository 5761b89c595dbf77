"""No name and no free text comes into a capture; values, times and sequence do."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cli.recorded.redaction import Redactor, guessed
from devices.dialects import DIALECTS
from gateway.mqtt.listener import Heard
from simulators.recorded.capture import Message, Source, Tick, message_line, source_line
from tests.building import a_device, a_home, a_resident, a_site, directory_of

AT = 1_762_156_800_000
TOPIC = "homecare/v1/donegal/rose-cottage/annas-oximeter/reading"
SAID = {
    "boot": 3, "seq": 41, "note": "Anna was unwell",
    "readings": [{"signal": "spo2", "value": 91.0, "time": AT, "by": "Bríd"},
                 {"signal": "pulse", "value": "lots"}],
}  # fmt: skip


def heard(payload, topic=TOPIC, **more) -> Heard:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Heard(topic, body, more.pop("qos", 1), more.pop("retained", False), more)


def kept(redactor, *those) -> list[Source | Message]:
    return [line for one in those for line in redactor.lines(one, AT)]


def a_redactor(**more) -> Redactor:
    return Redactor(b"k" * 32, **more)


def text_of(lines) -> str:
    return "".join(
        source_line(one) if isinstance(one, Source) else message_line(one) for one in lines
    )


def test_values_time_and_sequence_stay_and_nothing_else() -> None:
    redactor = a_redactor()
    source, message = kept(redactor, heard(SAID, UserProperty=[["who", "Anna"]]))
    told = json.loads(message.payload)
    reading = {"signal": "spo2", "value": 91.0, "time": AT}
    assert told == {"boot": 3, "seq": 41, **reading}
    assert source.dialect == "homecare"
    assert message.topic == f"homecare/v1/{source.site}/{source.home}/{source.device}/reading"
    written = text_of([source, message])
    for name in ("donegal", "rose", "anna", "Anna", "Bríd", "unwell", "lots", "note"):
        assert name not in written
    assert redactor.counts == {
        "readings that no dialect reads": 1,
        "keys that the dialect does not know": 2,
        "properties": 1,
    }


def test_pseudonyms_are_stable_within_a_capture_and_differ_between_captures() -> None:
    one = a_redactor()
    again = [
        line.topic for line in kept(one, heard(SAID), heard(SAID)) if isinstance(line, Message)
    ]
    assert again[0] == again[1]
    other = Redactor(b"x" * 32)
    assert kept(other, heard(SAID))[1].topic != again[0]
    # The same id in another home is another device.
    moved = heard(SAID, "homecare/v1/donegal/home-9/annas-oximeter/reading")
    assert kept(one, moved)[1].topic.split("/")[4] != again[0].split("/")[4]


def test_a_foreign_message_is_described_or_with_raw_kept() -> None:
    told = heard(b'{"occupancy": true}', "zigbee2mqtt/Annas bedroom/availability")
    redactor = a_redactor()
    (line,) = kept(redactor, told)
    assert (line.payload, line.length, line.why) == (None, 19, "dialect")
    first, middle, last = line.topic.split("/")
    assert (first, last) == ("zigbee2mqtt", "availability")
    assert middle.startswith("t-")
    assert redactor.dropped == {"dialect": 1}
    (line,) = kept(a_redactor(raw=True), told)
    assert line.payload == b'{"occupancy": true}'
    assert "bedroom" not in line.topic


def test_a_status_keeps_what_a_status_may_say() -> None:
    topic = TOPIC.replace("reading", "status")
    full = heard({"online": True, "battery": 80, "owner": "Anna"}, topic, retained=True)
    redactor = a_redactor()
    word, table, odd = kept(redactor, heard(b"offline", topic), full, heard(b"Anna is away", topic))
    assert word.payload == b"offline"
    assert json.loads(table.payload) == {"online": True, "battery": 80}
    assert table.retained
    assert odd.payload is None
    assert redactor.dropped == {"status": 1}


def test_all_times_move_by_one_constant() -> None:
    _, message = kept(a_redactor(shift_ms=-7 * 86_400_000), heard(SAID))
    assert message.at == AT - 7 * 86_400_000
    assert json.loads(message.payload)["time"] == AT - 7 * 86_400_000


def test_beside_a_gateway_its_registry_tells_place_owner_and_dialect() -> None:
    site = a_site(
        "donegal",
        homes=[
            a_home(
                "rose-cottage",
                residents=["anna", "bert"],
                devices=[
                    a_device("annas-oximeter", owner="bert", hub="hub", interval_ms=60_000),
                    a_device("nursery", place="annas-room"),
                    a_device("pir", place="kitchen"),
                ],
            )
        ],
    )
    redactor = a_redactor(directory=directory_of(site))
    rows = [
        heard({"signal": "spo2", "value": 91}),
        heard({"signal": "motion"}, TOPIC.replace("annas-oximeter", "nursery")),
        heard({"signal": "motion"}, TOPIC.replace("annas-oximeter", "pir")),
    ]
    clip, room, kitchen = (one for one in kept(redactor, *rows) if isinstance(one, Source))
    assert (clip.owner, clip.interval_ms, clip.hub, clip.place) == (1, 60_000, True, None)
    assert room.place.startswith("place-")
    assert (kitchen.place, kitchen.owner) == ("kitchen", None)
    assert list(redactor.zones(("#",)).values()) == ["Europe/Dublin"]
    assert "annas" not in text_of(kept(redactor, *rows))


def test_what_consent_forbids_is_only_counted() -> None:
    silent = a_site(
        "donegal",
        homes=[
            a_home(
                "rose-cottage",
                residents=[a_resident("anna", consent=None)],
                devices=[a_device("annas-oximeter", owner="anna")],
            )
        ],
    )
    redactor = a_redactor(directory=directory_of(silent), raw=True)
    assert kept(redactor, heard(SAID)) == []
    assert redactor.dropped == {"consent": 1}


def test_the_gateways_own_messages_are_left_out() -> None:
    redactor = a_redactor(raw=True)
    own = [
        "homecare/v1/_gateway/_probe/12-ab/reading",
        "homecare/v1/donegal/home-1/alert",
        "$SYS/broker/uptime",
    ]
    assert kept(redactor, *(heard(b"{}", topic) for topic in own)) == []
    assert redactor.skipped == len(own)


def test_a_filter_is_redacted_as_topics_are() -> None:
    redactor = a_redactor()
    (source, _) = kept(redactor, heard(SAID))
    wanted = redactor.filter("homecare/v1/donegal/+/+/reading")
    assert wanted == f"homecare/v1/{source.site}/+/+/reading"
    assert redactor.filter("#") == "#"


def test_the_clock_of_a_simulated_site_goes_along() -> None:
    redactor = a_redactor(shift_ms=-1_000)
    ticks = heard({"signal": "tick", "time": 5_000}, "homecare/v1/donegal/_site/clock/reading")
    source, _, tick = kept(redactor, heard(SAID), ticks)
    assert tick == Tick(source.site, AT - 1_000, 4_000)


@pytest.mark.parametrize(
    ("wanted", "zones"),
    [
        (("#",), 2),
        (("homecare/v1/+/#",), 2),
        (("homecare/v1/donegal/#",), 1),
        (("homecare/v1/donegal/+/+/reading", "zigbee2mqtt/#"), 1),
        (("zigbee2mqtt/#",), 0),
    ],
)
def test_no_zone_of_a_site_that_is_not_listened_to(wanted, zones) -> None:
    directory = directory_of(a_site("donegal"), a_site("vestland", zone="Europe/Oslo"))
    assert len(a_redactor(directory=directory).zones(wanted)) == zones


@pytest.mark.parametrize("dialect", [one for one in DIALECTS if one.encode], ids=lambda d: d.name)
def test_every_dialect_is_found_by_itself(dialect) -> None:
    items = (
        DIALECTS[0].decode(b'[{"signal":"spo2","value":91},{"signal":"pulse","value":70}]').items
    )
    payload = dialect.encode(items)
    name, decoded = guessed(payload)
    assert name == dialect.name
    assert [one.x for one in decoded.items] == [one.x for one in items]


@given(st.from_regex(r"[a-zæöþ]{3,20}", fullmatch=True), st.sampled_from(("note", "unit", "value")))
def test_free_text_never_stays_wherever_it_stands(word, key) -> None:
    secret = f"zq{word}zq"
    said = {"signal": "spo2", "value": 91, key: secret}
    lines = kept(a_redactor(), heard(said), heard([said, {"signal": "pulse", "value": 70}]))
    assert secret not in text_of(lines)
    assert secret not in json.loads(json.dumps(text_of(lines)))


@given(st.binary(max_size=60))
def test_no_bytes_break_it(payload) -> None:
    """Each is described; what is kept of it can be read, and nothing is kept of what cannot."""
    both = heard(payload), heard(payload, TOPIC.replace("reading", "status"))
    told = [line for line in kept(a_redactor(), *both) if isinstance(line, Message)]
    assert [line.length for line in told if line.payload is None] == [
        len(payload) for line in told if line.payload is None
    ]
    assert len(told) == 2
    for line in told:
        if line.payload is not None and line.payload[:1] in b"[{":
            msgspec.json.decode(line.payload)
