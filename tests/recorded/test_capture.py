"""A capture says who it is, loses nothing to a kill but its last line, and names what is wrong."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.errors import Refused
from simulators.recorded.capture import (
    Message,
    Source,
    end_line,
    gap_line,
    header_line,
    is_capture,
    message_line,
    read,
    source_line,
)

AT = 1_762_156_800_000
READING = "homecare/v1/site-a/home-b/device-c/reading"

payloads = st.one_of(st.binary(max_size=40), st.text(max_size=40).map(str.encode))
messages = st.builds(
    Message,
    at=st.integers(0, 1 << 50),
    topic=st.text(min_size=1, max_size=30),
    payload=payloads,
    qos=st.sampled_from((0, 1, 2)),
    retained=st.booleans(),
)


def a_file(*kept: Message, end: bool = True) -> list[str]:
    lines = [header_line(AT, redacted=True), *map(message_line, kept)]
    return [*lines, end_line(AT, len(kept), {})] if end else lines


@given(st.lists(messages, max_size=8))
def test_what_is_written_is_read_again(kept) -> None:
    found = read(a_file(*kept), "x.jsonl")
    assert list(found.messages) == kept
    assert found.whole
    assert not found.torn


@given(st.lists(messages, min_size=1, max_size=6), st.data())
def test_cut_anywhere_it_keeps_every_whole_line(kept, data) -> None:
    lines = a_file(*kept)
    text = "".join(lines)
    first = len(lines[0])
    cut = data.draw(st.integers(first, len(text)))
    rest = [f"{line}\n" for line in text[:cut].split("\n")]
    rest[-1] = rest[-1][:-1]  # what follows the last line's end, or half a line
    rest = [line for line in rest if line]
    found = read(rest, "x.jsonl")
    ends = [sum(map(len, lines[: n + 1])) for n in range(len(lines))]
    whole = sum(end - 1 <= cut for end in ends[1:-1])  # the line's end itself may be missing
    assert list(found.messages) == kept[:whole]
    assert found.whole == (cut >= len(text) - 1)


def test_devices_gaps_and_what_was_dropped_are_told() -> None:
    source = Source("site-a", "home-b", "device-c", "senml", "kitchen", 0, 3_600_000, hub=True)
    dropped = Message(AT + 1, "t-x", None, 0, retained=True, length=318, why="dialect")
    lines = [header_line(AT), source_line(source), message_line(dropped), gap_line(AT + 2, "lost")]
    found = read(lines, "x.jsonl")
    assert found.sources == (source,)
    assert found.messages == (dropped,)
    assert found.gaps == ((AT + 2, "lost"),)
    assert found.dropped == {"dialect": 1}
    assert not found.whole


def test_the_first_line_tells_a_capture_from_anything_else() -> None:
    assert is_capture(header_line(AT))
    assert is_capture('{"homecare-capture": 99}')
    assert not is_capture("patient_id,location_name,date\n")
    assert not is_capture("[1]")


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([], "line 1: it is empty"),
        (["not json\n", "x\n"], "line 1: it is no JSON"),
        (["half a li"], "line 1: it is no capture"),
        (['{"a": 1}\n'], "line 1: it is no capture"),
        (['{"homecare-capture": 2}\n'], "version 2 is not known here"),
        ([header_line(AT), "{]\n", end_line(AT, 0, {})], "line 2: it is no JSON"),
        ([header_line(AT), "[]\n"], "line 2: it is no object"),
        ([header_line(AT), '{"t": -5, "topic": "x", "text": ""}\n'], "its time is -5"),
        ([header_line(AT), '{"t": 1.5, "topic": "x", "text": ""}\n'], "its time is 1.5"),
        ([header_line(AT), '{"t": 1}\n'], "it is no message"),
        ([header_line(AT), '{"t": 1, "topic": "x", "base64": "§"}\n'], "is no base64"),
        ([header_line(AT), '{"device": "a/b", "dialect": "senml"}\n'], "site/home/device"),
        ([header_line(AT), '{"device": "a/b/c", "dialect": "senml", "owner": -1}\n'], "owner"),
        ([*a_file(), message_line(Message(AT, READING, b""))], "it stands after the end"),
    ],
)
def test_what_is_no_capture_is_refused_by_its_line(lines, says) -> None:
    with pytest.raises(Refused, match=r"read a capture: x\.jsonl") as told:
        read(lines, "x.jsonl")
    assert says in str(told.value)


def test_text_stands_as_text_and_bytes_as_base64() -> None:
    assert json.loads(message_line(Message(AT, "t", b'{"a":1}')))["text"] == '{"a":1}'
    assert json.loads(message_line(Message(AT, "t", b"\xff")))["base64"] == "/w=="
