"""Hints of the public: files `hints*` of a drop folder, checked, bounded, matched to grids; kept apart from every fact.

A file is consumed: it names people. What of it was not taken lies beside, in `rejected/`, with its reason, until `prune` removes it.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine, select

from include.cells import harmless
from include.errors import InputError, QianliyanError
from include.language import say
from include.periods import office_date
from include.rules import HINTS, SIMULATED_LABEL
from include.sources.checks import check
from include.sources.delivery import Chunk
from include.sources.kinds.folder import is_export
from include.sources.layout import DATA_ORIGIN, Field, Layout
from include.sources.places import Places, places
from include.sources.reading.characters import visible
from include.sources.reading.file_names import entries_of, label, require_file
from include.sources.reading.tables import read_table
from include.store.engine import reading, writing
from include.store.open_tables import hint
from include.store.tables import city, grid

LAYOUT: Final = Layout(
    "hints",
    (
        Field("hint_id", required=False, longest=64),
        Field("received_at", "moment"),
        Field("place"),
        Field("lon", "number", required=False, least=-180, most=180),
        Field("lat", "number", required=False, least=-90, most=90),
        Field("text", longest=4000, is_long=True),
        Field("name", required=False, longest=128),
        Field("contact", required=False, longest=254),
    ),
    key=("hint_id",),
)
REJECTED: Final = "rejected"
_SPACE: Final = re.compile(r"[\W_]+")
_NOT_READ: Final = "文件未能读入"
_WORDS: Final = ("text", "place", "name", "contact")
_POINT: Final = ("lon", "lat")
_CONTENT: Final = (*_WORDS, *_POINT)
_LONGEST_STEM: Final = 42  # with a dash and a made id at most 64


@dataclass
class HintsTaken:
    """What became of the rows: `taken`, `known` already, their `ids`, `unread` files, `refused` with file, line, field and reason (never what they say)."""

    files: int = 0
    taken: int = 0
    known: int = 0
    matched: int = 0
    unread: int = 0
    ids: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def take_hints(engine: Engine, inbox: Path, *, now: datetime) -> HintsTaken:
    """Takes in every file `hints*` of the folder, and removes those that were read. One that cannot be read stays and is named."""
    done = HintsTaken()
    if not inbox.is_dir():
        return done
    with reading(engine) as connection:
        known_places = places(connection)
    for path in entries_of(inbox, str(inbox)):
        if not (path.name.lower().startswith("hints") and is_export(path)):
            continue
        try:
            require_file(path, inbox)
            if path.stat().st_size > HINTS.largest_file_bytes:
                raise InputError(
                    "the file is too large", where=label(path), expected=f"{HINTS.largest_file_bytes} bytes"
                )
            rows, rejects = _read(path, known_places, now)
        except QianliyanError as error:
            done.unread += 1
            done.refused.append(f"{label(path)}: {_NOT_READ}: {error}")
            continue
        with writing(engine, lock="hints") as connection:
            rejects += _keep(connection, rows, done, now)
        done.files += 1
        done.refused += [
            say(
                "{path} 第{line}行 {field}: {reason}",
                path=label(path),
                line=row["line"],
                field=row["field"],
                reason=row["reason"],
            )
            for row in rejects
        ]
        _keep_rejects(inbox / REJECTED, path, rejects)
        path.unlink()
    return done


def take_told(
    connection: Connection, told: Mapping[str, str], *, is_simulated: bool, now: datetime
) -> HintsTaken:
    """Takes in one hint that a person took from what was sent, within a transaction under the lock `hints`: its id, or why a row of a
    file would not be taken. `told`: columns of `LAYOUT`, as a file has them."""
    mark = SIMULATED_LABEL if is_simulated else ""
    rows = pd.DataFrame([{**dict.fromkeys(LAYOUT.names, ""), **told, DATA_ORIGIN: mark}], dtype=str)
    (row,) = _checked(Chunk("", np.array([1]), rows), places(connection), now)
    done = HintsTaken()
    rejects = [row] if "reason" in row else _keep(connection, [row], done, now)
    done.refused += [f"{each['field']}: {each['reason']}" for each in rejects]
    return done


def _read(path: Path, known: Places, now: datetime) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows that can be used, and those that cannot with `line, field, reason`."""
    good: list[dict[str, Any]] = []
    bad: list[dict[str, Any]] = []
    for chunk in read_table(path):
        bad += [
            {"line": row.line, "field": "", "reason": row.reason, "text": row.text} for row in chunk.broken
        ]
        for row in _checked(chunk, known, now):
            (bad if "reason" in row else good).append(row)
        if len(good) + len(bad) > HINTS.most_rows:
            raise InputError("too many rows", where=label(path), expected=f"at most {HINTS.most_rows}")
    return good, bad


def _checked(chunk: Chunk, known: Places, now: datetime) -> Iterator[dict[str, Any]]:
    lacking = [name for name in LAYOUT.required if name not in chunk.rows.columns]
    if lacking:
        raise InputError(
            "the file lacks columns",
            where=chunk.origin,
            expected=", ".join(LAYOUT.required),
            got=", ".join(str(name)[:40] for name in chunk.rows.columns[:12]) or "no columns",
        )
    own = visible(chunk.rows)[0].reindex(columns=[*LAYOUT.names, DATA_ORIGIN], fill_value="")
    checked = check(LAYOUT, own, known)
    lines = [int(line) for line in chunk.lines]
    for place, row in enumerate(checked.rows.to_dict("records")):
        reject = int(checked.reject[place])
        about: dict[str, Any] = {"line": lines[place], **{str(key): value for key, value in row.items()}}
        if reject >= 0:
            name, reason = checked.reasons[reject]
        elif row["received_at"] > pd.Timestamp(now):
            name, reason = "received_at", say("晚于现在")
        else:
            yield about
            continue
        as_came = {str(key): value for key, value in own.iloc[place].to_dict().items()}
        yield {**as_came, "line": lines[place], "field": name, "reason": reason}


def _keep(
    connection: Connection, rows: list[dict[str, Any]], done: HintsTaken, now: datetime
) -> list[dict[str, Any]]:
    """Stores what is new and within the bounds; returns the rest with `field` and `reason`.

    Known is a hint whose content is stored (of an erased one: its id and moment). Another hint under an id that is taken gets a key of its own.
    """
    columns = (
        *(hint.c[name] for name in ("hint_id", "received_at", "erased_at")),
        *(hint.c[name] for name in _CONTENT),
    )
    stored = connection.execute(select(*columns)).all()
    known = {str(row.hint_id) for row in stored}
    erased = {(str(row.hint_id), row.received_at) for row in stored if row.erased_at is not None}
    contents = {_content(row._asdict()): str(row.hint_id) for row in stored if row.text}
    texts = {_plain(row.text) for row in stored if row.text}
    by_day = Counter[date](office_date(row.received_at) for row in stored)
    by_sender = Counter[tuple[date, str]](
        (office_date(row.received_at), _plain(row.contact)) for row in stored if row.contact
    )
    over: list[dict[str, Any]] = []
    cells = _Cells.of(connection)
    for row in rows:
        received_at = row["received_at"].to_pydatetime()
        day, sender = office_date(received_at), _plain(row["contact"])
        name = row["hint_id"] or _made_id(row)
        if _content(row) in contents or (name, received_at) in erased:
            done.known += 1
            done.ids.append(contents.get(_content(row), name))
            continue
        if _plain(row["text"]) in texts:
            over.append(
                {
                    **row,
                    "field": "text",
                    "reason": say(
                        "同样的话已收过，但地点、坐标、姓名或联系方式不同；确为另一条线索的，补充说明后重新放入"
                    ),
                }
            )
            continue
        if name in known:
            name = f"{name[:_LONGEST_STEM]}-{_made_id(row)}"
            if name in known:
                done.known += 1
                done.ids.append(name)
                continue
        if by_day[day] >= HINTS.most_a_day:
            over.append(
                {
                    **row,
                    "field": "received_at",
                    "reason": say("当日已收{most_a_day}条", most_a_day=HINTS.most_a_day),
                }
            )
            continue
        if sender and by_sender[day, sender] >= HINTS.most_of_one_sender:
            over.append(
                {
                    **row,
                    "field": "contact",
                    "reason": say(
                        "同一联系方式当日已收{most_of_one_sender}条",
                        most_of_one_sender=HINTS.most_of_one_sender,
                    ),
                }
            )
            continue
        known.add(name)
        contents[_content(row)] = name
        texts.add(_plain(row["text"]))
        by_day[day] += 1
        by_sender[day, sender] += 1
        grid_id, unit_code, how = cells.match(row["lon"], row["lat"], row["place"])
        done.taken += 1
        done.ids.append(name)
        done.matched += grid_id is not None
        values = {
            "hint_id": name,
            "received_at": received_at,
            "taken_at": now,
            "place": row["place"],
            "lon": None if pd.isna(row["lon"]) else float(row["lon"]),
            "lat": None if pd.isna(row["lat"]) else float(row["lat"]),
            "text": row["text"],
            "name": row["name"] or None,
            "contact": row["contact"] or None,
            "unit_code": unit_code,
            "grid_id": grid_id,
            "match_how": how,
            "state": "waiting",
            "is_simulated": bool(row["is_simulated"]),
        }
        connection.execute(hint.insert().values(values))
    return over


@dataclass(frozen=True)
class _Cells:
    """What hints are matched to."""

    grids: pd.DataFrame
    units: dict[str, str]

    @classmethod
    def of(cls, connection: Connection) -> _Cells:
        columns = (
            grid.c.grid_id,
            grid.c.unit_code,
            grid.c.name,
            grid.c.west,
            grid.c.south,
            grid.c.east,
            grid.c.north,
        )
        rows = pd.DataFrame(
            connection.execute(select(*columns).order_by(grid.c.grid_id)).all(),
            columns=[one.name for one in columns],
        )
        names = connection.execute(select(city.c.unit_name, city.c.unit_code))
        return cls(rows, {str(name): str(code) for name, code in names})

    def match(self, lon: Any, lat: Any, place: str) -> tuple[str | None, str | None, str]:
        """Grid, unit and how: by the point, by the one grid whose name the place says, or by nothing (a unit's name still counts)."""
        if pd.notna(lon) and pd.notna(lat):
            cells = self.grids
            found = cells[
                (cells["west"] <= lon)
                & (lon < cells["east"])
                & (cells["south"] <= lat)
                & (lat < cells["north"])
            ]
            if len(found):
                return str(found["grid_id"].iloc[0]), str(found["unit_code"].iloc[0]), "point"
        unit = next(
            (code for name, code in sorted(self.units.items()) if name.removesuffix("市") in place), None
        )
        own = self.grids if unit is None else self.grids[self.grids["unit_code"] == unit]
        named = own[[bool(name) and name in place for name in own["name"]]]
        if len(named) == 1:
            return str(named["grid_id"].iloc[0]), str(named["unit_code"].iloc[0]), "name"
        return None, unit, "none"


def _content(row: Mapping[str, Any]) -> tuple[str, ...]:
    """What a hint says, whatever its id and moment: the same of a stored row and of one that was read."""
    words = [_plain(row[name]) for name in _WORDS]
    return (*words, *("" if pd.isna(row[name]) else f"{row[name]:.6f}" for name in _POINT))


def _made_id(row: dict[str, Any]) -> str:
    words = "\n".join(str(row[name]) for name in ("received_at", "place", "text", "name", "contact"))
    return f"h{hashlib.sha256(words.encode()).hexdigest()[:20]}"


def _plain(words: str | None) -> str:
    """Letters and digits only, in small: the same words in another dress are the same."""
    return _SPACE.sub("", words or "").casefold()


def _keep_rejects(folder: Path, path: Path, rejects: list[dict[str, Any]]) -> None:
    if not rejects:
        return
    folder.mkdir(parents=True, exist_ok=True)
    names = ("line", "field", "reason", *LAYOUT.names)
    mark = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    with (folder / f"{path.stem[:80]}-{mark}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, extrasaction="ignore", restval="")
        writer.writeheader()
        writer.writerows({key: harmless(value) for key, value in row.items()} for row in rejects)
