"""`homecare send`: publish by hand, and see what becomes of it."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.options import Config, Data, near
from api.cli.printing import say
from devices.errors import Refused

if TYPE_CHECKING:
    from gateway.config import Settings
    from gateway.mqtt import Address

URGENT = frozenset({"sos", "fall"})
FOLLOW_S = 12.0
REJECTED = 3  # exit code: it arrived and became a dead letter


@dataclass(frozen=True, slots=True)
class Target:
    """A device and how to speak for it."""

    site: str
    home: str
    device: str
    user: str
    password: str

    def topic(self, *, urgent: bool) -> str:
        """Where it publishes."""
        last = "urgent" if urgent else "reading"
        return f"homecare/v1/{self.site}/{self.home}/{self.device}/{last}"


def send(
    readings: Annotated[
        list[str] | None, typer.Argument(help="SIGNAL=VALUE or SIGNAL=VALUEUNIT, several if need.")
    ] = None,
    config: Config = None,
    data: Data = None,
    *,
    sos: Annotated[bool, typer.Option("--sos", help="Press the SOS button.")] = False,
    home: Annotated[str | None, typer.Option("--home", help="SITE/HOME.")] = None,
    device: Annotated[str | None, typer.Option("--device", help="The device that says it.")] = None,
    user: Annotated[str | None, typer.Option("--user", help="Its user at the broker.")] = None,
    password: Annotated[
        str | None, typer.Option("--password", envvar="HC_PASSWORD", help="Its password.")
    ] = None,
    at: Annotated[
        str | None, typer.Option("--time", help="When measured: RFC 3339 with zone; none: now.")
    ] = None,
    raw: Annotated[str | None, typer.Option("--raw", help="Send these bytes as they are.")] = None,
    follow: Annotated[
        float, typer.Option(min=0, max=600, help="Watch so many seconds what becomes of it.")
    ] = FOLLOW_S,
) -> None:
    """Publish one message as a device would, and follow it: journalled, stored, alert or rejected.

    In the demo nothing but the reading is needed. Elsewhere name the device and its credential.

    Examples:
      homecare send spo2=79

      homecare send systolic=204 diastolic=118

      homecare send body_weight=82.4kg --time 2026-11-04T08:00:00Z

      homecare send --sos

      homecare send --home donegal/home-1 --device cuff --user donegal.home-1.hub pulse=71

    """
    settings = near(config, data)
    if raw is None and not readings and not sos:
        raise Refused(
            "send", "nothing", "no reading was given", "For example: homecare send spo2=79"
        )
    items = [item(word, at) for word in readings or []]
    if sos:
        items.append({"signal": "sos"} | ({"time": at} if at else {}))
    urgent = any(one["signal"] in URGENT for one in items)
    if urgent and len(items) > 1:
        raise Refused("send", "sos", "a call for help goes alone", "Send the others apart")
    payload = (raw or json.dumps(items[0] if len(items) == 1 else items)).encode()
    to = target(settings, home, device, user, password, [one["signal"] for one in items])
    _publish(settings, to, payload, follow, urgent=urgent)


def item(word: str, at: str | None) -> dict[str, Any]:
    """`spo2=91`, `body_weight=82.4kg`, `door=open`, `motion` as an object of the own JSON."""
    import re

    name, _, text = word.partition("=")
    told: dict[str, Any] = {"signal": name.strip()}
    number = re.fullmatch(r"(-?\d+(?:[.,]\d+)?)\s*(\S*)", text.strip())
    if number:
        digits = number[1].replace(",", ".")
        told["value"] = float(digits) if "." in digits else int(digits)
        if number[2]:
            told["unit"] = number[2]
    elif text:
        told["value"] = text.strip()
    if at:
        told["time"] = at
    return told


def target(
    settings: "Settings",
    home: str | None,
    device: str | None,
    user: str | None,
    password: str | None,
    signals: list[str],
) -> Target:
    """Who speaks: what was named, filled up with what the demo knows. Raises Refused."""
    from api.cli.demo import folder

    memory = folder.read(settings.data) if settings.demo else None
    if home is None and memory is None:
        raise Refused(
            "send", "a reading", "the device is not named", "Name --home SITE/HOME and --device"
        )
    site, _, home_id = (home or _first_manual(memory)).partition("/")
    if not home_id:
        raise Refused("send", home or "", "no SITE/HOME", "For example: --home donegal/home-1")
    name = device or _fitting(settings, site, home_id, signals)
    if user is None and memory is not None:
        logins = (f"{site}.{home_id}.{name}", f"{site}.{home_id}.hub")
        user = next((login for login in logins if login in memory.passwords), None)
    if user is not None and password is None and memory is not None:
        password = memory.passwords.get(user)
    if user is None or password is None:
        raise Refused(
            "send",
            f"{site}/{home_id}/{name}",
            "its credential is not known here",
            "Give --user and --password (or HC_PASSWORD) as `homecare import` printed them",
        )
    return Target(site, home_id, name, user, password)


def _first_manual(memory: Any) -> str:
    """The demo home with a device for readings by hand, of the first region."""
    from simulators.homes.regions import sites

    hands = [login for login in memory.passwords if login.endswith(".manual")]
    order = [site.id for site in sites()]
    login = min(hands, key=lambda one: order.index(one.split(".")[0]))
    return "/".join(login.split(".")[:2])


def _fitting(settings: "Settings", site: str, home: str, signals: list[str]) -> str:
    """The device of a home that measures this; one for readings by hand before all others."""
    from api.cli.databases import state
    from gateway.clock import SystemClock
    from gateway.registry import Registry

    with state(settings) as engine:
        directory = Registry(engine, SystemClock()).directory
    devices = sorted(directory.devices(site, home), key=lambda one: one.device != "manual")
    if not devices:
        raise Refused(
            "send", f"{site}/{home}", "no device is registered there", "See: homecare import"
        )
    for one in devices:
        if not signals or one.device == "manual" or set(signals) <= set(one.signals):
            return str(one.device)
    names = ", ".join(one.device for one in devices)
    raise Refused(
        "send", f"{site}/{home}", f"no device measures {', '.join(signals)}", f"--device: {names}"
    )


def address(settings: "Settings", user: str, password: str) -> "Address":
    """The broker, as this user."""
    from gateway.intake.broker_config import read_endpoint
    from gateway.mqtt import Address

    own = settings.broker
    if own.url is not None:
        return Address.of(
            own.url,
            username=user,
            password=password,
            authority=own.authority,
            protocol=own.protocol,
        )
    return read_endpoint(settings).address(user, password)


def _publish(
    settings: "Settings", to: Target, payload: bytes, follow: float, *, urgent: bool
) -> None:
    import shlex

    from api.cli.fate import Fate
    from gateway.clock import SystemClock
    from gateway.mqtt import Publisher

    topic, broker = to.topic(urgent=urgent), address(settings, to.user, to.password)
    words = ["mosquitto_pub", "-q", "1", "-h", broker.host, "-p", str(broker.port)]
    words += ["-u", to.user, "-P", to.password, "-t", topic, "-m", payload.decode(errors="replace")]
    say(f"The same by hand:\n  {shlex.join(words)}\n")
    clock = SystemClock()
    fate = Fate(settings, topic, f"{to.site}/{to.home}", clock) if follow else None
    with Publisher(broker) as publisher:
        receipt = publisher.publish(topic, payload)
        if not receipt.wait(10):
            raise Refused("send", topic, "the broker did not acknowledge it", "homecare doctor")
        say(f"published    {topic}")
        say("acknowledged by the broker" + (f", but: {receipt.problem}" if receipt.problem else ""))
    if fate is not None and not fate.tell(follow):
        raise typer.Exit(REJECTED)
