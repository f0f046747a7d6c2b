"""Kind `database`: the query files of a mapping, run against any SQLAlchemy URL, read in chunks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as MappingOf
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection, TextClause, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from include.errors import InputError, QianliyanError, SourceError, harmless, keep_secret
from include.language import say
from include.sources.config import SourceConfig
from include.sources.delivery import CHUNK_ROWS, Chunk, Delivery, Part, text_frame
from include.sources.kinds.odd_dates import keep_odd_dates
from include.sources.layout import LAYOUTS, Layout
from include.sources.mapping.language import Mapping, TableMapping
from include.sources.mapping.transform import truth_columns
from include.sources.reading.cells import cell_text, no_truth
from include.sources.reading.text_files import clean_header

_MOST_ROWS: Final = 20_000_000  # of one query
_LOCAL: Final = "%Y-%m-%d %H:%M:%S"


def read_database(
    source: SourceConfig,
    mapping: Mapping,
    start_at: datetime,
    end_at: datetime,
    layouts: MappingOf[str, Layout] = LAYOUTS,
) -> Delivery:
    """The rows that the mapping's queries give for [start_at, end_at).

    A query may use :start_at and :end_at (instants) or :start_text and :end_text (`2020-03-12 08:30:00` in the table's
    time zone). Reading raises SourceError when the database fails; InputError when the mapping has no queries.
    """
    lacking = [table.table for table in mapping.tables if table.query is None]
    if source.mapping is None or lacking:
        raise InputError(
            "a database needs queries",
            where=f"source {source.name}: mapping",
            got="none for " + ", ".join(lacking),
            expected="query: FILE.sql for every table of the mapping",
        )
    delivery = Delivery(iter(()), is_cut=True)
    delivery.parts = _parts(source, mapping, start_at, end_at, delivery, layouts)
    return delivery


def _parts(
    source: SourceConfig,
    mapping: Mapping,
    start_at: datetime,
    end_at: datetime,
    delivery: Delivery,
    layouts: MappingOf[str, Layout],
) -> Iterator[Part]:
    engine = _engine(source)
    rows_per_chunk = max(1, int(source.number("rows_per_chunk", CHUNK_ROWS)))
    where = f"source {source.name}: {engine.url.render_as_string(hide_password=True)}"
    try:
        with engine.connect() as connection:
            for table in mapping.tables:
                truths = truth_columns(table, layouts[table.table])
                for chunk in _chunks(connection, table, truths, start_at, end_at, rows_per_chunk):
                    delivery.parts_received += 1
                    yield Part(table, chunk)
        delivery.parts_expected = delivery.parts_received
    except QianliyanError:
        raise
    except Exception as error:  # drivers raise what they like: OverflowError, UnicodeDecodeError, OSError
        raise SourceError(
            "the database cannot be read",
            where=where,
            got=error,
            todo="check the connection and the query; nothing was kept",
        ) from harmless(error)
    finally:
        engine.dispose()


def _chunks(
    connection: Connection,
    table: TableMapping,
    truths: set[str],
    start_at: datetime,
    end_at: datetime,
    rows_per_chunk: int,
) -> Iterator[Chunk]:
    clause, name = _query(table)
    known: dict[str, object] = {
        "start_at": start_at.astimezone(UTC),
        "end_at": end_at.astimezone(UTC),
        "start_text": start_at.astimezone(table.time_zone).strftime(_LOCAL),
        "end_text": end_at.astimezone(table.time_zone).strftime(_LOCAL),
    }
    used = set(clause.compile().params)
    unknown = sorted(used - set(known))
    if unknown:
        raise InputError(
            "a query uses unknown parameters", where=name, got=", ".join(unknown), expected=", ".join(known)
        )
    options = {"stream_results": True, "max_row_buffer": rows_per_chunk}
    with connection.execute(clause, {key: known[key] for key in used}, execution_options=options) as result:
        header = clean_header(name, list(result.keys()))
        number = 1
        while rows := result.fetchmany(rows_per_chunk):
            yield _chunk(name, header, truths, rows, number)
            number += len(rows)
            if number > _MOST_ROWS:
                raise SourceError(
                    "a query gives more rows than a window can have",
                    where=name,
                    got=f"more than {number - 1}",
                    expected=f"at most {_MOST_ROWS}",
                    todo="limit the query by :start_at and :end_at",
                )
        if number == 1:
            yield _chunk(name, header, truths, [], number)  # so that missing columns are seen


def _chunk(name: str, header: list[str], truths: set[str], rows: Sequence[Any], number: int) -> Chunk:
    texts = [
        [
            cell_text(value if column in truths else no_truth(value))
            for column, value in zip(header, row, strict=True)
        ]
        for row in rows
    ]
    return Chunk(name, np.arange(number, number + len(rows)), text_frame(header, texts), word=say("条"))


def _query(table: TableMapping) -> tuple[TextClause, str]:
    if table.query is None:
        raise InputError("a database needs queries", where=table.table)
    try:
        return text(table.query.read_text(encoding="utf-8")), table.query.name
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("a query file cannot be read", where=str(table.query), got=error) from error


def address_of(source: SourceConfig) -> str:
    """The database's address without its password; nothing is connected to. Raises InputError where no driver understands it."""
    engine = _engine(source)
    engine.dispose()
    return str(engine.url.render_as_string(hide_password=True))


def _engine(source: SourceConfig) -> Any:
    try:
        url = make_url(source.location)
    except (ArgumentError, ValueError) as error:
        raise InputError(
            "the database's URL cannot be read",
            where=f"source {source.name}",
            expected="dialect://host/database, with a port from 1 to 65535",
        ) from harmless(error)
    if url.port is not None and not 0 < url.port < 65536:
        raise InputError(
            "the database's URL cannot be read",
            where=f"source {source.name}",
            got=f"port {url.port}",
            expected="a port from 1 to 65535",
        )
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")
    keep_secret(url.password)
    if source.token and url.password is None:
        url = url.set(username=url.username or str(source.options.get("user", "")), password=source.token)
    try:
        engine = create_engine(url)
    except (ArgumentError, ImportError, SQLAlchemyError) as error:
        raise InputError(
            "no driver for this database",
            where=f"source {source.name}",
            got=error,
            expected="a URL whose SQLAlchemy driver is installed",
        ) from error
    if url.drivername == "postgresql+psycopg":
        event.listen(engine, "connect", lambda connection, _: keep_odd_dates(connection))
    return engine
