"""Stories of the words that give numbers."""

from tests.rules.stories import DAY, MINUTE, NOON, Home, above, rule

A_DAY = DAY // MINUTE


def test_a_rate_may_be_written_over_any_length_of_time():
    """All three are the same rule but for how it is written."""
    texts = [
        above("{slope: {signal: body_weight, within: 14 d}}", limit)
        for limit in ("1.4 kg/wk", "0.2 kg/d", "200 g/d")
    ]
    p = [rule(text).tree.argument("limit").count({}) for text in texts]
    assert p == [200, 200, 200]  # hundredths of 0.1 kg


def test_a_value_that_is_not_valid_is_not_heard():
    home = Home(
        rule("when: {below: {value: {latest: {signal: spo2, valid: {low: 70 %, high: 100 %}}},"
             " limit: 90 %}}\n")
    )  # fmt: skip
    home.say(1, "spo2", 60)  # the clip sat badly
    home.say(2, "spo2", 95)
    home.say(3, "spo2", 69)
    assert home.until(10) == []
    home.say(11, "spo2", 88)
    assert home.until(12) == [("onset", 11)]


def test_weight_that_creeps_up_is_a_slope_long_before_it_is_a_rise():
    """200 g a day: no three days bring 2 kg, but a fortnight's slope is above 1 kg a week."""
    slope = "{slope: {signal: body_weight, within: 14 d, needs: 7}}"
    rise = "{rise: {signal: body_weight, within: 3 d}}"
    for number, limit, told in (
        (slope, "1 kg/wk", [("onset", 7 * A_DAY + 1)]),  # from then on over half the window
        (slope, "1.4 kg/wk", []),  # it is exactly that
        (rise, "2 kg", []),
    ):
        home = Home(rule(above(number, limit)))
        for day in range(12):
            home.say(day * A_DAY + 1, "body_weight", 700 + 2 * day)
        assert home.until(12 * A_DAY) == told


def test_what_is_usual_for_her_is_too_much_for_him():
    """78 a minute: two spreads above his usual, nothing for somebody whose pulse varies."""
    unusual = rule(
        "when: {above: {value: {deviation: {signal: pulse, needs: 7, least_spread: 2 /min}},"
        " limit: 3}}\n"
    )
    steady, varied = Home(unusual), Home(unusual)
    for day in range(9):
        steady.say(day * A_DAY, "pulse", 70 + day % 2)
        varied.say(day * A_DAY, "pulse", 60 + 5 * (day % 5))
    for home in (steady, varied):
        assert home.until(9 * A_DAY - 1) == []
        home.say(9 * A_DAY, "pulse", 78)
    assert steady.until(9 * A_DAY) == [("onset", 9 * A_DAY)]
    assert varied.until(9 * A_DAY) == []


def test_before_enough_days_are_known_nothing_is_usual():
    for days, told in ((6, []), (7, [("onset", 7 * A_DAY + 1)])):
        unusual = rule(above(f"{{deviation: {{signal: pulse, needs: {days}}}}}", "3"))
        home = Home(unusual)
        for day in range(8 - days, 7):  # one day fewer than seven, or than it needs
            home.say(day * A_DAY + 1, "pulse", 70)
        home.say(7 * A_DAY + 1, "pulse", 120)
        assert home.until(7 * A_DAY + 60) == (told if days == 6 else [])


def test_the_first_change_in_somebody_who_never_changes_is_no_miracle():
    for least, told in (("1 /min", True), ("4 /min", False)):
        home = Home(
            rule(
                "when: {above: {value: {deviation: {signal: pulse, centre: median,"
                f" least_spread: {least}}}}}, limit: 3}}}}\n"
            )
        )
        for day in range(8):
            home.say(day * A_DAY, "pulse", 70)
        home.say(8 * A_DAY, "pulse", 75)  # five above a usual without any spread
        assert bool(home.until(8 * A_DAY)) is told


def test_the_same_hour_of_day_is_held_against_itself():
    """A pulse of 90 is usual after breakfast and not at night."""
    text = "{{deviation: {{signal: pulse, needs: 5, hour: {hour}, least_spread: 2 /min}}}}"
    told = {}
    for hour in ("same", "any"):
        home = Home(rule(above(text.format(hour=hour), "3")))
        for day in range(1, 9):
            home.say(day * A_DAY - 180, "pulse", 90)  # nine in the morning
            home.say(day * A_DAY + 600, "pulse", 90 if day == 8 else 60)  # ten at night
        told[hour] = [at for kind, at in home.until(9 * A_DAY) if kind == "onset"]
    assert told["same"] == [8 * A_DAY + 600]
    assert told["any"] == [day * A_DAY - 180 for day in (6, 7, 8)]  # every ordinary morning


NEWS2 = """
  - {points: {value: respiration, bands: [{high: 8 /min, points: 3}, {low: 9 /min, high: 11 /min,
      points: 1}, {low: 12 /min, high: 20 /min, points: 0}, {low: 21 /min, high: 24 /min,
      points: 2}, {low: 25 /min, points: 3}]}}
  - {points: {value: systolic, bands: [{high: 90 mmHg, points: 3}, {low: 91 mmHg, high: 100 mmHg,
      points: 2}, {low: 101 mmHg, high: 110 mmHg, points: 1}, {low: 111 mmHg, high: 219 mmHg,
      points: 0}, {low: 220 mmHg, points: 3}]}}
  - {points: {value: oxygen, states: {air: 0, oxygen: 2}}}
  - {points: {value: consciousness, states: {alert: 0, confused: 3, voice: 3, pain: 3,
      unresponsive: 3}}}
"""


def scored(of, limit, needs=4):
    parts = NEWS2.replace("\n  -", "\n        -")
    return rule(
        "when:\n  above:\n    value:\n      score:\n"
        f"        of: {of}\n        needs: {needs}\n        parts: {parts}    limit: {limit}\n"
    )


def visit(home, minute, **seen):
    for signal, x in seen.items():
        home.say(minute, signal, x)


def test_a_score_sums_and_a_single_three_is_a_category_of_its_own():
    total, single = scored("sum", 4), scored("highest", 2)
    calm = {"respiration": 22, "systolic": 105, "oxygen": 0, "consciousness": 0}  # 2 + 1
    for made, told in ((total, False), (single, False)):
        home = Home(made)
        visit(home, 1, **calm)
        assert bool(home.until(2)) is told
    for made, told in ((total, False), (single, True)):  # 3 for new confusion alone
        home = Home(made)
        visit(home, 1, respiration=16, systolic=120, oxygen=0, consciousness=1)
        assert bool(home.until(2)) is told
    for made, told in ((total, True), (single, False)):  # 2 + 1 + 2, none of them 3
        home = Home(made)
        visit(home, 1, **(calm | {"oxygen": 1}))
        assert bool(home.until(2)) is told


def test_a_partial_score_is_unknown_and_never_a_smaller_one():
    for needs, told in ((4, []), (3, [("onset", 1)])):
        home = Home(scored("sum", 4, needs))
        visit(home, 1, respiration=26, systolic=95, oxygen=1)  # 3 + 2 + 2, consciousness not seen
        assert home.until(2) == told


def test_out_of_bed_for_more_than_45_minutes_in_all():
    out = rule(
        "when: {above: {value: {time_true: {condition: {is: {signal: bed, state: empty}},"
        " within: 8 h}}, limit: 45 min}}\n"
    )
    home = Home(out)
    home.say(1, "bed", 1)
    for begin, end in ((500, 520), (700, 720), (750, 790)):
        home.say(begin, "bed", 0)
        home.say(end, "bed", 1)
    told = home.until(800)
    assert told == [("onset", 755 + 1 / MINUTE)]  # 20, 20, and five of the last: at once
    assert home.until(980) == []
    told = home.until(1300)  # what lies eight hours back no longer counts
    assert [kind for kind, _ in told] == ["end"]


def test_bathroom_visits_are_counted_only_where_they_would_have_been_heard():
    often = rule(above("{count: {signal: motion@bathroom, within: 2 h}}", "2"))
    home = Home(often)
    home.say(1, "coverage", 1, "motion@bathroom")
    for minute in (130, 140, 150):
        home.say(minute, "motion", place="bathroom")
    assert home.until(160) == [("onset", 150)]
    deaf = Home(often)
    for minute in (130, 140, 150):
        deaf.say(minute, "motion", place="bathroom")
    assert deaf.until(160) == []
    heard = Home(rule(above("{count: {signal: motion@bathroom, within: 2 h, gaps: ignored}}", "2")))
    for minute in (130, 140, 150):
        heard.say(minute, "motion", place="bathroom")
    assert heard.until(160) == [("onset", 150)]


def test_evidence_of_a_mean_names_the_readings_of_its_window():
    home = Home(rule(above("{mean: {signal: systolic, within: 3 h, needs: 3}}", "140 mmHg")))
    for minute, x in ((1, 90), (200, 138), (210, 145), (220, 150)):
        home.say(minute, "systolic", x)
    (onset,) = home.engine.advance(NOON + 230 * MINUTE)
    assert [e.x for e in onset.evidence] == [138, 145, 150]
    assert onset.since == NOON + 200 * MINUTE
