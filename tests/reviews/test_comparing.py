"""Then and now: what counts as the same episode, what is missed, who is counted."""

from reviews.comparing import Comparison, Covered, Marked, Span, compare, night_of

HOUR = 3_600_000
DAY = 24 * HOUR
START = 1_762_128_000_000  # Mon 3 Nov 2025 00:00 UTC
END = START + 28 * DAY
ZONE = "Atlantic/Reykjavik"  # local time is UTC
FULL = [Covered("home-1", 28.0, 28.0)]


def span(onset, hours=1.0, subject="resident:anna", home="home-1"):
    return Span(subject, home, onset, None if hours is None else onset + int(hours * HOUR))


def told(then, now, marked=(), covered=FULL):
    return compare(then, now, marked, covered, 1, ZONE, START, END, 1000)


def test_the_same_episode_at_the_same_moment():
    result = told([span(START + DAY)], [span(START + DAY)])
    assert (result.same, result.moved, result.new, result.gone) == (1, 0, 0, 0)


def test_an_episode_that_begins_later_is_moved_not_new():
    result = told([span(START + DAY, 3)], [span(START + DAY + HOUR, 2)])
    assert (result.same, result.moved, result.new, result.gone) == (0, 1, 0, 0)


def test_new_and_gone_episodes():
    result = told([span(START + DAY)], [span(START + 2 * DAY)])
    assert (result.new, result.gone) == (1, 1)


def test_one_long_episode_that_falls_into_two():
    result = told([span(START + DAY, 10)], [span(START + DAY, 2), span(START + DAY + 5 * HOUR, 2)])
    assert (result.same, result.new, result.gone) == (1, 1, 0)


def test_episodes_of_two_people_are_never_the_same():
    result = told([span(START + DAY)], [span(START + DAY, subject="resident:jon")])
    assert (result.new, result.gone) == (1, 1)


def test_a_night_is_counted_once_per_resident():
    late, early = START + 23 * HOUR, START + 30 * HOUR  # 23:00 and 06:00 of the same night
    result = told([span(late), span(early), span(late, subject="resident:jon")], [])
    assert result.then.nights == 2
    assert result.now.nights == 0


def test_nights_follow_the_sites_zone():
    at = START + 21 * HOUR + HOUR // 2  # 21:30 UTC
    assert night_of(at, "Atlantic/Reykjavik") is None
    assert night_of(at, "Europe/Helsinki") == "2025-11-03"
    assert night_of(START + 3 * HOUR, "Europe/London") == "2025-11-02"


def test_missed_of_those_marked_useful():
    marked = [Marked(span(START + DAY), True, 30), Marked(span(START + 5 * DAY), True, 0)]
    result = told([m.span for m in marked], [span(START + DAY + HOUR // 2)], marked)
    assert result.useful == 2
    assert result.then.missed == 0
    assert result.now.missed == 1


def test_drives_that_a_version_would_have_spared():
    marked = [Marked(span(START + day * DAY), False, 40) for day in (1, 2, 3)]
    result = told([m.span for m in marked], [marked[0].span], marked)
    assert (result.then.journeys, result.then.minutes) == (3, 120)
    assert (result.now.journeys, result.now.minutes) == (1, 40)
    assert result.useful == 0


def test_a_home_below_sixty_percent_is_listed_not_counted():
    covered = [Covered("home-1", 28.0, 28.0), Covered("home-2", 10.0, 28.0)]
    other = span(START + DAY, subject="resident:jon", home="home-2")
    result = told([span(START + DAY), other], [], covered=covered)
    assert result.homes == 1
    assert result.homes_listed == ("home-2",)
    assert result.then.alerts == 1
    assert result.covered_days == 28.0


def test_whole_weeks_are_counted_and_their_halves_compared():
    weekly = [span(START + week * 7 * DAY + 12 * HOUR) for week in range(4)]
    result = told(weekly, [])
    assert result.then.weekly == (1, 1, 1, 1)
    assert result.weeks_kept is True
    assert told(weekly[:2], weekly[2:]).weeks_kept is False


def test_an_episode_still_open_touches_everything_after_it():
    assert span(START, None).touches(span(START + 10 * DAY))
    assert not span(START + DAY, None).touches(span(START))


def test_evidence_survives_its_json():
    result = told([span(START + DAY)], [span(START + 2 * DAY)])
    assert Comparison.from_json(result.to_json()) == result
