"""The lists of hotspot grids in the store: reading, and the writes that `office.grid_lists` decides about."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, insert, select

from include.store.air_days import grid_places
from include.store.selection_tables import grid_list, grid_list_row
from include.store.statements import frame
from include.store.tables import grid

SOURCE: Final = "grid_list"  # of places that a released list made known
_MOST_AT_ONCE: Final = 500  # rows of one statement


def grid_lists(connection: Connection) -> pd.DataFrame:
    """One row a list, the last one first (sql/grid_lists.sql); dates as dates, None where empty."""
    found = frame(connection, "grid_lists")
    for name in ("made_for", "valid_from"):
        dates = pd.to_datetime(found[name]).dt.date
        found[name] = dates.astype(object).where(dates.notna(), None)
    return found


def list_rows(connection: Connection, list_id: int) -> pd.DataFrame:
    """One row a grid of the list that is chosen, has left or was decided about (sql/grid_list_rows.sql)."""
    return frame(connection, "grid_list_rows", list_id=list_id)


def list_in_force(connection: Connection, on: date) -> dict[str, Any] | None:
    """`list_id, name, valid_from, is_simulated` of the list that is in force on that date; None without one."""
    found = frame(connection, "list_in_force", on_date=on)
    if found.empty:
        return None
    row = {str(key): value for key, value in found.iloc[0].items()}
    return {**row, "list_id": int(row["list_id"]), "valid_from": pd.Timestamp(row["valid_from"]).date()}


def hot_grids_on(connection: Connection, on: date) -> pd.DataFrame | None:
    """The hotspot grids of the list in force on that date (columns of `list_rows`); None where no list was ever released."""
    own = list_in_force(connection, on)
    if own is None:
        return None
    rows = list_rows(connection, own["list_id"])
    return rows[rows["is_hot"]].reset_index(drop=True)


def with_list_in_force(connection: Connection, grids: pd.DataFrame, on: date) -> pd.DataFrame:
    """The grids (`grid_id, is_hot, is_monitored`) with the two flags as the list in force on that date has them; unchanged without one."""
    hot = hot_grids_on(connection, on)
    if hot is None:
        return grids
    monitored = hot["grid_id"][hot["is_monitored"]]
    return grids.assign(
        is_hot=grids["grid_id"].isin(hot["grid_id"]), is_monitored=grids["grid_id"].isin(monitored)
    )


def places_on(connection: Connection, on: date) -> pd.DataFrame:
    """The grids that letters of a window with that last day speak of (rows of `grid_places`): those of the list in force, or, before
    the first one, those that a source told of. A place that only a later list made known is none of them."""
    places, hot = grid_places(connection), hot_grids_on(connection, on)
    if hot is not None:
        return places[places.index.isin(hot["grid_id"])]
    return places[~places.index.isin(_places_of_lists(connection))]


def without_later_places(connection: Connection, grids: pd.DataFrame, on: date) -> pd.DataFrame:
    """The grids (`grid_id`) without places that only lists made known and that no list has had in force by that date."""
    begun = frame(connection, "grids_of_lists_begun", on_date=on)["grid_id"]
    later = _places_of_lists(connection) - set(begun)
    return grids[~grids["grid_id"].isin(later)].reset_index(drop=True)


def _places_of_lists(connection: Connection) -> set[str]:
    return set(connection.execute(select(grid.c.grid_id).where(grid.c.source == SOURCE)).scalars())


def insert_list(connection: Connection, values: Mapping[str, Any], rows: pd.DataFrame) -> int:
    """Adds a list with its rows; returns its number."""
    list_id = connection.execute(insert(grid_list).values(**values)).inserted_primary_key
    assert list_id is not None
    number = int(list_id[0])
    insert_rows(connection, number, rows)
    return number


def insert_rows(connection: Connection, list_id: int, rows: pd.DataFrame) -> None:
    """Adds rows (columns of `grid_list_row` without list_id)."""
    plain = rows.astype(object).where(rows.notna(), None).to_dict("records")
    values = [{**{str(key): value for key, value in row.items()}, "list_id": list_id} for row in plain]
    for start in range(0, len(values), _MOST_AT_ONCE):
        connection.execute(insert(grid_list_row), values[start : start + _MOST_AT_ONCE])


def change_row(connection: Connection, list_id: int, grid_id: str, values: Mapping[str, Any]) -> None:
    """Changes one row of a list."""
    at = (grid_list_row.c.list_id == list_id, grid_list_row.c.grid_id == grid_id)
    connection.execute(grid_list_row.update().where(*at).values(**values))


def change_list(connection: Connection, list_id: int, values: Mapping[str, Any]) -> None:
    """Changes the list itself."""
    connection.execute(grid_list.update().where(grid_list.c.list_id == list_id).values(**values))


def known_grid_ids(connection: Connection) -> set[str]:
    """The numbers of all grids that the store has a place for."""
    return set(connection.execute(select(grid.c.grid_id)).scalars())


def insert_places(connection: Connection, rows: Collection[Mapping[str, Any]]) -> None:
    """Adds places of grids that the store did not know."""
    values = list(rows)
    for start in range(0, len(values), _MOST_AT_ONCE):
        connection.execute(insert(grid), values[start : start + _MOST_AT_ONCE])


def bulletins_after(connection: Connection, on: date) -> pd.DataFrame:
    """Letters of a half-month that left and whose window ends after that date (sql/bulletins_after.sql)."""
    return frame(connection, "bulletins_after", on_date=on)
