"""What is said of places is one thing, whoever says it: live, restarted, replayed, over columns.

RANDOM_CASES=2000 runs more of them.
"""

import os
import random
from collections import defaultdict

import numpy as np
import pytest

from gateway.alerts.episodes import ChangeKind, EpisodeChange, Mode
from gateway.series import sealed
from gateway.watch import replaying
from gateway.watch.coverage import EVENT_HOLD_MS, Coverage
from gateway.watch.enrolments import Enrolment
from gateway.watch.site import SiteWatch
from reviews import briefing, job
from reviews.history import History
from rules.compiled import Backtest
from rules.engine.backtest import replay
from rules.places import MEMORY_MS, PREVAILING, Word, Words, hears
from rules.plan import plan
from tests.properties import drivers, houses, worlds
from tests.properties.houses import HOME, HOUR, HOURS, MINUTE, SITE, START, WHO

CASES = int(os.environ.get("RANDOM_CASES", "200")) // 2
FACTOR = 3.0
END = START + HOURS * HOUR
ZONE = "Europe/Dublin"
KEY = "random"


class Case:
    """A home, what its devices said, and a rule."""

    def __init__(self, seed):
        self.r = random.Random(f"places {seed}")
        self.directory = houses.a_house(self.r)
        self.readings = houses.rows(self.r, self.directory)
        self.rule = worlds.rule_of(houses.condition(self.r))
        self.plan = plan(self.rule, {}, ZONE)
        self.item = (KEY, HOME, WHO, self.plan)

    def watch(self):
        watch = SiteWatch(self.directory.sites[SITE], FACTOR, START)
        watch.use(self.directory, START)
        watch.enrol({KEY: self.enrolment()}, lambda changed, before: self.prime(watch, changed))
        return watch

    def enrolment(self):
        version = self.rule.version
        return Enrolment(KEY, HOME, WHO, "anna", version, Mode.LIVE, self.plan, START)

    def prime(self, watch, changed):
        replaying.prime(watch, self.directory, None, changed, {}, 0, [])

    def read(self, watch, one):
        watch.read(one, self.directory.device(SITE, HOME, one.device), one.at)

    # -- who says what

    def live(self, r=None, restarts=0):
        """In order; or in disorder ahead of the watermark, with restarts from snapshots."""
        watch, found, done = self.watch(), [], 0
        cuts = sorted({houses.some_time(r or self.r) for _ in range(12)} | {END})
        stops = set((r or self.r).sample(cuts, min(restarts, len(cuts))))
        for cut in cuts:
            batch = []
            while done < len(self.readings) and self.readings[done].at <= cut:
                batch.append(self.readings[done])
                done += 1
            ahead = self.readings[done : done + 5] if r else []
            done += len(ahead)
            batch += ahead
            if r:
                r.shuffle(batch)
            for one in batch:
                self.read(watch, one)
            watch.advance(cut)
            found += watch.findings
            watch.findings = []
            if cut in stops:
                data = watch.dump()
                watch = SiteWatch(self.directory.sites[SITE], FACTOR, START)
                watch.restore(data)
                watch.use(self.directory)
        return _episodes(found)

    def points(self):
        return replaying.points_of(
            _at(self.watch(), END), self.directory, HOME, houses.seen(self.readings), ()
        )

    def replayed(self):
        rows = [(p.subject, p.signal, p.place, p.at, p.x, p.order) for p in self.points()]
        return _plain(replay([self.item], rows, ZONE, START, END))

    def history(self):
        return History(self.setting(), self.sealed(), [self.rule])

    def compiled(self):
        found = Backtest(drivers.kernel()).episodes(
            [self.item], self.history().subjects, START, END
        )
        return _plain(found)

    def setting(self):
        stay = self.directory.resident("anna").occupancies[0]
        pauses = self.directory.resident("anna").pauses
        return job.Lived(
            SITE, ZONE, "", START, END,
            (job.Stay("anna", HOME, stay.from_at, 1 << 53),),
            tuple(job.Pause("anna", one.from_at, one.to_at, False) for one in pauses),
            tuple(briefing._devices(self.directory, SITE, FACTOR)), (),
        )  # fmt: skip

    def sealed(self):
        names = tuple(one.device for one in self.directory.devices(SITE))
        parts = defaultdict(list)
        for one in self.readings:
            row = (one.at, one.x, one.offset << 16, names.index(one.device), 0)
            parts[one.signal, one.place, one.resident].append(row)
        channels = [
            sealed.Channel(*key, False, *np.array(sorted(own, key=lambda row: (row[0], row[2])),
                                                  np.int64).T)
            for key, own in parts.items()
        ]  # fmt: skip
        return sealed.SealedHome(HOME, names, tuple(channels))


def _at(watch, at):
    watch.engine.watermark = at
    return watch


def _plain(found):
    return [(one.onset, one.end, _shown(one.evidence)) for one in found]


def _shown(evidence):
    return [(str(one.node), one.signal, one.place, one.at, one.x, one.order) for one in evidence]


def _episodes(found):
    open_, episodes = None, []
    for one in found:
        if not isinstance(one, EpisodeChange):
            continue
        if one.kind is ChangeKind.ONSET:
            open_ = (one.onset_at, None, _shown(one.evidence))
        elif one.kind is ChangeKind.END:
            episodes.append((open_[0], one.ended_at, open_[2]))
            open_ = None
    return episodes if open_ is None else [*episodes, open_]


def test_live_restarted_replayed_and_over_columns_they_find_the_same():
    happened = 0
    for seed in range(CASES):
        case = Case(seed)
        found = case.live()
        assert case.live(random.Random(seed), restarts=3) == found, seed
        assert case.replayed() == found, seed
        assert case.compiled() == found, seed
        happened += bool(found)
    assert happened > CASES // 4


# -- coverage, by its definition


def covered(case, of, t):
    """Whether some device that measures it was heard of late, where it stood and stands."""
    signal, _, place = of.partition("@")
    for one in case.readings:
        device = case.directory.device(SITE, HOME, one.device)
        if one.at > t or signal not in device.signals:
            continue
        standing = device.standing(one.at)
        hold = EVENT_HOLD_MS if device.interval_ms is None else int(device.interval_ms * FACTOR)
        until = min(one.at + hold, standing.to_at or END + 1)
        if standing.heard and t < until and place in ("", standing.place):
            return True
    return False


@pytest.mark.parametrize("of", ["motion", "motion@hall", "motion@kitchen"])
def test_a_place_is_covered_by_what_stands_there_and_was_heard(of):
    looked = 0
    for seed in range(CASES // 2):
        case = Case(seed)
        case.rule = worlds.rule_of({"none_for": {"signal": of, "for": "1 h"}})
        case.plan = plan(case.rule, {}, ZONE)
        told = [(p.at, p.x) for p in case.points() if p[2:5] == (WHO, "coverage", of)]
        columns = case.history().subjects.get(WHO, {}).get(("coverage", of))
        assert told == list(zip(columns.at.tolist(), columns.x.tolist(), strict=True))
        for _ in range(30):
            t = case.r.choice([houses.some_time(case.r), *(at for at, _ in told)])
            said = [x for at, x in told if at <= t]
            assert bool(said and said[-1]) is covered(case, of, t), (seed, t)
            looked += bool(said)
    assert looked > CASES


# -- states, by their definition


def heard(case, one, wanted):
    """Whether a rule that names `wanted` (None: no place) hears a reading of anna's."""
    if wanted not in (None, one.place):
        return False
    rest = [other for other in case.readings if other.signal == one.signal]
    for device in case.directory.devices(SITE):
        if device.device == one.device:
            continue
        earlier = [x for x in rest if x.device == device.device and x.offset < one.offset]
        if not earlier:
            continue
        last = earlier[-1]
        counts = last.x > one.x and one.at - last.at < MEMORY_MS
        stands = device.stands(last.place, one.at)
        if counts and stands and wanted in (None, last.place):
            return False
    return True


def test_an_ordinary_word_is_heard_where_no_other_device_says_otherwise():
    withheld = 0
    for seed in range(CASES // 2):
        case = Case(seed)
        tree = {"any": [{"is": {"signal": one, "state": "open"}} for one in
                        ("door", "door@outer", "door@fridge")]}  # fmt: skip
        case.rule = worlds.rule_of(tree)
        case.plan = plan(case.rule, {}, ZONE)
        told = [p for p in case.points() if p.subject == WHO and p.signal == "door"]
        columns = case.history().subjects.get(WHO, {})
        for wanted in (None, *houses.DOORS):
            expected = [
                (one.at, one.x, one.offset << 16)
                for one in case.readings
                if one.signal == "door" and heard(case, one, wanted)
            ]
            assert [(p.at, p.x, p.order) for p in told if hears(wanted, p.place)] == expected
            own = [
                row
                for (signal, place), c in columns.items()
                if signal == "door" and hears(wanted, place)
                for row in zip(c.at.tolist(), c.x.tolist(), c.order.tolist(), strict=True)
            ]
            assert sorted(own, key=lambda row: (row[0], row[2])) == expected
            withheld += len(case.readings) - len(expected)
    assert withheld


def test_words_are_bounded_by_the_devices_and_survive_being_kept():
    r = random.Random(1)
    words = Words()
    for n in range(2_000):
        word = Word(r.choice(houses.DOORS), n * MINUTE, n, r.randint(0, 1))
        words.hear("door", f"door-{r.randrange(5)}", word, lambda *_: True)
    assert len(words.saved()) == 5
    assert Words(words.saved()).saved() == words.saved()


def test_what_people_say_replaces_what_they_said_whoever_it_was():
    assert not PREVAILING & {"consciousness", "oxygen", "coverage"}


# -- late readings


class Past:
    """What is stored, instead of a store."""

    def __init__(self, readings):
        self.readings = readings

    def home(self, site, home, start, upto, *_more):
        assert (site, home) == (SITE, HOME)
        return [one for one in houses.seen(self.readings) if one.at >= start
                and one.order >> 16 <= upto]  # fmt: skip


def test_what_comes_late_leaves_the_same_knowledge_as_in_time():
    replays = 0
    for seed in range(CASES):
        case = Case(seed)
        if len(case.readings) < 10:
            continue
        r = random.Random(seed)
        late = set(r.sample(range(len(case.readings)), r.randint(1, 3)))
        in_time, delayed = case.watch(), case.watch()
        cuts = sorted({houses.some_time(r) for _ in range(8)} | {END})
        came, waiting = [], []
        for number, one in enumerate(case.readings):
            while cuts and cuts[0] < one.at:
                replays += _close(case, (in_time, delayed), cuts.pop(0), came, waiting, r)
            case.read(in_time, one)
            if number in late:
                waiting.append(one)
            else:
                case.read(delayed, one)
                came.append(one)
        came += waiting
        for one in waiting:
            case.read(delayed, one)
        for watch in (in_time, delayed):
            watch.advance(END)
        replays += _replay(case, delayed, came)
        assert delayed.coverage.levels(HOME) == in_time.coverage.levels(HOME), seed
        assert sorted(delayed.states.of_home(HOME)) == sorted(in_time.states.of_home(HOME)), seed
        for watch in (in_time, delayed):  # and what follows is the same
            watch.advance(END + 2 * 24 * HOUR)
        open_, dark = in_time.engine.state_of(KEY)
        if not dark:  # what is held unseen comes from the record, which is empty here
            assert delayed.engine.state_of(KEY)[0] is open_, seed
    assert replays > CASES // 2


def _close(case, watches, cut, came, waiting, r):
    for watch in watches:
        watch.advance(cut)
    if not waiting or r.random() < 0.5:
        return False
    one = waiting.pop()
    came.append(one)
    case.read(watches[1], one)
    return _replay(case, watches[1], came)


def _replay(case, watch, came):
    if HOME not in watch.late:
        return False
    upto = max(one.offset for one in came)
    told = replaying.Told([], lambda at: {})
    found = replaying.replay(watch, case.directory, Past(came), HOME, told, upto, [])
    del watch.late[HOME]
    watch.engine.graft(found.subjects, found.engine)
    watch.coverage.adopt(HOME, found.coverage)
    watch.states.adopt(found.states)
    return True


def test_a_coverage_that_was_kept_is_the_same_coverage():
    for seed in range(CASES // 4):
        case = Case(seed)
        watch = case.watch()
        for one in case.readings:
            case.read(watch, one)
        list(watch.coverage.advance(START + HOURS // 2 * HOUR))
        kept = Coverage.restore(watch.coverage.dump())
        assert list(kept.advance(END)) == list(watch.coverage.advance(END))
