"""Forms whose fields are not known beforehand, and what a page says of a refusal."""

import re
from typing import Annotated

from fastapi import Depends, Request
from markupsafe import Markup

from devices.errors import Refused


async def form_fields(request: Request) -> dict[str, str]:
    """The text fields of a form; limits are named after the rule's parameters."""
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str)}


Fields = Annotated[dict[str, str], Depends(form_fields)]


def number_of(fields: dict[str, str], name: str) -> int | None:
    """A hidden field's id; None where it is empty. Eighteen digits: what a database keeps."""
    text = fields.get(name, "")
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def text_of(refused: Refused) -> str:
    """A refusal as a sentence: the problem, then what to do. Refusals speak English, and say so."""
    first = f"{refused.problem[:1].upper()}{refused.problem[1:]}"
    said = f"{first}. {refused.hint}." if refused.hint else f"{first}."
    return Markup('<span lang="en">{}</span>').format(said)
