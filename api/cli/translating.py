"""`homecare texts`: what each language lacks, and the sheets that translators work on."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from api.cli.printing import say, table
from devices.errors import Failed, Refused

app = typer.Typer(
    help="The six languages: what is missing or unconfirmed, sheets for translators.",
    no_args_is_help=True,
)


class Which(StrEnum):
    """Which texts of a language."""

    ALL = "all"
    MISSING = "missing"
    UNCONFIRMED = "unconfirmed"  # missing, or not yet confirmed by a native speaker


Language = Annotated[str, typer.Argument(help="ga, is, nn, sv or fi.")]
Only = Annotated[Which, typer.Option("--only", help="Which texts.")]


@app.command("status")
def status() -> None:
    """How far each language is: texts, translated, confirmed by a native speaker.

    Example:
      homecare texts status

    """
    from gateway.texts import LANGUAGES, SOURCE
    from gateway.texts.sheets import standing

    rows = []
    for code, name in LANGUAGES.items():
        if code != SOURCE:
            one = standing(code)
            missing = one.texts - one.translated
            rows.append((code, name, one.texts, missing, one.translated - one.confirmed))
    table(("code", "language", "texts", "missing", "unconfirmed"), rows)
    say("Unconfirmed texts are used; carers do not see the mark. homecare texts export --help")


@app.command("list")
def show(language: Language, only: Only = Which.MISSING) -> None:
    """List texts of a language in English, one a line.

    Examples:
      homecare texts list fi

      homecare texts list ga --only unconfirmed

    """
    from gateway.texts.sheets import complete, listing

    found = listing(_known(language), only.value)
    for one in found:
        english = one.id if isinstance(one.id, str) else one.id[0]
        where = f"   [{'; '.join(one.auto_comments)}]" if one.auto_comments else ""
        say(f"{'·' if complete(one) else '✗'} {english}{where}")
    say(f"{len(found)} texts. ✗ missing  · translated")


@app.command("read")
def read(language: Language) -> None:
    """Print every rule as a carer reads it: sentence, guidance, limits. For native speakers.

    Example:
      homecare texts read is

    """
    from gateway.texts.booklet import booklet

    say(booklet(_known(language)))


@app.command("export")
def export(
    language: Language,
    file: Annotated[Path, typer.Argument(help="A new file: .csv for spreadsheets, or .po.")],
    only: Only = Which.UNCONFIRMED,
) -> None:
    """Write a sheet for a translator.

    Examples:
      homecare texts export fi finnish.csv

      homecare texts export sv svenska.po --only all

    """
    from gateway.texts.sheets import to_csv, to_po

    writers = {".csv": to_csv, ".po": to_po}
    if file.suffix not in writers:
        raise Refused("write a sheet", file.name, "neither .csv nor .po", "Name it sheet.csv")
    text = writers[file.suffix](_known(language), only.value)
    try:
        # A mark of byte order, without which spreadsheets read UTF-8 as something else.
        file.write_text(text, encoding="utf-8-sig" if file.suffix == ".csv" else "utf-8")
    except OSError as error:
        hint = "Choose another place"
        raise Failed("write a sheet", str(file), error.strerror or "failed", hint) from error
    say(
        f"{file}: write into `translation`, and yes into `confirmed` where a native speaker agrees."
    )


@app.command("import")
def import_(
    language: Language,
    file: Annotated[Path, typer.Argument(help="The sheet, filled in.")],
) -> None:
    """Take a filled-in sheet back. Everything is checked before anything is taken.

    Example:
      homecare texts import fi finnish.csv

    """
    from gateway.texts.sheets import standing, take

    changed = take(_known(language), file)
    one = standing(language)
    say(
        f"{changed} texts changed. {language}: {one.texts - one.translated} missing, "
        f"{one.translated - one.confirmed} unconfirmed. Restart the gateway to see them."
    )


def _known(language: str) -> str:
    from gateway.texts import LANGUAGES, SOURCE

    if language == SOURCE or language not in LANGUAGES:
        known = ", ".join(code for code in LANGUAGES if code != SOURCE)
        raise Refused("find a language", language[:20], "no language to translate into", known)
    return language
