"""Connections to the store, and the three ways to use one: read a snapshot, write, write under a named lock."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError

from include.errors import InputError, harmless

_BUSY_SECONDS = 60.0


def open_engine(url: str) -> Engine:
    """An engine for `sqlite:///path` or `postgresql://…`. Raises InputError for any other URL."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise InputError(
            "the store's URL cannot be read",
            where="connection supervision_db",
            expected="sqlite:///path/to/file.db or postgresql://user:password@host:5432/database",
        ) from harmless(error)
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _open_sqlite(str(parsed.database))
    if backend in ("postgresql", "postgres"):
        # Statements take milliseconds: compiling them takes longer than running them.
        no_jit = {"options": "-c jit=off"}
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True, connect_args=no_jit
        )
    raise InputError(
        "the store runs on SQLite or PostgreSQL only",
        where="connection supervision_db",
        got=backend,
        expected="sqlite:///… or postgresql://…",
    )


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One snapshot: several statements see the same state of the store."""
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


@contextmanager
def writing(engine: Engine, lock: str | None = None) -> Iterator[Connection]:
    """One transaction that writes; commits at the end, rolls back on an error.

    SQLite takes its single write lock at the start (a read that upgrades later could not wait). On PostgreSQL writers
    run side by side unless they name the same `lock`.
    """
    with engine.connect().execution_options(is_writing=True) as connection, connection.begin():
        if lock is not None and connection.dialect.name == "postgresql":
            connection.execute(text("select pg_advisory_xact_lock(hashtext(:name))"), {"name": lock})
        yield connection


@contextmanager
def remaking(engine: Engine, lock: str) -> Iterator[Connection]:
    """As `writing`, for changes of the tables themselves.

    SQLite changes a constraint by making the table anew, and dropping the old one would delete the rows that refer to it: its
    foreign keys are off meanwhile, and looked through before the commit. Raises InputError when a row refers to nothing then.
    """
    if engine.dialect.name != "sqlite":
        with writing(engine, lock) as connection:
            yield connection
        return
    with engine.connect().execution_options(is_writing=True) as connection:
        _keep_references(connection, is_kept=False)
        try:
            with connection.begin():
                yield connection
                if broken := connection.exec_driver_sql("pragma foreign_key_check").all():
                    raise InputError(
                        "rows refer to rows that are not there",
                        where="; ".join(f"{row[0]} row {row[1]} → {row[2]}" for row in broken[:5]),
                        got=f"{len(broken)} rows",
                        todo="nothing was changed; restore the store from a backup, or mend these rows",
                    )
        finally:
            _keep_references(connection, is_kept=True)


def _keep_references(connection: Connection, *, is_kept: bool) -> None:
    """SQLite heeds this outside of transactions only."""
    cursor = connection.connection.cursor()
    cursor.execute(f"pragma foreign_keys = {'on' if is_kept else 'off'}")
    cursor.close()


def store_error(error: Exception) -> InputError:
    """A database's own error as one line for an operator: out of reach, read-only, full, damaged, or no store at all."""
    cause = getattr(error, "orig", None) or error
    return InputError(
        "the store cannot be used",
        where="connection supervision_db",
        got=f"{type(cause).__name__}: {cause}",
        expected="a database that can be reached and written",
        todo="check its path, its permissions and the disk (SQLite), or the server and the login (PostgreSQL)",
    )


def _require_place(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            "the store's folder cannot be made",
            where=f"connection supervision_db: {path.parent}",
            got=error.strerror,
            todo="correct the connection's host, or make the folder",
        ) from error
    if path.is_dir():
        raise InputError(
            "the store is a folder",
            where=f"connection supervision_db: {path}",
            expected="the path of a file",
            todo="correct the connection's host",
        )


def is_absent(engine: Engine) -> bool:
    """Whether the store is a file of SQLite's that is not there: to connect would make one, empty."""
    path = engine.url.database
    is_file = engine.dialect.name == "sqlite" and path not in (None, "", ":memory:")
    return is_file and not Path(str(path)).exists()


def _open_sqlite(path: str) -> Engine:
    if path not in ("", ":memory:", "None"):
        _require_place(Path(path))
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": _BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def _configure(dbapi_connection: Any, _record: object) -> None:
        dbapi_connection.isolation_level = None  # this module says BEGIN itself
        cursor = dbapi_connection.cursor()
        cursor.execute("pragma journal_mode = wal")
        cursor.execute("pragma synchronous = full")  # a committed claim survives a power cut
        cursor.execute("pragma foreign_keys = on")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        is_writing = connection.get_execution_options().get("is_writing", False)
        connection.exec_driver_sql("begin immediate" if is_writing else "begin")

    return engine
