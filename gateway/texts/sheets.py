"""Translators' sheets: what a language has and lacks, out to a file for a person, and back in.

A sheet is CSV, which any spreadsheet opens, or gettext's own `.po`. Coming back, every text is
checked before any is taken: its placeholders are the English ones, and no plural form is missing.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path
from typing import Literal

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from devices.errors import Failed, Refused
from gateway.texts.catalogues import DOMAIN, catalogue, file_of, read_catalogue
from gateway.texts.formats import locale_of
from gateway.texts.inflection import asked

UNCONFIRMED = "fuzzy"  # gettext's word, so that translators' programs show it
CATEGORIES = ("zero", "one", "two", "few", "many", "other")  # CLDR's, in gettext's order
COLUMNS = ("english", "form", "translation", "confirmed", "where")

Only = Literal["all", "missing", "unconfirmed"]


class SheetRefused(Refused):
    """A translator's file that cannot be taken as it is; nothing of it was."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a language is."""

    language: str
    texts: int
    translated: int
    confirmed: int  # by a native speaker


def standing(language: str) -> Standing:
    """Raises Failed where there is no such catalogue."""
    messages = list(_messages(_load(language)))
    translated = [one for one in messages if complete(one)]
    confirmed = [one for one in translated if UNCONFIRMED not in one.flags]
    return Standing(language, len(messages), len(translated), len(confirmed))


def listing(language: str, only: Only = "all") -> list[Message]:
    """Messages of a language in the order of its file."""
    return [one for one in _messages(_load(language)) if _wanted(one, only)]


def complete(message: Message) -> bool:
    """Whether every form has a text."""
    return all(_strings(message))


def problems(message: Message) -> list[str]:
    """What is wrong with a translation; an empty one is missing, not wrong."""
    english = _english(message)
    wanted = set().union(*(placeholders(text) for text in english))
    found = []
    for text in filter(None, _strings(message)):
        strange = placeholders(text) - wanted
        lost = wanted - placeholders(text) if len(english) == 1 else set()
        found += [f"{{{name}}} is not in the English" for name in sorted(strange)]
        found += [f"{{{name}}} of the English is missing" for name in sorted(lost)]
    if any(_strings(message)) and not complete(message):
        found.append("a plural form is missing")
    return found


def placeholders(text: str) -> frozenset[str]:
    """What is filled in: {name}, {name.form} and %(name)s."""
    named = frozenset(name for name, _form in asked(text))
    return named | frozenset(re.findall(r"%\(([a-z_]+)\)[sd]", text))


def plural_forms(language: str) -> tuple[str, ...]:
    """CLDR's categories of the language, in the order of its msgstr[n]."""
    rules = locale_of(language).plural_form.rules
    return tuple(name for name in CATEGORIES if name in rules or name == "other")


def to_csv(language: str, only: Only = "all") -> str:
    """One line a text, or one a plural form."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for message in listing(language, only):
        confirmed = "yes" if complete(message) and UNCONFIRMED not in message.flags else ""
        where = "; ".join(message.auto_comments)
        english, strings = _english(message), _strings(message)
        forms = plural_forms(language) if len(english) > 1 else ("",)
        for form, text in zip(forms, strings, strict=True):
            source = english[0] if form in {"", "one"} else english[-1]
            writer.writerow((source, form, text, confirmed, where))
    return out.getvalue()


def to_po(language: str, only: Only = "all") -> str:
    """As gettext's tools read it."""
    whole = _load(language)
    part = Catalog(locale=language, domain=DOMAIN, project="homecare", charset="utf-8")
    for message in listing(language, only):
        part[message.id] = message
    part.header_comment = whole.header_comment
    return _written(part)


def take(language: str, path: Path) -> int:
    """Takes a sheet back into the language's file; how many texts changed. Raises SheetRefused.

    A changed text is unconfirmed again unless the sheet says that it is confirmed.
    """
    target = _load(language)
    known = {_english(one)[0]: one for one in _messages(target)}
    given = _from_po(path) if path.suffix == ".po" else _from_csv(language, path, known)
    changed = 0
    for english, (strings, confirmed) in given.items():
        if english not in known:
            raise _refused(path, english, "is no text of the gateway", "Export a new sheet")
        changed += _put(known[english], strings, confirmed, path)
    _save(language, target)
    return changed


def _put(message: Message, strings: tuple[str, ...], confirmed: bool, path: Path) -> bool:
    before = _strings(message), UNCONFIRMED in message.flags
    message.string = strings if isinstance(message.id, tuple | list) else strings[0]
    message.flags.discard(UNCONFIRMED)
    if any(strings) and not confirmed:
        message.flags.add(UNCONFIRMED)
    wrong = problems(message)
    if wrong:
        raise _refused(path, _english(message)[0], "; ".join(wrong), "Nothing was taken")
    return before != (strings, UNCONFIRMED in message.flags)


def _from_po(path: Path) -> dict[str, tuple[tuple[str, ...], bool]]:
    try:
        sheet = read_po(BytesIO(path.read_bytes()), ignore_obsolete=True, abort_invalid=True)
    except (OSError, ValueError) as error:
        raise _refused(path, "", str(error), "Save it as gettext .po, UTF-8") from error
    return {
        _english(one)[0]: (_strings(one), UNCONFIRMED not in one.flags)
        for one in _messages(sheet)
        if any(_strings(one))
    }


def _from_csv(
    language: str, path: Path, known: Mapping[str, Message]
) -> dict[str, tuple[tuple[str, ...], bool]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
        rows = list(csv.DictReader(StringIO(text), strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _refused(path, "", str(error), "Save it as CSV, UTF-8") from error
    if not rows or not {"english", "translation"} <= rows[0].keys():
        raise _refused(path, "", "has not the columns of a sheet", f"They are {', '.join(COLUMNS)}")
    single = {m for m in known if not isinstance(known[m].id, tuple | list)}
    many = {_english(m)[-1]: one for one, m in known.items() if one not in single}
    found: dict[str, tuple[dict[str, str], set[bool]]] = {}
    for row in rows:
        english, form = row["english"] or "", (row.get("form") or "").strip()
        key = english if english in known and form in {"", "one"} else many.get(english, english)
        strings, sure = found.setdefault(key, ({}, set()))
        strings[form] = (row["translation"] or "").strip()
        sure.add((row.get("confirmed") or "").strip().casefold() == "yes")
    forms = plural_forms(language)
    return {
        key: (
            tuple(strings.get(f, "") for f in (("",) if key in single else forms)),
            sure == {True},
        )
        for key, (strings, sure) in found.items()
        if any(strings.values())
    }


def _load(language: str) -> Catalog:
    path = file_of(language)
    if not path.is_file():
        hint = "deploy/texts.sh says how a language is begun"
        raise Failed("read texts", language, f"there is no {path.name} of it", hint)
    return read_catalogue(path)


def _save(language: str, texts: Catalog) -> None:
    path = file_of(language)
    try:
        path.write_text(_written(texts), encoding="utf-8")
    except OSError as error:
        hint = "Import where the gateway's own files may be written, and commit them"
        raise Failed(
            "write texts", str(path), error.strerror or "cannot be written", hint
        ) from error
    catalogue.cache_clear()


def _written(texts: Catalog) -> str:
    out = BytesIO()
    texts.fuzzy = False
    write_po(out, texts, width=0, sort_output=True, ignore_obsolete=True)
    return out.getvalue().decode("utf-8")


def _messages(texts: Iterable[Message]) -> Iterator[Message]:
    return (one for one in texts if one.id)


def _wanted(message: Message, only: Only) -> bool:
    if only == "missing":
        return not complete(message)
    return only == "all" or not complete(message) or UNCONFIRMED in message.flags


def _english(message: Message) -> tuple[str, ...]:
    return tuple(message.id) if isinstance(message.id, tuple | list) else (str(message.id),)


def _strings(message: Message) -> tuple[str, ...]:
    string = message.string
    return tuple(s or "" for s in string) if isinstance(string, tuple | list) else (string or "",)


def _refused(path: Path, text: str, problem: str, hint: str) -> SheetRefused:
    about = f"{path.name}, {text[:60]!r}" if text else path.name
    return SheetRefused("take a sheet of texts", about, problem, hint)
