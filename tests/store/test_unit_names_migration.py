"""A store whose columns say city_code and city_name is carried over: rows, keys, indexes and constraints, and back."""

import json
from collections.abc import Iterator
from uuid import uuid4

import pytest
from alembic import command
from sqlalchemy import Engine, inspect, text

from include.sources.quarantine import show
from include.store import migrate as module
from include.store.engine import open_engine, reading, remaking, writing
from include.store.migrate import migrate

AT = "'2020-03-12T00:30:00.000000Z'"
OLD_ROWS = (
    "insert into city values ('990000', '旧城市', '990000', '旧省')",
    "insert into region_member values ('990000', '旧区域', '2018-07-01', null)",
    f"insert into grid values ('T1', '990000', '郊区', '网格', 113.0, 37.0, 113.1, 37.1, true, true, 'x', true, {AT}, 'h')",
    f"insert into alarm values ('A1', 1, {AT}, 'T1', '990000', '郊区', '点位', null, null, {AT}, {AT}, 3, 99.5, {AT}, {AT}, "
    f"'2026-11', false, 'x', true, {AT}, 'h')",
    f"insert into enterprise values ('x', 'E1', '厂', '水泥', '990000', '郊区', 113.0, 37.0, true, {AT})",
    f"insert into dust_hour values ('990000', '2020-03-12', 5, 'x', true, {AT})",
    f"insert into spot_check values ('2020-03-08', 'A1', {AT}, '990000', 'confirmed', '属实', '张三')",
)
TABLES = ("city", "region_member", "grid", "alarm", "enterprise", "dust_hour", "spot_check")


@pytest.fixture(params=["sqlite", "postgresql"])
def old_store(request: pytest.FixtureRequest, tmp_path) -> Iterator[Engine]:
    """A store at revision 0016 with a row in each kind of table that names a unit, and one in quarantine."""
    if request.param == "sqlite":
        engine = open_engine(f"sqlite:///{tmp_path / 'old.db'}")
    else:
        server = open_engine(request.getfixturevalue("postgresql_url"))
        name = f"old_{uuid4().hex}"
        with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"create database {name}"))
        engine = open_engine(server.url.set(database=name).render_as_string(hide_password=False))
        server.dispose()
    config = module._config()
    with remaking(engine, lock="migrate") as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0016")
        for statement in OLD_ROWS:
            connection.execute(text(statement))
        fields = {"alarm_id": "A2", "city_code": "火星"}
        connection.execute(
            text(
                "insert into quarantine (quarantine_id, source, kind, origin, field, value, reason, row_json, row_hash, fields_json, "
                f"received_at, state) values (7, 'x', 'alarms', 'f, line 2', 'city_code', '火星', '不认识', '{{}}', 'h', :fields, {AT}, 'open')"
            ),
            {"fields": json.dumps(fields, ensure_ascii=False)},
        )
    yield engine
    engine.dispose()


def rows(engine: Engine) -> dict[str, list[tuple]]:
    with reading(engine) as connection:
        return {
            table: [tuple(row) for row in connection.execute(text(f"select * from {table} order by 1"))]
            for table in TABLES
        }


def names(engine: Engine) -> set[str]:
    """Every name of a column, index, key or constraint."""
    found = inspect(engine)
    told: set[str] = set()
    for table in found.get_table_names():
        told |= {column["name"] for column in found.get_columns(table)}
        told |= {str(column.get("comment")) for column in found.get_columns(table)}
        told |= {str(index["name"]) for index in found.get_indexes(table)}
        told |= {str(key["name"]) for key in found.get_foreign_keys(table)}
        told |= {str(key["name"]) for key in found.get_unique_constraints(table)}
    return told


def test_rows_keys_and_names_are_carried_over_and_back(old_store: Engine) -> None:
    before, named = rows(old_store), names(old_store)
    config = module._config()
    with remaking(old_store, lock="migrate") as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0017")
    assert rows(old_store) == before
    assert {len(found) for found in before.values()} == {1}
    renamed = {name.replace("city_code", "unit_code").replace("city_name", "unit_name") for name in named}
    assert names(old_store) == renamed != named
    with remaking(old_store, lock="migrate") as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0016")
    assert (rows(old_store), names(old_store)) == (before, named)


def test_a_carried_over_store_keeps_its_references_and_reads_its_quarantine(old_store: Engine) -> None:
    migrate(old_store)
    with pytest.raises(Exception, match=r"(?i)foreign key"), writing(old_store) as connection:
        connection.execute(text("insert into region_member values ('000001', 'x', '2020-01-01', null)"))
    with reading(old_store) as connection:
        held = show(connection, 7)
        if old_store.dialect.name == "sqlite":
            assert connection.exec_driver_sql("pragma integrity_check").all() == [("ok",)]
    assert (held.field, held.fields) == ("unit_code", {"alarm_id": "A2", "unit_code": "火星"})
