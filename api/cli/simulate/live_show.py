"""How a live simulation stands: one line, and the figures behind it."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from api.cli.printing import Progress, say
from devices.errors import Failed

if TYPE_CHECKING:
    from api.cli.simulate.live_player import Player

EVERY_S = 1.0
NAMED = 3  # hubs that are refused, by name in one line


@dataclass(frozen=True, slots=True)
class Standing:
    """Figures of one moment."""

    at: int  # the site's clock, ms UTC
    speed: float  # as asked for; 0: as fast as it goes
    paused: bool
    homes: int
    connected: int
    messages: int  # acknowledged by the broker since the beginning
    readings: int
    rate: float  # messages acknowledged a second, of late
    behind_s: float
    waiting: int  # handed to hubs and not yet acknowledged
    lost: int  # fell out of a hub's full buffer
    away: tuple[tuple[str, str], ...]
    refused: tuple[tuple[str, str], ...]


@dataclass
class Show:
    """A line each second; what matters once is said once."""

    quiet: bool = False
    progress: Progress = field(default_factory=lambda: Progress(every=10))
    newest: Standing | None = None
    _next: float = 0.0
    _was: tuple[float, int] | None = None
    _told: set[str] = field(default_factory=set)

    def turn(self, player: "Player") -> None:
        """Called at each step of the player."""
        now = player.clock.monotonic()
        if now < self._next:
            return
        self._next = now + EVERY_S
        standing = self._stand(player, now)
        self.newest = standing
        if self.quiet:
            return
        for name, why in standing.refused:
            if name not in self._told:
                self._told.add(name)
                say(f"Refused by the broker: {name} ({why}). Check its credential.")
        self.progress.show(line(standing))

    def _stand(self, player: "Player", now: float) -> Standing:
        state = player.performance.state()
        clocks = 0 if player.wall else len(player.performance.drivers)
        was, self._was = self._was, (now, state.acknowledged)
        rate = 0.0
        if was is not None and now > was[0]:
            rate = (state.acknowledged - was[1]) / (now - was[0])
        counts = player.performance.counts
        return Standing(
            player.at,
            player.speed,
            player.paused,
            state.hubs - clocks,
            max(0, state.connected - clocks),
            state.acknowledged,
            counts.readings,
            rate,
            player.behind_s,
            state.owed,
            state.lost,
            state.away,
            state.refused,
        )


def line(of: Standing) -> str:
    """What a person watches."""
    from api.cli.deadletters import moment

    parts = [
        f"{moment(of.at)[:19]}",
        "paused" if of.paused else "as fast as it goes" if not of.speed else f"{of.speed:g}x",
        f"{of.connected} of {of.homes} homes connected",
        f"{of.rate:,.0f} messages/s",
        f"behind by {of.behind_s:.1f} s",
    ]
    if of.waiting:
        parts.append(f"{of.waiting:,} waiting")
    if of.lost:
        parts.append(f"{of.lost:,} lost by full hubs")
    if of.away:
        parts.append(f"{len(of.away)} away: {of.away[0][1] or 'connecting'}")
    if of.refused:
        names = ", ".join(name for name, _ in of.refused[:NAMED])
        parts.append(f"refused {len(of.refused)}: {names}")
    return " · ".join(parts)


def summary(player: "Player", seconds: float) -> dict[str, Any]:
    """What was done, for people and programs. Raises Failed where something is lost."""
    state, counts = player.performance.state(), player.performance.counts
    delays = sorted(state.delays)
    found: dict[str, Any] = {
        "homes": len(player.performance.logins),
        "seconds": round(seconds, 1),
        "at": player.at,
        "messages": counts.messages,
        "readings": counts.readings,
        "acknowledged": state.acknowledged - counts.ticks,
        "lost": state.lost,
        "messages_per_s": round(state.acknowledged / seconds, 1) if seconds else 0.0,
        "refused": [name for name, _ in state.refused],
    }
    if delays:
        for name, share in (("p50", 0.5), ("p95", 0.95), ("max", 1.0)):
            index = min(len(delays) - 1, int(len(delays) * share))
            found[f"delay_ms_{name}"] = round(delays[index] * 1000, 1)
    return found


def refuse_loss(found: dict[str, Any]) -> None:
    """A run whose messages did not all arrive is no success. Raises Failed."""
    missing = found["messages"] - found["acknowledged"]
    if found["refused"] or missing > 0:
        names = ", ".join(found["refused"][:NAMED]) or "the broker"
        raise Failed(
            "simulate",
            names,
            f"{missing} of {found['messages']} messages were not taken",
            "Check the credentials of the hubs named, then simulate again",
        )
