"""Writes checked rows: what is new, what is a revision, what is known already; and which rows do not fit what is known.

Facts are compared as states over time: a row is unchanged when the record already had this content at that moment.
So the same rows give the same figures in whatever order, and however often, they are read. Contacts: `contact_book`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection, MetaData, Table

from include.language import say
from include.periods import office_zone
from include.profile.current import rules_on
from include.rules import RULES_VERSION
from include.sources import lingering
from include.sources.layout import Layout
from include.sources.succession import hand_over
from include.store import bulk, tables
from include.store.alarm_aliases import has_aliases, keep_alias_rows, main_ids, settle_aliases
from include.store.statements import frame, run

HASH: Final = "content_hash"
UNKNOWN_ALARM: Final = "报警未知：该报警尚未收到，收到后自动补录"
TABLES: Final[dict[str, Table]] = {
    "grids": tables.grid,
    "alarms": tables.alarm,
    "feedback": tables.feedback_event,
    "problems": tables.problem,
}
_STORED: Final = {
    "grids": "known_grids",
    "alarms": "revisions_of_alarms",
    "feedback": "revisions_of_feedback",
    "problems": "revisions_of_problems",
}


@dataclass(frozen=True)
class Counts:
    """What became of rows."""

    new: int = 0
    revised: int = 0
    unchanged: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.new + other.new, self.revised + other.revised, self.unchanged + other.unchanged)


@dataclass(frozen=True)
class Misfit:
    """Rows (a mask) that do not fit what the store knows: the field, the reason, and whether they wait for the alarm."""

    rows: NDArray[np.bool_]
    field: str
    reason: str
    waits: bool = False


def prepare(connection: Connection) -> None:
    """Makes the connection ready; call once before the functions below."""
    run(connection, "make_wanted_keys")


def misfits(
    connection: Connection, layout: Layout, rows: pd.DataFrame, owners: Collection[str] | None = None
) -> list[Misfit]:
    """Rows that must not be stored: ids that belong to a source which is not one of `owners` (None: whoever's), answers
    to unknown alarms or from before them. Every row counts for the first of its misfits."""
    found: list[Misfit] = []
    rows = _by_their_alarm(connection, layout, rows)
    if owners is not None and layout.name in ("alarms", "problems"):
        key = layout.key[0]
        owner = rows[key].map(_stored(connection, layout, rows).drop_duplicates(key).set_index(key)["source"])
        for other in sorted(set(owner.dropna()) - set(owners)):
            reason = say(
                "编号已被数据源“{other}”使用；如指同一对象，须在两个数据源的映射中声明same_ids_as",
                other=other,
            )
            found.append(Misfit((owner == other).to_numpy(), key, reason))
    if layout.name in ("feedback", "problems"):
        moment = "event_at" if layout.name == "feedback" else "found_at"
        want(connection, rows["alarm_id"])
        known = frame(connection, "known_alarms").set_index("alarm_id")
        known_start = known["started_at"].reindex(rows["alarm_id"]).set_axis(rows.index)
        found.append(Misfit(known_start.isna().to_numpy(), "alarm_id", UNKNOWN_ALARM, waits=True))
        found.append(Misfit((rows[moment] < known_start).to_numpy(), moment, say("早于报警开始时间")))
        if layout.name == "feedback":
            known_push = known["pushed_at"].reindex(rows["alarm_id"]).set_axis(rows.index)
            found.append(Misfit((rows[moment] < known_push).to_numpy(), moment, say("早于报警推送时间")))
    return [misfit for misfit in found if misfit.rows.any()]


def _time_to_answer(rows: pd.DataFrame) -> pd.Series[pd.Timedelta]:
    """From push to deadline: the rule of each alarm's unit on the day of its push."""
    days = rows["pushed_at"].dt.tz_convert(office_zone()).dt.date
    keys = pd.Series(list(zip(days, rows["unit_code"], strict=True)), index=rows.index)
    return keys.map({key: rules_on(*key).deadlines.feedback for key in keys.unique()})


def store(
    connection: Connection, layout: Layout, rows: pd.DataFrame, *, source: str, now: datetime
) -> Counts:
    """Stores checked rows (with their content hash) in the order given; duplicates among them are recognised too."""
    if rows.empty:
        return Counts()
    rows = rows.reset_index(drop=True).assign(
        source=source, received_at=pd.Timestamp(now).tz_convert("UTC").as_unit("us")
    )
    if not layout.changes:
        return _store_reference(connection, layout, rows)
    aliased = 0
    if layout.name == "alarms":
        rows["revised_at"] = rows["revised_at"].fillna(rows["pushed_at"])
        rows["deadline_at"] = rows["deadline_at"].fillna(rows["pushed_at"] + _time_to_answer(rows))
        rows["rules_version"] = RULES_VERSION
        rows, aliased = _without_aliases(connection, rows, now)
    rows = _by_their_alarm(connection, layout, rows)
    stored = _stored(connection, layout, rows)
    if layout.name == "feedback":
        rows["event_at"] = _first_receipts(stored, rows)
    kept, revision, is_first = _revisions(layout, stored, rows)
    chosen = rows[kept].assign(revision=revision[kept])
    bulk.insert(connection, TABLES[layout.name], chosen)
    if layout.name in ("alarms", "feedback") and len(chosen):
        want(connection, chosen["alarm_id"])
        lingering.refresh(connection)
        hand_over(connection, chosen["alarm_id"], now=now)
    if layout.name == "alarms" and len(chosen):
        first, last = chosen["pushed_at"].min(), chosen["pushed_at"].max() + pd.Timedelta(seconds=1)
        settle_aliases(connection, first.to_pydatetime(), last.to_pydatetime(), now=now)
    new = int((is_first & kept).sum())
    return Counts(new, int(kept.sum()) - new, int((~kept).sum()) + aliased)


def _without_aliases(connection: Connection, rows: pd.DataFrame, now: datetime) -> tuple[pd.DataFrame, int]:
    """The rows without those of alarms that another one stands for, which are kept with their alias; and how many those are."""
    if not has_aliases(connection):
        return rows, 0
    is_alias = rows["alarm_id"].isin(main_ids(connection, rows["alarm_id"]).keys())
    keep_alias_rows(connection, rows[is_alias], now=now)
    return rows[~is_alias].reset_index(drop=True), int(is_alias.sum())


def _by_their_alarm(connection: Connection, layout: Layout, rows: pd.DataFrame) -> pd.DataFrame:
    """Answers and problems under the number of the alarm that they belong to."""
    if layout.name not in ("feedback", "problems") or rows.empty or not has_aliases(connection):
        return rows
    main = main_ids(connection, rows["alarm_id"])
    return rows.assign(alarm_id=rows["alarm_id"].replace(main)) if main else rows


def _first_receipts(stored: pd.DataFrame, rows: pd.DataFrame) -> pd.Series[pd.Timestamp]:
    """The times of the steps; of one that counts from its receipt and was told before word by word, the time of that receipt.

    A form that is handed in again with other rows filled in answers nothing anew; after a return it does.
    """
    times = rows["event_at"].copy()
    is_told = rows["inspected_at"].notna()
    if stored.empty or not is_told.any():
        return times
    returned = stored[stored["event"] == "returned"].groupby("alarm_id")["event_at"].max()
    claimed = stored["inspected_at"].fillna(stored["event_at"])
    keys = zip(stored["alarm_id"], stored["event"], claimed, stored[HASH], strict=True)
    first = dict(zip(keys, stored["event_at"], strict=True))
    for place in map(int, np.flatnonzero(is_told.to_numpy())):
        row = rows.iloc[place]
        known = first.get((row["alarm_id"], row["event"], row["inspected_at"], row[HASH]))
        if known is not None and not returned.get(row["alarm_id"], pd.NaT) >= known:
            times.iloc[place] = known
    return times


def want(connection: Connection, keys: pd.Series[str]) -> None:
    """Puts the keys where the statements that look up many keys read them."""
    run(connection, "clear_wanted_keys")
    bulk.insert(connection, _WANTED, pd.DataFrame({"key_text": keys.drop_duplicates()}))


def _stored(connection: Connection, layout: Layout, rows: pd.DataFrame) -> pd.DataFrame:
    if layout.changes:
        want(connection, rows[layout.key[0]])
    return frame(connection, _STORED[layout.name])


def _revisions(
    layout: Layout, stored: pd.DataFrame, rows: pd.DataFrame
) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.bool_]]:
    """For each row: whether it is kept, its revision number, and whether it is the first of its record."""
    record, content, at = (
        _both(stored, rows, layout.key),
        _both(stored, rows, (HASH,)),
        _at(layout, stored, rows),
    )
    is_stored = np.arange(len(record)) < len(stored)
    order = np.lexsort((np.arange(len(record)), at, record))  # by record, then time, then as told
    twin = pd.DataFrame({"record": record, "at": at, "content": content}).duplicated().to_numpy()
    same_as_before = np.zeros(len(record), dtype=bool)
    before, after = order[:-1], order[1:]
    same_as_before[after] = (record[before] == record[after]) & (content[before] == content[after])
    kept = ~is_stored & ~twin & ~same_as_before

    last = (
        pd.Series(np.r_[stored["revision"].to_numpy("i8"), np.zeros(len(rows), "i8")])
        .groupby(record)
        .transform("max")
    )
    in_order = order[kept[order]]
    place = pd.Series(record[in_order]).groupby(record[in_order]).cumcount().to_numpy()
    revision = np.zeros(len(record), dtype=np.int64)
    revision[in_order] = last.to_numpy()[in_order] + 1 + place
    mine = slice(len(stored), None)
    return kept[mine], revision[mine], revision[mine] == 1


def _store_reference(connection: Connection, layout: Layout, rows: pd.DataFrame) -> Counts:
    """Reference data is kept as last told: a changed row takes the place of the old one."""
    table, key = TABLES[layout.name], list(layout.key)
    stored = _stored(connection, layout, rows)
    record, content = _both(stored, rows, layout.key), _both(stored, rows, (HASH,))
    before = pd.Series(content).groupby(record).shift()
    is_known = before.notna().to_numpy()[len(stored) :]
    is_same = (before == content).to_numpy()[len(stored) :]
    mine = record[len(stored) :]
    is_last = ~pd.Series(mine).duplicated(keep="last").to_numpy()
    in_store = np.isin(mine, record[: len(stored)])
    changed = np.isin(mine, mine[~is_same])
    bulk.insert(connection, table, rows[is_last & ~in_store])
    updates = rows[is_last & in_store & changed].astype(object)
    if len(updates):
        values = updates.where(updates.notna(), None).to_dict("records")
        for value in values:
            row: dict[str, Any] = {str(name): item for name, item in value.items()}
            connection.execute(
                table.update().where(*(table.c[name] == row[name] for name in key)).values(row)
            )
    new, unchanged = int((~is_known).sum()), int(is_same.sum())
    return Counts(new, len(rows) - new - unchanged, unchanged)


def _both(stored: pd.DataFrame, rows: pd.DataFrame, columns: tuple[str, ...]) -> NDArray[np.int64]:
    """Stored rows, then new ones, as numbers that are equal where the columns are."""
    names = list(columns)
    both = pd.concat([stored[names].astype(rows[names].dtypes), rows[names]], ignore_index=True)
    return np.asarray(both.groupby(names, sort=False, dropna=False).ngroup(), dtype=np.int64)


def _at(layout: Layout, stored: pd.DataFrame, rows: pd.DataFrame) -> NDArray[np.int64]:
    """When each stored or new row holds from; the same for all where a table does not date its revisions."""
    if not layout.last_only:
        return np.zeros(len(stored) + len(rows), dtype=np.int64)
    at = pd.concat([stored["revised_at"].astype(rows["revised_at"].dtype), rows["revised_at"]])
    return np.asarray(at.astype("int64"), dtype=np.int64)


_WANTED: Final = Table("wanted_key", MetaData())
