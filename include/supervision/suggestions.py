"""建议: what the figures of a summary ask for, rule by rule, in the order in which a leader would act."""

from collections import Counter
from collections.abc import Iterable, Sequence

from include.rules import SummaryRules
from include.supervision.judged_by import HOUSE, JudgedBy
from include.supervision.rule_codes import SuggestionRule
from include.supervision.weekly_figures import (
    CategoryCount,
    CityWeek,
    LongUnanswered,
    RepeatAlarm,
    Subject,
    Suggestion,
)


def suggestions(
    cities: Sequence[CityWeek],
    categories: Sequence[CategoryCount],
    repeats: Sequence[RepeatAlarm],
    unanswered: Sequence[LongUnanswered],
    *,
    has_previous: bool,
    judged_by: JudgedBy = HOUSE,
) -> tuple[Suggestion, ...]:
    """Every rule that fired; the rules are stated in each function below."""
    fired = (
        _overdue(cities),
        _long_unanswered(unanswered),
        _repeated(repeats),
        _frequent(categories, judged_by.summary, has_previous=has_previous),
        _rectification(cities),
        _none_found(cities, judged_by),
    )
    return tuple(one for one in fired if one is not None)


def _overdue(cities: Sequence[CityWeek]) -> Suggestion | None:
    """超期未反馈: an alarm is overdue by at most seven days, whenever it was pushed (the others are 长期未反馈). Subjects are cities."""
    subjects = _by_count((city.unit_name, city.flag.recent_overdue) for city in cities)
    return _suggestion("overdue", sum(one.count for one in subjects), 0, subjects)


def _long_unanswered(rows: Sequence[LongUnanswered]) -> Suggestion | None:
    """长期未反馈: there is one. Subjects are cities."""
    subjects = _by_count(Counter(row.unit_name for row in rows).items())
    return _suggestion("long_overdue", len(rows), 0, subjects)


def _repeated(rows: Sequence[RepeatAlarm]) -> Suggestion | None:
    """反复报警: there is a grid with repeat alarms. Subjects are grids with their recent alarms."""
    subjects = tuple(Subject(f"{row.unit_name}{row.county}{row.grid_id}", row.recent_alarms) for row in rows)
    return _suggestion("repeated", len(rows), 0, subjects)


def _frequent(
    categories: Sequence[CategoryCount], rules: SummaryRules, *, has_previous: bool
) -> Suggestion | None:
    """问题高发: a category with a leading share of the window's problems, or that rose steeply on the window before."""
    total = sum(one.problems for one in categories)

    def is_frequent(one: CategoryCount) -> bool:
        if one.category == "其他":
            return False
        is_leading = one.problems >= rules.leading_problems and one.problems >= rules.leading_share * total
        if not has_previous or one.previous is None:
            return is_leading
        rise = one.problems - one.previous
        return is_leading or (rise >= rules.rise_problems and rise >= rules.rise_share * one.previous)

    subjects = tuple(
        Subject(one.category, one.problems, one.previous) for one in categories if is_frequent(one)
    )
    return _suggestion("frequent_problems", sum(one.count for one in subjects), total, subjects)


def _rectification(cities: Sequence[CityWeek]) -> Suggestion | None:
    """整改逾期: problems of the season past their date and not rectified. n of those due; subjects are cities."""
    late = [(city.unit_name, city.season.rectification_due - city.season.rectified) for city in cities]
    due = sum(city.season.rectification_due for city in cities)
    return _suggestion("rectification_overdue", sum(count for _, count in late), due, _by_count(late))


def _none_found(cities: Sequence[CityWeek], judged_by: JudgedBy) -> Suggestion | None:
    """零问题核查: a city that answered often in the window and found nothing. Subjects are cities with their answers."""
    subjects = _by_count(
        (city.unit_name, city.window.answered)
        for city in cities
        if not city.window.problems
        and city.window.answered >= judged_by.of(city.unit_code).summary.none_found_answers
    )
    return _suggestion("no_problem_found", len(subjects), 0, subjects)


def _suggestion(
    rule: SuggestionRule, count: int, of: int, subjects: tuple[Subject, ...]
) -> Suggestion | None:
    return Suggestion(rule, count, of, subjects) if count else None


def _by_count(pairs: Iterable[tuple[str, int]]) -> tuple[Subject, ...]:
    return tuple(Subject(name, count) for name, count in sorted(pairs, key=lambda pair: -pair[1]) if count)
