"""Message catalogues: one `.po` a language, read as it stands. English is the source, without one.

No compiled file can be older than its text, for there is none. A message that no native speaker has
confirmed carries gettext's own mark for that, `fuzzy`, which translators' programs show and take
away; it is used all the same, for half-right Finnish serves a Finn better than English.
"""

from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

DOMAIN = "homecare"
FOLDER = Path(__file__).parent / "locales"


def file_of(language: str) -> Path:
    """Where the texts of a language stand."""
    return FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read_catalogue(path: Path) -> Catalog:
    """Everything in a `.po`, with marks and comments, as translators' tools need it."""
    with path.open("rb") as file:
        return read_po(file, domain=DOMAIN, ignore_obsolete=True)


@lru_cache(maxsize=16)
def catalogue(language: str) -> GNUTranslations | NullTranslations:
    """`gettext` and `ngettext` of a language; English where something is not translated yet.

    Read at the first use in a process, then kept.
    """
    path = file_of(language)
    if not path.is_file():
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, read_catalogue(path), use_fuzzy=True)
    compiled.seek(0)
    return GNUTranslations(compiled)


def translated(text: str, language: str) -> bool:
    """Whether the language has the text, or is the source itself."""
    known = getattr(catalogue(language), "_catalog", None)  # of GNUTranslations; gettext hides it
    return known is None or text in known


def N_(text: str) -> str:  # noqa: N802 gettext's own name for "translate later"
    """Marks a text for extraction where it is defined; it is translated where it is shown."""
    return text


def NN_(one: str, many: str) -> tuple[str, str]:  # noqa: N802 as above, for `ngettext`
    """Marks a text with its plural."""
    return one, many
