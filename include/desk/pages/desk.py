"""What all pages share: the installation, the permissions, the clock, and what was computed a moment ago."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal, TypeVar

import pandas as pd
from fastapi import Depends, Path, Query, Request

from include.desk.pages.access import Access, Token, Visitor, require_our_form
from include.house import House
from include.periods import midnight, parse_moment
from include.post.letters import Drafted
from include.store.facts import ALL_KNOWN

T = TypeVar("T")

_KEPT: Final = 64  # computed figures
_KEPT_SECONDS: Final = 60.0
_MORNING: Final = timedelta(hours=8, minutes=30)
FIRST_YEAR, LAST_YEAR = 2000, 2099

At = Annotated[
    str, Query(max_length=40, description="the moment whose state is shown; Beijing time without an offset")
]
Known = Annotated[
    Literal["", "1"],
    Query(description="1: leave out what was received after the moment that is shown (当时所知)"),
]
LetterId = Annotated[int, Path(ge=1, le=2**53)]
CityCode = Annotated[str, Path(pattern=r"^[0-9A-Za-z][0-9A-Za-z.-]{0,31}$")]


Correct = Callable[..., Drafted]
Cells = Callable[[House, datetime], pd.DataFrame]


def known_at(as_of: datetime, known: str) -> datetime:
    """The moment after which nothing received counts: that which is shown where `known` asks for it, else none."""
    return as_of if known else ALL_KNOWN


@dataclass
class _Slot:
    made_at: float
    lock: threading.Lock = field(default_factory=threading.Lock)
    values: list[Any] = field(default_factory=list)  # empty until it is computed


class Recent:
    """Figures that were computed less than a minute ago, by everything they depend on; many readers compute once."""

    def __init__(self) -> None:
        self._slots: OrderedDict[Hashable, _Slot] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of this key, made by the first who asks."""
        with self._lock:
            slot = self._slots.get(key)
            if slot is None or time.monotonic() - slot.made_at > _KEPT_SECONDS:
                slot = self._slots[key] = _Slot(time.monotonic())
            self._slots.move_to_end(key)
            while len(self._slots) > _KEPT:
                self._slots.popitem(last=False)
        with slot.lock:
            if not slot.values:
                slot.values.append(make())
            value: T = slot.values[0]
            return value


@dataclass(frozen=True)
class Desk:
    """The desk as its pages see it. `secret` signs forms; `open_house` is called for every request and must be quick;
    `correct` is `workflows.corrections.correct` and `cells` is `workflows.watch_cells.cells_of_hour`, which this layer may not import."""

    open_house: Callable[[], House]
    access: Access
    clock: Callable[[], datetime]
    secret: bytes = field(repr=False)
    correct: Correct
    cells: Cells
    recent: Recent = field(default_factory=Recent)

    @property
    def reading(self) -> Any:
        """The default of every page's `visitor`: who looks."""
        return Depends(self.access.reader)

    @property
    def acting(self) -> Any:
        """The default of every action's `visitor`: who acts, from a form of ours."""

        def operator(
            request: Request, visitor: Annotated[Visitor, Depends(self.access.operator)], token: Token = ""
        ) -> Visitor:
            require_our_form(request, visitor, token, self.secret, self.clock())
            return visitor

        return Depends(operator)

    def moment(self, house: House, at: str, *, is_final: bool = False) -> datetime:
        """The as-of moment that was asked for. Without one: now, to the minute; after the season the morning of its last
        letters, except where what is shown `is_final` (the season's own figures). Raises InputError."""
        if at:
            return parse_moment(at)
        now = self.clock().replace(second=0, microsecond=0)
        return now if is_final else min(now, midnight(house.season[1]) + _MORNING)
