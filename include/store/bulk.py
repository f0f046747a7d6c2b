"""Many rows into a table at once, the quickest way that each database has."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError


def insert(connection: Connection, table: Table, rows: pd.DataFrame) -> None:
    """Inserts the rows; columns are named as the table's, instants are UTC timestamps, empty values are nulls.

    Part of the connection's transaction; what the driver says goes up as SQLAlchemy's own error, as from any statement. Faster than SQLAlchemy's own insert, which converts value by value.
    """
    if rows.empty:
        return
    write = _copy if connection.dialect.name == "postgresql" else _execute_many
    drivers = connection.dialect.loaded_dbapi
    try:
        write(connection, table.name, rows)
    except drivers.Error as error:
        raise DBAPIError.instance(
            f"insert into {table.name}", None, error, drivers.Error, dialect=connection.dialect
        ) from error


def _copy(connection: Connection, table: str, rows: pd.DataFrame) -> None:
    block = io.BytesIO()
    options = pa_csv.WriteOptions(
        include_header=False, quoting_style="all_valid"
    )  # an empty text is quoted, a null is not
    pa_csv.write_csv(pa.Table.from_pandas(_dates(rows), preserve_index=False), block, options)
    driver: Any = connection.connection.driver_connection
    columns = ", ".join(rows.columns)
    with (
        driver.cursor() as cursor,
        cursor.copy(f"copy {table} ({columns}) from stdin with (format csv)") as copy,
    ):
        copy.write(block.getvalue())


def _execute_many(connection: Connection, table: str, rows: pd.DataFrame) -> None:
    columns, places = ", ".join(rows.columns), ", ".join("?" * rows.shape[1])
    driver: Any = connection.connection.driver_connection
    driver.executemany(
        f"insert into {table} ({columns}) values ({places})",  # noqa: S608 - names are this module's tables, values are bound
        zip(*(_sqlite_values(rows[name]) for name in rows.columns), strict=True),
    )


def _sqlite_values(values: pd.Series[Any]) -> list[Any]:
    if isinstance(values.dtype, pd.DatetimeTZDtype):  # the text of store.columns.Instant
        instants = values.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
        texts = np.char.add(np.datetime_as_string(instants, unit="us"), "Z").astype(object)
        texts[np.isnat(instants)] = None
        return list(texts)
    if values.dtype.kind == "M":  # dates
        texts = np.datetime_as_string(values.to_numpy().astype("datetime64[D]")).astype(object)
        texts[values.isna().to_numpy()] = None
        return list(texts)
    items = values.tolist()
    return (
        [None if value is pd.NA or value != value else value for value in items] if values.hasnans else items
    )


def _dates(rows: pd.DataFrame) -> pd.DataFrame:
    days = {name: rows[name].dt.date for name in rows.columns if rows[name].dtype == "datetime64[s]"}
    return rows.assign(**days) if days else rows
