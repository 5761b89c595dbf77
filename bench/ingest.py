"""How much a gateway takes, how fast an alert is, and whether anything is lost or doubled.

    python bench/ingest.py [--quick | --million]

Publisher, broker and gateway share this machine. Flat out means: as fast as it comes out at the
other end (rules and store), with at most `AHEAD` messages on their way. The last line is JSON:

    sustained_per_s              whole path, one reading a message
    sustained_batched_per_s      readings a second at ten a message
    journal_per_s                broker to acknowledged, intake and journal alone
    sustained_sync_always_per_s  whole path with the broker's default durable setting
    alert_p50_ms, alert_p99_ms   an SOS published, to be seen on the event stream; durable broker,
                                 1,000 messages a second beside it
    alert_rule_p50_ms, _p99_ms   the same of an ordinary rule: the watermark's delay (2 s) is in it
    lost, doubled                identities in the publisher's ledger, against journal and store;
                                 presses and measurements against the alerts that were told
    rss_mb, rss_rising           after `rss_messages` messages; whether it still rises;
                                 `--million` measures this alone, over 1.2 million messages
    store_bytes_per_reading      the series store's file
    cpu_us                       of broker and gateway a message, flat out: what limits it
    load                         of the machine at the end; above 3 it was not alone
"""

import argparse
import json
import os
import statistics
import time
from collections import Counter
from pathlib import Path
from typing import Any

from harness import METERS, SITE, Bench, Load, Stream, bench, say, wait
from ledger import Found, audit

AHEAD = 16_000  # messages between publisher and store
LOOK_S = 0.1
CALLS_PER_S = 10
PULSE = "pulse-out-of-range"


def flat_out(
    bench: Bench,
    seconds: float,
    *,
    alone: bool = False,
    readings: int = 1,
    first: int = 0,
    window: int = 1_000,
    ahead: int = AHEAD,
) -> tuple[float, dict[str, Any]]:
    """Messages a second in the steady part, and what the publisher says."""
    look = bench.journalled if alone else bench.stored
    before = look()
    plan = {"seconds": seconds, "readings": readings, "first": first, "window": window}
    load = Load(bench, 20, credited=True, patient=True, ahead=ahead, **plan)
    began, points = time.monotonic(), []
    while load.running:
        done = look() - before
        points.append((time.monotonic() - began, done))
        load.grant(done + ahead)
        time.sleep(LOOK_S)
    result = load.result()
    result["ledger"] = load.ledger
    if not wait(lambda: look() - before >= result["acknowledged"], 60):
        say("  not everything has come out at the other end")
    steady = [point for point in points if 0.3 * seconds <= point[0] <= seconds]
    (t0, n0), (t1, n1) = steady[0], steady[-1]
    return (n1 - n0) / (t1 - t0), result


def journal_alone(seconds: float) -> float:
    """Broker to acknowledged, with nothing behind the journal."""
    with bench(durable=False) as made:
        made.start_gateway(alone=True)
        rate, _ = flat_out(made, seconds, alone=True)
        say(f"  {rate:,.0f} messages/s journalled and acknowledged")
        return rate


def cpu_s(pid: int) -> float:
    """Seconds of processor time so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def whole_path(seconds: float, out: dict[str, Any], *, million: bool) -> None:
    """Fast broker: single, batched, memory, and the ledger's audit."""
    with bench(durable=False) as made:
        made.start_gateway()
        made.settle_in()
        say("whole path, one reading a message")
        before = cpu_s(made.pid), cpu_s(made.broker.pid)
        rate, single = flat_out(made, seconds)
        count = max(1, single["acknowledged"])
        out["sustained_per_s"] = round(rate)
        out["cpu_us"] = {
            "gateway": round((cpu_s(made.pid) - before[0]) / count * 1e6, 1),
            "broker": round((cpu_s(made.broker.pid) - before[1]) / count * 1e6, 1),
        }
        say(f"  {rate:,.0f} messages/s; CPU us a message: {out['cpu_us']}")
        runs = [(single, 1)]
        say("whole path, ten readings a message")
        rate, ten = flat_out(made, seconds, readings=10, first=1_000_000)
        out["sustained_batched_per_s"] = round(rate * 10)
        say(f"  {rate * 10:,.0f} readings/s")
        runs.append((ten, 10))
        if million:
            runs += to_a_million(made, sum(run["acknowledged"] for run, _ in runs), out)
        else:
            out["rss_mb"], out["rss_rising"] = round(made.rss_mb()), None
            out["rss_messages"] = made.journalled()
        found = checked(made, runs, out)
        out["store_bytes_per_reading"] = round(found.store_bytes / max(1, found.readings), 1)


def memory(out: dict[str, Any]) -> None:
    """Fast broker: nothing but a million messages."""
    with bench(durable=False) as made:
        made.start_gateway()
        made.settle_in()
        checked(made, to_a_million(made, 0, out), out)


def checked(made: Bench, runs: list[tuple[dict[str, Any], int]], out: dict[str, Any]) -> Found:
    """Stop the gateway and audit what it kept."""
    made.stop_gateway()
    say("audit: the publisher's ledger against journal and store")
    found = audit(made, runs)
    out["lost"] += found.lost
    out["doubled"] += found.doubled
    return found


def to_a_million(made: Bench, done: int, out: dict[str, Any]) -> list[tuple[dict[str, Any], int]]:
    """Go on to a million messages and beyond, watching memory."""
    runs, sizes = [], []
    first = 2_000_000
    say("memory over a million messages")
    while done < 1_200_000:
        rate, run = flat_out(made, 15, first=first)
        first += 1_000_000
        done += run["acknowledged"]
        runs.append((run, 1))
        sizes.append((done, made.rss_mb()))
        say(f"  {done:,} messages, {rate:,.0f}/s, {sizes[-1][1]:.0f} MB")
    late = [size for count, size in sizes if count >= 500_000]
    half = len(late) // 2
    grown = statistics.mean(late[half:]) - statistics.mean(late[:half]) if half else 0.0
    out["rss_mb"], out["rss_messages"] = round(sizes[-1][1]), done
    out["rss_rising"] = grown > 5
    return runs


def calls(seconds: float, out: dict[str, Any]) -> None:
    """Durable broker: SOS and an ordinary rule under 1,000 messages a second."""
    with bench(durable=True) as made:
        made.start_gateway()
        made.settle_in()
        say("alerts at 1,000 messages/s, durable broker")
        stream = Stream(made)
        load = Load(made, 20, seconds=seconds + 2, rate=1_000, patient=True)
        time.sleep(1)
        pressed, measured = press(made, seconds)
        result = load.result()
        wait(lambda: made.stored() >= result["acknowledged"] + len(pressed) + len(measured), 30)
        heard: dict[tuple[str, str], list[float]] = {}
        wanted = {(home, "sos") for home in pressed} | {(home, PULSE) for home in measured}
        for _ in range(30):
            heard = first_heard(made, stream)
            if wanted <= set(heard):
                break
            time.sleep(0.5)
        stream.close()
        sos = latencies(pressed, heard, "sos", out)
        rule = latencies(measured, heard, PULSE, out)
        for name, took in (("alert", sos), ("alert_rule", rule)):
            out[f"{name}_p50_ms"], out[f"{name}_p99_ms"] = quantile(took, 0.5), quantile(took, 0.99)
        out["alerts"] = len(sos) + len(rule)
        say(f"  SOS p50 {out['alert_p50_ms']} ms, p99 {out['alert_p99_ms']} ms of {len(sos)}")
        p50, p99 = out["alert_rule_p50_ms"], out["alert_rule_p99_ms"]
        say(f"  an ordinary rule p50 {p50} ms, p99 {p99} ms of {len(rule)}")
        say("whole path, durable broker, flat out")
        # What waits longer than five seconds for its fsync, the broker gives up on: a small window.
        # And a short lead: what comes in and what goes out share the broker's one lock.
        rate, run = flat_out(made, seconds, first=1_000_000, window=50, ahead=4_000)
        out["sustained_sync_always_per_s"] = round(rate)
        say(f"  {rate:,.0f} messages/s")
        result["ledger"] = load.ledger
        checked(made, [(result, 1), (run, 1)], out)


def press(made: Bench, seconds: float) -> tuple[dict[str, float], dict[str, float]]:
    """By turns a button and a fast pulse, each in a home of its own: when each was published."""
    pressed: dict[str, float] = {}
    measured: dict[str, float] = {}
    with made.hub() as publisher:
        for n in range(min(int(seconds * CALLS_PER_S), made.calling)):
            home = f"call-{n}"
            topic = f"homecare/v1/{SITE}/{home}"
            at = made.clock.now()
            if n % 2:
                measured[home] = time.time()
                payload = b'{"boot":1,"seq":1,"signal":"pulse","value":130,"time":%d}' % at
                publisher.publish(f"{topic}/cuff/reading", payload)
            else:
                pressed[home] = time.time()
                payload = b'{"boot":1,"seq":1,"signal":"sos","time":%d}' % at
                publisher.publish(f"{topic}/button/urgent", payload)
            time.sleep(1 / CALLS_PER_S)
        publisher.flush(20)
    return pressed, measured


def first_heard(made: Bench, stream: Stream) -> dict[tuple[str, str], list[float]]:
    """When the stream told of each alert, by home and rule."""
    alerts: dict[str, tuple[str, str]] = {}
    after = ""
    while True:
        page = made.ask(f"/api/v1/alerts?limit=200{after}")
        for alert in page["alerts"]:
            alerts[alert["code"]] = (alert["home"], alert["rule"])
        if not page["next"]:
            break
        after = f"&after={page['next']}"
    heard: dict[tuple[str, str], list[float]] = {}
    for at, news in stream.heard:
        if news["kind"] == "raised" and news["code"] in alerts:
            heard.setdefault(alerts[news["code"]], []).append(at)
    return heard


def latencies(
    sent: dict[str, float],
    heard: dict[tuple[str, str], list[float]],
    rule: str,
    out: dict[str, Any],
) -> list[float]:
    """Milliseconds; what never came is lost, what came twice doubled."""
    took = []
    for home, at in sent.items():
        times = heard.get((home, rule), [])
        out["lost"] += not times
        out["doubled"] += len(times) > 1
        took += [(times[0] - at) * 1000] if times else []
    return took


def quantile(values: list[float], q: float) -> float | None:
    if not values:
        return None
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(q * len(ordered)))], 1)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    which = options.add_mutually_exclusive_group()
    which.add_argument("--quick", action="store_true", help="within 50 seconds, less sure")
    which.add_argument("--million", action="store_true", help="memory alone")
    given = options.parse_args()
    quick = given.quick
    out: dict[str, Any] = {"lost": 0, "doubled": 0}
    began = time.monotonic()
    if given.million:
        memory(out)
    else:
        say("intake and journal alone")
        out["journal_per_s"] = round(journal_alone(3 if quick else 20))
        whole_path(4 if quick else 20, out, million=not quick)
        calls(5 if quick else 20, out)
    out["load"] = [round(one, 1) for one in os.getloadavg()]
    out["seconds"] = round(time.monotonic() - began)
    out["homes"] = Counter(loaded=20, meters=20 * METERS)
    print(json.dumps(out))


if __name__ == "__main__":
    main()
