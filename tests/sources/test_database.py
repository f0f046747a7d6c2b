"""Pulling from somebody else's database."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from include.errors import InputError, SourceError
from include.sources.config import SourceConfig
from include.sources.intake import pull
from include.store.engine import open_engine
from include.store.migrate import migrate
from tests.sources.exports import NOW, at, stored

MAPPING = """
tables:
  alarms:
    query: alarms.sql
    columns:
      alarm_id: {template: "P-{id}"}
      grid_id: grid
      unit_code: city
      point_name: point
      started_at: alarm_time
      last_at: alarm_time
      alarm_count: times
      pushed_at: sent_time
"""
QUERY = "select id, grid, city, county, point, alarm_time, times, sent_time from warnings where sent_time >= :start_text and sent_time < :end_text order by id"


@pytest.fixture
def source(tmp_path: Path) -> SourceConfig:
    """A province's database: local times without an offset, in its own words."""
    (tmp_path / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "alarms.sql").write_text(QUERY, encoding="utf-8")
    url = f"sqlite:///{tmp_path / 'province.db'}"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(
            text("create table warnings (id, grid, city, county, point, alarm_time, times, sent_time)")
        )
        for number, sent in enumerate(
            ("2020-03-11 23:59:59", "2020-03-12 00:00:00", "2020-03-12 08:30:00", "2020-03-13 00:00:00"), 1
        ):
            connection.execute(
                text(
                    "insert into warnings values (:id, 'T1', '阳泉', '平定县', '娘子关', '2020-03-11 20:00:00', 2, :sent)"
                ),
                {"id": number, "sent": sent},
            )
    engine.dispose()
    return SourceConfig(
        "province", "database", url, mapping=str(tmp_path / "mapping.yaml"), options={"rows_per_chunk": 1}
    )


def test_a_window_is_read_in_chunks(engine: Engine, source: SourceConfig) -> None:
    result = pull(engine, source, at("2020-03-12"), at("2020-03-13"), now=NOW)
    assert (result.read, result.new) == (2, 2)
    assert stored(engine, "alarm", "alarm_id", "unit_code", "alarm_count", "pushed_at") == [
        ("P-2", "140300", 2, at("2020-03-12")),
        ("P-3", "140300", 2, at("2020-03-12T08:30")),
    ]
    assert stored(engine, "pull", "parts_expected", "parts_received") == [(2, 2)]
    assert pull(engine, source, at("2020-03-01"), at("2020-03-02"), now=NOW).read == 0


def test_a_store_is_a_database_too(engine: Engine, source: SourceConfig, tmp_path: Path) -> None:
    """Typed columns: aware times in UTC, numbers, booleans and nulls come through as they are."""
    pull(engine, source, at("2020-03-12"), at("2020-03-13"), now=NOW)
    (tmp_path / "copy.yaml").write_text("tables: {alarms: {query: copy.sql}}", encoding="utf-8")
    columns = "alarm_id, grid_id, unit_code, county, point_name, lon, lat, started_at, last_at, alarm_count, peak_pm25_ug_m3, pushed_at"
    (tmp_path / "copy.sql").write_text(
        f"select {columns} from alarm where pushed_at >= :start_at and pushed_at < :end_at"
        if engine.dialect.name == "postgresql"
        else f"select {columns} from alarm",
        encoding="utf-8",
    )
    copy = open_engine(f"sqlite:///{tmp_path / 'copy.db'}")
    migrate(copy)
    location = engine.url.render_as_string(hide_password=False)
    result = pull(
        copy,
        SourceConfig("store", "database", location, mapping=str(tmp_path / "copy.yaml")),
        at("2020-03-12"),
        at("2020-03-13"),
        now=NOW,
    )
    assert result.new == 2
    content = ("alarm_id", "lon", "started_at", "pushed_at", "alarm_count", "content_hash")
    assert stored(copy, "alarm", *content) == stored(engine, "alarm", *content)
    copy.dispose()


@pytest.mark.parametrize(
    ("query", "error", "message"),
    [
        ("select * from nowhere", SourceError, "the database cannot be read"),
        ("select 1 as id where 1 = :today", InputError, "a query uses unknown parameters; expected start_at, end_at, start_text, end_text; got today"),
        ("select 1 as id", InputError, "columns are missing"),
        ("select 1 as id where 1 = 0", InputError, "columns are missing"),
        (None, InputError, "a query file cannot be read"),
    ],
)  # fmt: skip
def test_a_query_that_fails_keeps_nothing(
    engine: Engine, source: SourceConfig, tmp_path: Path, query: str | None, error, message: str
) -> None:
    file = tmp_path / "alarms.sql"
    file.unlink() if query is None else file.write_text(query)
    with pytest.raises(error, match=message):
        pull(engine, source, at("2020-03-12"), at("2020-03-13"), now=NOW)
    assert stored(engine, "pull", "pull_id") == []


@pytest.mark.parametrize(
    ("location", "mapping", "message"),
    [
        ("sqlite://", None, "a database needs queries"),
        ("sqlite://", "nasa_fires", "a database needs queries; .* got none for alarms"),
        ("no url", "alarms", "the database's URL cannot be read"),
        ("oracle+nothing://x/y", "alarms", "no driver for this database"),
    ],
)
def test_a_database_that_cannot_be_used(
    engine: Engine, source: SourceConfig, tmp_path: Path, location: str, mapping: str | None, message: str
) -> None:
    chosen = str(tmp_path / "mapping.yaml") if mapping == "alarms" else mapping
    with pytest.raises(InputError, match=message):
        pull(
            engine,
            SourceConfig("x", "database", location, mapping=chosen),
            at("2020-03-12"),
            at("2020-03-13"),
            now=NOW,
        )


def test_an_unreachable_database_hides_its_password(engine: Engine, source: SourceConfig) -> None:
    away = SourceConfig(
        "x", "database", "postgresql://reader@127.0.0.1:1/db", token="hidden-word", mapping=source.mapping
    )
    with pytest.raises(SourceError, match="the database cannot be read") as caught:
        pull(engine, away, at("2020-03-12"), at("2020-03-13"), now=NOW)
    assert "hidden-word" not in str(caught.value)
