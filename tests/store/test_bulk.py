"""Rows written past SQLAlchemy's own insert: what the driver says is SQLAlchemy's error all the same."""

from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError, OperationalError

from include.store.bulk import insert
from include.store.engine import open_engine, store_error, writing
from include.store.migrate import migrate
from include.store.tables import metadata

PLACE = metadata.tables["spot_check_key"]


def key(key_id: int) -> pd.DataFrame:
    return pd.DataFrame(
        {"key_id": [key_id], "key_hex": ["ab"], "made_at": [pd.Timestamp("2020-03-01", tz="UTC")]}
    )


def test_a_row_that_is_there_is_the_database_s_error(engine: Engine) -> None:
    with writing(engine) as connection:
        insert(connection, PLACE, key(1))
    with pytest.raises(IntegrityError, match="spot_check_key"), writing(engine) as connection:
        insert(connection, PLACE, key(1))


def test_a_full_disk_is_one_line_for_an_operator(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'a.db'}")
    migrate(engine)
    texts = dict.fromkeys(("actor", "subject", "subject_id", "action", "reason"), "x" * 64)
    rows = pd.DataFrame([texts | {"at": pd.Timestamp("2020-03-01", tz="UTC")}] * 1_000)
    with engine.connect() as connection:
        pages = connection.exec_driver_sql("pragma page_count").scalar_one()
        connection.exec_driver_sql(f"pragma max_page_count = {pages}")
        with pytest.raises(OperationalError) as caught:
            insert(connection, metadata.tables["audit"], rows)
    assert "database or disk is full" in str(store_error(caught.value))
    engine.dispose()
