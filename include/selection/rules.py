"""Every number of the choice of hotspot grids, with its unit and its reason.

Published: hotspot grids are chosen by satellite annual PM2.5 and local emissions, about 5,000 of 60,193. How the two are weighed is not
published, so all weights and limits are this project's own defaults (系统默认). An office sets others in its profile or
in the file of one choice; what was used is in the manifest of every list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Final

from include.errors import InputError

EDITION: Final = "select-2026-11"
PARTS: Final = ("level", "excess", "emission", "enterprises", "population")


@dataclass(frozen=True)
class SelectionRules:
    """How grids are ranked and how many are chosen. Shares are 0 to 1."""

    # Weights of the last year, the one before and the one before that: one year alone is weather and the noise of a retrieval.
    year_weights: tuple[float, ...] = (0.5, 0.3, 0.2)
    # The surroundings of a grid: all cells whose centres lie this near, km. About a county: what a city can compare itself with …
    background_km: float = 30.0
    # … and their level: this percentile, the clean part of the surroundings, not their mean, which the hotspots raise.
    background_percentile: float = 20.0
    # What a grid's score is made of, as percentile ranks over the whole region: how high it is …
    weight_level: float = 0.30
    # … how far it stands above its surroundings, so that not only the plain of the dirtiest city is chosen …
    weight_excess: float = 0.25
    # … what is emitted in it, so that an inspection can find something …
    weight_emission: float = 0.30
    # … and the key enterprises in it: the places that somebody can walk to.
    weight_enterprises: float = 0.15
    # People living in it count where an office wants it so.
    weight_population: float = 0.0
    # How many grids in all: this share of the cells (5,000 of 60,193 published) …
    hot_share: float = 5000 / 60193
    # … or this number, where it is set.
    hot_count: int | None = None
    # A unit's count follows from the region's ranking, but at least this share of its cells: every city has hotspots of its own …
    floor_share: float = 0.02
    # … and at most this one: who is asked about a third of a city looks nowhere.
    cap_share: float = 0.30
    # Or each unit's number by its code (units.csv of the profile), instead of hot_share, floor and cap.
    quotas: Mapping[str, int] = field(default_factory=dict)
    # An old grid stays while its rank within its unit is within this many times the unit's count: lists that change by the noise
    # of a retrieval cannot be inspected.
    keep_within: float = 1.25
    # Grids that carry micro-stations: this share of the hotspot grids (1,000 of 5,000 published), the first by enterprises and emission.
    monitored_share: float = 0.20
    # Cells at the outer border belong to the lattice when this share of them is inside.
    least_inside_share: float = 0.5
    # A raster speaks for a cell when it has values on this share of it …
    least_coverage: float = 0.5
    # … and for the region when it speaks for this share of the cells.
    least_region_coverage: float = 0.5
    # The median of the region's annual PM2.5, μg/m³: outside, a scale was not applied or the unit is another.
    least_median_ug_m3: float = 5.0
    most_median_ug_m3: float = 200.0
    # The region's mean emission, t/km² a year: outside, mass was taken for flux or a unit is another.
    least_emission_t_km2: float = 0.001
    most_emission_t_km2: float = 1000.0
    # How far the weights are moved to see which grids depend on them.
    weight_shift: float = 0.1

    def weights(self) -> dict[str, float]:
        """The weights by part, their sum 1."""
        told = {part: float(getattr(self, f"weight_{part}")) for part in PARTS}
        return {part: weight / sum(told.values()) for part, weight in told.items()}

    def to_json(self) -> dict[str, Any]:
        """All numbers as plain values, for the manifest."""
        return {**asdict(self), "year_weights": list(self.year_weights), "quotas": dict(self.quotas)}


DEFAULT: Final = SelectionRules()
_SHARES: Final = (
    "hot_share",
    "floor_share",
    "cap_share",
    "monitored_share",
    "least_inside_share",
    "least_coverage",
    "least_region_coverage",
)


def with_changes(rules: SelectionRules, changes: Mapping[str, Any], where: str) -> SelectionRules:
    """The rules with other numbers. Raises InputError for a name that is no rule, or a number that cannot be one."""
    known = {one.name for one in fields(SelectionRules)}
    if unknown := sorted(set(changes) - known):
        raise InputError(
            "no such rule", where=where, got=", ".join(unknown), expected=", ".join(sorted(known))
        )
    try:
        found = replace(rules, **{name: _typed(name, value) for name, value in changes.items()})
    except (TypeError, ValueError) as error:
        raise InputError("not a number of a rule", where=where, got=error) from error
    require_usable(found, where)
    return found


def require_usable(rules: SelectionRules, where: str) -> None:
    """Raises InputError for numbers that no choice can be made with."""
    weights = [getattr(rules, f"weight_{part}") for part in PARTS]
    wrong = [
        f"{name} {getattr(rules, name)}" for name in _SHARES if not 0 <= float(getattr(rules, name)) <= 1
    ]
    if min(weights) < 0 or not 0 < sum(weights) < float("inf"):
        wrong.append(f"weights {weights}")
    if not rules.year_weights or min(rules.year_weights) < 0 or rules.year_weights[0] <= 0:
        wrong.append(f"year_weights {rules.year_weights}")
    if rules.floor_share > rules.cap_share:
        wrong.append(f"floor_share {rules.floor_share} above cap_share {rules.cap_share}")
    if not rules.background_km > 0 or not 0 <= rules.background_percentile <= 100:
        wrong.append(f"background {rules.background_km} km, {rules.background_percentile} %")
    if not rules.keep_within >= 1:
        wrong.append(f"keep_within {rules.keep_within}")
    if not 0 <= rules.weight_shift <= 0.5:
        wrong.append(f"weight_shift {rules.weight_shift}")
    if (rules.hot_count is not None and rules.hot_count < 1) or min(rules.quotas.values(), default=0) < 0:
        wrong.append("a count below one")
    if wrong:
        raise InputError(
            "rules that cannot be used",
            where=where,
            got="; ".join(wrong),
            expected="shares from 0 to 1, weights of at least 0, floor below cap, keep_within of at least 1",
        )


def _typed(name: str, value: Any) -> Any:
    if name == "quotas":
        return {str(code): int(count) for code, count in dict(value).items()}
    if name == "year_weights":
        return tuple(float(one) for one in value)
    if name == "hot_count":
        return None if value is None else int(value)
    return float(value)
