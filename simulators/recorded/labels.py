"""Alerts against the labels of a data set: matched within the hour, recall and precision."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from simulators.recorded.recording import Label

HOUR = 3_600_000

# Which rules speak of which kind of label. Nothing here watches agitation or body water.
RULES_OF: Mapping[str, tuple[str, ...]] = {
    "Blood pressure": ("blood-pressure-out-of-range",),
    "Pulse": ("pulse-out-of-range",),
    "Weight": ("weight-up",),
    "Body water": (),
    "Agitation": (),
}


@dataclass(frozen=True, slots=True)
class Raised:
    """One onset of a rule for a person."""

    rule: str
    person: str
    onset: int  # ms UTC


@dataclass(frozen=True, slots=True)
class Match:
    """One kind of label, and how the rules met it. Shares are None where nothing divides."""

    kind: str
    rules: tuple[str, ...]
    labels: int
    labels_matched: int
    onsets: int
    onsets_matched: int

    @property
    def recall(self) -> float | None:
        """Share of labels with an onset within the hour."""
        return self.labels_matched / self.labels if self.labels and self.rules else None

    @property
    def precision(self) -> float | None:
        """Share of onsets with a label within the hour."""
        return self.onsets_matched / self.onsets if self.onsets else None


def compare(labels: Sequence[Label], raised: Iterable[Raised], within: int = HOUR) -> list[Match]:
    """Every kind of label of the mapping, in its order, then any other that the set has."""
    onsets = list(raised)
    kinds = [*RULES_OF, *sorted({x.kind for x in labels} - set(RULES_OF))]
    return [_match(kind, RULES_OF.get(kind, ()), labels, onsets, within) for kind in kinds]


def _match(
    kind: str, rules: tuple[str, ...], labels: Sequence[Label], onsets: list[Raised], within: int
) -> Match:
    mine = [label for label in labels if label.kind == kind]
    ours = [one for one in onsets if one.rule in rules]

    def near(label: Label, one: Raised) -> bool:
        return label.person == one.person and abs(label.at - one.onset) <= within

    return Match(
        kind,
        rules,
        len(mine),
        sum(any(near(label, one) for one in ours) for label in mine),
        len(ours),
        sum(any(near(label, one) for label in mine) for one in ours),
    )
