"""A score as people read it: tables, a page in Markdown, and the JSON that both come from."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from api.cli.printing import say, table
from reviews.detecting import Rulebook
from reviews.score import CALM_D, Wish
from reviews.scoring import OfHome, difference, plain, rounded, score

WORDS = {
    "sensitivity": "noticed",
    "chance": "by chance",
    "beyond": "noticed because of it",
    "in_time": "in time",
    "delay_h": "hours to notice (median)",
    "false": "false alerts",
    "alerts": "alerts",
    "nights": "woken at night",
    "journeys": "journeys at most",
    "drive_h": "hours driven at most",
}
SHARES = {"sensitivity", "chance", "beyond", "in_time"}
HEAD = """\
# Evidence: what the shipped rules notice

<!-- Written by `{command}`; do not edit by hand. -->

Every rule with its own defaults, for everybody, on **simulated** homes in which it is known what
happened ({scenarios} scenarios, {homes} homes of each, seeds {seeds}). It shows what the rules can
and cannot see, and what they cost; it is no evidence about people. Nobody runs the whole library,
least of all with the same numbers for everybody (people with COPD, whose oxygen is always low, are
told of all the time here): a living lab picks from it, and sets numbers for each resident.

- **Noticed**: somebody was told while it went on. **By chance**: would have been told as well in
  the same homes had nothing happened. **Because of it**: noticed, and not in the calm home as well;
  this is what a rulebook is worth. **In time**: within 30 min (now), 6 h (soon) or a day (today) of
  the moment from which it could be known.
- **False alerts** touch nothing that was planted; **woken** counts `now` alerts between 22 and 7;
  **journeys at most** sends somebody for every `now` and `soon` alert. All per resident and 30
  days, counted from {calm} ordinary days before each scenario on.
- In brackets: the middle 95 % of a bootstrap over homes. With few homes it is wide; where all or
  none were noticed it says nothing of how sure that is.
- Alerts of the gateway itself about a home that is not heard stand beside every rulebook.
"""


def report(
    books: Sequence[Rulebook], wish: Wish, found: Sequence[Sequence[OfHome]]
) -> dict[str, Any]:
    """All figures, with plain values."""
    made: dict[str, Any] = {
        "rulebooks": [book.name for book in books],
        "rules": [len(book.chosen) for book in books],
        "seeds": list(wish.seeds),
        "homes": wish.homes,
        "all": [plain(score(homes)) for homes in found],
        "scenarios": [],
        "false_by_rule": [_false(homes) for homes in found],
    }
    for course in wish.courses:
        own = [[home for home in homes if home.scenario == course.name] for homes in found]
        made["scenarios"].append(
            {
                "scenario": course.name,
                "title": course.title,
                "who": list(course.people),
                "scores": [plain(score(homes)) for homes in own],
            }
        )
    if len(found) == 2:
        made["difference"] = {
            name: rounded(one) for name, one in difference(found[0], found[1]).items()
        }
    return made


def _false(homes: Sequence[OfHome]) -> dict[str, float]:
    """False alerts per resident and 30 days by rule, most first."""
    count: Counter[str] = Counter()
    for home in homes:
        count.update(dict(home.false))
    days = sum(home.days for home in homes)
    return {name: round(30 * n / days, 2) for name, n in count.most_common()}


def show(made: dict[str, Any]) -> None:
    """Tables on the terminal."""
    for index, name in enumerate(made["rulebooks"]):
        whole = made["all"][index]
        counted = f"{whole['homes']} homes, {whole['resident_days']:.0f} resident-days"
        rules = f"{made['rules'][index]} rules"
        say(f"{name}: {rules}, {counted}, {whole['situations']} situations")
    heads = made["rulebooks"]
    rows = [
        (WORDS[key], *(_cell(key, one[key]) for one in made["all"]), *_less(made, key))
        for key in WORDS
    ]
    say()
    table(("", *heads, *(["difference"] if "difference" in made else [])), rows)
    say()
    table(_columns(made), list(_rows(made)))


def page(made: dict[str, Any]) -> str:
    """docs/evidence.md."""
    names = made["rulebooks"]
    command = "homecare simulate score " + names[0]
    command += f" --against {names[1]}" if len(names) > 1 else ""
    command += f" --homes {made['homes']} --seeds {len(made['seeds'])} --markdown"
    seeds = f"{made['seeds'][0]} to {made['seeds'][-1]}"
    parts = [
        HEAD.format(
            command=command,
            scenarios=len(made["scenarios"]),
            homes=made["homes"] * len(made["seeds"]),
            seeds=seeds,
            calm=CALM_D,
        ),
        "\n## In all\n\n",
    ]
    heads = [f"{name} ({count} rules)" for name, count in zip(names, made["rules"], strict=True)]
    more = ["difference"] if "difference" in made else []
    lines = [
        [WORDS[key], *(_cell(key, one[key]) for one in made["all"]), *_less(made, key)]
        for key in WORDS
    ]
    parts.append(_markdown(["", *heads, *more], lines))
    parts.append("\n## By scenario\n\n")
    parts.append(_markdown(list(_columns(made)), [[str(c) for c in row] for row in _rows(made)]))
    parts.append("\n## Which rules the false alerts come from\n\n")
    for name, false in zip(names, made["false_by_rule"], strict=True):
        most = ", ".join(f"`{rule}` {n:.2f}" for rule, n in list(false.items())[:12])
        parts.append(f"- {name}, per resident and 30 days: {most}.\n")
    return "".join(parts)


def _columns(made: dict[str, Any]) -> tuple[str, ...]:
    heads = []
    for name in made["rulebooks"]:
        mark = f"{name}: " if len(made["rulebooks"]) > 1 else ""
        heads += [f"{mark}noticed", "because of it", "in time", "hours", "false"]
    return ("scenario", "n", *heads)


def _rows(made: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    for one in made["scenarios"]:
        cells: list[Any] = []
        for found in one["scores"]:
            cells += [
                _cell(key, found[key], bare=key != "sensitivity")
                for key in ("sensitivity", "beyond", "in_time", "delay_h", "false")
            ]
        yield one["scenario"], one["scores"][0]["situations"], *cells


def _less(made: dict[str, Any], key: str) -> list[str]:
    if "difference" not in made:
        return []
    return [_cell(key, made["difference"][key], signed=True)]


def _cell(
    key: str, interval: dict[str, float | None], *, bare: bool = False, signed: bool = False
) -> str:
    """`78 % (70 to 85)`; a dash where there is nothing to measure."""
    value, low, high = interval["value"], interval["low"], interval["high"]
    if value is None:
        return "-"
    factor, digits, unit = (100, 0, " %") if key in SHARES else (1, 1, "")
    sign = "+" if signed else ""
    said = f"{factor * value:{sign}.{digits}f}{unit}"
    if bare or low is None or high is None:
        return said
    return f"{said} ({factor * low:{sign}.{digits}f} to {factor * high:{sign}.{digits}f})"


def _markdown(head: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
