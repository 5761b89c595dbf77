"""What holds of every dialect, whatever comes."""

import cbor2
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.dialects import DIALECTS
from devices.dialects.head import peek
from devices.dialects.values import MISSING, interpret
from devices.reading import Decoded, Item, Refusal
from devices.signals import MAX_COUNT, SIGNALS, Kind

DEVICE_SIGNALS = [signal for signal in SIGNALS if not signal.by_gateway]
TIMES = st.none() | st.integers(268_435_456_000, 4_102_444_800_000)


@st.composite
def items(draw: st.DrawFn) -> Item:
    signal = draw(st.sampled_from(DEVICE_SIGNALS))
    at, slot = draw(TIMES), None
    raw: object
    if signal.kind is Kind.EVENT:
        raw = draw(st.sampled_from([MISSING, 1, True]))
    elif signal.kind is Kind.STATE:
        raw = draw(st.sampled_from([*signal.words, 0, 1, True, False]))
    else:
        raw = draw(st.integers(-1000, 10**6) | st.decimals(-1000, 10**6, places=3))
    unit = draw(st.sampled_from([None, signal.unit]))
    return interpret(0, signal.name, raw, unit, at, slot)


def meaning(item: Item) -> tuple:
    return item.signal, item.x, item.plausible, item.at, item.unit


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
@given(said=st.lists(items(), min_size=1, max_size=8))
def test_what_is_written_is_read_again(dialect, said) -> None:
    again = dialect.decode(dialect.encode(said))
    assert again.refusals == ()
    assert [meaning(item) for item in again.items] == [meaning(item) for item in said]
    assert [item.index for item in again.items] == list(range(len(said)))


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["pulse", "door", "open", "2026-11-24T18:07:45Z", "kg", "urn:dev:x:"])
)
OWN_KEYS = ("signal", "value", "unit", "time", "slot", "boot", "seq", "readings")
SENML_KEYS = ("bn", "bt", "bu", "bv", "bs", "bver", "n", "u", "v", "vs", "vb", "vd", "s", "t", "ut")
KEYS = st.text(max_size=5) | st.sampled_from([*OWN_KEYS, *SENML_KEYS])
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=20,
)
CBOR_KEYS = KEYS | st.integers(-9, 12)
CBOR_TREES = st.lists(
    st.dictionaries(CBOR_KEYS, SCALARS | st.binary(max_size=4) | st.decimals(), max_size=6)
    | SCALARS,
    max_size=4,
)


def holds(decoded: object) -> None:
    """A decoded payload says something, and says it in bounds."""
    assert type(decoded) is Decoded
    assert decoded.items or decoded.refusals
    for item in decoded.items:
        assert abs(item.x) <= MAX_COUNT
        assert item.at is None or 0 <= item.at < 2**48
        assert len(item.value) <= 40
    for refusal in decoded.refusals:
        assert type(refusal) is Refusal
        assert refusal.code
        assert len(refusal.reason) < 600
    indices = [found.index for found in (*decoded.items, *decoded.refusals)]
    assert len(set(indices)) == len(indices)


@settings(max_examples=300)
@given(payload=st.binary(max_size=200))
def test_any_bytes(payload) -> None:
    for dialect in DIALECTS:
        holds(dialect.decode(payload))
    peek(payload)


@settings(max_examples=300)
@given(tree=TREES)
def test_any_json(tree) -> None:
    payload = msgspec.json.encode(tree)
    for dialect in DIALECTS:
        holds(dialect.decode(payload))
    peek(payload)


@settings(max_examples=300)
@given(tree=CBOR_TREES, cut=st.integers(0, 400))
def test_any_cbor_cut_anywhere(tree, cut) -> None:
    payload = cbor2.dumps(tree)
    for part in (payload, payload[:cut]):
        holds(DIALECTS[2].decode(part))
        peek(part)


@given(said=st.lists(items(), min_size=1, max_size=3), cut=st.integers(1, 300))
def test_any_message_cut_anywhere(said, cut) -> None:
    for dialect in DIALECTS:
        payload = dialect.encode(said)
        found = dialect.decode(payload[: cut % len(payload)])
        holds(found)
        assert found.items == (), "half a message is no message"


@given(
    said=st.lists(items(), min_size=1, max_size=3),
    boot=st.none() | st.integers(0, 2**63 - 1),
    seq=st.none() | st.integers(0, 2**63 - 1),
)
def test_the_head_agrees_with_the_whole(said, boot, seq) -> None:
    payload = DIALECTS[0].encode(said, boot, seq)
    head, decoded = peek(payload), DIALECTS[0].decode(payload)
    assert (head.boot, head.seq) == (decoded.boot, decoded.seq)
    recent = [
        item for item in decoded.items if item.at is not None and item.at >= 1_420_070_400_000
    ]
    assert head.timed == bool(recent)
    for dialect in DIALECTS[1:]:
        assert peek(dialect.encode(said)).timed == bool(recent)
