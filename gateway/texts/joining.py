"""Lists in a sentence, by CLDR's patterns: A, B and C; A, B tai C."""

from collections.abc import Sequence
from typing import Literal

from babel.lists import format_list

from gateway.texts.formats import locale_of

Style = Literal["standard", "or"]


def join(texts: Sequence[str], style: Style, language: str) -> str:
    """Texts that have commas themselves are all joined by the word, so that none hides."""
    locale = locale_of(language)
    if not any(", " in text for text in texts):
        return str(format_list(texts, style, locale))
    whole = texts[0]
    for text in texts[1:]:
        whole = str(format_list((whole, text), style, locale))
    return whole
