"""What a world is made of: its size, its physics, and how bad its sensors and masts are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, get_args

from include.errors import InputError

Physics = Literal["plume", "puffs", "drift"]
PHYSICS: Final[tuple[Physics, ...]] = get_args(Physics)
MOST_GRIDS: Final = 2000
MOST_DAYS: Final = 120


@dataclass(frozen=True)
class WorldOptions:
    """A seeded world. The same options give the same rows.

    `physics`: how smoke spreads (`kernels.py`). `hard`: worse sensors and masts, damp, sharp fronts, fewer meters.
    """

    seed: int = 1
    start: date = date(2020, 3, 1)
    days: int = 14
    grids: int = 100
    physics: Physics = "plume"
    hard: bool = False
    # Share of the grids' hours that are hot: with 0.0165 a grid has about one true event in ten days.
    hot_hour_share: float = 0.0165
    # Share of the sources near grids that stand in no inventory.
    unlisted_share: float = 0.26
    # Share of the enterprises whose production and treatment are metered apart.
    metered_share: float = 0.67

    def __post_init__(self) -> None:
        """Raises InputError for a size that no world has."""
        for name, least, most in (("grids", 1, MOST_GRIDS), ("days", 1, MOST_DAYS)):
            if not least <= getattr(self, name) <= most:
                raise InputError(
                    "a world of this size is not made",
                    where=f"simulate-world --{name}",
                    expected=f"{least} to {most}",
                    got=getattr(self, name),
                )
        for name in ("hot_hour_share", "unlisted_share", "metered_share"):
            if not 0 <= getattr(self, name) < 1:
                raise InputError(
                    "a share lies outside 0..1",
                    where=name,
                    expected="0 <= share < 1",
                    got=getattr(self, name),
                )

    @property
    def hours(self) -> int:
        return self.days * 24
