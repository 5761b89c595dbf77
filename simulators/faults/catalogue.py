"""Every fault that ships, in one explicit tuple. Adding one costs one file and one line here."""

from simulators.faults import burst, disorder, duplicates, silence, skew, stuck
from simulators.faults.form import Kind

FAULTS: tuple[Kind, ...] = (
    stuck.KIND,
    silence.KIND,
    skew.KIND,
    burst.KIND,
    duplicates.KIND,
    disorder.KIND,
)
