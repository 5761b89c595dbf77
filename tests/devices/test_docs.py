"""What docs/developers/json.md promises, held."""

import json
import re
from pathlib import Path

from devices.dialects import homecare
from devices.signals import SIGNALS, Signal
from devices.units import UNITS

PAGE = Path(__file__).parents[2] / "docs" / "developers" / "json.md"


def test_the_example_decodes_whole() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    decoded = homecare.decode(example.encode())
    assert decoded.refusals == ()
    assert (decoded.boot, decoded.seq, decoded.unknown_keys) == (3, 1041, 0)
    assert [(item.signal, item.x) for item in decoded.items] == [
        ("systolic", 138),
        ("diastolic", 84),
        ("body_temperature", 368),
        ("door", 1),
        ("motion", 1),
    ]
    assert decoded.items[0].slot == 1
    assert {item.at for item in decoded.items} == {1795543665000, 1795543660250}
    short = json.dumps(json.loads(example), separators=(",", ":")).encode()
    assert homecare.decode(short) == decoded


def row(signal: Signal) -> str:
    words = ", ".join(f"`{word}`" for word in signal.words)
    units = words or ", ".join(f"`{unit}`" for unit in UNITS[signal.unit])
    unit = "" if signal.unit == "1" else f"`{signal.unit}`"
    measured = signal.kind == "measurement"
    resolution = str(signal.resolution) if measured else ""
    plausible = f"{signal.low} to {signal.high}" if measured else ""
    extra = units if measured or words else ""
    return f"| `{signal.name}` | {signal.kind} | {unit} | {resolution} | {plausible} | {extra} |"


def test_the_table_lists_every_signal_of_devices() -> None:
    page = PAGE.read_text(encoding="utf-8").splitlines()
    missing = [
        line
        for line in map(row, (signal for signal in SIGNALS if not signal.by_gateway))
        if line not in page
    ]
    assert missing == [], "put these rows into docs/developers/json.md"
