"""Forms whose fields are not known beforehand, and what a page says of a refusal."""

from typing import Annotated

from fastapi import Depends, Request
from markupsafe import Markup

from devices.errors import Refused


async def form_fields(request: Request) -> dict[str, str]:
    """The text fields of a form; limits are named after the rule's parameters."""
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str)}


Fields = Annotated[dict[str, str], Depends(form_fields)]


def text_of(refused: Refused) -> str:
    """A refusal as a sentence: the problem, then what to do. Refusals speak English, and say so."""
    first = f"{refused.problem[:1].upper()}{refused.problem[1:]}"
    said = f"{first}. {refused.hint}." if refused.hint else f"{first}."
    return Markup('<span lang="en">{}</span>').format(said)
