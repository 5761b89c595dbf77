"""`homecare record`: what a broker passes on, redacted, into a file that may be shared."""

import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.options import Config, Data, near
from api.cli.printing import complain, say
from devices.errors import Refused

if TYPE_CHECKING:
    from gateway.config import Settings
    from gateway.mqtt import Address
    from gateway.registry import Directory

KEY_BYTES = 32
WEEKS = 520  # a drawn shift goes back by up to ten years
WEEK_MS = 7 * 86_400_000
_UNITS_S = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}

RAW = (
    "--raw keeps payloads that no dialect reads byte for byte: names, free text, tokens and "
    "addresses in them are kept too. Look at the file before you share it."
)


def record(
    out: Annotated[Path, typer.Argument(help="A new file: capture.jsonl, or capture.jsonl.gz.")],
    *,
    broker: Annotated[
        str | None,
        typer.Option("--broker", "-b", help="mqtt://host[:port] or mqtts://…; none: the one here."),
    ] = None,
    user: Annotated[str | None, typer.Option("--user", "-u", help="Its user.")] = None,
    password: Annotated[
        str | None,
        typer.Option("--password", envvar="HC_PASSWORD", help="Its password; else it is asked."),
    ] = None,
    authority: Annotated[
        Path | None, typer.Option("--ca", help="Certificate of the authority, for mqtts.")
    ] = None,
    protocol: Annotated[str, typer.Option("--protocol", help="3.1.1 or 5.")] = "3.1.1",
    topic: Annotated[
        list[str] | None, typer.Option("--topic", "-t", help="A filter. Repeatable; default: all.")
    ] = None,
    lasting: Annotated[
        str | None, typer.Option("--for", help="10min, 2h, 1d; default: until Ctrl-C.")
    ] = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="Keep also payloads that nobody understands.")
    ] = False,
    shift: Annotated[
        str | None, typer.Option("--shift", help="Move all times: -30d, or drawn (whole weeks).")
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", help="Same pseudonyms in every capture with this file.")
    ] = None,
    config: Config = None,
    data: Data = None,
) -> None:
    """Record what a broker passes on, with names taken out and values left in.

    Sites, homes, devices and every foreign part of a topic become pseudonyms whose key is thrown
    away; payloads are written anew from what their dialect understood, so that no free text stays.
    Beside a gateway its registry tells places and dialects, and whose consent forbids keeping it.

    Examples:
      homecare record capture.jsonl --for 10min

      homecare record capture.jsonl.gz --broker mqtts://broker.example --user me --ca ca.pem

      homecare record zigbee.jsonl --broker mqtt://127.0.0.1 --topic 'zigbee2mqtt/#' --raw

    """
    from api.cli.recorded.redaction import Redactor
    from api.cli.recorded.taking import Recorder
    from api.cli.recorded.writing import CaptureFile
    from gateway.mqtt.listener import Listener

    seconds = _seconds(lasting)
    moved = _shift(shift)
    address, directory, settings = _where(broker, user, password, authority, protocol, config, data)
    redactor = Redactor(_key(key), raw, moved, directory)
    session = Recorder(redactor, tuple(topic or ("#",)), protocol)
    if raw:
        complain(RAW)
    with CaptureFile(out) as file:
        listener = Listener(address, session.topics, session.hear, session.lost)
        try:
            listener.connect()
        except Exception:
            out.unlink()
            raise
        say(f"Listening at {address.url}. " + ("Ctrl-C ends it." if seconds is None else ""))
        _audit(settings, directory)
        try:
            session.run(file, seconds)
        finally:
            listener.close()
    session.tell(out, kept_key=key)


def _where(
    broker: str | None,
    user: str | None,
    password: str | None,
    authority: Path | None,
    protocol: str,
    config: Path | None,
    data: Path | None,
) -> "tuple[Address, Directory | None, Settings | None]":
    """The broker that is named; else the one of the gateway here, with its registry."""
    from gateway.mqtt import Address

    if protocol not in {"3.1.1", "5"}:
        raise Refused("record", f"--protocol {protocol}", "no such version", "Write 3.1.1 or 5")
    if broker is not None:
        if user is not None and password is None:
            password = typer.prompt(f"Password of {user}", hide_input=True)
        if authority is not None and not authority.is_file():
            raise Refused("record", f"--ca {authority}", "there is no such file", "Name a PEM file")
        address = Address.of(
            broker, username=user, password=password, authority=authority, protocol=protocol
        )
        return address, None, None
    return _here(config, data)


def _here(
    config: Path | None, data: Path | None
) -> "tuple[Address, Directory | None, Settings | None]":
    from api.cli.databases import state
    from gateway.clock import SystemClock
    from gateway.intake.broker_config import read_endpoint
    from gateway.mqtt import Address
    from gateway.registry import Registry

    settings = near(config, data)
    own = settings.broker
    if own.url is None:
        address = read_endpoint(settings).gateway()
    else:
        address = Address.of(
            own.url,
            username=own.username,
            password=own.password,
            authority=own.authority,
            protocol=own.protocol,
        )
    with state(settings) as engine:
        return address, Registry(engine, SystemClock()).directory, settings


def _audit(settings: "Settings | None", directory: "Directory | None") -> None:
    """Whoever may read the folder may record; that it was done stands in the audit of each site."""
    if settings is None or directory is None:
        return
    from api.cli.databases import state
    from gateway.access import SYSTEM
    from gateway.access.audit import Verb, audit
    from gateway.clock import SystemClock
    from gateway.db import writing

    now = SystemClock().now()
    with state(settings) as engine, writing(engine) as conn:
        for site in sorted(directory.sites):
            audit(conn, SYSTEM, Verb.EXPORTED, f"site:{site}", site, now, "messages, redacted")


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?(s|min|h|d)", text.strip())
    seconds = float(found[1]) * _UNITS_S[found[2]] if found else 0.0
    if seconds <= 0:
        raise Refused("record", f"--for {text}", "no length of time", "Write 90s, 10min, 2h or 1d")
    return seconds


def _shift(text: str | None) -> int:
    from gateway.clock import SystemClock

    if text is None:
        return 0
    if text == "drawn":
        return -WEEK_MS * (1 + secrets.randbelow(WEEKS))
    found = re.fullmatch(r"([+-]?\d+) ?(s|min|h|d)", text.strip())
    if not found or int(found[1]) == 0:
        hint = "Write -30d, 12h or drawn"
        raise Refused("record", f"--shift {text}", "no shift of time", hint)
    moved = int(found[1]) * _UNITS_S[found[2]] * 1000
    if SystemClock().now() + moved < 0:
        raise Refused("record", f"--shift {text}", "that lies before 1970", "Shift by less")
    return moved


def _key(file: Path | None) -> bytes:
    """A new key; or that of the file, which is made where there is none."""
    if file is None:
        return secrets.token_bytes(KEY_BYTES)
    if not file.exists():
        file.touch(mode=0o600)
        file.write_bytes(secrets.token_bytes(KEY_BYTES))
    key = file.read_bytes()
    if len(key) != KEY_BYTES:
        problem = f"it holds {len(key)} bytes, a key has {KEY_BYTES}"
        raise Refused("record", f"--key {file}", problem, "Name a new file, and it is made")
    return key
