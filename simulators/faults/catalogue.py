"""Every fault that ships, in one explicit tuple. Adding one costs one file and one line here."""

from simulators.faults import (
    battery,
    bounce,
    burst,
    disorder,
    drift,
    duplicates,
    leftover,
    mobile,
    offline,
    place,
    reboot,
    silence,
    skew,
    stuck,
    unreachable,
)
from simulators.faults.form import Kind

FAULTS: tuple[Kind, ...] = (
    battery.KIND,
    silence.KIND,
    stuck.KIND,
    drift.KIND,
    bounce.KIND,
    place.SWAPPED,
    place.MOVED,
    skew.KIND,
    reboot.KIND,
    burst.KIND,
    offline.KIND,
    unreachable.KIND,
    mobile.KIND,
    duplicates.KIND,
    disorder.KIND,
    leftover.KIND,
)
