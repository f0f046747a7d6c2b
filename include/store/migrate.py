"""Creates or upgrades the store, and fills in the reference data that every installation shares."""

import csv
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, Table, select

import include.store.air_tables
import include.store.contact_tables
import include.store.open_tables
import include.store.review_tables
import include.store.run_tables
import include.store.selection_tables
import include.store.watch_tables  # noqa: F401  their tables join the metadata
from include.errors import InputError
from include.store.engine import reading, remaking
from include.store.tables import city, region_member


def migrate(engine: Engine) -> str:
    """Brings the store to the newest revision (returned); safe to run again and by several processes at once."""
    config = _config()
    with remaking(engine, lock="migrate") as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        _fill(connection, city, _rows("cities.csv"), key=["unit_code"])
        _fill(
            connection, region_member, _rows("region_members.csv"), key=["unit_code", "region", "valid_from"]
        )
    return _head(config)


def require_current(engine: Engine) -> None:
    """Raises InputError when the store was never created or is of another version."""
    head = _head(_config())
    with reading(engine) as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    if found != head:
        raise InputError(
            "the store is not at this version",
            where=engine.url.render_as_string(hide_password=True),
            expected=f"revision {head}",
            got=found or "an empty store",
            todo="run: python -m include migrate",
        )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _head(config: Config) -> str:
    return str(ScriptDirectory.from_config(config).get_current_head())


def _rows(name: str) -> list[dict[str, Any]]:
    text = files("include.geo").joinpath("data", name).read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = []
    for line in csv.DictReader(text.splitlines()):
        dates = {
            key: date.fromisoformat(value) if value else None
            for key, value in line.items()
            if key.startswith("valid_")
        }
        rows.append({**line, **dates})
    return rows


def _fill(connection: Connection, table: Table, rows: list[dict[str, Any]], key: list[str]) -> None:
    """Adds what is missing and changes what differs: to touch the key of a city would make SQLite look through every alarm."""
    known = {tuple(row[name] for name in key): row for row in connection.execute(select(table)).mappings()}
    for row in rows:
        before = known.get(tuple(row[name] for name in key))
        if before is None:
            connection.execute(table.insert().values(row))
        elif changed := {name: value for name, value in row.items() if before[name] != value}:
            matches = [table.c[name] == row[name] for name in key]
            connection.execute(table.update().where(*matches).values(changed))
