"""What rules on trial say somebody must know now: a live rule has a while to tell it. Pure."""

from gateway.alerts.episodes import ChangeKind, EpisodeChange, Missed, Mode, Priority
from gateway.alerts.missed import AROUND_MS

Waiting = tuple[int, str, str, int]  # by then; rule, subject, onset


class Shadows:
    """Of one site."""

    def __init__(self, waiting: list[Waiting] | None = None) -> None:
        self.waiting = waiting or []

    def mind(self, found: EpisodeChange) -> None:
        """An episode that was found just now."""
        kind = found.mode, found.kind, found.priority
        if kind == (Mode.SHADOW, ChangeKind.ONSET, Priority.NOW):
            due = found.noticed_at + AROUND_MS
            self.waiting.append((due, found.rule_name, found.subject, found.onset_at))

    def judge(self, site: str, to: int) -> list[Missed]:
        """Those whose while is over by `to`."""
        due = [one for one in self.waiting if one[0] <= to]
        if due:
            self.waiting = [one for one in self.waiting if one[0] > to]
        return [Missed(site, rule, subject, onset, at) for at, rule, subject, onset in due]
