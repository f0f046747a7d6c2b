"""Lists of hotspot grids before people: proposed by a choice, looked through, released from a date, compared.

A list that was released is never changed; the next one takes its place from its own date, and of two from one date the one that was
released last. Letters of a window take the list that is in
force on the window's last day, so a list may not begin before the end of a bulletin that has left.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, Engine, select

from include.errors import InputError, StateError
from include.language import say
from include.letters.words.selection_words import reason_sentence
from include.office.grid_choice import Choice, manifest_bytes, table_bytes
from include.post import audit
from include.selection.choice import isolated
from include.selection.comparison import compared
from include.selection.rules import DEFAULT, SelectionRules, as_told
from include.sources.hashes import row_json
from include.store.archive import Archive
from include.store.engine import reading, writing
from include.store.grid_lists import (
    SOURCE,
    bulletins_after,
    change_list,
    change_row,
    grid_lists,
    insert_list,
    insert_places,
    insert_rows,
    known_grid_ids,
    list_rows,
)
from include.store.tables import city

_SUBJECT: Final = "grid_list"
_LOCK: Final = "grid_lists"
_PLACE: Final = ["grid_id", "unit_code", "county", "name", "west", "south", "east", "north"]
_LEAST_REASON: Final = 2
_FIRST_YEAR, _LAST_YEAR = 2000, 2099


@dataclass(frozen=True)
class ListView:
    """One list: `values` (a row of sql/grid_lists.sql), `rows` (its grids with the figures of the choice and `words`, a person's decision
    included), `rules` and `years` of its choice, and its `manifest`."""

    values: Mapping[str, Any]
    rows: pd.DataFrame
    table: pd.DataFrame
    rules: SelectionRules
    years: tuple[int, ...]
    manifest: Mapping[str, Any]


def propose(engine: Engine, archive: Archive, choice: Choice, *, now: datetime, actor: str) -> int:
    """Puts a choice before people as a new list; returns its number. The same choice proposed twice is one list."""
    table, manifest = table_bytes(choice.table), manifest_bytes(choice.manifest)
    digests = archive.put(table), archive.put(manifest)
    told = choice.table[choice.table["is_hot"] | (choice.table["change"] == "left")]
    rows = told[[*_PLACE, "is_hot", "is_monitored", "change"]]
    with writing(engine, lock=_LOCK) as connection:
        same = grid_lists(connection)
        same = same[(same["manifest_sha256"] == digests[1]) & (same["table_sha256"] == digests[0])]
        waiting = same[same["state"] == "proposed"]
        if len(waiting):
            return int(waiting["list_id"].iloc[0])
        values = {
            "name": choice.told.name,
            "state": "proposed",
            "year": choice.told.year,
            "made_for": choice.told.date,
            "cells": len(choice.table),
            "table_sha256": digests[0],
            "manifest_sha256": digests[1],
            "is_simulated": choice.is_simulated,
            "proposed_at": now,
            "proposed_by": actor[:128],
            "reason": "",
        }
        list_id = insert_list(connection, values, rows.assign(decision="", reason=""))
        change = audit.Change(_SUBJECT, str(list_id), "propose", None, "proposed", choice.told.name)
        audit.record(connection, [change], now=now, actor=actor)
    return list_id


def strike(engine: Engine, list_id: int, grid_id: str, *, now: datetime, actor: str, reason: str) -> None:
    """Takes a chosen grid out of a proposed list. Raises StateError for a list that is decided, or a grid that is not in it."""
    _require_reason(reason)
    with writing(engine, lock=_LOCK) as connection:
        _require_proposed(connection, list_id)
        row = _row(connection, list_id, grid_id)
        if row is None or not row["is_hot"]:
            raise StateError("this grid is not in the list", where=f"list {list_id}", got=grid_id)
        _decide(
            connection, list_id, grid_id, is_hot=False, decision="struck", now=now, actor=actor, reason=reason
        )


def add(
    engine: Engine, archive: Archive, list_id: int, grid_id: str, *, now: datetime, actor: str, reason: str
) -> None:
    """Puts a cell of the lattice into a proposed list, or takes a strike back. Raises StateError for a list that is decided, a grid that is in
    it already, and InputError for a number that is no cell."""
    _require_reason(reason)
    with writing(engine, lock=_LOCK) as connection:
        own = _require_proposed(connection, list_id)
        row = _row(connection, list_id, grid_id)
        if row is not None and row["is_hot"]:
            raise StateError("this grid is in the list already", where=f"list {list_id}", got=grid_id)
        if row is not None and row["decision"] == "struck":
            _decide(
                connection, list_id, grid_id, is_hot=True, decision="", now=now, actor=actor, reason=reason
            )
            return
        if row is None:
            table = read_table(archive.get(str(own["table_sha256"])))
            cell = table[table["grid_id"] == grid_id]
            if cell.empty:
                raise InputError(
                    "no such cell in the lattice of this list",
                    where=f"list {list_id}",
                    got=grid_id,
                    expected="a number of its table",
                )
            place = cell[[*_PLACE]]
            change = "new" if (table["change"] != "").any() else ""
            new = place.assign(is_hot=False, is_monitored=False, change=change, decision="", reason="")
            insert_rows(connection, list_id, new)
        _decide(
            connection, list_id, grid_id, is_hot=True, decision="added", now=now, actor=actor, reason=reason
        )


def release(
    engine: Engine, list_id: int, valid_from: date | None, *, now: datetime, actor: str, reason: str
) -> None:
    """Puts a list into force from a date. Raises StateError for a list that is decided, for a date before a list that is in force begins,
    and for one before the end of a bulletin that has left: what it said was said of the grids of then."""
    _require_reason(reason)
    if valid_from is None or not _FIRST_YEAR <= valid_from.year <= _LAST_YEAR:
        raise InputError(
            "the first date of use is missing",
            where="valid_from",
            got=valid_from,
            expected=f"a date from {_FIRST_YEAR} to {_LAST_YEAR}",
        )
    with writing(engine, lock=_LOCK) as connection:
        own = _require_proposed(connection, list_id)
        released = grid_lists(connection)
        released = released[released["state"] == "released"]
        later = released[[one > valid_from for one in released["valid_from"]]]
        if len(later):
            raise StateError(
                "a list that begins later is released already",
                where=f"list {list_id}",
                got=valid_from,
                expected=f"{max(later['valid_from'])} or later",
            )
        left = bulletins_after(connection, valid_from)
        if len(left):
            raise StateError(
                "a bulletin that has left speaks of a window after that date",
                where=f"list {list_id}",
                got=f"{valid_from}; {left['letter_key'].iloc[-1]}",
                expected=f"{str(left['period_end'].max())[:10]} or later",
                todo="let the list begin after the last bulletin",
            )
        rows = list_rows(connection, list_id)
        hot = rows[rows["is_hot"]]
        if hot.empty:
            raise StateError("the list has no grids", where=f"list {list_id}", todo="reject it")
        _make_known(connection, hot, bool(own["is_simulated"]), now)
        change_list(
            connection,
            list_id,
            {
                "state": "released",
                "valid_from": valid_from,
                "decided_at": now,
                "decided_by": actor[:128],
                "reason": reason,
            },
        )
        change = audit.Change(
            _SUBJECT,
            str(list_id),
            "release",
            "proposed",
            "released",
            say("{valid_from}：{reason}", valid_from=valid_from, reason=reason),
        )
        audit.record(connection, [change], now=now, actor=actor)


def reject(engine: Engine, list_id: int, *, now: datetime, actor: str, reason: str) -> None:
    """Settles a proposed list that will not be used. Raises StateError for one that is decided."""
    _require_reason(reason)
    with writing(engine, lock=_LOCK) as connection:
        _require_proposed(connection, list_id)
        change_list(
            connection,
            list_id,
            {"state": "rejected", "decided_at": now, "decided_by": actor[:128], "reason": reason},
        )
        change = audit.Change(_SUBJECT, str(list_id), "reject", "proposed", "rejected", reason)
        audit.record(connection, [change], now=now, actor=actor)


def all_lists(engine: Engine) -> pd.DataFrame:
    """One row a list, the last one first (sql/grid_lists.sql)."""
    with reading(engine) as connection:
        return grid_lists(connection)


def view(engine: Engine, archive: Archive, list_id: int) -> ListView:
    """One list with everything that is known of it. Raises InputError for a number that no list has."""
    with reading(engine) as connection:
        own = _list(connection, list_id)
        rows = list_rows(connection, list_id)
    table = read_table(archive.get(str(own["table_sha256"])))
    manifest = json.loads(archive.get(str(own["manifest_sha256"])))
    rules = as_told(DEFAULT, manifest["rules"], f"list {list_id}")
    years = years_of(table)
    decided = rows.drop(columns=[name for name in _PLACE if name != "grid_id"])
    joined = table.drop(columns=["is_hot", "is_monitored", "change"]).merge(
        decided, on="grid_id", validate="1:1"
    )
    alone = _alone(table, rows)
    joined["words"] = _sentences(joined, alone, rules, years)
    joined["is_isolated"] = joined["grid_id"].isin(alone)
    return ListView(own, joined, table, rules, years, manifest)


def view_of(choice: Choice) -> ListView:
    """The same of a choice that nobody has proposed yet."""
    table = choice.table
    told = table[table["is_hot"] | (table["change"] == "left")].assign(decision="", reason="")
    values = {
        "list_id": None,
        "name": choice.told.name,
        "state": "proposed",
        "made_for": choice.told.date,
        "valid_from": None,
        "is_superseded": False,
        "is_simulated": choice.is_simulated,
        "manifest_sha256": hashlib.sha256(manifest_bytes(choice.manifest)).hexdigest(),
    }
    return ListView(values, told.reset_index(drop=True), table, choice.rules, choice.years, choice.manifest)


def unit_names(engine: Engine) -> dict[str, str]:
    """The name of every unit that the store knows, by code."""
    with reading(engine) as connection:
        rows = connection.execute(select(city.c.unit_code, city.c.unit_name)).all()
    return {str(code): str(name) for code, name in rows}


def years_of(table: pd.DataFrame) -> tuple[int, ...]:
    """The years of PM2.5 that a table has."""
    found = (re.fullmatch(r"pm25_(\d{4})_ug_m3", str(name)) for name in table)
    return tuple(sorted(int(name[1]) for name in found if name))


def compare(engine: Engine, before: int, after: int) -> pd.DataFrame:
    """Two lists beside each other (`comparison.compared`), persons' decisions included."""
    with reading(engine) as connection:
        for list_id in (before, after):
            _list(connection, list_id)
        told = [list_rows(connection, list_id) for list_id in (before, after)]
    return compared(*told)


def read_table(content: bytes) -> pd.DataFrame:
    """What `table_bytes` wrote."""
    return pd.read_parquet(io.BytesIO(content))


def _alone(table: pd.DataFrame, rows: pd.DataFrame) -> set[str]:
    """The grids of the list as persons decided it that touch no other one of it."""
    decided = table.assign(is_hot=table["grid_id"].isin(set(rows["grid_id"][rows["is_hot"]])))
    return set(decided["grid_id"][isolated(decided)])


def _sentences(
    joined: pd.DataFrame, alone: set[str], rules: SelectionRules, years: tuple[int, ...]
) -> list[str]:
    """The sentences of the rows; that of the choice stands unless the grid was struck, or decisions left it alone or gave it a
    neighbour."""
    return [
        _words({**row, "is_isolated": row["grid_id"] in alone}, bool(row["is_isolated"]), rules, years)
        for row in joined.to_dict("records")
    ]


def _words(row: Mapping[Any, Any], was_isolated: bool, rules: SelectionRules, years: tuple[int, ...]) -> str:
    """The sentence of a grid, a person's decision first."""
    names = [name for name in str(row["enterprise_names"]).split("；") if name]
    figures = {
        **{str(key): value for key, value in row.items()},
        "change": row["change"] if row["decision"] == "" else "",
    }
    told = {"struck": say("人工剔除"), "added": say("人工增补")}.get(str(row["decision"]))
    is_as_chosen = row["is_isolated"] == was_isolated and row["decision"] != "struck"
    of_choice = str(row["words"]) if is_as_chosen else ""
    sentence = of_choice or reason_sentence(figures, rules, years, names)
    return (
        say("{told}：{reason}。{sentence}", told=told, reason=row["reason"], sentence=sentence)
        if told
        else sentence
    )


def _make_known(connection: Connection, hot: pd.DataFrame, is_simulated: bool, now: datetime) -> None:
    """Places of grids that no source told; whether a grid is hot on a day is said by the lists, not here."""
    new = hot[~hot["grid_id"].isin(known_grid_ids(connection))]
    rows = []
    for row in new[_PLACE].to_dict("records"):
        values = {str(key): value for key, value in row.items()}
        more = {
            "is_hot": False,
            "is_monitored": False,
            "source": SOURCE,
            "is_simulated": is_simulated,
            "received_at": now,
        }
        rows.append({**values, **more, "content_hash": _hash(values)})
    insert_places(connection, rows)


def _hash(values: Mapping[str, Any]) -> str:
    text = row_json({name: str(value) for name, value in values.items()})
    return hashlib.sha256(text.encode()).hexdigest()


def _decide(
    connection: Connection,
    list_id: int,
    grid_id: str,
    *,
    is_hot: bool,
    decision: str,
    now: datetime,
    actor: str,
    reason: str,
) -> None:
    before = _row(connection, list_id, grid_id)
    values = {"is_hot": is_hot, "decision": decision, "reason": reason if decision else ""}
    change_row(connection, list_id, grid_id, {**values, "decided_by": actor[:128], "decided_at": now})
    was = "" if before is None else "in" if before["is_hot"] else "out"
    change = audit.Change(
        _SUBJECT,
        f"{list_id} {grid_id}",
        "add" if is_hot else "strike",
        was,
        "in" if is_hot else "out",
        reason,
    )
    audit.record(connection, [change], now=now, actor=actor)


def _list(connection: Connection, list_id: int) -> dict[str, Any]:
    found = grid_lists(connection)
    own = found[found["list_id"] == list_id]
    if own.empty:
        raise InputError(
            "no such list",
            where="list",
            got=list_id,
            expected=" | ".join(map(str, found["list_id"].head(20))) or "no list yet",
        )
    plain = own.astype(object).where(own.notna(), None)
    return {str(key): value for key, value in plain.iloc[0].items()}


def _require_proposed(connection: Connection, list_id: int) -> dict[str, Any]:
    own = _list(connection, list_id)
    if own["state"] != "proposed":
        raise StateError(
            "the list is decided already",
            where=f"list {list_id}",
            got=own["state"],
            expected="proposed",
            todo="propose a new one",
        )
    return own


def _row(connection: Connection, list_id: int, grid_id: str) -> dict[str, Any] | None:
    rows = list_rows(connection, list_id)
    own = rows[rows["grid_id"] == grid_id]
    return {str(key): value for key, value in own.iloc[0].items()} if len(own) else None


def _require_reason(reason: str) -> None:
    if len(reason.strip()) < _LEAST_REASON:
        raise InputError("a decision about a list needs its reason", where="reason", expected="a few words")
