"""The keys of a rule file, and of a named expression, as pydantic checks them."""

import re
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from devices.errors import Spoken
from rules.quantity import PLACE, Fixed, Quantity
from rules.rule import Audience, Priority

RULE_NAME = re.compile(r"[a-z][a-z0-9-]{0,59}")
RuleName = Annotated[str, StringConstraints(pattern=f"^{RULE_NAME.pattern}$")]


class Strict(BaseModel):
    """Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class ParameterForm(Strict):
    """One entry under `parameters`."""

    label: str
    default: Fixed
    low: Fixed
    high: Fixed
    step: Fixed | None = None


class ExampleForm(Strict):
    """One entry under `examples`."""

    name: str
    kind: Literal["fires", "quiet", "clears", "missing", "boundary"]
    zone: str = "Europe/Dublin"
    day: str = "2026-11-04"
    holidays: str = ""
    parameters: dict[str, str] = {}
    readings: list[str]
    until: str
    expect: list[str] = []


class RuleForm(Strict):
    """The whole file; conditions stay raw, `rules.file.maker` reads them."""

    rule: RuleName
    title: str = Field(min_length=1, max_length=80)
    subject: Literal["resident", "home"] = "resident"
    priority: Priority
    audience: list[Audience] = Field(min_length=1)
    urgent: bool = False
    tell_late: Fixed = Quantity(Decimal(24), "h")
    at_most: Fixed | None = None
    yields_to: list[RuleName] = Field(default=[], max_length=20)
    why: str = Field(min_length=1)
    source: str = Field(min_length=1)
    not_for: str = Field(min_length=1)
    guidance: list[str] = Field(min_length=1, max_length=12)
    parameters: dict[str, ParameterForm] = Field(default={}, max_length=40)
    when: Any
    clear_when: Any = None
    examples: list[ExampleForm] = Field(default=[], max_length=100)

    @field_validator("why", "not_for", "source")
    @classmethod
    def _one_line(cls, text: str) -> str:
        return " ".join(text.split())


class InputForm(Strict):
    """One entry under `inputs`: either a number with its range, or a place."""

    label: str = Field(min_length=1)
    default: Fixed | None = None
    low: Fixed | None = None
    high: Fixed | None = None
    place: str | None = Field(default=None, pattern=f"^{PLACE.pattern}$")

    @model_validator(mode="after")
    def _one_of_both(self) -> "InputForm":
        numbers = (self.default, self.low, self.high)
        if self.place is None and None in numbers:
            raise ValueError(Spoken("an input has default, low and high, or a place"))
        if self.place is not None and numbers != (None, None, None):
            raise ValueError(Spoken("an input that is a place has no default, low or high"))
        return self


class NamedExampleForm(Strict):
    """One entry under `examples`: what it says at moments."""

    name: str
    zone: str = "Europe/Dublin"
    day: str = "2026-11-04"
    holidays: str = ""
    inputs: dict[str, str] = Field(default={})
    readings: list[str]
    expect: list[str] = Field(min_length=1)


class NamedForm(Strict):
    """The whole file."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")
    title: str = Field(min_length=1, max_length=120)
    what: str = Field(min_length=1)
    source: str = Field(min_length=1)
    inputs: dict[str, InputForm] = Field(default={}, max_length=12)
    truth: Any = None
    number: Any = None
    examples: list[NamedExampleForm] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_expression(self) -> "NamedForm":
        if (self.truth is None) == (self.number is None):
            raise ValueError(Spoken("needs either truth or number, what it says"))
        return self
