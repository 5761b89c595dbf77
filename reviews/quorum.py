"""Who must have spoken, and what must have been computed, before a review can be decided.

The page disables its button with these words; `decide` refuses with the same ones.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gateway.access import Action, Role, Viewer
from reviews.cycle import Cause, allows
from reviews.records import Evidence, Outcome, Position, Proposal, Review, Stance

# A local champion or a facilitator stands between people; they represent neither side.
RESIDENTS = frozenset({Role.RESIDENT, Role.FAMILY})
CARERS = frozenset({Role.CARER, Role.NURSE})
DECIDERS = frozenset({Role.DECIDER})

CAUSES = {
    Outcome.ADOPT: Cause.ADOPTED,
    Outcome.REJECT: Cause.REJECTED,
    Outcome.DEFER: Cause.DEFERRED,
    Outcome.KEEP: Cause.KEPT,
}


class Missing(StrEnum):
    """Why a decision cannot be taken yet. The page has a sentence for each."""

    NOT_DECIDER = "not-decider"
    WRONG_PHASE = "wrong-phase"
    NO_PROPOSAL = "no-proposal"
    NO_RESIDENT = "no-resident"
    NO_CARER = "no-carer"
    NO_DECIDER = "no-decider"
    NO_EVIDENCE = "no-evidence"
    STALE_EVIDENCE = "stale-evidence"
    EMPTY_EVIDENCE = "empty-evidence"


SENTENCES: dict[Missing, str] = {
    Missing.NOT_DECIDER: "Only a decider of this site can decide",
    Missing.WRONG_PHASE: "This decision does not belong to the present phase",
    Missing.NO_PROPOSAL: "Nothing is proposed yet",
    Missing.NO_RESIDENT: "No resident or resident's representative has taken a position",
    Missing.NO_CARER: "No carer has taken a position",
    Missing.NO_DECIDER: "No decider has taken a position",
    Missing.NO_EVIDENCE: "The proposal was not replayed over this site's history",
    Missing.STALE_EVIDENCE: "The replay compares another version with this proposal",
    Missing.EMPTY_EVIDENCE: "The replay found no home that was covered enough to compare",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What a review has, as far as a decision asks for it."""

    review: Review
    proposal: Proposal | None
    positions: Sequence[Position]
    evidences: Sequence[Evidence]
    live_entry_id: int | None

    @property
    def evidence(self) -> Evidence | None:
        """The newest replay of exactly this proposal against exactly what is live."""
        if self.proposal is None:
            return None
        fitting = [e for e in self.evidences if e.is_of(self.proposal, self.live_entry_id)]
        return fitting[-1] if fitting else None

    @property
    def objections(self) -> list[Position]:
        """Those who object, with their reasons."""
        return [one for one in self.positions if one.stance is Stance.OBJECT]


def missing(standing: Standing, viewer: Viewer, outcome: Outcome) -> list[Missing]:
    """Everything that still stands in the way of `outcome`; empty: it can be decided."""
    found = []
    if not viewer.may(Action.DECIDE, standing.review.site):
        found.append(Missing.NOT_DECIDER)
    if not allows(standing.review.phase, CAUSES[outcome]):
        return [*found, Missing.WRONG_PHASE]
    if standing.proposal is None:
        return [*found, Missing.NO_PROPOSAL]
    if outcome is Outcome.DEFER:
        return found  # to wait for people is what deferring is for
    found += _speakers(standing.positions)
    if outcome is Outcome.ADOPT:
        found += _replayed(standing)
    return found


def _replayed(standing: Standing) -> list[Missing]:
    evidence = standing.evidence
    if evidence is None:
        done = any(one.state == "done" for one in standing.evidences)
        return [Missing.STALE_EVIDENCE if done else Missing.NO_EVIDENCE]
    if evidence.result is None or not evidence.result.homes:
        return [Missing.EMPTY_EVIDENCE]
    return []


def _speakers(positions: Iterable[Position]) -> list[Missing]:
    """Which side is silent. Of each person only the newest word counts, under one role: three
    sides are therefore three people.
    """
    roles = {one.role for one in positions}
    sides = (
        (Missing.NO_RESIDENT, RESIDENTS),
        (Missing.NO_CARER, CARERS),
        (Missing.NO_DECIDER, DECIDERS),
    )
    return [side for side, speakers in sides if not roles & speakers]
