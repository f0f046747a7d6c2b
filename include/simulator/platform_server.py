"""The demo platform: the files that `simulate` writes, served under the contract of docs/platform-api.yaml.

For demonstrations and tests on this machine; it keeps everything in memory and listens on 127.0.0.1 unless told otherwise.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import socket
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd
import uvicorn
from fastapi import FastAPI, Query, Request
from fastapi.responses import JSONResponse

from include.errors import InputError, StateError
from include.sources.checks import moments
from include.sources.kinds.folder import table_files
from include.sources.kinds.platform import PATHS
from include.sources.layout import LAYOUTS, Layout
from include.sources.mapping.language import TableMapping
from include.sources.mapping.transform import transform
from include.sources.reading.parquet_files import read_parquet
from include.sources.reading.tables import read_table
from include.sources.stations.layouts import STATION_LAYOUTS, table_of

_WHOLE: Final = ("grids", "contacts", "stations")
_STATION_TABLES: Final = ("stations", "station_hours", "station_minutes", "winds", "submeter_hours")
_HOUR, _AT_ONCE = pd.Timedelta(hours=1), pd.Timedelta(0)
_SORTABLE: Final = "%Y-%m-%dT%H:%M:%S.%fZ"
_STARTED_WITHIN_S: Final = 10.0
_Place = tuple[str, str]  # moment of the change (UTC, sorts as text) and key


@dataclass(frozen=True)
class Shelf:
    """The records of one table in the order of their changes; `places` are what that order goes by."""

    places: list[_Place]
    records: list[dict[str, Any]]

    def page(
        self, start: _Place, end: _Place, after: _Place | None, limit: int
    ) -> tuple[list[dict[str, Any]], str | None, int]:
        """At most `limit` records of [start, end) behind `after`; the next cursor; and how many there are in all."""
        first, last = bisect_left(self.places, start), bisect_left(self.places, end)
        begin = first if after is None else max(first, bisect_right(self.places, after))
        stop = min(begin + limit, last)
        cursor = _cursor(self.places[stop - 1]) if stop < last else None
        return self.records[begin:stop], cursor, max(0, last - first)


@dataclass
class Platform:
    """What the demo platform holds. `complete_until`: how far it says that its data is complete; None: always."""

    shelves: dict[str, Shelf]
    token: str = field(repr=False)
    complete_until: datetime | None = None


def load_platform(folder: Path, token: str) -> Platform:
    """A platform that holds the exports of a folder. Raises InputError when they cannot be read."""
    shelves = {}
    for name, layout in LAYOUTS.items():
        mapping = TableMapping(name, files=(f"{name}*.csv", f"{name}*.xlsx", f"{name}*.parquet"))
        frames = [
            transform(mapping, layout, chunk.rows)
            for path in table_files(folder, mapping, "demo platform")
            for chunk in read_table(path, mapping.form)
        ]
        if not frames:
            raise InputError(
                "the demo platform lacks a file",
                where=str(folder),
                expected=f"{name}.csv",
                todo="run: python -m include simulate",
            )
        shelves[name] = _shelf(layout, pd.concat(frames, ignore_index=True))
    return Platform(shelves | {name: _station_shelf(folder, name) for name in _STATION_TABLES}, token)


def _station_shelf(folder: Path, name: str) -> Shelf:
    """The records of a table of the watch, where the folder has such files (CSV, or Parquet as a world's are)."""
    layout, mapping = STATION_LAYOUTS[name], TableMapping(name)
    frames = [
        transform(mapping, layout, chunk.rows.astype("str"))
        for path in sorted(folder.iterdir())
        if table_of(path) == name
        for chunk in (
            read_parquet(path) if path.suffix.lower() == ".parquet" else read_table(path, mapping.form)
        )
    ]
    if not frames:
        return Shelf([], [])
    rows = pd.concat(frames, ignore_index=True)
    for column in layout.changes:  # Parquet prints a time in a form of its own
        rows[column] = moments(rows[column]).dt.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    return _shelf(layout, rows, later=_HOUR if "hour" in layout.changes else _AT_ONCE)


def platform_app(platform: Platform) -> FastAPI:
    """The HTTP application."""
    app = FastAPI(title="热点网格监管平台数据接口（演示）", docs_url=None, redoc_url=None, openapi_url=None)

    @app.middleware("http")
    async def authorise(request: Request, proceed: Callable[[Request], Any]) -> Any:
        given = request.headers.get("authorization", "")
        if not secrets.compare_digest(given.encode(), f"Bearer {platform.token}".encode()):
            return _error(401, "unauthorized", "the token is missing, wrong or expired")
        return await proceed(request)

    for name, path in PATHS.items():
        app.add_api_route(path, _whole(platform, name) if name in _WHOLE else _windowed(platform, name))
    return app


@contextmanager
def serving(app: Any, port: int = 0, host: str = "127.0.0.1") -> Iterator[str]:
    """Serves an ASGI application in a thread; yields its URL. Raises StateError when the port is taken."""
    try:
        listening = socket.create_server((host, port))
    except OSError as error:
        raise StateError(
            "the port is taken",
            where=f"{host}:{port}",
            got=error,
            todo="stop what listens there, or choose another port",
        ) from error
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", ws="none", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), name="demo platform", daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(_STARTED_WITHIN_S)
        listening.close()


def _windowed(platform: Platform, name: str) -> Callable[..., JSONResponse]:
    def answer(
        changed_from: str = "",
        changed_until: str = "",
        cursor: str = "",
        limit: int = Query(1000, ge=1, le=5000),
    ) -> JSONResponse:
        try:
            start, end = (_instant(text) for text in (changed_from, changed_until))
            after = _place(cursor)
        except ValueError as error:
            return _error(400, "bad_request", str(error))
        return _page(platform, name, (start, ""), (end, ""), after, limit)

    return answer


def _whole(platform: Platform, name: str) -> Callable[..., JSONResponse]:
    def answer(cursor: str = "", limit: int = Query(1000, ge=1, le=5000)) -> JSONResponse:
        try:
            return _page(platform, name, ("", ""), ("~", ""), _place(cursor), limit)
        except ValueError as error:
            return _error(400, "bad_request", str(error))

    return answer


def _page(
    platform: Platform, name: str, start: _Place, end: _Place, after: _Place | None, limit: int
) -> JSONResponse:
    records, cursor, total = platform.shelves[name].page(start, end, after, limit)
    complete = platform.complete_until.isoformat() if platform.complete_until else None
    return JSONResponse(
        {"records": records, "next_cursor": cursor, "total": total, "complete_until": complete}
    )


def _error(status: int, code: str, message: str) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status)


def _shelf(layout: Layout, rows: pd.DataFrame, later: pd.Timedelta = _AT_ONCE) -> Shelf:
    """One entry for each change of a record: in every window that contains one it is found, in its state now. `later`: how
    long after the moment in the record the platform knows it (an hour when it is over)."""
    changes = pd.DataFrame({name: moments(rows[name]) + later for name in layout.changes}, index=rows.index)
    if layout.last_only:
        changes = changes.max(axis=1).to_frame()
    told = [column.dt.strftime(_SORTABLE).fillna("").tolist() for _, column in changes.items()]
    when = [set(texts) - {""} for texts in zip(*told, strict=True)] if told else [{""}] * len(rows)
    records = [_record(layout, row) for row in rows.to_dict("records")]
    keys = rows[list(layout.key)].agg("/".join, axis=1)
    entries = [
        ((text, f"{key}#{number:08d}"), record)
        for number, (key, record, texts) in enumerate(zip(keys, records, when, strict=True))
        for text in texts
    ]
    entries.sort(key=lambda entry: entry[0])
    return Shelf([place for place, _ in entries], [record for _, record in entries])


def _record(layout: Layout, row: dict[Any, Any]) -> dict[str, Any]:
    kinds = {field.name: field.type for field in layout.fields}
    return {str(name): _value(kinds.get(str(name), "text"), value) for name, value in row.items()}


def _value(kind: str, text: str) -> Any:
    if text == "":
        return None
    if kind == "flag":
        return text == "true"
    if kind == "integer":
        return int(text)
    return float(text) if kind == "number" else text


def _instant(text: str) -> str:
    moment = moments(pd.Series([text], dtype="str"))[0]
    if pd.isna(moment):
        raise ValueError(
            f"changed_from and changed_until must be ISO 8601 times with an offset, got {text!r}"
        )
    return str(moment.strftime(_SORTABLE))


def _cursor(place: _Place) -> str:
    return base64.urlsafe_b64encode(json.dumps(place, ensure_ascii=False).encode()).decode()


def _place(cursor: str) -> _Place | None:
    if not cursor:
        return None
    try:
        moment, key = json.loads(base64.urlsafe_b64decode(cursor))
    except (ValueError, TypeError, binascii.Error) as error:
        raise ValueError("cursor is none that this platform gave") from error
    return str(moment), str(key)
