"""Whom the ranking suspects in a tiny town, what it says of its reasons, and that it looks at nothing later."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from include.simulator.watch_world.options import WorldOptions
from include.simulator.watch_world.world import write_world
from include.suspects.candidates import (
    enterprises_as_candidates,
    joined,
    places_as_candidates,
    problems_as_candidates,
)
from include.suspects.points import chance_from_evidence, score_points, terms_of
from include.suspects.ranking import EVIDENCE, Ranking, rank_suspects
from include.suspects.rules import DEFAULT_RULES, FORMER_WEIGHTS, Weights
from tests.suspects.places import (
    BOTH,
    CANDIDATES,
    ENTERPRISES,
    NO_METERS,
    NO_WINDS,
    STATIONS,
    alarms,
    at_km,
    hour,
    increments,
    meters,
    winds,
)


def rank(
    told: pd.DataFrame | None = None,
    hours: pd.DataFrame = BOTH,
    wind: pd.DataFrame = NO_WINDS,
    candidates: pd.DataFrame = CANDIDATES,
    power: pd.DataFrame = NO_METERS,
) -> Ranking:
    return rank_suspects(alarms() if told is None else told, hours, STATIONS, wind, candidates, power)


def order(found: Ranking) -> list[str]:
    return list(found.suspects["candidate_id"])


@pytest.mark.parametrize(("origin", "culprit"), [(0.0, "N"), (360.0, "N"), (180.0, "S"), (90.0, "E")])
def test_the_enterprise_that_lies_upwind_is_first(origin: float, culprit: str) -> None:
    found = rank(wind=winds(origin))
    assert order(found)[0] == culprit
    first = found.suspects.iloc[0]
    assert first["upwind"] == 1.0
    assert first["windy"] == 1.0
    assert set(found.hours["wind_from_deg"]) == {origin % 360}


def test_chances_of_all_candidates_and_unlisted_sum_to_one() -> None:
    found = rank(wind=winds(0.0)).suspects
    assert sorted(found["candidate_id"]) == ["E", "N", "S", "unlisted"]
    assert found["score"].sum() == pytest.approx(1.0, abs=1e-5)
    assert list(found["rank"]) == [1, 2, 3, 4]
    assert found["score"].is_monotonic_decreasing


def test_without_wind_distance_decides_and_it_says_so() -> None:
    near = pd.DataFrame([{"enterprise_id": "NEAR", "name": "近厂", "industry": "", **at_km(0, 0.7)}])
    found = rank(candidates=joined(CANDIDATES, enterprises_as_candidates(near)))
    assert order(found)[0] == "NEAR"
    assert set(found.suspects["windy"]) == {0.0}
    assert found.hours["wind_from_deg"].isna().all()
    assert set(found.hours["masts"]) == {0}


@pytest.mark.parametrize("code", ["C", "静风", "999017"])
def test_calm_hours_point_nowhere(code: str) -> None:
    calm, none = rank(wind=winds(code, 0.0)), rank()
    pd.testing.assert_series_equal(calm.suspects["score"], none.suspects["score"])
    assert list(calm.hours["wind_speed_m_s"]) == [0.0] * len(calm.hours)
    assert calm.hours["wind_from_deg"].isna().all()


def test_a_variable_wind_and_a_missing_one_say_nothing() -> None:
    for code, speed in (("VRB", 1.5), (999.0, 1.5), (None, 2.0)):
        pd.testing.assert_series_equal(
            rank(wind=winds(code, speed)).suspects["score"], rank().suspects["score"]
        )


def test_a_mast_whose_directions_are_noise_is_not_used() -> None:
    noisy = winds(0.0)
    noisy["wind_from_deg"] = np.random.default_rng(1).uniform(0, 359, len(noisy))
    pd.testing.assert_series_equal(rank(wind=noisy).suspects["score"], rank().suspects["score"])


def test_a_line_that_runs_while_its_treatment_idles_comes_first() -> None:
    idle = meters("S", dict.fromkeys(range(-1, 3), (100.0, 1.0)))
    found = rank(power=pd.concat([idle, meters("N", {})])).suspects
    first = found.iloc[0]
    assert first["candidate_id"] == "S"
    told = {
        name: first[name] for name in ("is_metered", "idle", "normal", "off", "idle_hours", "running_hours")
    }
    assert told == {
        "is_metered": True,
        "idle": 1.0,
        "normal": 0.0,
        "off": 0.0,
        "idle_hours": 4,
        "running_hours": 4,
    }
    other = found.set_index("candidate_id").loc["N"]
    assert (other["normal"], other["idle"]) == (1.0, 0.0)


def test_a_line_that_stands_is_no_suspect_though_it_lies_upwind() -> None:
    standing = meters("N", dict.fromkeys(range(-1, 3), (1.0, 0.1)))
    found = rank(wind=winds(0.0), power=standing)
    assert order(found).index("N") > order(found).index("unlisted")
    assert found.suspects.set_index("candidate_id").loc["N", "off_hours"] == 4


def test_a_line_that_runs_in_hours_in_which_it_never_does_is_told_once_enough_days_are_known() -> None:
    def shift(first: int) -> pd.DataFrame:
        power = meters("S", {}, first=first)
        night = (power["hour"].dt.hour < 8) & (power["hour"] < hour(-1))
        return power.assign(
            production_kw=power["production_kw"].mask(night, 2.0),
            treatment_kw=power["treatment_kw"].mask(night, 0.4),
        )

    week, two_days = (
        rank(power=shift(first)).suspects.set_index("candidate_id").loc["S"] for first in (-200, -64)
    )
    assert (week["is_metered"], two_days["is_metered"]) == (True, True)
    # The hour before the alarm weighs nothing: the stations did not rise in it.
    assert (week["unusual_hour"], two_days["unusual_hour"]) == (1.0, 0.0)

    assert (week["unusual_normal"], two_days["unusual_normal"]) == (1.0, 0.0)
    idle = shift(-200)
    idle["treatment_kw"] = idle["treatment_kw"].mask(idle["hour"] >= hour(-1), 0.1)
    row = rank(power=idle).suspects.set_index("candidate_id").loc["S"]
    assert (row["idle"], row["unusual_hour"], row["unusual_normal"]) == (1.0, 1.0, 0.0)


def test_an_enterprise_whose_treatment_idled_in_the_days_before_is_suspected_more() -> None:
    often, seldom = meters("S", dict.fromkeys(range(-60, -50), (100.0, 1.0))), meters("N", {})
    found = rank(power=pd.concat([often, seldom])).suspects.set_index("candidate_id")
    before, never = found.loc["S"], found.loc["N"]
    assert (before["idled_before"], before["ran_before"]) == (10, 168)
    assert (never["idled_before"], never["ran_before"]) == (0, 168)
    # 11.52 of 248 hours, and 1.52 of 248, against 1.9 in a hundred.
    assert (before["habit"], never["habit"]) == (0.893972, -1.131402)
    assert (before["normal"], never["normal"]) == (1.0, 1.0)
    assert before["score"] > never["score"]


def test_the_higher_a_station_rises_the_more_a_near_candidate_is_suspected() -> None:
    def far_by_near(height: float) -> float:
        tall = BOTH.assign(increment_ug_m3=BOTH["increment_ug_m3"].where(BOTH["station_id"] == "M2", height))
        far = pd.DataFrame([{"enterprise_id": "FAR", "name": "远厂", "industry": "木业", **at_km(4.5, 0)}])
        rows = rank(hours=tall, candidates=joined(CANDIDATES, enterprises_as_candidates(far))).suspects
        own = rows.set_index("candidate_id")
        assert set(rows.loc[rows["kind"] == "enterprise", "peak_ug_m3"]) == {height}
        # M1, half a kilometre east, rose most.
        assert (own.loc["E", "peak_km"], own.loc["FAR", "peak_km"]) == pytest.approx((1.0, 4.0), abs=0.01)
        return float(own.loc["FAR", "score"] / own.loc["E", "score"])

    assert far_by_near(41.0) > far_by_near(120.0)


def test_points_of_an_earlier_edition_are_told_by_its_own_weights() -> None:
    weights = FORMER_WEIGHTS["suspects-2026-11.3"]
    row = {"kind": "enterprise", "edition": "suspects-2026-11.3", **dict.fromkeys(weights, 1.0)}
    utility = round(sum(weight for name, weight in weights.items() if name != "unlisted"), 6)
    nobody = {**row, **dict.fromkeys(weights, 0.0), "kind": "unlisted"}
    stored = pd.DataFrame([{**row, "log_sum": 1.0}, {**nobody, "log_sum": 1.0}])
    points = score_points(stored)
    assert list(points) == [*terms_of("suspects-2026-11.3"), "unlisted"]
    assert points.sum(axis=1).round(6).tolist() == [utility, weights["unlisted"]]
    assert list(chance_from_evidence(stored)) == [
        round(float(np.exp(utility - 1)), 6),
        round(float(np.exp(weights["unlisted"] - 1)), 6),
    ]
    strange = stored.assign(edition="suspects-1999")
    assert list(score_points(strange)) == []
    assert chance_from_evidence(strange).isna().all()


def test_hours_after_the_known_ones_change_nothing() -> None:
    later = increments(*((station, number, 400.0) for station in ("M1", "M2") for number in range(3, 9)))
    wind = pd.concat([winds(0.0, end=3), winds(180.0, first=3)])
    power = meters("S", dict.fromkeys(range(3, 9), (100.0, 1.0)))
    told = alarms(0, 8, known_until=hour(3))
    whole = rank(told, pd.concat([BOTH, later]), wind, power=power)
    cut = rank(told, BOTH, winds(0.0, end=3), power=power[power["hour"] < hour(3)])
    pd.testing.assert_frame_equal(whole.suspects, cut.suspects)
    pd.testing.assert_frame_equal(whole.hours, cut.hours)
    assert order(whole)[0] == "N"


def test_an_alarm_gets_the_same_answer_alone_and_among_others() -> None:
    others = pd.concat([alarms(n, n + 2, alarm_id=f"B{n}") for n in (-40, -1, 1, 5)] + [alarms()])
    wind, power = winds(20.0), pd.concat([meters("S", {0: (100.0, 1.0)}), meters("E", {1: None})])
    together = rank(others, BOTH, wind, power=power).suspects
    pd.testing.assert_frame_equal(
        together[together["alarm_id"] == "A"].reset_index(drop=True),
        rank(None, BOTH, wind, power=power).suspects,
    )


def test_stored_evidence_gives_the_chance_again_to_the_digit() -> None:
    found = rank(wind=winds(33.0), power=meters("S", {1: (100.0, 2.0)})).suspects
    stored = pd.DataFrame(json.loads(found.to_json(orient="records", double_precision=15)))
    assert list(chance_from_evidence(stored)) == list(found["score"])


def test_the_printed_points_sum_to_the_printed_utility_and_the_chances_to_one() -> None:
    many = pd.concat(
        [ENTERPRISES.assign(enterprise_id=ENTERPRISES["enterprise_id"] + str(n)) for n in range(6)]
    )
    many["lat"] += [0.0011 * n for n in range(len(many))]
    found = rank(wind=winds(33.0), candidates=enterprises_as_candidates(many)).suspects
    points = score_points(found)
    total = sum((points[name] for name in points), start=pd.Series(0.0, index=found.index)).round(6)
    assert (total == found["utility"]).all()
    assert (np.exp(found["utility"] - found["log_sum"]).round(6) == found["score"]).all()
    assert len(found) + found["others"].iloc[0] == len(many) + 1
    assert found["others"].nunique() == 1
    assert found["others"].iloc[0] > 0
    assert found["score"].sum() + found["others_score"].iloc[0] == pytest.approx(1.0, abs=2e-5)


def test_a_register_that_runs_backwards_counts_as_no_meter() -> None:
    power = meters("S", {})
    power["production_kw"] = 50000.0 - 100.0 * pd.RangeIndex(len(power))
    found = rank(wind=winds(180.0), power=power).suspects.set_index("candidate_id")
    assert not found.loc["S", "is_metered"]
    assert found.loc["S", "normal"] == 0.0


def test_only_candidates_of_equal_kind_and_chance_cannot_be_told_apart() -> None:
    twin = ENTERPRISES[ENTERPRISES["enterprise_id"] == "N"].assign(enterprise_id="N2")
    power = meters("N2", {1: (100.0, 2.0)})
    both = joined(CANDIDATES, enterprises_as_candidates(twin))
    assert set(rank(wind=winds(0.0), candidates=both, power=power).suspects["same_place"]) == {0}


def test_an_alarm_of_a_platform_without_station_hours_is_ranked_by_its_own_point() -> None:
    found = rank(hours=BOTH.iloc[:0], wind=winds(180.0))
    assert order(found)[0] == "S"
    assert not found.suspects["has_increments"].any()
    assert found.suspects.iloc[0]["distance_km"] == pytest.approx(1.5, abs=0.01)


def test_two_enterprises_at_one_point_share_their_chance_and_it_is_said() -> None:
    twin = ENTERPRISES[ENTERPRISES["enterprise_id"] == "N"].assign(enterprise_id="N2")
    found = rank(wind=winds(0.0), candidates=joined(CANDIDATES, enterprises_as_candidates(twin))).suspects
    assert list(found["candidate_id"][:2]) == ["N", "N2"]
    assert found["score"].iloc[0] == found["score"].iloc[1]
    assert list(found["same_place"]) == [1, 1, 0, 0, 0]


def test_an_enterprise_without_coordinates_is_near_nothing() -> None:
    lost = pd.DataFrame(
        [
            {"enterprise_id": "X", "name": "无坐标厂", "industry": "钢铁", "lon": None, "lat": None},
            {"enterprise_id": "Y", "name": "零坐标厂", "industry": "钢铁", "lon": 0.0, "lat": 0.0},
        ]
    )
    candidates = joined(CANDIDATES, enterprises_as_candidates(lost))
    assert not set(rank(candidates=candidates).suspects["candidate_id"]) & {"X", "Y"}


def test_fires_count_only_around_the_hours_and_never_from_later() -> None:
    fires = pd.DataFrame(
        [
            {
                "kind": "fire",
                "name": "卫星火点",
                "until_at": None,
                "place_id": "early",
                "from_at": hour(-30),
                **at_km(0, 1),
            },
            {
                "kind": "fire",
                "name": "卫星火点",
                "until_at": None,
                "place_id": "now",
                "from_at": hour(1),
                **at_km(0, 1),
            },
            {
                "kind": "fire",
                "name": "卫星火点",
                "until_at": None,
                "place_id": "later",
                "from_at": hour(9),
                **at_km(0, 1),
            },
        ]
    )
    found = rank(candidates=joined(CANDIDATES, places_as_candidates(fires)))
    assert set(found.suspects["candidate_id"]) == {"now", "N", "S", "E", "unlisted"}
    assert found.suspects.set_index("candidate_id").loc["now", "kind"] == "fire"


def test_former_problems_of_the_same_grid_open_or_of_the_last_ninety_days_count() -> None:
    never = pd.NaT
    problems = pd.DataFrame(
        [
            {"problem_id": "open", "grid_id": "G1", "found_at": hour(-24 * 200), "accepted_at": never, **at_km(0, -1.5)},
            {"problem_id": "recent", "grid_id": "G1", "found_at": hour(-24 * 80), "accepted_at": hour(-24), **at_km(1, 1)},
            {"problem_id": "old", "grid_id": "G1", "found_at": hour(-24 * 100), "accepted_at": hour(-24), **at_km(1, 1)},
            {"problem_id": "foreign", "grid_id": "G2", "found_at": hour(-24), "accepted_at": never, **at_km(1, 1)},
            {"problem_id": "later", "grid_id": "G1", "found_at": hour(9), "accepted_at": never, **at_km(1, 1)},
        ]
    ).assign(category="扬尘")  # fmt: skip
    found = rank(candidates=joined(CANDIDATES, problems_as_candidates(problems))).suspects
    assert set(found["candidate_id"]) == {"open", "recent", "N", "S", "E", "unlisted"}
    former = found.set_index("candidate_id")["former"]
    assert dict(former[former > 0]) == {"S": 1.0}


def test_sites_and_roads_are_candidates_of_their_kind() -> None:
    places = pd.DataFrame(
        [
            {"place_id": "P1", "kind": "site", "from_at": hour(-99), "until_at": hour(9), **at_km(0, 0.5)},
            {"place_id": "P2", "kind": "road", "from_at": None, "until_at": None, **at_km(0, 0.6)},
            {"place_id": "over", "kind": "site", "from_at": None, "until_at": hour(0), **at_km(0, 0.5)},
            {"place_id": "to come", "kind": "site", "from_at": hour(5), "until_at": None, **at_km(0, 0.5)},
        ]
    ).assign(name="某工地")
    found = rank(candidates=joined(CANDIDATES, places_as_candidates(places))).suspects
    kinds = found.set_index("candidate_id")["kind"]
    assert kinds[kinds.isin(["site", "road"])].to_dict() == {"P1": "site", "P2": "road"}
    assert places_as_candidates(places.iloc[:0]).empty


def test_no_candidates_leave_unlisted_alone() -> None:
    far = alarms(lon=100.0, lat=30.0)
    found = rank(far).suspects
    assert found[["candidate_id", "kind", "score"]].to_dict("records") == [
        {"candidate_id": "unlisted", "kind": "unlisted", "score": 1.0}
    ]
    nothing = rank(candidates=joined()).suspects
    assert list(nothing["candidate_id"]) == ["unlisted"]


def test_no_alarms_and_alarms_without_a_place_give_no_rows() -> None:
    assert rank(alarms().iloc[:0]).suspects.empty
    assert list(rank(alarms(lon=None)).suspects.columns) == EVIDENCE


def hits(found: pd.DataFrame, truth: pd.DataFrame, by: str = "rank") -> float:
    """Share of the events with a listed source of which the first listed suspect is the source."""
    listed = found[found["candidate_id"] != "unlisted"].sort_values(["alarm_id", by], kind="stable")
    first = listed.drop_duplicates("alarm_id").set_index("alarm_id")["candidate_id"]
    named = truth[truth["source"] != "unlisted"].set_index("truth_id")["source"]
    return float((first.reindex(named.index) == named).mean())


def test_on_a_world_with_its_true_events_meters_and_wind_each_help_and_shuffled_wind_is_no_wind(
    tmp_path: Path,
) -> None:
    write_world(WorldOptions(seed=3, days=12, grids=80, physics="drift", hot_hour_share=0.03), tmp_path)
    world, truth = tmp_path / "world", tmp_path / "truth"

    def hours_of(name: str) -> pd.DataFrame:
        return pd.concat([pd.read_parquet(path) for path in sorted(world.glob(f"{name}_*.parquet"))])

    events = pd.read_csv(truth / "true_events.csv")
    # A mast is judged by its last three days.
    events = events[
        pd.to_datetime(events["started_at"]) >= pd.Timestamp("2020-03-04T01:00+08:00")
    ].reset_index(drop=True)
    grids = pd.read_csv(world / "grids.csv").set_index("grid_id").reindex(events["grid_id"])
    told = pd.DataFrame(
        {
            "alarm_id": events["truth_id"],
            "grid_id": events["grid_id"],
            "lon": ((grids["west"] + grids["east"]) / 2).to_numpy(),
            "lat": ((grids["south"] + grids["north"]) / 2).to_numpy(),
            "started_at": pd.to_datetime(events["started_at"]),
            "last_at": pd.to_datetime(events["last_at"]),
        }
    )
    stations = pd.read_csv(world / "stations.csv")
    candidates = joined(enterprises_as_candidates(pd.read_csv(world / "enterprises.csv")))
    rose = pd.read_parquet(truth / "station_excess.parquet").rename(
        columns={"excess_ug_m3": "increment_ug_m3"}
    )
    wind, power = hours_of("winds"), hours_of("submeter_hours")
    shuffled = wind.copy()
    mixed = np.random.default_rng(0).permutation(len(wind))
    for name in ("wind_from_deg", "wind_speed_m_s"):
        shuffled[name] = wind[name].to_numpy()[mixed]

    def found(wind: pd.DataFrame, power: pd.DataFrame) -> pd.DataFrame:
        return rank_suspects(told, rose, stations, wind, candidates, power).suspects

    whole, bare = found(wind, power), found(wind.iloc[:0], power.iloc[:0])
    assert len(events) > 80
    assert hits(whole, events) > 0.6
    assert hits(whole, events) > hits(found(wind, power.iloc[:0]), events) + 0.05
    assert hits(found(wind, power.iloc[:0]), events) > hits(bare, events)
    pd.testing.assert_frame_equal(found(shuffled, power), found(wind.iloc[:0], power))
    # By the cone alone: with the wind the source stands before most others, with shuffled winds it stands anywhere.
    every = replace(DEFAULT_RULES, kept=500)

    def by_cone(wind: pd.DataFrame) -> float:
        return beaten(rank_suspects(told, rose, stations, wind, candidates, power, every).suspects, events)

    assert by_cone(wind) > 0.6
    assert by_cone(shuffled) == 0.5

    # By the wind alone: the source among the first fifth, which chance gives in one of five. Hours in a wrong order are noise and
    # not believed; the masts' places exchanged, or each day turned by an angle of its own, are believed and say nothing.
    only = replace(
        every, weights=replace(Weights(**dict.fromkeys(asdict(every.weights), 0.0)), cone=every.weights.cone)
    )

    def first_fifth(wind: pd.DataFrame) -> float:
        return among_first(
            rank_suspects(told, rose, stations, wind, candidates, power, only).suspects, events
        )

    names = sorted(wind["station_id"].unique())
    following = dict(zip(names, [*names[1:], names[0]], strict=True))
    exchanged = wind.assign(station_id=wind["station_id"].map(following))
    turned = [turned_by_the_day(wind, seed) for seed in range(3)]
    assert first_fifth(wind) > 0.35
    assert first_fifth(shuffled) == pytest.approx(0.2)
    assert first_fifth(exchanged) == pytest.approx(0.2, abs=0.08)
    assert np.mean([first_fifth(one) for one in turned]) == pytest.approx(0.2, abs=0.06)
    # And by everything: what wind added is gone.
    without = hits(found(wind.iloc[:0], power), events)
    assert hits(whole, events) > without + 0.05
    assert np.mean([hits(found(one, power), events) for one in turned]) == pytest.approx(without, abs=0.06)


def turned_by_the_day(wind: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Every day's directions of all masts turned by one angle: still steady, and the masts agree."""
    day = pd.factorize(pd.to_datetime(wind["hour"]).dt.floor("D"))[0]
    angle = np.random.default_rng(seed).uniform(0, 360, day.max() + 1)[day]
    return wind.assign(wind_from_deg=(wind["wind_from_deg"] + angle) % 360)


def among_first(found: pd.DataFrame, truth: pd.DataFrame, share: float = 0.2) -> float:
    """Share of the events with a listed source that stands among the first `share` of the listed (a tie: its share of the places)."""
    listed = found[found["candidate_id"] != "unlisted"].merge(truth, left_on="alarm_id", right_on="truth_id")
    source = listed[listed["candidate_id"] == listed["source"]].set_index("alarm_id")["utility"]
    listed = listed[listed["alarm_id"].isin(source.index)]
    over = listed["utility"] - listed["alarm_id"].map(source)
    counts = (
        pd.DataFrame({"above": over > 0, "same": over == 0, "all": True}).groupby(listed["alarm_id"]).sum()
    )
    places = (share * counts["all"] - counts["above"]).clip(lower=0)
    return float((places / counts["same"]).clip(upper=1).mean())


def beaten(found: pd.DataFrame, truth: pd.DataFrame) -> float:
    """Share of the other listed candidates of its alarm before which the true source stands by its cone (ties: half)."""
    listed = found[found["candidate_id"] != "unlisted"].merge(truth, left_on="alarm_id", right_on="truth_id")
    source = listed[listed["candidate_id"] == listed["source"]].set_index("alarm_id")["cone"]
    others = listed[listed["candidate_id"] != listed["source"]]
    others = others[others["alarm_id"].isin(source.index)]
    above = others["alarm_id"].map(source) - others["cone"]
    return float(((above > 0) + 0.5 * (above == 0)).groupby(others["alarm_id"]).mean().mean())
