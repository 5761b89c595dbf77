"""SIGKILL at random moments under load: nothing lost, nothing doubled, no timer missed.

    python bench/kill.py [--quick]

The gateway is killed again and again, the broker now and then, while hubs publish, buttons are
pressed and timers run. The last line is JSON:

    kills, kills_in_flight   of the gateway; with messages delivered and not yet acknowledged
    broker_kills, gaps       of the broker; gaps that the gateway raised of its own accord
    redelivered              messages that the broker brought again and the journal knew
    acknowledged             messages in the publishers' ledgers
    lost, doubled            of them: against journal and store, and alerts against presses
    timers, timers_missed    timers that had to fire, most of them over a kill
"""

import argparse
import contextlib
import json
import os
import random
import signal
import time
from collections import Counter
from typing import Any

from harness import SITE, Bench, Load, bench, say, wait
from ledger import audit

from devices.errors import Failed
from gateway.intake.broker import backlog

RATE = 1_500  # messages a second
CALLS_A_ROUND = 6
TIMER = """
rule: bench-timer
title: A timer
subject: resident
priority: now
audience: [carer]
why: >
  A timer that must fire whatever is killed meanwhile.
source: "bench/kill.py"
not_for: >
  Anybody.
guidance:
  - Nothing to do.
when:
  lasting:
    for: 4 s
    condition:
      below: {value: glucose, limit: 4 mmol/L, back_by: 1 mmol/L}
examples:
  - name: low
    kind: fires
    readings: ["09:00 glucose 3"]
    until: "09:10"
    expect: ["09:00:04 onset"]
"""


class Callers:
    """Homes that press their button once, and others that start a timer once."""

    def __init__(self, made: Bench) -> None:
        self._made, self._next = made, 0
        self._hub = made.hub().connect()
        self.pressed: list[str] = []
        self.timed: list[str] = []

    def round(self) -> None:
        """Some of each, acknowledged by the broker before it returns, where it lives."""
        for n in range(self._next, min(self._next + CALLS_A_ROUND, self._made.calling)):
            home, at = f"call-{n}", self._made.clock.now()
            topic = f"homecare/v1/{SITE}/{home}"
            if n % 2:
                payload = b'{"boot":1,"seq":1,"signal":"glucose","value":3.1,"time":%d}' % at
                self._hub.publish(f"{topic}/cuff/reading", payload)
                self.timed.append(home)
            else:
                payload = b'{"boot":1,"seq":1,"signal":"sos","time":%d}' % at
                self._hub.publish(f"{topic}/button/urgent", payload)
                self.pressed.append(home)
            self._next = n + 1

    def close(self) -> None:
        if not self._hub.flush(60):
            raise SystemExit("the broker did not acknowledge the calls")
        self._hub.close()


class Killer:
    """Ends the gateway, sometimes the broker, and starts what nobody else starts again."""

    def __init__(self, made: Bench, seed: int) -> None:
        self._made = made
        self._random = random.Random(seed)
        self.kills = self.in_flight = self.broker_kills = 0
        self.duplicates = self.gaps = 0

    def gateway(self) -> None:
        """At a random moment of its life, start included in every third round."""
        early = self.kills % 3 == 2
        time.sleep(self._random.uniform(0.0, 0.4 if early else 1.2))
        self._look()
        self._made.stop_gateway(signal.SIGKILL)
        self.kills += 1
        with contextlib.suppress(Failed):  # the broker may be away just then
            self.in_flight += backlog(self._made.broker.endpoint).unacknowledged > 0
        self._made.start_gateway()

    def broker(self) -> None:
        """Its keeper starts it again."""
        os.kill(self._made.broker.pid, signal.SIGKILL)
        self.broker_kills += 1

    def _look(self) -> None:
        """What the life that ends now has counted."""
        try:
            found = self._made.metrics()
        except OSError:
            return
        self.duplicates += int(found["messages_duplicate"])
        self.gaps += int(found["gaps"])

    def end(self) -> None:
        self._look()


STUCK_S = 60  # nothing came in for so long: it will not


def run(kills: int, seed: int) -> dict[str, Any]:
    """One bench from start to audit."""
    with bench(
        durable=False, calling=min(1_200, kills * CALLS_A_ROUND + 60), rules=[TIMER]
    ) as made:
        made.start_gateway()
        seconds = 24 * 3600.0
        load = Load(made, 10, seconds=seconds, rate=RATE, patient=True, drain=60.0)
        callers, killer = Callers(made), Killer(made, seed)
        began = time.monotonic()
        for n in range(kills):
            callers.round()
            killer.gateway()
            if n % 5 == 3:
                killer.broker()
            if n % 10 == 9 or n == kills - 1:
                took = time.monotonic() - began
                say(f"  {n + 1} kills, {killer.in_flight} in flight, {took:.0f} s")
        callers.round()
        load.stop()
        result = load.result()
        result["ledger"] = load.ledger
        callers.close()
        say("  what waits comes in")
        drained = drain(made)
        told = alerts(made, callers)
        killer.end()
        made.stop_gateway()
        say("  audit")
        found = audit(made, [(result, 1)])
        return {
            "kills": killer.kills,
            "kills_in_flight": killer.in_flight,
            "broker_kills": killer.broker_kills,
            "gaps": killer.gaps,
            "redelivered": killer.duplicates,
            "resent": result["resent"],
            "acknowledged": result["acknowledged"] + len(callers.pressed) + len(callers.timed),
            "messages": found.messages,
            "drained": drained,  # false: what still waited at the broker is counted as lost
            "lost": found.lost + told["lost"],
            "doubled": found.doubled + told["doubled"],
            "timers": len(callers.timed),
            "timers_missed": told["timers_missed"],
            "seconds": round(time.monotonic() - began),
        }


def drain(made: Bench) -> bool:
    """Wait for what the kills left at the broker, as long as anything still comes in."""
    before = -1
    while not wait(lambda: settled(made), STUCK_S, 0.2):
        now = made.journalled()
        if now == before:
            return False
        before = now
    return True


def settled(made: Bench) -> bool:
    """Nothing waits at the broker, and rules and store have consumed the journal."""
    waits = backlog(made.broker.endpoint)
    if waits.unacknowledged or waits.undelivered:
        return False
    found = made.metrics()
    return found["journal_queue"] == found["journal_lag"] == found["store_lag"] == 0


def alerts(made: Bench, callers: Callers) -> dict[str, int]:
    """Alerts against what must have raised them; timers get the time they need."""
    told: Counter[tuple[str, str]] = Counter()

    def complete() -> bool:
        told.clear()
        after = ""
        while True:
            page = made.ask(f"/api/v1/alerts?limit=200{after}")
            told.update((alert["home"], alert["rule"]) for alert in page["alerts"])
            if not page["next"]:
                break
            after = f"&after={page['next']}"
        return all(told[home, "bench-timer"] for home in callers.timed) and all(
            told[home, "sos"] for home in callers.pressed
        )

    before = -1
    while not wait(complete, STUCK_S, 1.0) and sum(told.values()) > before:
        before = sum(told.values())  # homes that were heard late take turns: wait while they do
    pressed = [(home, "sos") for home in callers.pressed]
    timed = [(home, "bench-timer") for home in callers.timed]
    return {
        "lost": sum(told[one] == 0 for one in pressed),
        "doubled": sum(told[one] > 1 for one in pressed + timed),
        "timers_missed": sum(told[one] == 0 for one in timed),
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--quick", action="store_true", help="within 50 seconds: a few kills")
    options.add_argument("--kills", type=int, default=None, help="how many (100; quick: 5)")
    options.add_argument("--seed", type=int, default=int(time.time()), help="of the moments")
    chosen = options.parse_args()
    kills = chosen.kills or (5 if chosen.quick else 100)
    say(f"killing the gateway {kills} times, seed {chosen.seed}")
    out = run(kills, chosen.seed)
    print(json.dumps(out))
    bad = out["lost"] or out["doubled"] or out["timers_missed"]
    raise SystemExit(1 if bad else 0)


if __name__ == "__main__":
    main()
