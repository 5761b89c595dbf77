"""The report of a back-test for people: tables, then episodes or differences with their links."""

from typing import Any

from api.cli.printing import say, table

MINUTE_MS = 60_000
SHOWN = 20  # episodes in the listing, unless --all
WORDS = {"one": "these", "other": "the others"}


def show(report: dict[str, Any], *, everything: bool) -> None:
    """Tables, then episodes or differences with their links."""
    zone = report.get("zone", "UTC")
    say(f"{report['readings']} readings of {report['homes']} homes. Times: {zone}.")
    several = any(one["side"] == "other" for one in report["rules"])
    say()
    table(
        ("rule", "version", "episodes", "told", "open", "days covered", "per 100 days", "median"),
        [
            (
                one["rule"] + (f" ({WORDS[one['side']]})" if several else ""),
                one["version"][:8],
                one["episodes"],
                one["told"],
                one["open"],
                one["covered_days"],
                one["per_100_days"],
                _length(one["median_ms"]),
            )
            for one in report["rules"]
        ],
    )
    for one in report["rules"]:
        _of_rule(one, several=several)
    for one in report["difference"]:
        _difference(one, zone)
    if not several:
        _episodes(report["episodes"], zone, everything=everything)


def _of_rule(one: dict[str, Any], *, several: bool) -> None:
    side = f" ({WORDS[one['side']]})" if several else ""
    if one["episodes"]:
        say()
        say(f"{one['rule']}{side}, episodes by hour of day:")
        say("  " + " ".join(f"{hour:02}" for hour in range(24)))
        say("  " + " ".join(f"{count:2}" if count else " ." for count in one["hours"]))
        told = [
            f"{subject.removeprefix('resident:')} {n}" for subject, n in one["subjects"].items()
        ]
        say("  by resident: " + ", ".join(told[:SHOWN]) + (" …" if len(told) > SHOWN else ""))
    if one["homes_listed"]:
        homes = ", ".join(one["homes_listed"])
        say(f"{one['rule']}{side}, covered too little to be counted: {homes}")


def _difference(one: dict[str, Any], zone: str) -> None:
    say()
    counts = ", ".join(f"{len(one[key])} {key}" for key in ("new", "gone", "moved"))
    say(f"{one['rule']}, these against the others: {counts}, {one['same']} the same.")
    for key in ("new", "gone", "moved"):
        for span in one[key][:SHOWN]:
            where = f"{span['subject']:30} {span.get('why', '')}".rstrip()
            say(f"  {key:6} {_when(span['onset'], zone)}  {where}")
        if len(one[key]) > SHOWN:
            say(f"  … and {len(one[key]) - SHOWN} more: --json")


def _episodes(lines: list[dict[str, Any]], zone: str, *, everything: bool) -> None:
    shown = lines if everything else lines[:SHOWN]
    if shown:
        say()
    for line in shown:
        end = "open" if line["end"] is None else _length(line["end"] - line["onset"])
        note = "" if line["counted"] else "  (not counted)"
        when = _when(line["onset"], zone)
        say(f"  {when}  {line['rule']:26} {line['subject']:30} {end:>8}{note}")
        if "why" in line:
            say(f"    {line['why']}")
    if len(lines) > len(shown):
        say(f"  … and {len(lines) - len(shown)} more: --all, or --json")


def _when(at: int, zone: str) -> str:
    from api.moments import wall_time

    return wall_time(at, zone).replace("T", " ")


def _length(ms: int | None) -> str | None:
    if ms is None:
        return None
    minutes = round(ms / MINUTE_MS)
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02} min" if hours else f"{rest} min"
