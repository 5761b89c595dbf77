"""`homecare rules test | check | explain | new | schema`: rule files on a desk.

None of them needs a gateway or a data folder: a file goes in, words come out. Only `check --site`
looks into one, for the homes of a site.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.options import Config, Data, near
from api.cli.printing import complain, say
from devices.errors import Refused

if TYPE_CHECKING:
    from rules.checks.examples import Outcome
    from rules.file.naming import Named
    from rules.rule import Rule

REFUSED, FAILED = 2, 1  # exit codes: a file is refused; an example fails
MOST_HOMES = 12  # are named
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
            outcomes = list(_outcomes(read_file(path)))
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


def check(
    paths: Paths,
    site: Annotated[
        str | None,
        typer.Option("--site", help="Also name its homes without a device where a rule listens."),
    ] = None,
    config: Config = None,
    data: Data = None,
) -> None:
    """Check rules before anything runs: words, units, limits, memory, version.

    Exit code 2: a file is refused, with its line, what is allowed and the nearest word.

    Examples:
      homecare rules check kitchen-by-ten.yaml

      homecare rules check rules/

      homecare rules check kitchen-by-ten.yaml --site donegal

    """
    from rules.checks.checking import check as look
    from rules.checks.checking import refused as as_error
    from rules.rule import Rule

    bad = 0
    files = list(_files(paths))
    good: list[tuple[Path, Rule | Named]] = []
    names: dict[tuple[str, str], Path] = {}
    for path in files:
        try:
            read = read_file(path)
            once("check a rule", path, read, names)
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
        good.append((path, read))
    _yields(good)
    if site is not None:
        _unheard(site, [(path, one) for path, one in good if isinstance(one, Rule)], config, data)
    if len(files) > 1:
        say(f"{len(files) - bad} of {len(files)} files are good")
    _leave(bad, 0)


def _unheard(
    site: str, good: "list[tuple[Path, Rule]]", config: Path | None, data: Path | None
) -> None:
    """Where a rule names a place, the homes in which nothing stands there."""
    from api.cli.databases import state
    from api.cli.following import watermarks
    from gateway.clock import SystemClock
    from gateway.registry import Registry
    from gateway.rulebook.unheard import unheard
    from rules.errors import nearest

    clock = SystemClock()
    with state(near(config, data)) as engine:
        directory = Registry(engine, clock).directory
        if site not in directory.sites:
            raise Refused("check a rule", site[:40], "no such site", nearest(site, directory.sites))
        now = watermarks(engine).get(site, clock.now())
    for path, rule in good:
        for one in unheard(directory, site, rule, now):
            shown = ", ".join(one.homes[:MOST_HOMES])
            more = len(one.homes) - MOST_HOMES
            complain(
                f"{path}: note: no device reports {one.source} in {len(one.homes)} of {one.among} "
                f"homes of {site}, where the rule can say nothing of it: "
                f"{shown}{f' and {more} more' if more > 0 else ''}"
            )


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
    for line in explained(read_file(file), language):
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
    from rules.file.skeletons import skeleton
    from rules.packs import pack_of

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
    pack = pack_of(name)
    if pack is not None:
        said = f"note: a shipped rule has this name (pack {pack.name})"
        complain(f"{said}: where it runs, this file would be another version of it")
    say(f"{path} is a whole rule. Change it, then: homecare rules test {path}")


def schema() -> None:
    """Print the JSON Schema of rule files, for editors.

    It is also in docs/rules/rule.schema.json; the first line of a rule file can name it.

    Example:
      homecare rules schema > rule.schema.json

    """
    from rules.file.schema import schema_text

    say(schema_text().rstrip())


def read_file(path: Path) -> "Rule | Named":
    """Raises Refused for what cannot be read as text, and for what is no rule."""
    from rules.file.document import read_document
    from rules.file.marked import MAX_BYTES

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


def once(
    operation: str, path: Path, read: "Rule | Named", names: dict[tuple[str, str], Path]
) -> None:
    """Notes the name in `names`. Raises Refused where another file has it already."""
    first = names.setdefault((type(read).__name__, read.name), path)
    if first.resolve() != path.resolve():
        hint = "One file a name: give one of them another, or take it out"
        raise Refused(operation, str(path), f"{first} is {read.name!r} as well", hint)


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
    from rules.checks.examples import run_example, run_named_example
    from rules.rule import Rule

    for example in read.examples:
        if isinstance(read, Rule):
            yield run_example(read, example)
        else:
            yield run_named_example(read, example)


def _show(path: Path, outcome: "Outcome") -> None:
    from api.cli.rulewords import drawn
    from rules.checks.timeline import timeline

    example = outcome.example
    verdict = "passes" if outcome.passed else "FAILS"
    say(f"  {verdict}: {example.name} ({example.kind}, {path.name} line {example.line})")
    for line in drawn(timeline(outcome)):
        say(f"    {line}".rstrip())
    if outcome.remark:
        say(f"    {outcome.remark}")


def _remark(path: Path, outcomes: list["Outcome"]) -> None:
    """What no example shows; nothing is refused for it."""
    from rules.checks.shown import unshown

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


def _yields(good: "list[tuple[Path, Rule | Named]]") -> None:
    """A rule may yield to one that is elsewhere; a name that is nowhere here is worth a look."""
    from rules.errors import nearest
    from rules.packs import library_rules
    from rules.rule import Rule

    rules = [(path, read) for path, read in good if isinstance(read, Rule)]
    if not any(rule.yields_to for _, rule in rules):
        return
    known = {rule.name for _, rule in rules} | {rule.name for rule in library_rules()}
    for path, rule in rules:
        for name in rule.yields_to:
            if name not in known:
                hint = nearest(name, known).split(" Allowed:")[0]
                complain(f"{path}: note: yields_to {name!r}, which is no rule here. {hint}")


def _leave(refused: int, failed: int) -> None:
    if refused:
        raise typer.Exit(REFUSED)
    if failed:
        raise typer.Exit(FAILED)
