"""What is asked when somebody asks why, and all that is answered. Records without behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from gateway.registry import SiteEntry
from gateway.watch.outcomes import Brake, Told
from rules.engine.episodes import Evidence
from rules.file.language import Rule
from rules.plan import Plan
from rules.why.nearest import Miss
from rules.why.trace import Seen

DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Question:
    """`at`: the site's clock. `version`: of the rulebook; None: the one in force then. `draft`: the
    text of a rule file that is asked instead. `values`: other numbers than those that held.
    """

    site: str
    rule: str
    at: int
    resident: str | None = None
    home: str | None = None  # for rules of a home; of a resident it is known
    version: str | None = None
    draft: str | None = None
    values: Mapping[str, Decimal] | None = None


@dataclass(frozen=True, slots=True)
class Whom:
    """Whom a rule watches: where, and as which subject."""

    home: str
    subject: str
    resident: str | None
    since: int = 0  # what was before is not the viewer's to see


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything that is known of one rule, one subject and one moment."""

    question: Question
    site: SiteEntry
    whom: Whom
    plan: Plan
    version: str  # "draft": none of the rulebook
    mode: str  # as it was then: live, shadow, off; "draft"
    seen: tuple[Seen, ...]
    misses: tuple[tuple[Miss, ...], ...]
    stopped: int  # the step at which it stopped, or the root
    rests: tuple[Evidence, ...]  # where it is true: the readings that made it so
    brakes: tuple[Brake, ...]
    told: Told | None  # the recorded episode that covers the moment, and what came of it
    first_at: int | None  # the oldest reading that is kept; None: nothing is
    previous_at: int | None  # when the rule was told something before, and after
    next_at: int | None

    @property
    def rule(self) -> Rule:
        """The version that was asked."""
        return self.plan.rule

    @property
    def root(self) -> Seen:
        """What the whole rule said."""
        return self.seen[self.plan.root]

    @property
    def gone(self) -> bool:
        """Whether nothing is kept any more of the time that is asked about."""
        return self.first_at is None or self.question.at < self.first_at

    @property
    def partial_from(self) -> int | None:
        """Where the look-back begins to be known, if a part of it is not kept."""
        if self.first_at is None or self.gone:
            return None
        wants = self.question.at - self.plan.lookback_ms
        return self.first_at if wants < self.first_at else None
