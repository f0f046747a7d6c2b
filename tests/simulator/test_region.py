"""What the demo region is like, and how its files are cut into windows."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from include.errors import InputError
from include.geo.grids import locate
from include.geo.regions import members_on
from include.rules import SIMULATED_LABEL
from include.simulator.habits import SILENCE, T85711
from include.simulator.region import write_region
from include.simulator.season import SEASON
from tests.simulator.conftest import SEEDS, Written, read

HEADERS = {
    "alarms": "alarm_id,grid_id,unit_code,county,point_name,lon,lat,started_at,last_at,alarm_count,peak_pm25_ug_m3,"
    "pushed_at,deadline_at,revised_at,data_origin",
    "feedback": "alarm_id,event,event_at,unit,inspector,problem_found,note,data_origin",
    "problems": "problem_id,alarm_id,category,description,found_at,status,rectify_by,rectified_at,data_origin",
    "grids": "grid_id,unit_code,county,name,west,south,east,north,is_hot,is_monitored,data_origin",
    "contacts": "region_code,role,name,address,phone,valid_from,valid_to,data_origin",
    "enterprises": "enterprise_id,name,industry,unit_code,county,lon,lat,data_origin",
}


def test_the_files_have_the_agreed_columns_and_say_that_they_are_simulated(written: Written) -> None:
    assert sorted(path.name for path in written.folder.iterdir()) == sorted(f"{name}.csv" for name in HEADERS)
    for name, header in HEADERS.items():
        frame = read(written.folder / f"{name}.csv")
        assert ",".join(frame.columns) == header
        assert set(frame["data_origin"]) == {SIMULATED_LABEL}
        assert not frame.duplicated().any()


def test_grids_are_where_they_say(written: Written) -> None:
    grids = written.grids
    edges = grids[["west", "south", "east", "north"]].astype(float)
    middles = locate((edges["west"] + edges["east"]) / 2, (edges["south"] + edges["north"]) / 2)

    assert middles.to_dict("list") == grids[["unit_code", "county"]].to_dict("list")
    assert grids["grid_id"].is_unique
    assert not edges.duplicated().any()
    assert set(grids["is_hot"]) == {"true"}
    assert grids["is_monitored"].value_counts().to_dict() == {"false": 4000, "true": 1000}
    regions = members_on(SEASON.start).set_index("unit_code")["region"]
    assert set(grids["unit_code"]) == set(regions.index)
    of_grid = grids["unit_code"].map(regions)
    assert grids.loc[of_grid == "2+26", "grid_id"].str.fullmatch(r"T\d{5}").all()
    assert grids.loc[of_grid == "汾渭平原", "grid_id"].str.fullmatch(r"S\d{7}").all()


def test_alarms_lie_in_their_grid_and_county(written: Written) -> None:
    alarms = written.first_told.reset_index(drop=True)
    grids = written.grids.set_index("grid_id").loc[alarms["grid_id"]].reset_index()
    lon, lat = alarms["lon"].astype(float), alarms["lat"].astype(float)

    assert alarms[["unit_code", "county"]].to_dict("list") == grids[["unit_code", "county"]].to_dict("list")
    assert locate(lon, lat).to_dict("list") == alarms[["unit_code", "county"]].to_dict("list")
    assert lon.between(grids["west"].astype(float), grids["east"].astype(float)).all()
    assert lat.between(grids["south"].astype(float), grids["north"].astype(float)).all()


def test_t85711_alarms_day_after_day_for_soil_and_rubbish(written: Written) -> None:
    alarms = written.first_told[written.first_told["grid_id"] == "T85711"]
    problems = written.problems[written.problems["alarm_id"].isin(alarms["alarm_id"])]
    wanted = {start + timedelta(days=n) for start, end in T85711.spans for n in range((end - start).days)}

    assert alarms[["unit_code", "county"]].drop_duplicates().to_numpy().tolist() == [["140300", "郊区"]]
    assert alarms["point_name"].str.startswith("荫营镇").all()
    assert wanted <= {date.fromisoformat(at[:10]) for at in alarms["pushed_at"]}
    assert set(problems["category"]) == {"扬尘（裸土堆场）", "垃圾露天倾倒"}
    reserved = alarms[[date.fromisoformat(at[:10]) in wanted for at in alarms["pushed_at"]]]
    assert len(set(reserved["alarm_id"]) & set(problems["alarm_id"])) >= len(wanted)


def test_one_city_falls_silent_for_a_week_and_then_answers_late(written: Written) -> None:
    alarms = written.first_told[written.first_told["unit_code"] == SILENCE.unit_code]
    events = written.feedback[written.feedback["alarm_id"].isin(alarms["alarm_id"])]
    days = events.loc[events["event"].isin(["acknowledged", "submitted", "disputed"]), "event_at"].str[:10]
    assert not days.between("2020-03-09", "2020-03-15").any()
    asked = alarms[alarms["pushed_at"].str[:10].between("2020-03-09", "2020-03-14")]["alarm_id"]
    heard = events.groupby("alarm_id")["event_at"].min().reindex(asked)
    assert len(heard) > 3
    assert heard.str[:10].eq("2020-03-16").all()


def test_most_cities_answer_in_time_and_a_few_do_not(written: Written) -> None:
    first = written.feedback[written.feedback["event"] == "submitted"].groupby("alarm_id")["event_at"].first()
    alarms = written.first_told
    in_time = first.reindex(alarms.index) <= alarms["deadline_at"]  # no answer is not in time
    rates = in_time.groupby(alarms["unit_code"]).mean()
    assert (rates > 0.95).sum() >= 24
    assert (rates < 0.90).sum() >= 3


def test_alarms_decline_towards_summer_and_every_day_has_some(written: Written) -> None:
    per_day = written.first_told["pushed_at"].str[:10].value_counts().sort_index()
    assert per_day.index.tolist() == [
        (SEASON.start + timedelta(days=n)).isoformat() for n in range((SEASON.end - SEASON.start).days)
    ]
    assert per_day.iloc[:28].mean() > 1.8 * per_day.iloc[-28:].mean()


def test_alarms_begin_at_night_and_in_the_morning(written: Written) -> None:
    hours = written.first_told["started_at"].str[11:13].astype(int)
    assert hours.between(4, 9).mean() > 1.5 * hours.between(12, 17).mean()


@pytest.mark.parametrize("day", [date(2020, 3, 1), date(2020, 3, 19), date(2020, 3, 20), date(2020, 6, 15)])
def test_every_letter_has_an_address_on_every_day(default_season: Written, day: date) -> None:
    contacts = default_season.contacts
    assert contacts["address"].str.fullmatch(r"[a-z]+@[a-z]+\.example").all()
    assert contacts["phone"].str.fullmatch(r"000-0000\d{4}").all()
    valid = contacts[
        (contacts["valid_from"] <= day.isoformat())
        & ((contacts["valid_to"] == "") | (contacts["valid_to"] > day.isoformat()))
    ]
    cities = members_on(SEASON.start)
    of_role = {role: sorted(group["region_code"]) for role, group in valid.groupby("role")}
    assert of_role == {
        "to": cities["unit_code"].tolist(),
        "cc": cities["unit_code"].tolist(),
        "province": sorted(cities["province_code"].unique()),
        "leader": ["100000"],
        "duty": ["100000"],
    }


def test_an_address_changes_inside_the_season(default_season: Written) -> None:
    of_taiyuan = default_season.contacts.query("region_code == '140100' and role == 'to'")
    assert of_taiyuan[["name", "address", "valid_from", "valid_to"]].to_numpy().tolist() == [
        ["太原市生态环境局", "dudu@taiyuan.example", "2020-01-01", "2020-03-20"],
        ["太原市生态环境局", "diaodu@taiyuan.example", "2020-03-20", ""],
    ]


def test_the_same_seed_gives_the_same_bytes_in_another_process(
    default_season: Written, tmp_path: Path
) -> None:
    code = (
        "import sys; from pathlib import Path; from include.simulator.region import write_region;"
        "from include.simulator.season import SEASON; write_region(SEASON.start, SEASON.end, Path(sys.argv[1]))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "42"}
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, env=environment)
    for name in HEADERS:
        assert (tmp_path / f"{name}.csv").read_bytes() == (
            default_season.folder / f"{name}.csv"
        ).read_bytes(), name


def test_another_seed_gives_another_season(season_of: Callable[[int], Written]) -> None:
    one, other = season_of(SEEDS[0]), season_of(SEEDS[1])
    assert not one.alarms.equals(other.alarms)
    assert not one.grids.equals(other.grids)
    assert one.contacts.equals(other.contacts)


def test_two_half_seasons_are_the_whole(default_season: Written, tmp_path: Path) -> None:
    middle = date(2020, 4, 20)
    first, second = tmp_path / "first", tmp_path / "second"
    write_region(SEASON.start, middle, first)
    write_region(middle, SEASON.end, second)
    for file in ("alarms.csv", "feedback.csv", "problems.csv"):
        header, *rows = (default_season.folder / file).read_text("utf-8").splitlines()
        first_header, *first_rows = (first / file).read_text("utf-8").splitlines()
        second_header, *second_rows = (second / file).read_text("utf-8").splitlines()
        assert first_header == second_header == header
        assert first_rows + second_rows == rows
        assert first_rows
        assert second_rows
    for file in ("grids.csv", "contacts.csv", "enterprises.csv"):
        assert (first / file).read_bytes() == (default_season.folder / file).read_bytes()
        assert (second / file).read_bytes() == (default_season.folder / file).read_bytes()


def test_a_window_holds_the_alarms_of_its_beijing_days(tmp_path: Path) -> None:
    write_region(date(2020, 3, 12), date(2020, 3, 13), tmp_path)
    pushed = read(tmp_path / "alarms.csv")["pushed_at"]
    assert pushed.str[:10].unique().tolist() == ["2020-03-12"]
    feedback = read(tmp_path / "feedback.csv")
    assert feedback["event_at"].max() > "2020-03-14"  # what came later belongs to it


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2020, 2, 29), date(2020, 3, 5)),
        (date(2020, 6, 1), date(2020, 6, 17)),
        (date(2020, 3, 5), date(2020, 3, 5)),
        (date(2020, 3, 5), date(2020, 3, 4)),
    ],
)
def test_a_window_outside_the_season_is_refused_by_name(start: date, end: date, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="2020-03-01 <= start < end <= 2020-06-16") as refusal:
        write_region(start, end, tmp_path / "never")
    assert f"{start} to {end}" in str(refusal.value)
    assert not (tmp_path / "never").exists()
