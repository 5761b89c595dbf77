"""The one hand that writes entries and mandates, for one person, rule and moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from gateway.access import Viewer
from gateway.rulebook import tables
from gateway.rulebook.entries import WITHDRAWN, MandateKind, Mode, dump_values, entries, in_force
from gateway.rulebook.history import record
from gateway.rulebook.parameters import rule_of
from gateway.rulebook.versions import keep, text_hash
from rules.file.language import Rule


@dataclass(frozen=True, slots=True)
class Pen:
    """`now` is wall time."""

    conn: sa.Connection
    viewer: Viewer
    site: str
    rule_name: str
    now: int

    @property
    def what(self) -> str:
        """The object, as errors name it."""
        return f"{self.rule_name} at {self.site}"

    def issue(self, kind: MandateKind, reason: str, **more: int) -> int:
        """A new mandate's id."""
        made = self.conn.execute(
            tables.mandate.insert()
            .values(
                site=self.site,
                rule_name=self.rule_name,
                kind=kind.value,
                by_user=self.viewer.user_id,
                by_name=self.viewer.name,
                reason=reason,
                created_at=self.now,
                **more,
            )
            .returning(tables.mandate.c.id)
        )
        new_id: int = made.scalar_one()
        return new_id

    def enter(
        self,
        rule: Rule,
        lane: Mode,
        mode: Mode,
        values: Mapping[str, Decimal],
        effective_at: int,
        mandate_id: int | None,
        previous_id: int | None = None,
    ) -> int:
        """A new entry's id; the version's text is kept with it."""
        keep(self.conn, rule, self.now)
        made = self.conn.execute(
            tables.entry.insert()
            .values(
                site=self.site,
                rule_name=rule.name,
                lane=lane.value,
                mode=mode.value,
                text_hash=text_hash(rule.text),
                values=dump_values(values),
                mandate_id=mandate_id,
                effective_at=effective_at,
                previous_id=previous_id,
            )
            .returning(tables.entry.c.id)
        )
        new_id: int = made.scalar_one()
        return new_id

    def withdraw(self, lane: Mode, since: int, mandate_id: int) -> None:
        """Entries that would take force at `since` or later never will."""
        of = tables.entry.c
        rows = self.conn.execute(
            sa.select(of.id, of.effective_at, of.mode)
            .where(of.site == self.site, of.rule_name == self.rule_name, of.lane == lane.value)
            .where(of.effective_at >= since, of.id.not_in(WITHDRAWN))
        ).all()
        for row in rows:
            self.conn.execute(
                tables.withdrawal.insert().values(entry_id=row.id, mandate_id=mandate_id)
            )
            if (lane, row.mode) == (Mode.SHADOW, Mode.OFF):
                continue  # the end of a trial that ends earlier: nobody scheduled a change
            self.tell(
                "withdrawn",
                "overtaken before its instant",
                row.effective_at,
                entry_id=row.id,
                mandate_id=mandate_id,
            )

    def end_trial(self, at: int, mandate_id: int) -> None:
        """Once a version is live, its trial in shadow is over."""
        self.withdraw(Mode.SHADOW, at + 1, mandate_id)
        for one in in_force(entries(self.conn, self.site), at):
            if one.rule_name == self.rule_name and one.mode is Mode.SHADOW:
                rule = rule_of(one.text)
                self.enter(rule, Mode.SHADOW, Mode.OFF, one.values, at, mandate_id)

    def tell(self, kind: str, reason: str, effective_at: int, **more: int | str | None) -> None:
        """Append to the history."""
        record(
            self.conn,
            self.viewer,
            kind=kind,
            site=self.site,
            rule_name=self.rule_name,
            reason=reason,
            at=self.now,
            effective_at=effective_at,
            **more,
        )

    def told_values(self, values: Mapping[str, Decimal] | None) -> str | None:
        """Values as the history keeps them."""
        return None if values is None else dump_values(values)
