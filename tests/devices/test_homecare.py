"""The product's own JSON: shapes, times, states, and every way to be refused."""

import pytest

from devices.dialects.homecare import decode, encode


def codes(payload: bytes) -> list[tuple[int | None, str]]:
    decoded = decode(payload)
    return [(refusal.index, refusal.code) for refusal in decoded.refusals]


def test_a_single_reading_may_carry_the_sequence() -> None:
    decoded = decode(b'{"signal":"pulse","value":72,"boot":1,"seq":9}')
    assert (decoded.boot, decoded.seq) == (1, 9)
    (item,) = decoded.items
    assert (item.signal, item.x, item.value, item.unit, item.at) == ("pulse", 72, "72", None, None)


def test_a_list_keeps_its_good_items_and_refuses_the_others_by_index() -> None:
    decoded = decode(
        b'[{"signal":"pulse","value":72},{"signal":"puls","value":72},7,'
        b'{"signal":"door","value":"ajar"},{"signal":"spo2","value":97}]'
    )
    assert [item.index for item in decoded.items] == [0, 4]
    assert [refusal.index for refusal in decoded.refusals] == [1, 2, 3]
    assert "did you mean 'pulse'?" in decoded.refusals[0].reason
    assert "closed, open" in decoded.refusals[2].reason


def test_the_original_number_and_unit_are_kept() -> None:
    (item,) = decode(b'{"signal":"body_temperature","value":98.60,"unit":"[degF]"}').items
    assert (item.x, item.value, item.unit) == (370, "98.60", "[degF]")


@pytest.mark.parametrize(
    ("time", "at"),
    [
        (b'"2026-11-24T18:07:45Z"', 1795543665000),
        (b'"2026-11-24T19:07:45.25+01:00"', 1795543665250),
        (b"1795543665250", 1795543665250),
        (b"0", 0),  # 1970 and 2099 are readings; their quality is for the gateway to judge
        (b'"2099-01-01T00:00:00Z"', 4070908800000),
        (b"null", None),
    ],
)
def test_times(time, at) -> None:
    (item,) = decode(b'{"signal":"pulse","value":72,"time":' + time + b"}").items
    assert item.at == at


@pytest.mark.parametrize(
    "time",
    [b'"2026-11-24T18:07:45"', b'"yesterday"', b"-1", b"1795543665.5", b"1e30", b"true", b"[]",
     b'"0001-01-01T00:00:00+14:00"', b'"2026-11-24T18:07:60Z"', b"9" * 25],
)  # fmt: skip
def test_a_bad_time_is_refused(time) -> None:
    assert codes(b'{"signal":"pulse","value":72,"time":' + time + b"}") == [(0, "time")]


def test_the_envelope_gives_its_time_to_readings_without_one() -> None:
    decoded = decode(
        b'{"time":1000,"seq":1,"readings":[{"signal":"motion"},{"signal":"sos","time":2000}]}'
    )
    assert [item.at for item in decoded.items] == [1000, 2000]


@pytest.mark.parametrize(
    ("value", "x"), [(b'"open"', 1), (b'"closed"', 0), (b"true", 1), (b"false", 0), (b"1", 1)]
)
def test_states(value, x) -> None:
    (item,) = decode(b'{"signal":"door","value":' + value + b"}").items
    assert item.x == x


@pytest.mark.parametrize(
    ("reading", "code"),
    [
        (b'{"signal":"door"}', "no-value"),
        (b'{"signal":"door","value":2}', "value"),
        (b'{"signal":"door","value":"open","unit":"kg"}', "unit"),
        (b'{"signal":"motion","value":false}', "value"),
        (b'{"signal":"motion","value":0}', "value"),
        (b'{"signal":"pulse"}', "no-value"),
        (b'{"signal":"pulse","value":null}', "value"),
        (b'{"signal":"pulse","value":"72"}', "value"),
        (b'{"signal":"pulse","value":true}', "value"),
        (b'{"signal":"pulse","value":[72]}', "value"),
        (b'{"signal":"pulse","value":1e999}', "value"),
        (b'{"signal":"pulse","value":' + b"9" * 60 + b"}", "value"),
        (b'{"signal":"pulse","value":0.' + b"1" * 60 + b"}", "value"),
        (b'{"signal":"pulse","value":72,"unit":"kg"}', "unit"),
        (b'{"signal":"pulse","value":72,"unit":5}', "unit"),
        (b'{"signal":"pulse","value":72,"slot":-1}', "slot"),
        (b'{"signal":"pulse","value":72,"slot":true}', "slot"),
        (b'{"signal":7,"value":72}', "signal"),
        (b'{"value":72}', "signal"),
        (b'{"signal":"coverage","value":1}', "gateway-signal"),
        (b'{"signal":"coverage","value":"covered"}', "gateway-signal"),
    ],
)
def test_a_bad_reading_is_refused_alone(reading, code) -> None:
    assert codes(reading) == [(0, code)]


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", "not-json"),
        (b'{"signal":"pulse","val', "not-json"),
        (b'{"signal":"pulse","value":NaN}', "not-json"),
        (b'{"signal":"pulse","value":Infinity}', "not-json"),
        (b'{"signal":"pulse","value":1e99999999999999999999}', "not-json"),
        (b'{"signal":"pulse","value":' + b"9" * 5000 + b"}", "not-json"),
        (b'{"signal":"pu\xfflse","value":1}', "not-json"),
        (b"\xef\xbb\xbf{}", "not-json"),
        (b"[" * 60_000, "not-json"),
        (b'{"a":' * 10_000, "not-json"),
        (b"[" * 300 + b"]" * 300, None),
        (b'"pulse"', "shape"),
        (b"7", "shape"),
        (b"[]", "empty"),
        (b'{"readings":[]}', "empty"),
        (b'{"readings":{}}', "shape"),
        (b'{"readings":null}', "shape"),
        (b'{"seq":-1,"readings":[{"signal":"motion"}]}', "sequence"),
        (b'{"boot":"a","signal":"motion"}', "sequence"),
        (b'{"time":"x","readings":[{"signal":"motion"}]}', "time"),
    ],
)
def test_a_bad_payload_is_refused_whole(payload, code) -> None:
    decoded = decode(payload)
    assert decoded.items == ()
    if code:
        assert codes(payload) == [(None, code)]


@pytest.mark.parametrize(
    "payload",
    [
        b'{"signal":"pulse","value":70,"value":170}',
        b'{"signal":"pulse","value":70,"value" :170}',
        b'{"signal":"pulse","value":70,"value"\t:170}',
        b'{"signal":"pulse","value":70,"val\\u0075e":170}',
        b'{"signal":"pulse","value":70,"x":{"a":1,"a":2}}',
        b'{"signal":":x","value":70,"value" :170}',
        b'{"signal":"pulse","time":"2026-11-24T18:07:45Z","value":70,"value":170}',
        b'[{"signal":"spo2","value":97},{"signal":"pulse","value":70,"value":170}]',
        b'["abcdefgh",{"signal":"pulse","value":70,"value":170}]',
        b'{"readings":[{"signal":"pulse","value":70,"value":170}]}',
        b'{"readings":[{"signal":"pulse","value":70}],"readings":[{"signal":"motion"}]}',
    ],
)
def test_a_repeated_key_is_refused_not_overwritten(payload) -> None:
    assert codes(payload) == [(None, "repeated-key")]


@pytest.mark.parametrize(
    "payload",
    [
        b'{ "signal" : "pulse" , "value" : 70 }',
        b'{"signal":"pulse","value":70,"note":"a: b \\" c: \\":"}',
        b'{"signal":"pulse","value":70,"meta":{"rssi":[1,{"a":":"}]}}',
        b'{"signal":"pulse","value":70,"::":":"}',
    ],
)
def test_odd_but_right_json_is_read(payload) -> None:
    decoded = decode(payload)
    assert [item.x for item in decoded.items] == [70]
    assert decoded.refusals == ()


def test_unknown_keys_are_counted() -> None:
    assert decode(b'{"signal":"motion","rssi":-70,"fw":"1.2"}').unknown_keys == 2
    assert decode(b'{"hub":1,"readings":[{"signal":"motion","rssi":1}]}').unknown_keys == 2


def test_a_huge_list_is_read() -> None:
    payload = b"[" + b",".join([b'{"signal":"motion"}'] * 50_000) + b"]"
    assert len(decode(payload).items) == 50_000


def test_the_shortest_form_is_written() -> None:
    items = decode(b'[{"signal":"door","value":"open"},{"signal":"bed","value":true}]').items
    assert encode(items[:1], boot=1, seq=2) == b'{"boot":1,"seq":2,"signal":"door","value":"open"}'
    assert encode(items).startswith(b"[")
    assert encode(items, seq=2).startswith(b'{"seq":2,"readings":[')
