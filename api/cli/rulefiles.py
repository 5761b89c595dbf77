"""`homecare rules test | check | explain | new | schema | propose`: rule files on a desk.

All but the last need no gateway and no data folder: a file goes in, words come out.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import typer

from api.cli.options import Config, Data, near
from api.cli.printing import complain, say
from devices.errors import Refused

if TYPE_CHECKING:
    from rules.examples import Outcome
    from rules.naming import Named
    from rules.rule import Rule

REFUSED, FAILED = 2, 1  # exit codes: a file is refused; an example fails
SUFFIXES = frozenset({".yaml", ".yml"})

Paths = Annotated[list[Path], typer.Argument(help="Rule files, or folders of them.")]


def run_tests(
    paths: Paths,
    *,
    everything: Annotated[
        bool, typer.Option("--all", "-a", help="Show the timeline of every example.")
    ] = False,
) -> None:
    """Run the examples of rules: they are its tests.

    When one fails, a small timeline shows what each operator saw. When all pass, it notes what none
    of them shows: a limit that no example crosses. Exit code 1: an example fails; 2: a file is
    refused.

    Examples:
      homecare rules test kitchen-by-ten.yaml

      homecare rules test rules/

    """
    refused, failed, examples = 0, 0, 0
    files = list(_files(paths))
    for path in files:
        try:
            outcomes = list(_outcomes(_read(path)))
        except Refused as error:
            refused += 1
            complain(f"{path}: refused: {error}")
            continue
        examples += len(outcomes)
        wrong = [one for one in outcomes if not one.passed]
        failed += len(wrong)
        verdict = f"{len(wrong)} of {len(outcomes)} fail" if wrong else f"{len(outcomes)} pass"
        say(f"{path}: {verdict if outcomes else 'no examples'}")
        for one in outcomes if everything else wrong:
            _show(path, one)
        if not wrong:
            _remark(path, outcomes)
    ok = examples - failed
    said = [f"{ok} of {examples} examples pass in {len(files) - refused} files"]
    say("; ".join(said + ([f"{refused} refused"] if refused else [])))
    _leave(refused, failed)


def check(paths: Paths) -> None:
    """Check rules before anything runs: words, units, limits, memory, version.

    Exit code 2: a file is refused, with its line, what is allowed and the nearest word.

    Examples:
      homecare rules check kitchen-by-ten.yaml

      homecare rules check rules/

    """
    from rules.checking import check as look
    from rules.checking import refused as as_error
    from rules.rule import Rule

    bad = 0
    files = list(_files(paths))
    for path in files:
        try:
            read = _read(path)
            findings = look(read) if isinstance(read, Rule) else ()
        except Refused as error:
            bad += 1
            complain(f"{path}: refused: {error}")
            continue
        for found in findings:
            mark = "refused" if found.refused else "note"
            complain(f"{path}: {mark}: {as_error(path.name, found)}")
        if any(found.refused for found in findings):
            bad += 1
            continue
        _sum_up(path, read)
    if len(files) > 1:
        say(f"{len(files) - bad} of {len(files)} files are good")
    _leave(bad, 0)


def explain(
    file: Annotated[Path, typer.Argument(help="A rule file.")],
    language: Annotated[
        str, typer.Option("--language", "-l", help="en, ga, is, nn, sv or fi.")
    ] = "en",
) -> None:
    """Say what a rule does, in words: the sentence, its parts, its numbers, what to do.

    Examples:
      homecare rules explain kitchen-by-ten.yaml

      homecare rules explain kitchen-by-ten.yaml --language sv

    """
    from api.cli.rulewords import explained
    from gateway.texts import LANGUAGES

    if language not in LANGUAGES:
        hint = f"Languages: {', '.join(LANGUAGES)}"
        raise Refused("explain a rule", language[:20], "no such language", hint)
    for line in explained(_read(file), language):
        say(line)


def new(
    name: Annotated[str, typer.Argument(help="The rule's name, such as kitchen-by-ten.")],
    kind: Annotated[str, typer.Option("--kind", "-k", help="level, absence or event.")] = "level",
    to: Annotated[
        Path | None, typer.Option("--to", help="The file to write; otherwise NAME.yaml.")
    ] = None,
) -> None:
    """Write a new rule file with remarks, ready to be changed: it passes check and test as it is.

    Examples:
      homecare rules new pulse-fast

      homecare rules new kitchen-by-ten --kind absence

    """
    from rules.skeletons import skeleton

    text = skeleton(name, kind)
    path = to or Path(f"{name}.yaml")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        hint = "Choose another name, or another place with --to"
        raise Refused("write a new rule", str(path), "it exists already", hint) from None
    except OSError as error:
        said = error.strerror or str(error)
        raise Refused("write a new rule", str(path), said, "Choose a place with --to") from None
    say(f"{path} is a whole rule. Change it, then: homecare rules test {path}")


def schema() -> None:
    """Print the JSON Schema of rule files, for editors.

    It is also in docs/rules/rule.schema.json; the first line of a rule file can name it.

    Example:
      homecare rules schema > rule.schema.json

    """
    from rules.schema import schema_text

    say(schema_text().rstrip())


def propose(
    file: Annotated[Path, typer.Argument(help="A rule file.")],
    site: Annotated[str, typer.Option("--site", help="The site that decides about it.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, in a sentence.")],
    review: Annotated[
        int | None,
        typer.Option("--review", help="An open review of this rule; otherwise a new one."),
    ] = None,
    config: Config = None,
    data: Data = None,
) -> None:
    """Bring a rule file into a review: people see it, try it in shadow, and decide.

    A rule that is new to the site is taken in as off; of a known one, this is another version.
    Its examples are run first. It talks to the running gateway and needs the right to propose: put
    a token of somebody of the living lab into HOMECARE_TOKEN. A demo needs none.

    Examples:
      homecare rules propose kitchen-by-ten.yaml --site donegal --reason "She asked for it"

      homecare rules propose kitchen-by-ten.yaml --site donegal --review 3 --reason "By eleven"

    """
    from api.cli import client
    from gateway.access import Role
    from rules.admission import admitted
    from rules.rule import Rule

    read = _read(file)
    if not isinstance(read, Rule):
        raise Refused("propose a rule", str(file), "it is a named expression", "Name a rule file")
    rule = admitted(read.text, file.name)
    caller = client.speaking(near(config, data).data, "propose a rule", Role.FACILITATOR)
    wish = {"values": {}, "reason": reason, "text": rule.text}
    if review is None:
        known = {one["rule"] for one in caller.get(f"/api/v1/rules?site={quote(site)}")}
        opened = {"site": site, "rule": rule.name, "question": reason}
        new = {} if rule.name in known else {"text": rule.text}
        review = caller.post("/api/v1/reviews", {**opened, **new})["id"]
    caller.post(f"/api/v1/reviews/{review}/proposals", wish)
    where = f"{caller.url}/reviews/{review}"
    say(f"{rule.name} {rule.version} is proposed at {site}: {where}")


def _read(path: Path) -> "Rule | Named":
    """Raises Refused for what cannot be read as text, and for what is no rule."""
    from rules.document import read_document
    from rules.marked import MAX_BYTES

    try:
        if path.stat().st_size > MAX_BYTES:
            raise Refused(
                "read a rule", str(path), f"more than {MAX_BYTES} bytes", "One rule a file"
            )
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        problem = f"not UTF-8 at byte {error.start}"
        raise Refused("read a rule", str(path), problem, "Save it as UTF-8") from None
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise Refused("read a rule", str(path), said, "Name a file that can be read") from None
    return read_document(text, path.name)


def _files(paths: list[Path]) -> Iterator[Path]:
    """The files named, and those in the folders named, in order."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = sorted(f for f in path.rglob("*") if f.suffix in SUFFIXES and f.is_file())
        if not found:
            raise Refused("read rules", str(path), "no rule file in it", "Rule files end in .yaml")
        yield from found


def _outcomes(read: "Rule | Named") -> Iterator["Outcome"]:
    from rules.examples import run_example, run_named_example
    from rules.rule import Rule

    for example in read.examples:
        if isinstance(read, Rule):
            yield run_example(read, example)
        else:
            yield run_named_example(read, example)


def _show(path: Path, outcome: "Outcome") -> None:
    from api.cli.rulewords import drawn
    from rules.timeline import timeline

    example = outcome.example
    verdict = "passes" if outcome.passed else "FAILS"
    say(f"  {verdict}: {example.name} ({example.kind}, {path.name} line {example.line})")
    for line in drawn(timeline(outcome)):
        say(f"    {line}".rstrip())


def _remark(path: Path, outcomes: list["Outcome"]) -> None:
    """What no example shows; nothing is refused for it."""
    from rules.shown import unshown

    for one in unshown(outcomes):
        side = "true" if one.side else "false"
        say(f"  note: in no example is this {side}: {one.label} ({path.name} line {one.line})")


def _sum_up(path: Path, read: "Rule | Named") -> None:
    from api.cli.rulewords import needs, said
    from rules.rule import Rule

    if not isinstance(read, Rule):
        say(f"{path}: good: {read.name}, {len(read.examples)} examples")
        return
    say(f"{path}: good: {said(read, 'en')}")
    for line in needs(read):
        say(f"  {line}")


def _leave(refused: int, failed: int) -> None:
    if refused:
        raise typer.Exit(REFUSED)
    if failed:
        raise typer.Exit(FAILED)
