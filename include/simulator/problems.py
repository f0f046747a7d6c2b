"""What the inspections find. Each block's number of problems is allotted first and then spread over its alarms."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.rules import DEADLINES
from include.simulator.answers import Course, by_day
from include.simulator.habits import HABITS, T85711
from include.simulator.season import DAY_S, HOUR_S, Season, stream
from include.simulator.wording import description

MOST_PER_ALARM: Final = 3
_PER_ALARM = 1.37  # problems of an alarm that has any, on the average
_ON_THE_SPOT = 0.5  # share of problems put right before the inspectors leave
_PROMISED = 0.12  # share that the city may put right by a later date of its own
_OVERDUE, _NEVER = 0.06, 0.03  # shares put right too late, or not at all

# Relative frequency of each category at the season's first and last day: heating ends, harvest begins.
_FREQUENCY = {
    "散乱污企业": (5, 5), "工业企业": (14, 15), "清洁取暖及燃煤替代": (12, 0.05), "燃煤锅炉": (6, 0.3), "扬尘（工地）": (14, 18),
    "扬尘（道路）": (10, 11), "扬尘（裸土堆场）": (12, 12), "露天焚烧": (4, 16), "机动车与移动源": (6, 7), "VOCs": (3, 8),
    "餐饮油烟": (5, 7), "垃圾露天倾倒": (6, 5), "其他": (3, 3),
}  # fmt: skip
CATEGORIES: Final = tuple(_FREQUENCY)
_STARTS, _ENDS = (np.array([_FREQUENCY[category][end] for category in CATEGORIES]) for end in (0, 1))


def season_problems(season: Season, alarms: pd.DataFrame, courses: list[Course], seed: int) -> pd.DataFrame:
    """One row a problem, in the order of `alarms` and then of discovery: `alarm` (its row), `problem_id, category,
    description, found_s, status, rectify_by_s, rectified_s` (seconds of the season; NA while not rectified).

    Only answered alarms have problems, one to three each; found between push and the answer that stands. The
    status is that of `season.counted_on`, words as a source would give them: 已整改, 整改中, 逾期未整改.
    """
    rng = stream(seed, "problems")
    counts = _counts(season, alarms, courses, rng)
    closing_s = season.second(season.counted_on)
    rows = []
    grid_ids, days = alarms["grid_id"].to_list(), alarms["day"].to_list()
    for alarm in np.flatnonzero(counts):
        is_stubborn = grid_ids[alarm] == T85711.grid_id
        categories = _categories(season, days[alarm], counts[alarm], is_stubborn, rng)
        for found_s, category in zip(_found(courses[alarm], counts[alarm], rng), categories, strict=True):
            rectify_by_s, rectified_s = _rectified(found_s, rng)
            if rectified_s is not None and rectified_s > closing_s:
                rectified_s = None
            late = rectify_by_s < closing_s
            status = "已整改" if rectified_s is not None else "逾期未整改" if late else "整改中"
            rows.append(
                (alarm, category, description(category, rng), found_s, status, rectify_by_s, rectified_s)
            )
    columns = ["alarm", "category", "description", "found_s", "status", "rectify_by_s", "rectified_s"]
    problems = pd.DataFrame(rows, columns=columns).astype({"rectified_s": "Int64"})
    problems.insert(1, "problem_id", [f"WT{number:06d}" for number in range(1, len(problems) + 1)])
    return problems


def _counts(
    season: Season, alarms: pd.DataFrame, courses: list[Course], rng: np.random.Generator
) -> NDArray[np.int64]:
    """How many problems each alarm has: the published number of each block, T85711 always at least one."""
    answered = np.array(
        [bool(course) and course[-1].event in {"submitted", "accepted"} for course in courses]
    )
    stubborn = (alarms["grid_id"] == T85711.grid_id).to_numpy()
    dirt_of_city = dict(zip(sorted(HABITS), rng.gamma(8.0, size=len(HABITS)), strict=True))
    dirt = alarms["unit_code"].map(dirt_of_city).to_numpy()
    counts = np.zeros(len(alarms), dtype=np.int64)
    for number, block in enumerate(season.blocks):
        here = answered & (alarms["block"] == number).to_numpy()
        forced, free = np.flatnonzero(here & stubborn), np.flatnonzero(here & ~stubborn)
        further = round(block.problems / _PER_ALARM) - len(forced)
        chosen = rng.choice(free, size=further, replace=False, p=dirt[free] / dirt[free].sum())
        with_problem = np.concatenate([forced, chosen])
        counts[with_problem] = 1
        places = np.repeat(with_problem, MOST_PER_ALARM - 1)
        np.add.at(counts, rng.choice(places, size=block.problems - len(with_problem), replace=False), 1)
    return counts


def _categories(
    season: Season, day: int, count: int, is_stubborn: bool, rng: np.random.Generator
) -> list[str]:
    """Different categories for the problems of one alarm, as the season has them; T85711 has its own, in turn."""
    if is_stubborn:
        return [T85711.categories[(day + number) % len(T85711.categories)] for number in range(count)]
    progress = day / season.days
    chance = _STARTS ** (1 - progress) * _ENDS**progress
    return [
        CATEGORIES[i] for i in rng.choice(len(CATEGORIES), size=count, replace=False, p=chance / chance.sum())
    ]


def _found(course: Course, count: int, rng: np.random.Generator) -> list[int]:
    """When: shortly before the first answer, or, of an answer that came back, shortly before the one that stands."""
    answers = [number for number, step in enumerate(course) if step.event == "submitted"]
    answer = answers[-1] if rng.random() < 0.5 else answers[0]
    before = max(course[answer].at - 4 * HOUR_S, course[answer - 1].at)
    latest = course[answer].at - 5 * 60
    return sorted(int(second) for second in rng.integers(before + 5 * 60, latest + 1, size=count))


def _rectified(found_s: int, rng: np.random.Generator) -> tuple[int, int | None]:
    """By when a problem is to be put right, and when it was."""
    allowed_s = int(DEADLINES.rectify.total_seconds())
    if rng.random() < _ON_THE_SPOT:
        return found_s + allowed_s, found_s + int(rng.integers(10, 90)) * 60
    if rng.random() < _PROMISED:
        longest_days = DEADLINES.rectify_longest.days
        allowed_s = int(rng.integers(5, longest_days + 1)) * DAY_S
    luck = rng.random()
    if luck < _NEVER:
        return found_s + allowed_s, None
    share = rng.uniform(1.2, 2.5) if luck < _NEVER + _OVERDUE else rng.uniform(0.15, 0.85)
    return found_s + allowed_s, by_day(found_s + int(allowed_s * share), rng)
