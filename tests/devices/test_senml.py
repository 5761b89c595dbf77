"""SenML against RFC 8428: its own examples, its rules, and what is refused."""

import json
from decimal import Decimal

import cbor2
import pytest

from devices.dialects import senml_cbor, senml_json
from devices.dialects.senml import Resolved, resolve
from devices.dialects.strict import parse
from devices.dialects.values import Unreadable
from tests.parts import shared_data


def examples() -> list[dict]:
    return json.loads(shared_data("payloads/senml_rfc8428.json").read_text(encoding="utf-8"))


def plain(found: Resolved, now: float) -> dict:
    """The form of the shared examples: absolute time, no base."""
    t = float(found.t)
    said = {"n": found.name, "t": t if t >= 2**28 else now + t}
    if found.unit is not None:
        said["u"] = found.unit
    if found.label:
        value = found.value
        said[found.label] = float(value) if found.label == "v" else value
    return said


def test_the_examples_of_the_rfc_resolve() -> None:
    seen = 0
    for example in examples():
        if "resolved" not in example:
            continue
        pack = parse(json.dumps(example["pack"]).encode())
        resolved = list(resolve(pack))
        assert not any(type(found).__name__ == "Refusal" for found in resolved), example["id"]
        expected = [
            {key: value for key, value in record.items() if key != "l"}
            for record in example["resolved"]
        ]
        now = max(record["t"] for record in expected)
        made = [plain(found, now) for found in resolved if found.label != "vd"]
        assert made == expected, example["id"]
        seen += 1
    assert seen >= 11


def test_the_cbor_examples_say_what_the_json_ones_say() -> None:
    seen = 0
    for example in examples():
        if "cbor_hex" not in example:
            continue
        records = senml_cbor._labelled(senml_cbor._parse(bytes.fromhex(example["cbor_hex"])))
        again = [plain(found, 0) for found in resolve(records)]
        said = [plain(found, 0) for found in resolve(parse(json.dumps(example["pack"]).encode()))]
        for one, other in zip(again, said, strict=True):
            one["v"], other["v"] = round(one["v"], 6), round(other["v"], 6)
        assert again == said
        seen += 1
    assert seen == 2


def decoded(*records: dict) -> tuple[list, list]:
    found = senml_json.decode(json.dumps(records).encode())
    return list(found.items), [(refusal.index, refusal.code) for refusal in found.refusals]


def test_a_records_own_name_is_the_signal() -> None:
    items, refusals = decoded(
        {"bn": "urn:dev:mac:0024beef:", "n": "pulse", "u": "beat/min", "v": 71, "bt": 1.76e9},
        {"n": "body-temperature", "u": "K", "v": 309.8},
        {"bn": "urn:dev:mac:0024beef/room_temperature", "u": "Cel", "v": 21.46},
        {"n": "x", "v": 1},
    )
    assert [(item.signal, item.x) for item in items] == [
        ("pulse", 71),
        ("body_temperature", 367),
        ("room_temperature", 215),
    ]
    assert refusals == [(3, "unknown-signal")]
    assert {item.at for item in items} == {1_760_000_000_000}


def test_relative_times_stay_relative_to_receipt() -> None:
    items, _ = decoded({"n": "pulse", "v": 71, "t": -5}, {"n": "pulse", "v": 72})
    assert [(item.at, item.after_receipt) for item in items] == [(None, -5000), (None, 0)]


def test_base_value_sum_and_unit() -> None:
    items, refusals = decoded(
        {"bu": "kg", "bv": 70, "bs": 5, "n": "body_weight", "v": 0.25, "s": 1},
        {"n": "body_weight", "v": -1.5},
        {"n": "body_weight"},
    )
    assert [(item.x, item.value, item.unit) for item in items] == [
        (703, "70.25", "kg"),
        (685, "68.5", "kg"),
    ]
    assert refusals == [(2, "sum")]


def test_states_and_events() -> None:
    items, refusals = decoded(
        {"n": "door", "vs": "open"},
        {"n": "door", "vb": False},
        {"n": "motion", "v": 1},
        {"n": "sos", "vb": True},
        {"n": "motion", "vb": False},
        {"n": "door", "vd": "AQ"},
    )
    assert [item.x for item in items] == [1, 0, 1, 1]
    assert refusals == [(4, "value"), (5, "data")]


@pytest.mark.parametrize(
    ("pack", "code"),
    [
        ([{"n": "pulse", "v": 1, "future_": 1}], "must-understand"),
        ([{"n": "pulse", "v": 1}, {"n": "pulse", "v": 1, "x_": None}], "must-understand"),
        ([{"bver": 11, "n": "pulse", "v": 1}], "version"),
        ([{"bver": 0, "n": "pulse", "v": 1}], "version"),
        ([{"bver": "10", "n": "pulse", "v": 1}], "version"),
        ([{"bver": None, "n": "pulse", "v": 1}], "version"),
        ([{"n": "pulse", "v": 1}, {"bver": 5, "n": "pulse", "v": 1}], "version"),
        ([{"bn": 5, "n": "pulse", "v": 1}], "base"),
        ([{"bt": "now", "n": "pulse", "v": 1}], "value"),
        ([], "empty"),
        ([{"bn": "urn:dev:x:"}], "empty"),
        ({"n": "pulse", "v": 1}, "shape"),
        ([[1]], "shape"),
        (7, "shape"),
    ],
)
def test_a_pack_that_must_not_be_processed_is_refused_whole(pack, code) -> None:
    found = senml_json.decode(json.dumps(pack).encode())
    assert found.items == ()
    assert [(refusal.index, refusal.code) for refusal in found.refusals] == [(None, code)]


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ({"n": "pulse", "v": 1, "vb": True}, "value"),
        ({"n": "pulse", "v": "71"}, "value"),
        ({"n": "door", "vb": 1}, "value"),
        ({"n": "door", "vs": True}, "value"),
        ({"n": "pulse"}, "no-value"),
        ({"n": "pulse", "s": 5}, "sum"),
        ({"n": "pulse", "s": "5"}, "value"),
        ({"n": "-pulse", "v": 1}, "name"),
        ({"n": "pul se", "v": 1}, "name"),
        ({"v": 1}, "name"),
        ({"n": "a" * 60_000, "v": 1}, "name"),
        ({"n": 5, "v": 1}, "label"),
        ({"n": "pulse", "u": 5, "v": 1}, "label"),
        ({"n": "pulse", "u": "kg", "v": 1}, "unit"),
        ({"n": "pulse", "v": 1, "t": "x"}, "value"),
        ({"n": "pulse", "v": 1, "t": 1e20}, "time"),
        ({"n": "pulse", "v": 1, "t": -1e20}, "time"),
        ({"n": "pulse", "v": 10**35}, "value"),
    ],
)
def test_a_record_that_breaks_a_rule_is_refused_alone(record, code) -> None:
    items, refusals = decoded(record, {"n": "spo2", "v": 97})
    assert refusals == [(0, code)]
    assert [item.signal for item in items] == ["spo2"]


def test_unknown_labels_are_counted() -> None:
    assert senml_json.decode(b'[{"n":"pulse","v":1,"note":"a","zz":2}]').unknown_keys == 2


def test_a_repeated_label_is_refused() -> None:
    found = senml_json.decode(b'[{"n":"pulse","v":1,"v":2}]')
    assert found.refusals[0].code == "repeated-key"
    twice = b"\x81\xa3\x00epulse\x02\x01\x02\x02"  # label 2 (v) stands twice
    assert senml_cbor.decode(twice).refusals[0].code == "repeated-key"
    names = b"\x81\xa3\x00epulse\x02\x01avx"  # and as the text "v" beside the number 2
    assert senml_cbor.decode(names[:-1] + b"\x02").refusals[0].code == "repeated-key"


def test_a_single_precision_float_is_read_as_it_was_meant() -> None:
    pack = b"\x81\xa2\x00pbody_temperature\x02\xfa" + bytes.fromhex("4212999a")  # 36.65
    (item,) = senml_cbor.decode(pack).items
    assert (item.value, item.x) == ("36.65", 367)
    assert senml_cbor.shortest(0.1) == Decimal("0.1")
    assert senml_cbor.shortest(1.5) == Decimal("1.5")


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x81",
        b"\x9f",
        b"\x81" * 60_000,
        b"\xff",
        b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",  # a list said to hold 2^64 records
        b"\x81\xa2\x00epulse\x02\xfb\x7f\xf8\x00\x00\x00\x00\x00\x00",  # NaN
        b"\x81\xa2\x00epulse\x02\xf9\x7c\x00",  # infinity
        b"\x81\xa2\x00\x65pul\xff\xff\x02\x01",  # wrong UTF-8
        b"\x81\xa2\x00epulse\x02\xc4\x82\x1b\x7f\xff\xff\xff\xff\xff\xff\xff\x01",  # 1e(2^63)
        b"\x81\xa2\x00epulse\x02\xc5\x82\x1b\x7f\xff\xff\xff\xff\xff\xff\xff\x01",  # 2^(2^63)
        b"\x81\xa2\x00epulse\x02\xc2\x58\xff" + b"\xff" * 255,  # a 2040-bit integer
        b"\x81\xa2\x00epulse\x02\xd8\x23\x61(",  # a regular expression
        b"\x81\xa2\x00epulse\x02\xc0\x61x",  # a text date
        b"\x81\xa2\x00epulse\x02\xd9\xff\xff\x01",  # a tag nobody knows
        b"\x81\xa2\x00epulse\x02\xf7",  # undefined
        b"\xa1\x00\x01",
        b"\x00",
    ],
)
def test_broken_cbor_is_refused(payload) -> None:
    found = senml_cbor.decode(payload)
    assert found.items == ()
    assert found.refusals


def test_cbor_text_labels_and_extensions() -> None:
    pack = cbor2.dumps([{0: "pulse", 2: 71, "l": "x", "extra": 1, 99: 2}])
    found = senml_cbor.decode(pack)
    assert [item.x for item in found.items] == [71]
    assert found.unknown_keys == 2
    assert senml_cbor.decode(cbor2.dumps([{0: "pulse", 2: 71, "must_": 1}])).items == ()


def test_resolving_says_why() -> None:
    with pytest.raises(Unreadable, match="newer than 10"):
        list(resolve([{"bver": 12, "n": "a", "v": 1}]))
