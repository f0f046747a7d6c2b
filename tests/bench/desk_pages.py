"""Every page of the desk over HTTP: by the clock, in what the server computes, and with a million alarms beside a season."""

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import httpx
import psutil

from tests.bench.clocks import computed, p95, seconds

SEASON: Final = "season"  # the store whose figures the other is compared with
LIMIT_SECONDS, LIMIT_RATIO = 0.3, 2.0  # p95 with a season; of a million alarms against the season
_LEAST_SECONDS: Final = 0.005  # a page that computes less counts as this much, as the smaller part of a ratio
# Every route that is read, with what is asked of it, as of moments that nobody asked for before (test_bench_of_the_desk.py compares
# the list with the site). Pages of one thing that the store has none of answer 404 with what comes nearest, which is measured.
PAGES: Final[dict[str, tuple[str, ...]]] = {
    "/": ("",),
    "/alarms/{alarm:path}": ("alarms/BJ20200304014",),
    "/audit": ("audit", "audit?view=signed"),
    "/audit.csv": ("audit.csv",),
    "/chain": ("chain",),
    "/chain/{alarm:path}": ("chain/BJ20200304014",),
    "/cities/{unit_code}": ("cities/140300", "cities/999999"),
    "/contacts": ("contacts", "contacts?region=沧州", "contacts?region=nobody"),
    "/contacts.csv": ("contacts.csv",),
    "/dissection": ("dissection",),
    "/dissection/case/{case:path}": ("dissection/case/1",),
    "/dissection/document/{case:path}": ("dissection/document/1",),
    "/dissection/draft/{role}/{case:path}": ("dissection/draft/pdf/1",),
    "/fates": ("fates",),
    "/fates.csv": ("fates.csv",),
    "/field": ("field",),
    "/grid-lists": ("grid-lists",),
    "/grid-lists/{list_id}": ("grid-lists/1",),
    "/grids/{grid_id:path}": ("grids/T85711", "grids/T85711?day=2020-03-10", "grids/T8571X"),
    "/hints": ("hints",),
    "/letters": (
        "letters",
        "letters?standing=unknown",
        "letters?unit=阳泉&first=2020-03-01&last=2020-03-31",
        "letters?unit=nobody",
    ),
    "/letters.csv": ("letters.csv",),
    "/letters/{letter_id}": ("letters/1", "letters/9999999"),
    "/letters/{letter_id}/figures": ("letters/1/figures",),
    "/links": ("links",),
    "/outages": ("outages", "outages?began=2020-03-10T08:00&ended=2020-03-10T09:00"),
    "/mails": ("mails",),
    "/mails/{mail_id}": ("mails/1",),
    "/map": ("map",),
    "/map/alarms.json": ("map/alarms.json?start=2020-03-10T00:00&end=2020-03-11T00:00",),
    "/map/cells.json": ("map/cells.json?hour=2020-03-10T08:00",),
    "/map/enterprises.json": ("map/enterprises.json",),
    "/map/flags.json": ("map/flags.json",),
    "/map/grid_list.json": ("map/grid_list.json",),
    "/map/grids.json": ("map/grids.json",),
    "/map/outlines.json": ("map/outlines.json",),
    "/network": ("network",),
    "/network.csv": ("network.csv",),
    "/places": ("places",),
    "/quarantine": ("quarantine",),
    "/quarantine/{row}": ("quarantine/1",),
    "/ranking": ("ranking", "ranking?window=month&day=2020-03-15&sort=problems"),
    "/ranking.csv": ("ranking.csv",),
    "/ranking.xlsx": ("ranking.xlsx",),
    "/search": (
        "search?q=T857",
        "search?q=2020",
        "search?q=沧州",
        "search?q=市",
        "search?q=沧州市新华区",
        "search?q=nobody",
    ),
    "/season": ("season",),
    "/season.csv": ("season.csv",),
    "/signing": ("signing",),
    "/spot-checks": ("spot-checks",),
    "/treatment": ("treatment",),
    "/treatment.xlsx": ("treatment.xlsx",),
    "/units": ("units",),
    "/uploads": ("uploads",),
    "/watch/{alarm_id}": ("watch/1",),
}
# What is handed on as it lies in the archive or the package: bytes that nothing computes.
FILES: Final = (
    "/assets/{name}",
    "/deliveries/{delivery_id}/mail",
    "/field/photos/{sha256}",
    "/grid-lists/{list_id}/files/{name}",
    "/grid-lists/{list_id}/reasons/{unit}",
    "/letters/{letter_id}/files/{role}",
    "/letters/{letter_id}/mail",
    "/mails/{mail_id}/files/{place}",
)


@dataclass(frozen=True)
class Looks:
    """Seconds of each look at one page of one store: by the clock, and of the server's processor."""

    clock: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    @property
    def computed(self) -> float:
        """The median of the processor's seconds."""
        return statistics.median(self.processor)


def measure_pages(
    desks: Mapping[str, tuple[str, psutil.Process]], now: datetime, looks: int, wanted: tuple[str, ...]
) -> bool:
    """Asks every desk (address and process by store) for each page in turns, as of moments before `now` that nobody asked for, and
    prints; whether each page whose address begins with one of `wanted` keeps its bounds."""
    heads = "".join(f"{name + ': clock p95':>20}{'cpu':>7}{'p95':>7}" for name in desks)
    print(f"{'milliseconds':60}{heads}{'x season':>10}")
    broken: list[str] = []
    with httpx.Client(timeout=60) as client:
        paths = [path for several in PAGES.values() for path in several if path.startswith(wanted)]
        for place, path in enumerate(paths):
            moments = [now - timedelta(hours=7 * turn, minutes=place + 1) for turn in range(looks)]
            found = _looks_at(client, desks, path, moments)
            print(_row(path, found), flush=True)
            broken += _broken(path, found)
    limits = f"p95 {1000 * LIMIT_SECONDS:.0f} ms with a season, {LIMIT_RATIO:g} x season with a million"
    print(
        "\n".join(
            [f"ABOVE THE LIMITS ({limits}):", *broken] if broken else [f"all within the limits: {limits}"]
        )
    )
    return not broken


def _looks_at(
    client: httpx.Client,
    desks: Mapping[str, tuple[str, psutil.Process]],
    path: str,
    moments: Iterable[datetime],
) -> dict[str, Looks]:
    found = {name: Looks() for name in desks}
    for at in moments:
        for name, (address, process) in desks.items():
            before = computed(process)
            found[name].clock.append(seconds(lambda a=address: _ask(client, a + path, at)))  # type: ignore[misc]  # noqa: B023
            found[name].processor.append(computed(process) - before)
    return found


def _ask(client: httpx.Client, address: str, at: datetime) -> None:
    """One look at a page, as of a moment."""
    answer = client.get(f"{address}{'&' if '?' in address else '?'}at={at:%Y-%m-%dT%H:%M}")
    assert answer.status_code in (200, 303, 404), (address, answer.status_code, answer.text[:300])


def _ratio(looks: Looks, found: Mapping[str, Looks]) -> float:
    """How much more the processor had to do than with a season."""
    return looks.computed / max(found[SEASON].computed, _LEAST_SECONDS)


def _row(path: str, found: Mapping[str, Looks]) -> str:
    cells = (
        f"{1000 * p95(one.clock):20.0f}{1000 * one.computed:7.0f}{1000 * p95(one.processor):7.0f}"
        for one in found.values()
    )
    most = max(_ratio(one, found) for one in found.values())
    return f"{path:60}{''.join(cells)}{most:10.2f}"


def _broken(path: str, found: Mapping[str, Looks]) -> list[str]:
    """The bounds that a page does not keep, each in words."""
    of_season = {"clock": p95(found[SEASON].clock), "processor": p95(found[SEASON].processor)}
    slow = [
        f"{path}: p95 by the {clock} {1000 * taken:.0f} ms with a season"
        for clock, taken in of_season.items()
        if taken > LIMIT_SECONDS
    ]
    grown = [
        f"{path}: {ratio:.2f} x season ({name}: {1000 * one.computed:.0f} ms of processor)"
        for name, one in found.items()
        if (ratio := _ratio(one, found)) > LIMIT_RATIO
    ]
    return slow + grown
