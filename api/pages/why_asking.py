"""What a person asks why about, as the parts of an address or a form say it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from api.moments import read_moment
from api.pages.clocks import site_now
from devices.errors import Refused, Spoken
from gateway import rulebook
from gateway.access import Viewer, not_found
from gateway.db import reading
from gateway.watch.answers import DRAFT, Answer, Question
from rules.errors import nearest
from rules.file.language import parse_rule

LIMIT = "limit-"  # before a parameter's name, as on a review's page
DRAFT_MOST = 200_000


@dataclass(frozen=True, slots=True)
class Asked:
    """Texts as they came."""

    resident: str = ""
    rule: str = ""
    at: str = ""
    site: str = ""
    home: str = ""
    version: str = ""
    draft: str = ""
    limits: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> "Asked":
        """From a query or a form; what it does not know is left aside."""
        names = ("resident", "rule", "at", "site", "home", "version", "draft")
        limits = tuple(
            (name.removeprefix(LIMIT), text)
            for name, text in fields.items()
            if name.startswith(LIMIT) and text.strip()
        )
        return cls(**{name: fields.get(name, "").strip() for name in names}, limits=limits)

    def address(self, at: int, **more: str) -> str:
        """The page of another moment."""
        parts = {
            "resident": self.resident,
            "site": self.site if not self.resident else "",
            "home": self.home,
            "rule": self.rule,
            "at": str(at),
            "version": self.version,
            **{LIMIT + name: text for name, text in self.limits},
            **more,
        }
        return "/why?" + urlencode({name: text for name, text in parts.items() if text})


def site_of(gateway: Any, asked: Asked) -> str:
    """The site that a question is about: the resident's, or as named. Raises NotFound."""
    directory = gateway.registry.directory
    if asked.resident:
        person = directory.resident(asked.resident)
        if person is None:
            raise not_found("ask why", "resident")
        return str(person.site)
    if asked.site not in directory.sites:
        raise not_found("ask why", "home")
    return asked.site


def question_of(gateway: Any, asked: Asked) -> Question:
    """Raises NotFound, and Refused for a moment, a number or a draft that cannot be read."""
    site = site_of(gateway, asked)
    zone = gateway.registry.directory.sites[site].zone
    now = site_now(gateway, site)
    at = read_moment(asked.at, zone) if asked.at else now
    if at > now + 1:
        raise Refused(
            "ask why",
            asked.at[:40],
            Spoken("has not come yet"),
            Spoken("Ask for a moment up to now"),
        )
    if len(asked.draft) > DRAFT_MOST:
        raise Refused("ask why", "the draft", Spoken("is too long"), Spoken("One rule a file"))
    question = Question(
        site=site,
        rule=asked.rule,
        at=at,
        resident=asked.resident or None,
        home=asked.home or None,
        version=asked.version or None,
        draft=asked.draft or None,
    )
    if asked.draft:
        question = replace(question, rule=parse_rule(asked.draft, DRAFT).name)
    return _with_limits(gateway, question, asked)


def _with_limits(gateway: Any, question: Question, asked: Asked) -> Question:
    """Other numbers than those that held, each read and checked as the rule's own parameter."""
    if not asked.limits:
        return question
    if question.draft is not None:
        rule = parse_rule(question.draft, DRAFT)
    else:
        with reading(gateway.engine) as conn:
            found = [
                one
                for one in rulebook.entries(conn, question.site)
                if one.rule_name == question.rule and one.version.startswith(asked.version)
            ]
        if not found:
            raise not_found("ask why", f"rule {question.rule}")
        rule = rulebook.rule_of(found[-1].text)
    for name, _ in asked.limits:
        if name not in rule.parameters:
            hint = nearest(name, rule.parameters)
            raise Refused(
                "ask why", f"{rule.name}, {name[:40]}", Spoken("is none of its numbers"), hint
            )
    values = {name: rule.parameters[name].read(text) for name, text in asked.limits}
    return replace(question, values=values)


def answer_to(gateway: Any, viewer: Viewer, asked: Asked) -> Answer:
    """Asks the engine. Raises as `question_of` and `WhyRoom.ask`."""
    answer: Answer = gateway.why_room.ask(viewer, question_of(gateway, asked))
    return answer
