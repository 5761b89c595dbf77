"""TIHM's zones, twins and doors, and the comparison with its labels."""

import gzip
from contextlib import ExitStack

import numpy as np
import pytest

from devices.errors import Refused
from simulators.columns import SIGNALS
from simulators.recorded.labels import Raised, compare
from simulators.recorded.tihm import Label, Recording, recording
from tests.parts import shared_data

ACTIVITY = """patient_id,location_name,date
16f4b,kitchen,2019-04-01 00:05:46
16f4b,front-door,2019-04-01 10:00:00
16f4b,front-door,2019-04-01 10:00:20
16f4b,front-door,2019-04-01 10:31:00
16f4b,front-door,2019-04-01 11:05:00
""".splitlines()
PHYSIOLOGY = """patient_id,date,device_type,value,unit
16f4b,2019-04-02 14:35:35,Skin Temperature,35.844,Cel
16f4b,2019-04-02 14:35:35,Body Temperature,36.1,Cel
16f4b,2019-04-02 15:35:35,Body Temperature,36.1,Cel
16f4b,2019-04-03 09:00:00,Systolic blood pressure,165.0,mm[Hg]
16f4b,2019-04-03 09:00:00,Diastolic blood pressure,90.0,mm[Hg]
16f4b,2019-04-03 09:00:00,Heart rate,71.0,beats/min
""".splitlines()
LABELS = ["patient_id,date,type", "16f4b,2019-04-03 08:30:00,Blood pressure"]


def small() -> Recording:
    return recording(ACTIVITY, PHYSIOLOGY, LABELS)


def at(text: str) -> int:
    return int(np.datetime64(text, "ms").astype(np.int64))


def said(made: Recording, signal: str) -> list[tuple[int, int]]:
    number = next(i for i, s in enumerate(SIGNALS) if s.name == signal)
    mine = made.columns.where(made.columns.signal == number)
    return list(zip(mine.at.tolist(), mine.x.tolist(), strict=True))


def test_uk_local_time_becomes_utc_and_labels_already_are() -> None:
    # 00:05 of 1 April in BST is the day before in UTC, yet it belongs to the first day.
    assert said(small(), "motion") == [(at("2019-03-31T23:05:46"), 1)]
    assert [label.at for label in small().labels] == [at("2019-04-03T08:30:00")]


def test_the_early_twin_of_a_skin_temperature_is_dropped() -> None:
    assert said(small(), "skin_temperature") == [(at("2019-04-02T14:35:35"), 358)]
    assert said(small(), "body_temperature") == [(at("2019-04-02T14:35:35"), 361)]
    assert small().dropped == {"twin of a skin temperature": 1}


def test_a_door_opens_and_closes_within_a_run() -> None:
    assert [x for _, x in said(small(), "door")] == [1, 0, 1, 1]


def test_one_measurement_of_the_cuff_is_one_message() -> None:
    from simulators.actions import publishes

    made = small()
    (cuff,) = [p for p in publishes(made.homes, made.columns) if "/cuff/" in p.topic]
    assert cuff.readings == 3


def test_another_table_is_refused_with_what_is_needed() -> None:
    with pytest.raises(Refused, match="needs patient_id"):
        recording(["a,b"], PHYSIOLOGY, LABELS)
    with pytest.raises(Refused, match="not mapped"):
        recording(ACTIVITY, [PHYSIOLOGY[0], "x,2019-04-03 09:00:00,Shoe size,44,cm"], LABELS)


def test_labels_match_within_the_hour_and_only_their_own_person() -> None:
    label = Label("tihm-1", 10_000_000, "Blood pressure")
    near = Raised("blood-pressure-out-of-range", "tihm-1", 10_000_000 - 3_600_000)
    far = Raised("blood-pressure-out-of-range", "tihm-1", 10_000_000 + 3_600_001)
    other = Raised("blood-pressure-out-of-range", "tihm-2", 10_000_000)
    pressure = next(m for m in compare([label], [near, far, other]) if m.kind == "Blood pressure")
    assert (pressure.labels, pressure.labels_matched) == (1, 1)
    assert (pressure.onsets, pressure.onsets_matched) == (3, 1)
    assert pressure.recall == 1
    agitation = next(m for m in compare([], [near]) if m.kind == "Agitation")
    assert agitation.recall is None
    assert agitation.precision is None


def test_the_whole_set_is_mapped() -> None:
    folder = shared_data("tihm")
    with ExitStack() as stack:
        made = recording(
            *(
                stack.enter_context(gzip.open(folder / f"{name}.csv.gz", "rt"))
                for name in ("Activity", "Physiology", "Labels")
            )
        )
    assert (len(made.homes), len(made.labels)) == (24, 300)
    assert len(made.columns) == 472_506 + 9_508 - 464
    assert made.dropped == {"twin of a skin temperature": 464}
    # Real impossible values are in it, as they came: the gateway has to judge them.
    assert max(x for _, x in said(made, "skin_temperature")) == 741
    assert max(x for _, x in said(made, "diastolic")) == 152
