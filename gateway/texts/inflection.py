"""Words that bend: a message may carry the forms that its language needs, and a template asks.

    msgid  "movement | no: no movement"
    msgstr "liike | genitive: liikkeen | no: ei liikettä"

    msgid  "the rise of {signal} within {within}"
    msgstr "{signal.genitive} nousu {within.genitive} aikana"

The first form is the one that stands alone. Each language names the forms that it needs, cases,
definiteness, lenition, whole prepositional phrases; no other language need have them. A form that a
message does not have is its first: understood, if not well said. Whole clauses may bend as well, as
in Irish, where "is" differs after "if".
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

Say = Callable[[str], str]  # a form → the text in that form

_FORM = re.compile(r"\s*\|\s*([a-z]+):\s*")
_PLACE = re.compile(r"\{([a-z_]+)(?:\.([a-z]+))?\}")


@lru_cache(maxsize=4096)
def forms(message: str) -> Mapping[str, str]:
    """Form → text; the form that stands alone is ""."""
    first, *rest = _FORM.split(message)
    return {"": first.strip(), **dict(zip(rest[::2], (t.strip() for t in rest[1::2]), strict=True))}


def inflect(message: str, form: str = "") -> str:
    """The message in a form; as it stands alone where it has no such form."""
    known = forms(message)
    return known.get(form, known[""])


def fill(message: str, form: str, parts: Mapping[str, Say]) -> str:
    """The template in a form, its parts each in the form that it asks for."""

    def said(found: re.Match[str]) -> str:
        say = parts.get(found[1])
        return found[0] if say is None else say(found[2] or "")

    return _PLACE.sub(said, inflect(message, form))


def asked(message: str) -> frozenset[tuple[str, str]]:
    """(part, form) of every place in a template, in any of the template's own forms."""
    return frozenset((m[1], m[2] or "") for m in _PLACE.finditer(message))
