"""What identifies a message, and what only seems to."""

import cbor2
import pytest

from devices.dialects.head import Head, peek

TIMED = Head(None, None, timed=True)


@pytest.mark.parametrize(
    ("payload", "head"),
    [
        (b'{"signal":"pulse","value":1,"boot":2,"seq":3}', Head(2, 3, timed=False)),
        (b' {"boot":2,"seq":3,"readings":[{"signal":"motion"}]}', Head(2, 3, timed=False)),
        (b'{"readings":[{"signal":"motion","time":1760000000000}]}', TIMED),
        (b'{"signal":"motion","time":"2026-11-24T18:07:45Z"}', TIMED),
        (b'[{"signal":"motion"},{"signal":"sos","time":1760000000000}]', TIMED),
        (b'[{"bt":1760000000,"n":"pulse","v":1}]', TIMED),
        (b'[{"bt":1760000000},{"n":"pulse","v":1,"t":-5.5}]', TIMED),
        (b'[{"n":"pulse","v":1,"t":-5}]', Head(None, None, timed=False)),
        (b'{"signal":"motion"}', Head(None, None, timed=False)),
    ],
)  # fmt: skip
def test_what_names_a_message(payload, head) -> None:
    assert peek(payload) == head


@pytest.mark.parametrize(
    "payload",
    [
        # a clock that starts in 1970 repeats itself after every reset
        b'{"signal":"motion","time":0}',
        b'{"signal":"motion","time":"1970-01-01T00:00:10Z"}',
        b'{"signal":"motion","time":"yesterday"}',
        b'{"signal":"motion","time":"2026-11-24T18:07:45"}',
        b'{"signal":"motion","meta":{"boot":1,"seq":1,"time":1760000000000}}',
        b'{"signal":"motion","seq":5}',  # restarts unseen
        b'{"signal":"motion","boot":"a","seq":5}',
        b'[{"signal":"motion","t":1760000000,"bt":1760000000}]',  # not labels of our own JSON
        b"",
        b"[",
        b"7",
        b"\xff",
        b"[" * 50_000,
        cbor2.dumps([{0: "motion", 2: 1, 6: -5}]),
        cbor2.dumps([{0: "motion", 2: 1, 6: "x"}]),
        cbor2.dumps([7]),
    ],
)
def test_what_only_seems_to(payload) -> None:
    assert not peek(payload).identified


def test_cbor_with_a_time() -> None:
    assert peek(cbor2.dumps([{-3: 1760000000, 0: "motion", 2: 1}])).identified
    assert peek(cbor2.dumps([{0: "motion", 2: 1, 6: 1760000000.5}])).identified
