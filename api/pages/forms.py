"""Forms whose fields are not known beforehand, and what a page says of a refusal."""

import re
from typing import Annotated

from fastapi import Depends, Request
from markupsafe import Markup

from devices.errors import Refused, Spoken
from gateway.texts import catalogue

OWN, FOREIGN = Markup("{}"), Markup('<span lang="en">{}</span>')


async def form_fields(request: Request) -> dict[str, str]:
    """The text fields of a form; limits are named after the rule's parameters."""
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str)}


Fields = Annotated[dict[str, str], Depends(form_fields)]


def number_of(fields: dict[str, str], name: str) -> int | None:
    """A hidden field's id; None where it is empty. Eighteen digits: what a database keeps."""
    text = fields.get(name, "")
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def text_of(refused: Refused, language: str = "en") -> str:
    """A refusal as a sentence: the problem, then what to do. What has no words in the language
    stands in English, and says so.
    """
    parts = [in_language(text, language) for text in (refused.problem, refused.hint) if text]
    return Markup(" ").join(
        (OWN if own else FOREIGN).format(f"{text[:1].upper()}{text[1:]}.") for text, own in parts
    )


def in_language(text: str, language: str) -> tuple[str, bool]:
    """An error's text for a reader, and whether it is in their language."""
    if not isinstance(text, Spoken):
        return text, language == "en"
    template = catalogue(language).gettext(text.template)
    fields = {
        name: in_language(value, language)[0] if isinstance(value, str) else value
        for name, value in text.fields.items()
    }
    told = template.format(**fields) if fields else template
    return told, language == "en" or template != text.template
