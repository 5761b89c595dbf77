"""Holds all drivers against the oracle in very many cases, and counts what happened in them.

    python -m tests.properties.many [--cases 10000] [--each 500] [--seed 0] [--processes 2]

First random rules over random readings; then, for every operator that was in fewer than EACH cases
in which an episode occurred, rules of that operator alone until it was. Prints a table; ends with 1
at the first difference, which it prints with the call that shows it again.
"""

import argparse
import multiprocessing
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator

from tests.properties import oracle
from tests.properties.test_engine_equality import alone, compare, random_rule

CHUNK = 20
Case = tuple[str, int]  # an operator's word ("": any rule), seed
Result = tuple[list[str], int, str]  # words of each case that had an episode, cases, what is wrong


def run(cases: list[Case]) -> tuple[list[list[str]], int, str]:
    """Some cases in a process of its own."""
    happened = []
    for word, seed in cases:
        r = random.Random(f"many {word} {seed}")
        shape = alone(r, word) if word else random_rule(r)
        if shape is None:
            continue
        try:
            rule, found = compare(r, *shape, overflow=seed % 10 == 0)
        except AssertionError as error:
            again = f"many.run([({word!r}, {seed})])"
            return happened, len(cases), f"{again}\n{shape}\n{error}"
        if found:
            happened.append(sorted({node.operator.word for node in rule.tree.walk()}))
    return happened, len(cases), ""


class Count:
    """What happened so far, with a line of progress."""

    def __init__(self) -> None:
        self.cases = 0
        self.happened: Counter[str] = Counter()
        self.with_episode = 0
        self._began = self._said = time.monotonic()

    def take(self, happened: list[list[str]], cases: int, wrong: str) -> None:
        if wrong:
            sys.exit(f"A difference: {wrong}")
        self.cases += cases
        self.with_episode += len(happened)
        for words in happened:
            self.happened.update(words)
        now = time.monotonic()
        if now - self._said > 5:
            self._said = now
            rate = self.cases / (now - self._began)
            print(
                f"{self.cases:7} cases, {self.with_episode} with episodes, {rate:.0f}/s", flush=True
            )


def chunks(word: str, first: int, count: int) -> Iterator[list[Case]]:
    for begin in range(first, first + count, CHUNK):
        yield [(word, seed) for seed in range(begin, min(begin + CHUNK, first + count))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--each", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    count = Count()
    with multiprocessing.get_context("spawn").Pool(given.processes) as pool:
        for result in pool.imap_unordered(run, chunks("", given.seed, given.cases)):
            count.take(*result)
        for word in sorted(oracle.WORDS):
            first = given.seed
            while count.happened[word] < given.each:
                for result in pool.imap_unordered(run, chunks(word, first, 10 * CHUNK)):
                    count.take(*result)
                first += 10 * CHUNK
    print(f"{count.cases} cases, no difference; {count.with_episode} with an episode. By operator:")
    for word, times in sorted(count.happened.items(), key=lambda one: one[1]):
        print(f"  {word:14}{times:7}")


if __name__ == "__main__":
    main()
