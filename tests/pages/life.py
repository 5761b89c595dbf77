"""Who lives in the seeded homes, with what devices, and what those measure."""

import math
import random
from typing import TYPE_CHECKING

from devices.reading import Reading
from tests.building import a_device, a_home, a_resident

if TYPE_CHECKING:
    from tests.pages.seed import SeededGateway

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
ROOMS = ("bedroom", "bathroom", "kitchen", "living-room")
PEOPLE = (
    ("anna", "Anna Jónsdóttir", 1942, "Hvanneyri", 25),
    ("einar", "Einar Þórsson", 1938, "Bifröst", 40),
    ("gudrun", "Guðrún Pálsdóttir", 1945, "Reykholt", 55),
    ("helgi", "Helgi Ólafsson", 1950, "Borgarnes", 5),
    ("sigrid", "Sigríður Árnadóttir", 1936, "Kleppjárnsreykir", 48),
)


def home(who: str, name: str, born: int, area: str, drive: int):
    things = [
        a_device(f"motion-{room}", place=room, interval_ms=HOUR, signals=("motion",), hub="hub-1")
        for room in ROOMS
    ]
    things += [
        a_device("door", place="outer", interval_ms=HOUR, signals=("door",), hub="hub-1"),
        a_device(
            "climate",
            place="living-room",
            interval_ms=10 * MINUTE,
            hub="hub-1",
            signals=("room_temperature", "humidity", "battery"),
        ),
        a_device("spo2", owner=who, signals=("spo2", "pulse")),
        a_device("pulse", owner=who, signals=("pulse",)),
        a_device("body-weight", owner=who, signals=("body_weight",), place="bathroom"),
        a_device("cuff", owner=who, signals=("systolic", "diastolic")),
        a_device("sos", owner=who, signals=("sos", "battery"), interval_ms=12 * HOUR),
    ]
    person = a_resident(who, name=name, born=born, language="is", phone="+354 433 0001")
    return a_home(
        f"home-{who}",
        residents=[person],
        devices=things,
        label=f"{area} {born % 20}",
        area=area,
        drive_minutes=drive,
    )


def days_of(
    gateway: "SeededGateway", home: str, who: str, now: int, days: int, dice: random.Random
) -> list[Reading]:
    start = (now - days * DAY) // DAY * DAY
    found = []
    for day in range(days + 1):
        midnight = start + day * DAY
        for hour in range(24):
            awake = 7 <= hour < 22
            for _ in range(dice.choice((2, 4, 6, 9)) if awake else dice.choice((0, 0, 0, 1))):
                room = dice.choice(ROOMS if awake else ("bedroom", "bathroom"))
                at = midnight + hour * HOUR + dice.randrange(HOUR)
                found.append(
                    gateway.reading(
                        home, None, "motion", "1", at, device=f"motion-{room}", where=room
                    )
                )
            warm = 21 + math.sin(hour / 24 * 6.28) + dice.random() / 3
            found.append(
                gateway.reading(
                    home,
                    None,
                    "room_temperature",
                    f"{warm:.1f}",
                    midnight + hour * HOUR + 5 * MINUTE,
                    device="climate",
                    where="living-room",
                )
            )
            found.append(
                gateway.reading(
                    home,
                    None,
                    "door",
                    "closed",
                    midnight + hour * HOUR + 20 * MINUTE,
                    device="door",
                    where="outer",
                )
            )
        for hour, minute in ((8, 10), (14, 5), (20, 30)):
            at = midnight + hour * HOUR + minute * MINUTE
            found.append(gateway.reading(home, who, "spo2", str(dice.randint(94, 97)), at))
            found.append(
                gateway.reading(home, who, "pulse", str(dice.randint(62, 84)), at, device="spo2")
            )
        at = midnight + 7 * HOUR + dice.randrange(20) * MINUTE
        found.append(gateway.reading(home, who, "body_weight", f"{69 + dice.random():.1f}", at))
        found.append(
            gateway.reading(
                home, who, "systolic", str(dice.randint(128, 152)), at + MINUTE, device="cuff"
            )
        )
        found.append(
            gateway.reading(
                home, who, "diastolic", str(dice.randint(70, 86)), at + MINUTE, device="cuff"
            )
        )
        found.append(gateway.reading(home, who, "battery", "84", at, device="sos"))
    return [one for one in found if not (home == "home-sigrid" and one.at > now - 4 * HOUR)]


def night(gateway: "SeededGateway", now: int) -> list[Reading]:
    minute = 40
    night = []
    for back in range(minute, 0, -2):
        value = 86 if back < 20 else 93
        night.append(gateway.reading("home-anna", "anna", "spo2", str(value), now - back * MINUTE))
    night.append(
        gateway.reading(
            "home-einar", None, "door", "open", now - 25 * MINUTE, device="door", where="outer"
        )
    )
    night.append(
        gateway.reading(
            "home-gudrun", "gudrun", "systolic", "196", now - 50 * MINUTE, device="cuff"
        )
    )
    night.append(
        gateway.reading(
            "home-gudrun", "gudrun", "diastolic", "98", now - 50 * MINUTE, device="cuff"
        )
    )
    night.append(gateway.reading("home-helgi", "helgi", "body_weight", "72.1", now - 70 * MINUTE))
    return night
