"""Reasons in words, whole."""

from typing import Any

import pandas as pd
import pytest

from include.suspects.hits import hit_rates
from include.suspects.kinds import UNLISTED
from include.suspects.wording import others_words, reason_words, suspect_name, wind_words

UPWIND: dict[str, Any] = {
    "kind": "enterprise", "name": "某铸造厂", "candidate_id": "Q1", "distance_km": 1.23, "east_km": 0.0, "north_km": 1.0, "windy": 1.0,
    "upwind": 1.0, "has_increments": True, "is_metered": True, "idle": 1.0, "normal": 0.0, "off": 0.0, "lost": 0.0, "idle_hours": 4,
    "unusual_hour": 0.0, "former": 0.0, "same_place": 0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "位于上风向1.2公里，期间生产负荷正常、治污设备停运（距离自高值站点起算，在网格中心以北）"),
        (
            {"upwind": 0.5, "idle": 0.3, "normal": 0.7},
            "部分时段位于上风向，距高值站点1.2公里，期间有4小时生产用电而治污设备停运（距离自高值站点起算，在网格中心以北）",
        ),
        (
            {"upwind": 0.1, "idle": 0.0, "normal": 1.0},
            "不在上风向，距高值站点1.2公里，期间生产和治污设备用电正常（距离自高值站点起算，在网格中心以北）",
        ),
        (
            {"windy": 0.0, "upwind": 0.0, "is_metered": False},
            "距高值站点1.2公里，期间静风或无可用风向，按距离判断，无可用分表计电数据（距离自高值站点起算，在网格中心以北）",
        ),
        (
            {"windy": 0.0, "has_increments": False, "idle": 0.0, "off": 1.0, "distance_km": 0.01},
            "距报警点0.1公里，期间静风或无可用风向，按距离判断，期间基本无生产用电（距离自报警点起算，在网格中心以北）",
        ),
        (
            {"unusual_hour": 1.0, "former": 1.0, "same_place": 1, "idle": 0.0, "lost": 1.0},
            "位于上风向1.2公里，期间分表计电数据中断，在平时不生产的时段有生产用电，邻近该网格历史问题点位，与另1家同址，难以区分（距离自高值站点起算，在网格中心以北）",
        ),
        (
            {"kind": "fire", "east_km": -1.0, "north_km": 0.0},
            "位于上风向1.2公里（距离自高值站点起算，在网格中心以西）",
        ),
        (
            {"kind": "site", "same_place": 2, "east_km": 0.05, "north_km": -0.05},
            "位于上风向1.2公里，与另2处同址，难以区分（距离自高值站点起算，在网格中心附近）",
        ),
        ({"kind": "unlisted"}, "清单内单位均不能较好解释，建议在高值点周边现场排查"),
        (
            {"kind": "unlisted", "utility": -1.6, "log_sum": -1.6},
            "周边没有清单内单位，建议在高值点周边现场排查",
        ),
    ],
)
def test_reasons(change: dict[str, Any], words: str) -> None:
    assert reason_words(UPWIND | change) == words


def test_what_is_not_listed_is_counted() -> None:
    assert (
        others_words([UPWIND | {"others": 3, "others_score": 0.01234}])
        == "另有3个候选未列出，可能性合计0.0123"
    )
    assert others_words([UPWIND | {"others": 0, "others_score": 0.0}]) == others_words([UPWIND]) == ""


HOURS: list[dict[str, Any]] = [
    {"weight": 0.7, "wind_from_deg": 10.0, "wind_speed_m_s": 2.0, "masts": 2},
    {"weight": 0.3, "wind_from_deg": None, "wind_speed_m_s": 0.2, "masts": 2},
]


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (HOURS, "期间主导风向北风，平均2.0米/秒，1小时静风或风向不定"),
        (HOURS[:1], "期间主导风向北风，平均2.0米/秒"),
        (HOURS[1:], "期间静风，按距离判断"),
        ([HOURS[1] | {"masts": 0}], "期间无可用风向，按距离判断"),
        ([], "期间无可用风向，按距离判断"),
    ],
)
def test_the_wind_of_an_alarm(hours: list[dict[str, Any]], words: str) -> None:
    assert wind_words(hours) == words


def test_the_first_suspect_also_tells_the_wind() -> None:
    assert reason_words(UPWIND, "期间主导风向北风").endswith(
        "（距离自高值站点起算，在网格中心以北；期间主导风向北风）"
    )
    nowhere = reason_words(UPWIND | {"windy": 0.0}, "期间无可用风向，按距离判断")  # its place says so already
    assert nowhere.count("按距离判断") == 1
    assert reason_words(UPWIND | {"kind": "unlisted"}, "期间静风").endswith("现场排查（期间静风）")


def test_names() -> None:
    assert suspect_name(UPWIND) == "某铸造厂"
    assert suspect_name(UPWIND | {"name": "", "kind": "unlisted"}) == "来源不明"


def test_the_unlisted_listed_first_is_no_hit_of_an_enterprise() -> None:
    listed = pd.DataFrame(
        {
            "alarm_id": "A",
            "candidate_id": [UNLISTED, "Q"],
            "verdict": [None, "found"],
            "score": [0.6, 0.4],
            "distance_km": [None, 1.0],
            "cone": [None, 0.5],
            "idle": [None, 1.0],
        }
    )
    found = hit_rates(listed).set_index("method")[["hit_1", "hit_3"]]
    assert found.loc["综合评分"].tolist() == [0, 1]
    assert found.loc["仅按距离"].tolist() == [1, 1]


def test_alarms_whose_first_suspects_were_inspected_in_vain_count_as_misses() -> None:
    def alarm(name: str, *verdicts: str | None) -> pd.DataFrame:
        count = len(verdicts)
        return pd.DataFrame(
            {
                "alarm_id": name,
                "candidate_id": [f"Q{at}" for at in range(count)],
                "verdict": verdicts,
                "score": [0.5 - 0.1 * at for at in range(count)],
                "distance_km": [float(count - at) for at in range(count)],
                "cone": [0.0 - at for at in range(count)],
                "idle": [0.0 - at for at in range(count)],
            }
        )

    listed = pd.concat(
        [
            alarm("A", "found", None, None, None),  # known for every method
            alarm("B", "not_found", None, None, None),  # known of the first one alone
            alarm("C", "not_found", "not_found", "not_found", None),  # and of the first three
            alarm("D", None, "not_found", None, None),  # nothing is known of the first
            alarm("E", None, None, None, "found"),
        ],
        ignore_index=True,
    )
    found = hit_rates(listed).set_index("method")
    assert found.loc["综合评分"].tolist() == [1, 4, 1, 3]
    assert found.loc["仅按距离"].tolist() == [1, 2, 1, 2]
