"""A scenario in a home, as a recording: what is played is what would be scored."""

from simulators.homes.day import between
from simulators.homes.register import SiteFacts
from simulators.recorded.recording import Recording, Wanted
from simulators.scenarios.cohort import cohort, first_day
from simulators.scenarios.course import Course
from simulators.scenarios.staging import laid_over

DAY_MS = 86_400_000


def from_course(course: Course, seed: int, homes: int = 1, before: int = 1) -> Recording:
    """The homes and lives that `homecare simulate score` knows under that seed, with `before`
    ordinary days and one day after it. Raises Refused.
    """
    pairs = cohort(course, seed, homes)
    day = first_day(course, seed)
    built = tuple(home for home, _ in pairs)
    staged = [course.stage(home, day, seed) for home in built]
    start = min(one.lasts[0] for one in staged) - before * DAY_MS
    end = max(one.lasts[1] for one in staged) + DAY_MS
    columns = laid_over(between(built, start, end, seed), built, staged)
    sites = {site.id: site for _, site in pairs}
    return Recording(
        built,
        columns.where((columns.sent_at >= start) & (columns.sent_at < end)),
        (),
        {},
        start,
        end,
        tuple(
            SiteFacts(s.id, s.name, s.zone, s.languages, s.emergency, s.fallback_phone, s.holidays)
            for s in sites.values()
        ),
        wanted=tuple(
            Wanted(t.situation, t.person or t.home, t.start, t.end, t.how_soon)
            for one in staged
            for t in one.truth
        ),
        offline=tuple((one.home.hub, begin, back) for one in staged for begin, back in one.offline),
        day_zero=max(one.lasts[0] for one in staged),  # that date has begun in every zone
    )
