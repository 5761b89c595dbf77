"""Message catalogues by gettext. English is the source and needs no file."""

from functools import lru_cache
from gettext import GNUTranslations, NullTranslations, translation
from pathlib import Path

DOMAIN = "homecare"
FOLDER = Path(__file__).parent / "locales"


@lru_cache(maxsize=16)
def catalogue(language: str) -> GNUTranslations | NullTranslations:
    """`gettext` and `ngettext` of a language; English where something is not translated yet."""
    return translation(DOMAIN, FOLDER, [language], fallback=True)


def N_(text: str) -> str:  # noqa: N802 gettext's own name for "translate later"
    """Marks a text for extraction where it is defined; it is translated where it is shown."""
    return text
