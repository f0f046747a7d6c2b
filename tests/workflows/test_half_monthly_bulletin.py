"""The half-monthly bulletin from files to mail: three cities of the region, air as archives write it."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Engine, delete, select

from include.errors import CheckFailed
from include.house import Decision, Deliver, House, Run
from include.office.letter_acts import letters_of_period
from include.office.warning_grids import set_warning_grids
from include.periods import DAY, period_ending
from include.post.local_server import LocalMailbox, received
from include.sources.air.quality import import_air_quality
from include.store import tables
from include.store.engine import reading, writing
from include.store.migrate import migrate
from include.store.warning_history import kept_months, month_ranks
from include.workflows import half_monthly_bulletin, post_round
from include.workflows.corrections import correct, proposed_corrections
from tests.letters.bulletins import small_pictures
from tests.sources.air_files import HOURS, put, readings_text, wide_text
from tests.workflows.region import CONTACTS, open_region

FIRST_HALF, SECOND_HALF = date(2020, 3, 16), date(2020, 4, 1)
CITIES = {"石家庄": 130100, "阳泉": 140300, "西安": 610100}
GRIDS = """grid_id,unit_code,county,name,west,south,east,north,is_hot,is_monitored
T85711,140300,郊区,荫营镇,113.55,37.92,113.58,37.95,true,true
T85712,140300,盂县,秀水镇,113.40,38.08,113.43,38.11,true,true
"""
MINISTRY = "100000,leader,带班领导,daiban@ministry.example,,2020-01-01,\n610100,to,西安市生态环境局,dudu@xian.example,,2020-01-01,\n"
ADDRESSES = {
    "overview_leader": "daiban@ministry.example",
    "bulletin_130100": "dudu@shijiazhuang.example",
    "bulletin_140300": "dudu@yangquan.example",
    "bulletin_610100": "dudu@xian.example",
}
ON_ONE_DATABASE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def _small_pictures() -> Iterator[None]:
    with small_pictures():
        yield


@pytest.fixture
def house(engine: Engine, tmp_path: Path, mailbox: LocalMailbox) -> Iterator[House]:
    """The region with three member cities and no air yet; the others are there again afterwards."""
    with writing(engine) as connection:
        others = tables.region_member.c.unit_code.not_in([str(code) for code in CITIES.values()])
        connection.execute(delete(tables.region_member).where(others))
    yield open_region(engine, tmp_path / "var", mailbox, contacts=CONTACTS + MINISTRY, grids=GRIDS)
    migrate(engine)


def run_of(house: House, day: date = FIRST_HALF, *, deliver: Deliver = "auto", **changes: Any) -> Run:
    period = period_ending("half_month", day)
    values: dict[str, Any] = {
        "is_backfill": False,
        "now": period.as_of + timedelta(minutes=5),
        "approve": True,
        **changes,
    }
    return Run(
        house=house,
        period=period,
        run_id="half_monthly_bulletin/test",
        actor="test",
        deliver=deliver,
        **values,
    )


def days_of(start: date, end: date) -> list[date]:
    return [start + number * DAY for number in range((end - start).days)]


def put_cities(folder: Path, days: list[date], **pm25: float) -> None:
    """An archive of one wide file a day; cities have 40 where nothing else is said."""
    for day in days:
        values = {name: [pm25.get(name, 40)] * 24 for name in CITIES}
        put(folder / f"cities-{day}.csv", wide_text(f"{day:%Y%m%d}", values))


def put_grids(folder: Path, days: list[date], levels: dict[str, float]) -> None:
    """Readings of the grids, one file in all."""
    rows = [
        (grid, f"{day}T{hour:02d}:00", level)
        for day in days
        for hour in HOURS
        for grid, level in levels.items()
    ]
    put(folder / f"readings-{days[0]}.csv", readings_text(rows))


def drop_first_half(house: House) -> None:
    """The air that the bulletin of 16 March reads, in the folder where it waits."""
    now, before = days_of(date(2020, 3, 1), FIRST_HALF), days_of(date(2020, 2, 16), date(2020, 3, 1))
    put_cities(house.air_dir, now, 阳泉=50, 西安=36)
    put_cities(house.air_dir, before, 阳泉=40)
    put_cities(house.air_dir, days_of(date(2019, 3, 1), date(2019, 3, 16)), 石家庄=50)
    put_grids(house.air_dir, now, {"T85711": 90, "T85712": 60})


def play(run: Run, decision: Decision | None = None) -> dict[str, Any]:
    pulled = half_monthly_bulletin.pull(run)
    computed = half_monthly_bulletin.figures(run)
    composed = half_monthly_bulletin.compose(run, computed)
    released = half_monthly_bulletin.release(run, decision)
    posted = half_monthly_bulletin.post(run)
    account = half_monthly_bulletin.account(run, computed)
    return {
        "pull": pulled,
        "figures": computed,
        "compose": composed,
        "release": released,
        "post": posted,
        "account": account,
    }


def mailed(mailbox: LocalMailbox) -> dict[str, str]:
    """The main recipient of every letter in the mailbox, by kind and addressee; a letter that is there twice fails."""
    found = sorted(received(mailbox.folder), key=lambda mail: mail.letter_key)
    keys = ["_".join(mail.letter_key.split("_")[:2]) for mail in found]
    assert len(keys) == len(set(keys))
    return {key: mail.recipients[0] for key, mail in zip(keys, found, strict=True)}


def test_nothing_leaves_before_a_person_released_it(house: House, mailbox: LocalMailbox) -> None:
    drop_first_half(house)
    run = run_of(house)
    half_monthly_bulletin.pull(run)
    computed = half_monthly_bulletin.figures(run)
    composed = half_monthly_bulletin.compose(run, computed)
    assert composed["failed"] == {}
    assert composed["asks_person"] is True
    assert [one["name"] for one in composed["waiting"]][:3] == ["石家庄市", "阳泉市", "西安市"]
    assert half_monthly_bulletin.post(run)["mails"] == 0
    later = run.now + timedelta(hours=13)
    assert len(post_round.deliver(house, later, "test")["waiting_for_approval"]) == 4
    assert post_round.digest(house, later, "test")["digest"] != "没有待办"  # the operators are reminded
    late = run_of(house, now=run.now + timedelta(days=3))  # the approval counts as asking, however late
    half_monthly_bulletin.release(late, Decision("王处长", "同意"))
    half_monthly_bulletin.post(late)
    letters = {key: address for key, address in mailed(mailbox).items() if not key.startswith("digest")}
    assert letters == ADDRESSES
    assert half_monthly_bulletin.account(late, computed)["states"]["sent"] >= 4
    with reading(house.engine) as connection:
        audit = connection.execute(
            select(tables.audit.c.actor, tables.audit.c.reason).where(
                tables.audit.c.action == "release", tables.audit.c.subject_id.not_like("digest%")
            )
        ).all()
        numbers = [
            one.number for one in letters_of_period(connection, run.period, half_monthly_bulletin.KINDS)
        ]
    assert {(row.actor, row.reason.startswith("王处长签发：同意")) for row in audit} == {("王处长", True)}
    assert numbers == ["环执法通函〔2020〕1号", "环执法通函〔2020〕2号", "环执法通函〔2020〕3号", None]


@ON_ONE_DATABASE
def test_a_person_may_release_one_city_and_running_again_adds_nothing(
    house: House, mailbox: LocalMailbox
) -> None:
    drop_first_half(house)
    result = play(run_of(house), Decision("王处长", "其余待核", frozenset({"阳泉市"})))
    assert mailed(mailbox) == {"bulletin_140300": ADDRESSES["bulletin_140300"]}
    assert result["release"]["counts"] == {"released": 1, "withheld": 3}
    again = play(run_of(house))
    assert again["compose"]["left"] == 1
    assert again["compose"]["waiting"] == []  # what a person kept back waits in the desk, not in the run
    assert mailed(mailbox) == {"bulletin_140300": ADDRESSES["bulletin_140300"]}


@ON_ONE_DATABASE
def test_the_figures_are_those_of_the_files(house: House, mailbox: LocalMailbox) -> None:
    drop_first_half(house)
    run = run_of(house)
    result = play(run, Decision("王处长", "", frozenset()))
    assert result["release"]["counts"] == {"rejected": 4}
    assert mailed(mailbox) == {}
    computed = half_monthly_bulletin.frozen(run, result["figures"])
    cities = {one.city.unit_name: one.city for one in computed.bulletins}
    half = cities["石家庄市"].half
    assert (half.pm25_ug_m3, half.valid_days, half.yoy_pct, half.pop_pct, half.rank) == (40, 15, -20, 0, 2)
    assert [cities[name].half.rank for name in ("西安市", "石家庄市", "阳泉市")] == [1, 2, 3]
    assert cities["阳泉市"].half.pop_pct == 25
    assert cities["阳泉市"].month is None
    yangquan = next(one for one in computed.bulletins if one.city.unit_code == "140300")
    assert [one.grid.grid_id for one in yangquan.highest] == ["T85711", "T85712"]
    assert yangquan.warnings is None
    assert (yangquan.city.window.pushed, yangquan.city.window.answered) == (2, 1)
    named = (
        select(tables.letter_alarm.c.alarm_id)
        .join(tables.letter)
        .where(tables.letter.c.unit_code == "140300")
    )
    with reading(house.engine) as connection:
        listed = set(connection.execute(named).scalars())
    assert listed == {one.alarm_id for one in yangquan.open_alarms} != set()
    assert (
        "城市空气质量15/15天有数据，日均值有效45/45个；网格空气质量15/15天有数据，日均值有效30/30个"
        in yangquan.completeness
    )


@ON_ONE_DATABASE
def test_the_first_half_sets_no_warning_grids_and_the_second_does(house: House) -> None:
    drop_first_half(house)
    play(run_of(house, deliver="withhold", approve=False))
    with reading(house.engine) as connection:
        assert connection.execute(select(tables.metadata.tables["warning_month"])).all() == []
    put_cities(house.air_dir, days_of(FIRST_HALF, SECOND_HALF))
    put_grids(house.air_dir, days_of(FIRST_HALF, SECOND_HALF), {"T85711": 90, "T85712": 60})
    result = play(run_of(house, SECOND_HALF, deliver="withhold", approve=False))
    assert result["figures"]["warning_grids"] == 1
    assert result["release"]["counts"] == {"withheld": 4}


@ON_ONE_DATABASE
def test_a_missing_day_of_the_cities_stops_the_run_until_the_file_is_dropped(house: House) -> None:
    drop_first_half(house)
    late = house.air_dir / "cities-2020-03-07.csv"
    kept = late.read_bytes()
    late.unlink()
    put(house.air_dir / "cities-broken.csv", "not,an,archive\n1,2,3\n")
    run = run_of(house)
    with pytest.raises(CheckFailed, match="缺3月7日"):
        half_monthly_bulletin.pull(run)
    assert [path.name for path in house.air_dir.glob("*.csv")] == [
        "cities-broken.csv"
    ]  # the others were read
    late.write_bytes(kept)
    told = half_monthly_bulletin.pull(run)
    assert any("未导入" in line and "cities-broken.csv" in line for line in told["air_quality"])
    assert told["completeness"].endswith(
        "城市空气质量15/15天有数据，日均值有效45/45个；网格空气质量15/15天有数据，日均值有效30/30个。"
    )


@ON_ONE_DATABASE
@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"is_backfill": True}, "补录的时段只编制存档"), ({"deliver": "withhold"}, "只编制存档")],
)
def test_a_backfill_asks_nobody_and_mails_nothing(
    house: House, mailbox: LocalMailbox, changes: dict[str, Any], reason: str
) -> None:
    drop_first_half(house)
    result = play(run_of(house, **changes))
    assert result["compose"]["asks_person"] is False
    assert all(reason in words for words in result["release"]["letters"]["withheld"])
    assert mailed(mailbox) == {}


@ON_ONE_DATABASE
def test_outside_the_season_nothing_is_due(house: House) -> None:
    result = play(run_of(house, date(2020, 7, 1)))
    assert result["figures"]["letters_due"] == 0
    assert "不在监管期" in result["pull"]["nothing_due"]
    assert half_monthly_bulletin.due_keys(house, period_ending("half_month", date(2020, 7, 1))) == []


@ON_ONE_DATABASE
def test_what_is_due_is_what_is_composed(house: House) -> None:
    drop_first_half(house)
    run = run_of(house, deliver="withhold", approve=False)
    play(run)
    with reading(house.engine) as connection:
        keys = {
            one.letter_key for one in letters_of_period(connection, run.period, half_monthly_bulletin.KINDS)
        }
    assert set(half_monthly_bulletin.due_keys(house, run.period)) == keys
    assert {one.facts.key for one in half_monthly_bulletin.due_letters(house, run.period)} == keys


def history(house: House) -> list[list[Any]]:
    with reading(house.engine) as connection:
        rows = pd.concat(
            [month_ranks(connection, month).assign(month=month) for month in kept_months(connection)],
            ignore_index=True,
        )
        rows = rows[["month", *rows.columns.drop("month")]]
    return [list(row) for row in rows.astype(str).itertuples(index=False)]


@ON_ONE_DATABASE
def test_months_are_set_in_any_order_and_again_when_readings_come_late(
    house: House, sqlite_template: Path, tmp_path: Path
) -> None:
    half_monthly_bulletin.pull(run_of(house, date(2020, 7, 1)))  # nothing due; the tables are there
    folder = tmp_path / "air"
    put_grids(folder, days_of(date(2020, 2, 1), date(2020, 5, 1)), {"G1": 90, "G2": 60})
    with writing(house.engine) as connection:
        for grid, county in (("G1", "郊区"), ("G2", "盂县")):
            connection.execute(
                tables.grid.insert().values(
                    grid_id=grid,
                    unit_code="140300",
                    county=county,
                    name=grid,
                    is_hot=True,
                    is_monitored=True,
                    source="test",
                    is_simulated=False,
                    received_at=run_of(house).now,
                    content_hash="0" * 64,
                )
            )
    now = run_of(house, date(2020, 5, 1)).now
    import_air_quality(house.engine, house.hourly_dir, [folder], now=now)
    april = period_ending("month", date(2020, 5, 1))
    set_warning_grids(house.engine, house.hourly_dir, april, now=now)
    alone = history(house)
    assert {row[0][:7] for row in alone} == {"2020-02", "2020-03", "2020-04"}
    set_warning_grids(house.engine, house.hourly_dir, period_ending("month", SECOND_HALF), now=now)
    assert history(house) == alone
    # March comes again with the other grid on top: the next bulletin judges March and April anew, February stays.
    put_grids(tmp_path / "late", days_of(date(2020, 3, 1), date(2020, 4, 1)), {"G1": 50, "G2": 99})
    import_air_quality(house.engine, house.hourly_dir, [tmp_path / "late"], now=now + timedelta(hours=1))
    set_warning_grids(house.engine, house.hourly_dir, april, now=now + timedelta(hours=2))
    worst = {row[0][:7]: row[3] for row in history(house) if row[2] == "level" and row[4] == "1"}
    assert worst == {"2020-02": "G1", "2020-03": "G2", "2020-04": "G1"}


def test_air_that_comes_after_a_bulletin_left_proposes_its_correction(house: House, tmp_path: Path) -> None:
    drop_first_half(house)
    run = run_of(house)
    play(run, Decision("王处长", "同意"))
    assert proposed_corrections(house, FIRST_HALF) == ()
    put_cities(tmp_path / "late", [date(2020, 3, 5)], 阳泉=110, 西安=36)
    import_air_quality(house.engine, house.hourly_dir, [tmp_path / "late"], now=run.now + DAY)
    bulletin, overview = proposed_corrections(house, FIRST_HALF)
    words = ("PM2.5浓度 50→54", "同比变化（%） 25.0→35.0", "环比变化（%） 25.0→35.0")
    assert bulletin.letter_key == "bulletin_140300_half_month_2020-03-01_2020-03-16_1"
    assert bulletin.differences == (
        *(f"本期{one}" for one in words),
        "超标天数 0→1",
        "3月5日PM2.5浓度 50→110",
        "3月5日IAQI 69→144",
    )
    assert [one for one in overview.differences if one.startswith("阳泉市")] == [
        *(f"阳泉市本期{one}" for one in words),
        "阳泉市超标天数 0→1",
    ]
    drafted = correct(house, bulletin.letter_id, now=run.now + DAY, actor="值班员", reason="市站补报")
    assert (drafted.action, drafted.state) == ("created", "awaiting_approval")
