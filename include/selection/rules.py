"""The rules of one choice of hotspot grids: the numbers of `rules.GridSelection` (with their reasons), set by the office's profile or by
the file of the choice. What was used is in the manifest of every list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Final

from include.errors import InputError
from include.rules import GridSelection

EDITION: Final = "select-2026-11"
PARTS: Final = ("level", "excess", "emission", "enterprises", "population")


@dataclass(frozen=True)
class SelectionRules(GridSelection):
    """The rules of one choice: those of the office on its date, each unit's quota, and what the file of the choice changes."""

    # Each unit's number by its code, where units have numbers of their own.
    quotas: Mapping[str, int] = field(default_factory=dict)

    @property
    def year_weights(self) -> tuple[float, ...]:
        """Of the last year, the one before, and the third; years at the end that do not count are left out."""
        told = (self.weight_last_year, self.weight_year_before, self.weight_third_year)
        return told[: max((place for place, weight in enumerate(told, 1) if weight > 0), default=0)]

    def weights(self) -> dict[str, float]:
        """The weights by part, their sum 1."""
        told = {part: float(getattr(self, f"weight_{part}")) for part in PARTS}
        return {part: weight / sum(told.values()) for part, weight in told.items()}

    def to_json(self) -> dict[str, Any]:
        """All numbers as plain values, for the manifest."""
        return {**asdict(self), "quotas": dict(self.quotas)}


DEFAULT: Final = SelectionRules()
_YEARS: Final = ("last_year", "year_before", "third_year")
_ROUNDED: Final = 0.005  # thirds as 0.33
_SHARES: Final = (
    "hot_share",
    "floor_share",
    "cap_share",
    "monitored_share",
    "least_inside_share",
    "least_coverage",
    "least_region_coverage",
)


def rules_of_office(own: GridSelection, quotas: Mapping[str, int]) -> SelectionRules:
    """The rules of a choice as an office's profile has them: `quotas` by unit, without those of 0."""
    told = {one.name: getattr(own, one.name) for one in fields(GridSelection)}
    return SelectionRules(**told, quotas={code: count for code, count in quotas.items() if count})


def with_changes(rules: SelectionRules, changes: Mapping[str, Any], where: str) -> SelectionRules:
    """The rules with other numbers. Raises InputError for a name that is no rule, or a number that cannot be one."""
    found = as_told(rules, changes, where)
    require_usable(found, where)
    return found


def as_told(rules: SelectionRules, changes: Mapping[str, Any], where: str) -> SelectionRules:
    """The rules with the numbers of a list that was made, whatever would be asked of new ones."""
    known = {one.name for one in fields(SelectionRules)}
    if unknown := sorted(set(changes) - known):
        raise InputError(
            "no such rule", where=where, got=", ".join(unknown), expected=", ".join(sorted(known))
        )
    try:
        found = replace(rules, **{name: _typed(name, value) for name, value in changes.items()})
    except (TypeError, ValueError) as error:
        raise InputError("not a number of a rule", where=where, got=error) from error
    return found


def require_usable(rules: SelectionRules, where: str) -> None:
    """Raises InputError for numbers that no choice can be made with."""
    weights = [getattr(rules, f"weight_{part}") for part in PARTS]
    wrong = [
        f"{name} {getattr(rules, name)}" for name in _SHARES if not 0 <= float(getattr(rules, name)) <= 1
    ]
    if min(weights) < 0 or not 0 < sum(weights) < float("inf"):
        wrong.append(f"weights {weights}")
    by_year = (rules.weight_last_year, rules.weight_year_before, rules.weight_third_year)
    if not min(by_year) >= 0 or not 0 < by_year[0] < float("inf"):
        wrong.append(f"weights of the years {by_year}")
    wrong += _wrong_sum("weights", dict(zip(PARTS, weights, strict=True)))
    wrong += _wrong_sum("weights of the years", dict(zip(_YEARS, by_year, strict=True)))
    if rules.floor_share > rules.cap_share:
        wrong.append(f"floor_share {rules.floor_share} above cap_share {rules.cap_share}")
    if not rules.background_km > 0 or not 0 <= rules.background_percentile <= 100:
        wrong.append(f"background {rules.background_km} km, {rules.background_percentile} %")
    if not rules.keep_within >= 1:
        wrong.append(f"keep_within {rules.keep_within}")
    if rules.least_median_ug_m3 > rules.most_median_ug_m3:
        wrong.append(f"medians from {rules.least_median_ug_m3:g} to {rules.most_median_ug_m3:g} ug/m3")
    if rules.least_emission_t_km2 > rules.most_emission_t_km2:
        wrong.append(f"emissions from {rules.least_emission_t_km2:g} to {rules.most_emission_t_km2:g} t/km2")
    if not 0 <= rules.weight_shift <= 0.5:
        wrong.append(f"weight_shift {rules.weight_shift}")
    if min(rules.hot_count, rules.unit_quota, *rules.quotas.values(), 0) < 0:
        wrong.append("a count below zero")
    if wrong:
        raise InputError(
            "rules that cannot be used",
            where=where,
            got="; ".join(wrong),
            expected="shares from 0 to 1, weights of at least 0 that add up to 1 (or to less where one is left out with 0: the others then "
            "count in proportion), floor below cap, keep_within of at least 1",
        )


def _wrong_sum(what: str, weights: Mapping[str, float]) -> list[str]:
    """Weights that add up to another sum than 1, unless one of those that count by default is left out."""
    total = sum(weights.values())
    left_out = any(
        weight == 0 and getattr(GridSelection, f"weight_{part}") > 0 for part, weight in weights.items()
    )
    if abs(total - 1) < _ROUNDED or (left_out and total < 1):
        return []
    told = ", ".join(f"{part} {weight:g}" for part, weight in weights.items())
    return [f"{what} that add up to {total:g} ({told})"]


def _typed(name: str, value: Any) -> Any:
    if name == "quotas":
        return {str(code): _whole(count) for code, count in dict(value).items()}
    return _whole(value) if name in ("hot_count", "unit_quota") else float(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or float(value) != int(value):
        raise ValueError(f"{value} is no whole number")
    return int(value)
