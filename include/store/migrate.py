"""Creates or upgrades the store, and fills in the reference data that every installation shares."""

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
from include.profile.current import office
from include.store.engine import reading, remaking
from include.store.tables import city, region_member


def migrate(engine: Engine) -> str:
    """Brings the store to the newest revision (returned); safe to run again and by several processes at once."""
    config = _config()
    with remaking(engine, lock="migrate") as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        _fill(connection, city, _cities(), key=["unit_code"])
        _fill(connection, region_member, _stays(), key=["unit_code", "region", "valid_from"])
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


def _cities() -> list[dict[str, Any]]:
    profile = office()
    rows = {}
    for unit in profile.addressees():
        above = profile.upper_unit(unit)
        rows[unit.unit_code] = {
            "unit_code": unit.unit_code,
            "unit_name": unit.name,
            "province_code": above.unit_code,
            "province_name": above.name,
        }
    return list(rows.values())


def _stays() -> list[dict[str, Any]]:
    return [
        {
            "unit_code": stay.unit_code,
            "region": stay.region,
            "valid_from": stay.valid_from,
            "valid_to": stay.valid_to,
        }
        for stay in office().regions
    ]


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
