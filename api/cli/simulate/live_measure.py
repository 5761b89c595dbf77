"""How many homes live at real time beside a gateway on this machine: measured, for the bench."""

import threading
from pathlib import Path
from typing import Any

from api.cli.simulate import live_place
from api.cli.simulate.live_run import Wish, playing
from api.cli.simulate.live_show import summary
from api.cli.simulate.live_source import Source
from devices.errors import Failed
from gateway.clock import SystemClock

CONNECT_S = 60.0
LATE_S = 1.0  # a message that takes longer than this to be acknowledged is late
LAG_S = 2.0  # the clock moves in steps of a quarter of a second, each with its acknowledgement


def measure(
    homes: int, seconds: float, folder: Path, *, seed: int = 1, start: int | None = None
) -> dict[str, Any]:
    """So many homes for so many seconds of real time, with a gateway of their own in `folder`.

    `holds` is whether all were connected, nothing was lost or refused, the clock kept pace, and
    95 % of the messages were acknowledged within a second. Raises Failed where they cannot
    connect.
    """
    clock, stop = SystemClock(), threading.Event()
    wish = Wish(count=homes, seed=seed, start=start, quiet=True, paused=True)
    with live_place.found(wish, None, folder, lambda _: None, stop) as place:
        source = Source(place.cast.homes, seed, start or clock.now())
        with playing(source, place, clock, stop.wait, wish) as player:
            running = threading.Thread(target=player.play_until_stopped, name="player")
            began = clock.monotonic()
            running.start()
            try:
                _connected(player, homes, began, stop)
                connected_s = clock.monotonic() - began
                while not player.ahead.filled:  # what is measured is living, not beginning
                    stop.wait(0.1)
                found = _lived(player, homes, seconds, stop)
                connected = player.performance.state().connected - len(place.cast.sites)
            finally:
                stop.set()
                running.join(30)
    found |= {"connected_s": round(connected_s, 1), "connected": connected}
    late = found.get("delay_ms_p95", 0.0) > LATE_S * 1000
    found["holds"] = bool(
        found["connected"] == homes
        and not found["lost"]
        and not found["refused"]
        and found["lag_s"] < LAG_S
        and not late
    )
    return found


def _lived(player: Any, homes: int, seconds: float, stop: threading.Event) -> dict[str, Any]:
    """What a paused player did in so many seconds, and what that took."""
    player.performance.fleet().forget_delays()
    before, first = _used(), player.clock.monotonic()
    at, counts = player.at, player.performance.counts.messages
    taken = player.performance.state().acknowledged
    player.pause(paused=False)
    stop.wait(seconds)
    used, passed = _used() - before, player.clock.monotonic() - first
    messages = player.performance.counts.messages - counts
    return {
        **summary(player, passed),
        "homes": homes,
        "messages": messages,
        "messages_per_s": round(messages / passed, 1),
        "acknowledged": player.performance.state().acknowledged - taken,
        "behind_s": round(player.behind_s, 2),
        "lag_s": round(passed - (player.at - at) / 1000, 2),
        "cpu_share": round(used / passed, 3),
        "cpu_share_per_1000_homes": round(used / passed * 1000 / homes, 3),
    }


def _connected(player: Any, homes: int, began: float, stop: threading.Event) -> None:
    while player.performance.state().connected < homes:
        stop.wait(0.1)
        if player.clock.monotonic() - began > CONNECT_S:
            state = player.performance.state()
            why = next((why for _, why in (*state.refused, *state.away)), "")
            raise Failed(
                "measure",
                f"{homes} homes",
                f"only {state.connected} connected in {CONNECT_S:.0f} s: {why}",
                "Measure fewer, or look at the gateway's log in the folder",
            )


def _used() -> float:
    """Seconds of processor that this process has used."""
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
