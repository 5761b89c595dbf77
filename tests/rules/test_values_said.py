"""What is said of a parameter's value that is refused: in its own unit, as people write it."""

from decimal import Decimal

import pytest

from rules.errors import ValueOutOfRange
from rules.rule import Parameter

BY = Parameter("by", *map(Decimal, (600, 495, 720)), "clock", Decimal(15), "By")
LIMIT = Parameter("limit", *map(Decimal, (92, 80, 95)), "%", Decimal(1), "Limit")


@pytest.mark.parametrize(
    ("parameter", "text", "said"),
    [
        (BY, "25:00", "'25:00' is no time of day: write 00:00 to 24:00. Allowed: 08:15 to 12:00"),
        (BY, "07:00", "by: 07:00 is outside its range. Allowed: 08:15 to 12:00"),
        (BY, "10:01", "by: 10:01 is between two steps"),
        (BY, "10", "by: '10' is no time of day"),
        (LIMIT, "07:00", "limit: 07:00 is a time of day, and it is none. Allowed: 80 % to 95 %"),
        (LIMIT, "60", "limit: 60 % is outside its range"),
        (LIMIT, "90 kg", "limit: 'kg' is not its unit"),
    ],
)
def test_a_refused_value_is_said_as_it_is_written(
    parameter: Parameter, text: str, said: str
) -> None:
    with pytest.raises(ValueOutOfRange) as refused:
        parameter.read(text)
    assert said in str(refused.value)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1E+999999", "1E-999999", "-5", "500.5"])
def test_a_number_that_nobody_can_write_is_refused_briefly(value: str) -> None:
    for parameter in (BY, LIMIT):
        with pytest.raises(ValueOutOfRange) as refused:
            parameter.check(Decimal(value))
        assert len(str(refused.value)) < 200
