"""What all pages share: the installation, the permissions, the clock, and what was computed a moment ago."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, TypeVar

import pandas as pd
from fastapi import Depends, Path, Query, Request

from include.desk.facts import morning, store_state
from include.desk.pages.access import Access, Token, Visitor, require_our_form
from include.house import House
from include.periods import DAY, office_date, parse_moment
from include.post.drafts import Drafted
from include.rules import LOW_RESPONSE
from include.store.engine import reading
from include.store.facts import ALL_KNOWN, last_push

T = TypeVar("T")

_KEPT: Final = 64  # computed figures
_KEPT_SECONDS: Final = 60.0
FIRST_YEAR, LAST_YEAR = 2000, 2099
_EVER: Final = datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)

At = Annotated[
    str, Query(max_length=40, description="the moment whose state is shown; Beijing time without an offset")
]
Known = Annotated[
    Literal["", "1"],
    Query(description="1: leave out what was received after the moment that is shown (当时所知)"),
]
LetterId = Annotated[int, Path(ge=1, le=2**53)]
CityCode = Annotated[str, Path(max_length=64, pattern=r"^[^\x00-\x1f\x7f/]+$")]


RunKey = tuple[str, str]  # DAG, run
# How a run stands with the question whether its letters may leave. `open`: it waits for the answer; `answered`: it has one and goes on, or
# asks again soon; `unasked`: it has not come that far; `ended`: it is over, or nobody knows it: it asks no more.
Question = Literal["open", "answered", "unasked", "ended"]
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
class Airflow:
    """What only Airflow knows. `paused`: the DAGs that are switched off; `answer`: gives the answer of a visitor to the
    required action of a run (visitor, DAG, run, `all`, `some` or `none`, names of units, reason), or raises StateError where it cannot be given;
    `questions`: of some runs (DAG, run), how each stands with its question. Without Airflow around the desk nothing is paused and no question is known."""

    paused: Callable[[], frozenset[str]] = frozenset
    answer: Callable[[Visitor, str, str, str, list[str], str], None] | None = None
    questions: Callable[[Collection[RunKey]], Mapping[RunKey, Question]] | None = None


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
    airflow: Airflow = field(default_factory=Airflow)

    @property
    def reading(self) -> Any:
        """The default of every page's `visitor`: who looks; noted in the request for the page of a refusal."""

        def reader(request: Request, visitor: Annotated[Visitor, Depends(self.access.reader)]) -> Visitor:
            request.state.visitor = visitor
            return visitor

        return Depends(reader)

    @property
    def acting(self) -> Any:
        """The default of every action's `visitor`: who acts, from a form of ours."""

        def operator(
            request: Request, visitor: Annotated[Visitor, Depends(self.access.operator)], token: Token = ""
        ) -> Visitor:
            request.state.visitor = visitor
            require_our_form(request, visitor, token, self.secret, self.clock())
            return visitor

        return Depends(operator)

    def moment(self, house: House, at: str, *, is_present: bool = False) -> datetime:
        """The as-of moment that was asked for. Without one: now; where the days before it have no alarm at all, the morning after the
        last day that has one, except where what is shown `is_present`: one alarm or letter, to which things are done now, and what came
        of letters. Until the minute is over or the store changes it is the same moment, so that figures are computed once; what was done
        before the page was asked for is in it. Raises InputError."""
        if at:
            return parse_moment(at)
        clock = self.clock()
        minute = clock.replace(second=0, microsecond=0)
        now = self.recent.get(("now", minute, store_state(house.engine)), lambda: clock)
        return now if is_present else self.recent.get(("moment", now), lambda: _with_alarms(house, now))

    def has_alarms(self, house: House, state: Hashable) -> bool:
        """Whether the store holds any alarm at all. `state`: of `facts.store_state`."""

        def look() -> bool:
            with reading(house.engine) as connection:
                return last_push(connection, _EVER) is not None

        return self.recent.get(("has alarms", state), look)


def _with_alarms(house: House, now: datetime) -> datetime:
    """`now`, or the morning after the last day that has an alarm where the rolling days before it have none."""
    until = min(now, morning(house.season[1]))
    with reading(house.engine) as connection:
        last = last_push(connection, until)
    if last is None or last >= until - (LOW_RESPONSE.rolling_days + 1) * DAY:
        return until
    return morning(office_date(last) + DAY)
