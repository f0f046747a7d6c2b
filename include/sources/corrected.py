"""Rows in quarantine whose source tells them rightly by now: what waited for a person settles itself.

A row that is taken is the one that waited where it has the same key and tells of no earlier state, or where it stands at the same
place and differs in nothing but the field that was wrong. A row that its source still tells wrong beside the right one waits on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, select

from include.sources.checks import check
from include.sources.layout import Layout
from include.sources.places import places
from include.sources.quarantine import own_rows, settle_corrected
from include.store.tables import quarantine

_MOST: Final = 20_000  # of one source and kind that are compared, the latest


class Corrected:
    """The open rows of a source, and those of them that an intake has told rightly."""

    def __init__(self, connection: Connection, source: str) -> None:
        self._connection, self._source = connection, source
        mine = (quarantine.c.source == source, quarantine.c.state == "open", quarantine.c.waits_for.is_(None))
        self._kinds = set(connection.execute(select(quarantine.c.kind).where(*mine).distinct()).scalars())
        self._waiting: dict[str, pd.DataFrame] = {}
        self._found: dict[int, tuple[str, str]] = {}

    def note(self, layout: Layout, rows: pd.DataFrame, origins: Callable[[], Sequence[str]]) -> None:
        """Rows that are taken (checked). `origins`: where each stands, as the quarantine says it."""
        if layout.name not in self._kinds or rows.empty:
            return
        if layout.name not in self._waiting:
            self._waiting[layout.name] = self._rows(layout)
        waiting = self._waiting[layout.name]
        if waiting.empty:
            return
        told = origins()
        for found in _same_key(layout, waiting, rows), _same_place(layout, waiting, rows, told):
            for number, digest, wrong in zip(
                found["quarantine_id"], found["row_hash"], found["origin"], strict=True
            ):
                self._found[int(number)] = (str(digest), str(wrong))

    def settle(self, told_wrong: Collection[str], *, now: datetime) -> int:
        """Settles what was found, but for rows that were told wrong again (`row_hash`); returns how many."""
        settled = 0
        for number, (digest, place) in self._found.items():
            if digest not in told_wrong:
                settle_corrected(self._connection, number, place, now=now)
                settled += 1
        return settled

    def _rows(self, layout: Layout) -> pd.DataFrame:
        """The open rows of a kind as a check reads them, with `quarantine_id, row_hash, origin, field`."""
        own = quarantine.c
        query = (
            select(own.quarantine_id, own.row_hash, own.origin, own.field, own.fields_json)
            .where(own.source == self._source, own.kind == layout.name, own.state == "open")
            .where(own.waits_for.is_(None), own.fields_json.is_not(None))
            .order_by(own.quarantine_id.desc())
            .limit(_MOST)
        )
        names = ["quarantine_id", "row_hash", "origin", "wrong", "fields_json"]
        kept = pd.DataFrame(self._connection.execute(query).all(), columns=names)
        if kept.empty:
            return kept
        typed = check(layout, own_rows(layout, kept["fields_json"]), places(self._connection)).rows
        return pd.concat([kept.drop(columns="fields_json"), typed], axis=1)


def _same_key(layout: Layout, waiting: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows that wait and whose record is told now as it is then or later."""
    if waiting.empty:
        return waiting
    key = list(layout.key)
    left = waiting.dropna(subset=key).assign(told_at=_told_at(layout, waiting))
    right = rows.assign(now_at=_told_at(layout, rows))[[*key, "now_at"]]
    both = left.merge(right, on=key)
    return both[both["told_at"].isna() | ~(both["now_at"] < both["told_at"])].drop_duplicates("quarantine_id")


def _told_at(layout: Layout, rows: pd.DataFrame) -> pd.Series[Any]:
    if not layout.changes:
        return pd.Series(pd.NaT, index=rows.index, dtype="datetime64[us, UTC]")
    return rows[list(layout.changes)].max(axis=1)


def _same_place(
    layout: Layout, waiting: pd.DataFrame, rows: pd.DataFrame, origins: Sequence[str]
) -> pd.DataFrame:
    """Rows that wait and stand where a row stands now that differs from them in the wrong field alone."""
    at = {origin: place for place, origin in enumerate(origins)}
    there = waiting[waiting["origin"].isin(list(at))]
    names = [name for name in layout.names if name in rows]
    is_same = [
        all(
            _is_equal(row[name], rows[name].iloc[at[row["origin"]]]) for name in names if name != row["wrong"]
        )
        for _, row in there.iterrows()
    ]
    return there[pd.array(is_same, dtype="bool")]


def _is_equal(one: Any, other: Any) -> bool:
    return bool(pd.isna(one) and pd.isna(other)) or bool(one == other)
