"""Real input: a day of NASA's active fires, through the shipped mapping, to letters in a mailbox."""

import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from include.house import House
from include.post.local_server import local_mailbox, received
from include.sources.config import SourceConfig
from include.store.engine import reading
from include.store.tables import alarm
from include.workflows import daily_dispatch
from tests.workflows.region import open_region, run_of

SHARED = Path(
    os.environ.get("QIANLIYAN_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")
)
FIRES = SHARED / "fires"


@pytest.mark.skipif(not FIRES.is_dir(), reason=f"no fires at {FIRES}: set QIANLIYAN_SHARED_DATA")
def test_a_day_of_fires_becomes_letters(engine: Engine, tmp_path: Path) -> None:
    with local_mailbox(tmp_path / "mailbox") as mailbox:
        region = open_region(engine, tmp_path / "var", mailbox)
        with reading(engine) as connection:
            cities = connection.exec_driver_sql("select unit_code, unit_name from city").all()
        rows = "".join(
            f"{code},to,{name}生态环境局,hbj@c{code}.example,,2020-01-01,\n" for code, name in cities
        )
        contacts = Path(region.sources[0].location) / "contacts.csv"
        contacts.write_text(
            "region_code,role,name,address,phone,valid_from,valid_to\n" + rows, encoding="utf-8"
        )
        house: House = replace(
            region,
            sources=(*region.sources, SourceConfig("fires", "files", str(FIRES), mapping="nasa_fires")),
        )
        run = run_of(house, day=date(2022, 6, 1))  # reports 31 May 2022
        daily_dispatch.pull(run)
        computed = daily_dispatch.figures(run)
        composed = daily_dispatch.compose(run, computed)
        daily_dispatch.release(run)
        daily_dispatch.post(run)
        states = daily_dispatch.account(run, computed)["states"]
    figures = daily_dispatch.frozen(run, computed)
    with reading(engine) as connection:
        fires = connection.execute(
            select(func.count()).select_from(alarm).where(alarm.c.source == "fires")
        ).scalar_one()
    new = sum(city.window.pushed for city in figures.cities)
    assert fires > new > 0
    assert composed["failed"] == {}
    assert states == {"sent": computed["letters_due"]}
    assert len(received(tmp_path / "mailbox")) == computed["letters_due"]
    notice = figures.notices[0]
    assert not notice.is_simulated
    assert all("卫星火点" in row.point_name for row in notice.rows)
