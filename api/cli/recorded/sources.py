"""What can be replayed, by how it is named: a data set, a capture, a store, a scenario."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING

from devices.errors import Failed, Refused
from simulators.recorded.recording import Recording

if TYPE_CHECKING:
    from simulators.catalogue import Catalogue

ASK = "replay"
WEEK_MS = 7 * 86_400_000
STORE, SCENARIO = "store:", "scenario:"
BLOCK = 1 << 20
KNOWN = (
    "Known: a capture (homecare record), TIHM's folder, store:SITE or store:SITE/HOME, "
    "scenario:NAME or a scenario's file"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of a source."""

    homes: int | None = None  # the busiest first
    days: int | None = None
    since: str | None = None
    until: str | None = None
    zone: str | None = None
    seed: int = 1
    before: int = 1  # ordinary days before a scenario
    store: Path | None = None  # the data folder of `store:`
    config: Path | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A recording, and what has to be said of it."""

    recording: Recording
    notes: tuple[str, ...] = ()


def source(name: str, asked: Asked, catalogue: "Catalogue") -> Found:
    """Raises Refused, naming what is known."""
    if name.startswith(STORE):
        return _stored(name.removeprefix(STORE), asked)
    if name.startswith(SCENARIO):
        return _scenario(name.removeprefix(SCENARIO), asked, catalogue)
    path = Path(name)
    if path.is_dir():
        return Found(tihm(path, asked.homes, asked.days))
    if not path.is_file():
        raise Refused(ASK, name, "there is no such file or folder", KNOWN)
    if path.suffix in {".yaml", ".yml"}:
        return _scenario(name, asked, catalogue)
    return _captured(path, asked)


def tihm(folder: Path, homes: int | None, days: int | None) -> Recording:
    """TIHM from its folder. Raises Refused."""
    from simulators.recorded.tihm import recording

    with ExitStack() as stack:
        files = [
            stack.enter_context(_opened(folder, name))
            for name in ("Activity", "Physiology", "Labels")
        ]
        return recording(*files, homes=homes, days=days)


def _opened(folder: Path, name: str) -> IO[str]:
    packed, plain = folder / f"{name}.csv.gz", folder / f"{name}.csv"
    if packed.exists():
        return gzip.open(packed, "rt", encoding="utf-8")
    if plain.exists():
        return plain.open(encoding="utf-8")
    hint = f"Of folders only TIHM's is known (Zenodo 7622128). {KNOWN}"
    raise Refused(ASK, str(folder), f"there is no {name}.csv.gz", hint)


def _captured(path: Path, asked: Asked) -> Found:
    from simulators.recorded.capture import is_capture, read
    from simulators.recorded.captured import from_capture

    if asked.zone is not None:
        _zone(asked.zone)
    try:
        first = next(islice(lines(path), 1), "")
        if not is_capture(first):
            raise Refused(ASK, str(path), "it is no capture", KNOWN)
        capture = read(lines(path), str(path))
    except UnicodeDecodeError as error:
        raise Refused(ASK, str(path), "it is no text", KNOWN) from error
    notes = []
    if not capture.whole:
        torn = ", half a line at its end left out" if capture.torn else ""
        notes.append(
            f"The capture was cut: {len(capture.messages)} messages up to then are played{torn}."
        )
    if capture.gaps:
        notes.append(f"{len(capture.gaps)} times nothing was heard for a while: see its gap lines.")
    if not capture.header.get("zones") and asked.zone is None:
        notes.append("It knows no zone: hours of the day are taken as UTC. --zone tells better.")
    return Found(from_capture(capture, str(path), asked.zone), tuple(notes))


def lines(path: Path) -> Iterator[str]:
    """Lines of a file, packed or not; of a packed one that was cut, all that can be read."""
    try:
        with path.open("rb") as file:
            if file.read(2) != b"\x1f\x8b":
                file.seek(0)
                for line in file:
                    yield line.decode()
                return
            file.seek(0)
            yield from _unpacked(file, path)
    except OSError as error:
        raise Failed(ASK, str(path), error.strerror or str(error), "Look at the file") from error


def _unpacked(file: IO[bytes], path: Path) -> Iterator[str]:
    unpack, rest = zlib.decompressobj(31), b""
    try:
        while block := file.read(BLOCK):
            *whole, rest = (rest + unpack.decompress(block)).split(b"\n")
            for line in whole:
                yield f"{line.decode()}\n"
    except zlib.error as error:
        raise Refused(ASK, str(path), f"it cannot be unpacked: {error}", "Record again") from error
    if rest:
        yield rest.decode()


def _zone(name: str) -> None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Refused(ASK, f"--zone {name}", "no such zone", "Write Europe/Dublin") from error


def _scenario(name: str, asked: Asked, catalogue: "Catalogue") -> Found:
    from simulators.recorded.staged import from_course
    from simulators.scenarios.catalogue import scenario
    from simulators.scenarios.course import Course, parse_course

    path = Path(name)
    if path.suffix in {".yaml", ".yml"}:
        one = parse_course(path.read_text(encoding="utf-8"), name, catalogue)
    else:
        found = scenario(name)
        if not isinstance(found, Course):
            hint = "`homecare simulate scenarios` lists those that last for days"
            raise Refused(ASK, name, "it is a moment for the demo", hint)
        one = found
    return Found(from_course(one, asked.seed, asked.homes or 1, asked.before))


def _stored(name: str, asked: Asked) -> Found:
    from api.cli.databases import state
    from api.cli.following import watermarks
    from api.cli.options import near
    from api.cli.recorded.stored import from_store
    from api.moments import read_moment
    from gateway.clock import SystemClock
    from gateway.registry import Registry

    site, _, home = name.partition("/")
    settings = near(asked.config, asked.store)
    clock = SystemClock()
    with state(settings) as engine:
        sites = Registry(engine, clock).directory.sites
        if site not in sites:
            known = ", ".join(sorted(sites)) or "none yet"
            raise Refused(ASK, name, "no such site", f"Known: {known}")
        zone = sites[site].zone
        now = watermarks(engine).get(site, clock.now())

    def moment(text: str) -> int:
        return read_moment(text if ":" in text or text.isdigit() else f"{text} 00:00", zone)

    end = now + 1 if asked.until is None else moment(asked.until)
    start = max(0, end - WEEK_MS) if asked.since is None else moment(asked.since)
    if end <= start:
        raise Refused(ASK, name, "the time ends before it begins", "Give --from before --to")
    return Found(from_store(settings, site, home or None, start, end))
