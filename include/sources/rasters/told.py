"""What an office says about one raster: the entry in the file of a choice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Registration = Literal["centre", "corner"]


@dataclass(frozen=True)
class RasterEntry:
    """One file. Empty fields: the file says it itself. `variable`: a NetCDF variable, or the number of a band; `registration`: whether
    coordinates name a pixel's centre or its lower-left corner; `nodata`: values that mean none; `weight`: of its species."""

    path: Path
    year: int
    month: int | None = None
    variable: str = ""
    unit: str = ""
    crs: str = ""
    scale: float | None = None
    nodata: tuple[float, ...] = ()
    registration: Registration | None = None
    species: str = ""
    weight: float = 1.0

    @property
    def name(self) -> str:
        """What errors and notes call it."""
        month = f"-{self.month:02d}" if self.month else ""
        part = f":{self.variable}" if self.variable else ""
        species = f"{self.species} " if self.species else ""
        return f"{species}{self.path.name}{part} ({self.year}{month})"
