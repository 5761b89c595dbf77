"""`homecare why`: why a rule spoke of somebody, or did not, at any moment that is kept."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

import typer

from api.cli import client
from api.cli.options import AsJson, Config, Data, near
from api.cli.printing import say
from devices.errors import Refused

MARKS = {"true": "✓", "false": "✗", "unknown": "?", "gone": "-"}


def why(
    resident: Annotated[str, typer.Argument(help="The resident's id, or SITE/HOME.")],
    rule: Annotated[str, typer.Argument(help="The rule's id; of a draft whatever its file says.")],
    at: Annotated[
        str | None, typer.Option("--at", help="The home's time, or RFC 3339; default: now.")
    ] = None,
    version: Annotated[
        str | None, typer.Option("--version", help="Another version that ran here.")
    ] = None,
    draft: Annotated[
        Path | None, typer.Option("--draft", help="A rule file that runs nowhere.")
    ] = None,
    value: Annotated[
        list[str] | None, typer.Option("--set", help="Another number: limit=88 %. Repeatable.")
    ] = None,
    config: Config = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Say what every line of a rule said at a moment, and what would have had to differ.

    Computed anew by the running gateway's engine; your look is recorded. It needs the right to see
    why: put a token of a carer or nurse into HOMECARE_TOKEN (`homecare token "me" --role
    nurse@SITE`). A demo needs none.

    Examples:
      homecare why anna spo2-low --at "2026-11-04 03:10"
      homecare why anna spo2-low --at "2026-11-04 03:10" --draft my-rule.yaml --set limit=88
      homecare why donegal/home-7 outer-door-open-at-night --json

    """
    asked = _asked(resident, rule, at, version, value or [])
    caller = _caller(near(config, data).data)
    try:
        told = _told(caller, asked, draft)
    except client.NotThere as error:
        what, hint = _missing(caller, asked, is_draft=draft is not None)
        raise client.NotThere("ask why", what, client.HIDDEN, hint) from error
    if as_json:
        say(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        _print(told)


def _told(caller: client.Client, asked: dict[str, Any], draft: Path | None) -> Any:
    if draft is not None:
        values = {name: text for name, text in asked.items() if name.startswith("limit-")}
        body = {
            name: text for name, text in asked.items() if name not in {*values, "rule", "version"}
        }
        body["values"] = {name.removeprefix("limit-"): text for name, text in values.items()}
        return caller.post("/api/v1/why", {**body, "draft": _read(draft)})
    return caller.get("/api/v1/why?" + urlencode(asked))


def _missing(caller: client.Client, asked: dict[str, Any], *, is_draft: bool) -> tuple[str, str]:
    """(What was not found, what to do): the API says only that something was not."""
    from rules.errors import nearest

    who = f"resident {asked.get('resident')}"
    try:
        site = (
            asked.get("site") or caller.get(f"/api/v1/residents/{quote(asked['resident'])}")["site"]
        )
        if "home" in asked:
            who = f"home {asked['home']} of site {site}"
        rules = {one["rule"] for one in caller.get(f"/api/v1/rules?site={quote(site)}")}
    except client.NotThere:
        return who, client.ASK
    if rules and not is_draft and asked["rule"] not in rules:
        return f"rule {asked['rule']} at site {site}", nearest(asked["rule"], rules)
    if rules and "version" in asked:
        hint = f"Versions that run: homecare rules list --site {site}"
        return f"version {asked['version']} of rule {asked['rule']}", hint
    return f"{who} at that moment", f"{client.ASK}; or ask for another moment"


def _asked(
    resident: str, rule: str, at: str | None, version: str | None, values: list[str]
) -> dict[str, Any]:
    asked: dict[str, Any] = {"rule": rule}
    site, slash, home = resident.partition("/")
    asked |= {"site": site, "home": home} if slash else {"resident": resident}
    asked |= {name: text for name, text in (("at", at), ("version", version)) if text}
    for one in values:
        name, equal, text = one.partition("=")
        if not equal or not text:
            raise Refused("ask why", one[:40], "sets nothing", "Write --set limit=88")
        asked[f"limit-{name.strip()}"] = text.strip()
    return asked


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused("read a draft", str(path), str(error), "Name a rule file (YAML)") from error


def _caller(data: Path) -> client.Client:
    """Somebody who may see why."""
    from gateway.access import Role

    return client.speaking(data, "ask why", Role.NURSE)


def _print(told: dict[str, Any]) -> None:
    def local(moment: str | None) -> str:
        return "-" if moment is None else _wall(moment, told["zone"])

    say(f"{MARKS[told['answer']]} {told['verdict']}")
    say(
        f"  {told['rule']} {told['version'][:8]} ({told['mode']}), {told['subject']},"
        f" {local(told['at'])} ({told['zone']})"
    )
    say(f"  {told['sentence']}")
    for note in told["notes"]:
        say(f"  ! {note}")
    say()
    for line in told["lines"]:
        _line(line, told["zone"])
    if told["clear_lines"]:
        say("An open episode ends when:")
        for line in told["clear_lines"]:
            _line(line, told["zone"])
    _list("What would have had to differ:", told["enough"])
    _list(
        "The readings that made it so:",
        [f"{one['name']} {one['value']} at {local(one['at'])}" for one in told["rests_on"]],
    )
    _list("Held back by:", [one["text"] for one in told["brakes"] if one["on"]])
    _list(
        "What came of it:",
        [f"{local(one['at']):19}  {one['text']}" for one in told["came_of_it"]],
    )
    say(f"Reading before: {local(told['previous_at'])}   next: {local(told['next_at'])}")


def _wall(moment: str, zone: str) -> str:
    """The site's wall time of a moment of the API, to the second."""
    local = datetime.fromisoformat(moment).astimezone(ZoneInfo(zone))
    return f"{local:%Y-%m-%d %H:%M:%S}"


def _line(line: dict[str, Any], zone: str) -> None:
    stop = "  <- stopped here" if line["stopped"] else ""
    indent = "  " * line["depth"]
    say(f"{line['number']:3} {indent}{MARKS[line['answer']]} {line['text']}{stop}")
    pad = f"      {indent}"
    if line["value"]:
        say(pad + "; ".join(text for text in (line["value"], line["needed"]) if text))
    for text in line["missing"]:
        say(pad + text)
    for one in line["readings"]:
        say(f"{pad}{one['name']} {one['value']} at {_wall(one['at'], zone)}")
    when = "; ".join(text for text in (line["since"], line["follows"]) if text)
    if when:
        say(pad + when)


def _list(title: str, texts: list[str]) -> None:
    if texts:
        say(title)
        for text in texts:
            say(f"  {text}")
        say()
