"""One replay: seal the history, ask the child, follow it, store aggregates.

The sealed file is deleted after a while: its hash in the evidence proves later that the same
readings were sealed again.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from devices.errors import HomecareError
from gateway import rulebook
from gateway.clock import Clock
from gateway.db import reading, writing
from gateway.registry import Registry
from gateway.series.store import Store
from reviews import briefing, tables
from reviews.backtests import Question, task_of
from reviews.job import Job
from reviews.records import Evidence, evidence, text_of
from reviews.worker import Worker

MEMORY_MIB = 1_024


class Runner:
    """Used by one thread; `worker.cut_short` by any."""

    def __init__(
        self,
        engine: sa.Engine,
        clock: Clock,
        registry: Registry,
        store: Store,
        silence_factor: float,
        memory_mib: int = MEMORY_MIB,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._registry = registry
        self._store = store
        self._silence_factor = silence_factor
        self.worker = Worker(store, clock, memory_mib)

    def run(self, evidence_id: int) -> None:
        """Seal, replay in a child, store the result or the reason why there is none."""
        with reading(self._engine) as conn:
            asked = evidence(conn, evidence_id)
            assert asked is not None
            job, site = self._job(conn, asked)
        self._set(evidence_id, state="running")
        try:
            since = job.start - job.lookback_ms
            path, digest = self.worker.sealed(site, since, job.end + 1)
            answer = self._ask_child(evidence_id, job, path, digest)
        except HomecareError as error:
            answer, digest = {"problem": str(error)}, None
        finished = self._clock.now()
        if "result" in answer:
            self._set(
                evidence_id,
                state="done",
                progress=100,
                result=json.dumps(answer["result"]),
                engine=answer["engine"],
                snapshot=digest,
                finished_at=finished,
            )
        else:
            problem = answer.get(
                "problem", "The replay ended early, perhaps for want of memory. Ask again."
            )
            self._set(evidence_id, state="failed", problem=problem, finished_at=finished)

    def _job(self, conn: sa.Connection, asked: Evidence) -> tuple[Job, str]:
        base = rulebook.entry_by_id(conn, asked.base_entry_id)
        assert base is not None
        rule = rulebook.rule_of(text_of(conn, asked.text_hash))
        directory = self._registry.directory
        job = briefing.build(
            conn,
            directory,
            base.site,
            base,
            rule,
            asked.values,
            asked.mode,
            asked.start_at,
            asked.end_at,
            self._silence_factor,
        )
        return job, base.site

    def backtest(self, backtest_id: int) -> None:
        """The same for a back-test that nobody's review asked for."""
        of = tables.backtest.c
        with reading(self._engine) as conn:
            query = sa.select(of.question).where(of.id == backtest_id)
            asked = Question(**json.loads(conn.execute(query).scalar_one()))

        def tell(**values: Any) -> None:
            with writing(self._engine) as conn:
                change = tables.backtest.update().where(of.id == backtest_id)
                conn.execute(change.values(**values))

        tell(state="running")
        digest = None
        try:
            with reading(self._engine) as conn:
                task = task_of(conn, self._registry.directory, asked, self._silence_factor)
            since = asked.start - task.lookback_ms
            path, digest = self.worker.sealed(asked.site, since, asked.end + 1)
            work = {"task": task.to_json()}
            answer = self._in_child(work, path, digest, lambda part: tell(progress=part))
        except HomecareError as error:
            answer = {"problem": str(error)}
        finished = self._clock.now()
        if "result" in answer:
            tell(
                state="done",
                progress=100,
                result=json.dumps(answer["result"]),
                engine=answer["engine"],
                snapshot=digest,
                finished_at=finished,
            )
        else:
            problem = answer.get("problem", "It ended early, perhaps for want of memory.")
            tell(state="failed", problem=problem, finished_at=finished)

    def _ask_child(self, evidence_id: int, job: Job, path: Path, digest: str) -> dict[str, Any]:
        def tell(part: int) -> None:
            self._set(evidence_id, progress=part)

        return self._in_child({"job": job.to_json()}, path, digest, tell)

    def _in_child(
        self, work: dict[str, Any], path: Path, digest: str, tell: Callable[[int], None]
    ) -> dict[str, Any]:
        return self.worker.ask(work, path, digest, tell)

    def _set(self, evidence_id: int, **values: Any) -> None:
        with writing(self._engine) as conn:
            conn.execute(
                tables.evidence.update().where(tables.evidence.c.id == evidence_id).values(**values)
            )
