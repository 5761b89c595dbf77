"""Skeletons that `homecare rules new` writes: whole rules with remarks, one for each kind."""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

from devices.errors import Refused
from rules.file.forms import RULE_NAME

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "level": "a number is too high or too low",
        "absence": "something that should have happened did not",
        "event": "something happened",
    }
)
NAME_LINE = "rule: name-of-the-rule"
TITLE_LINE = "title: What people read on the alert"


@lru_cache(maxsize=8)
def _text(kind: str) -> str:
    return files(__name__).joinpath(f"{kind}.yaml").read_text(encoding="utf-8")


def skeleton(name: str, kind: str) -> str:
    """The text of a new rule file. Raises Refused for a name or kind that cannot be."""
    if not RULE_NAME.fullmatch(name):
        hint = "Lower case letters, digits and -, such as kitchen-by-ten"
        raise Refused("write a new rule", name[:60], "that is no name of a rule", hint)
    if kind not in KINDS:
        hint = f"Kinds: {', '.join(KINDS)}"
        raise Refused("write a new rule", name, f"no kind {kind[:40]!r}", hint)
    title = name.replace("-", " ").capitalize()
    return _text(kind).replace(NAME_LINE, f"rule: {name}").replace(TITLE_LINE, f"title: {title}")
