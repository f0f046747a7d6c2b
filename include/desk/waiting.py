"""What waits for a person now, with where to settle it: the top of the first page."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from include.house import House
from include.office.attention import TOPICS, UNREAD_FILES, contact_matters
from include.periods import DAY, midnight
from include.post.attention import needs_person
from include.sources.ledger import gaps
from include.sources.troubles import KIND as FILES
from include.store.engine import reading
from include.store.statements import frame

_UNREADABLE_ROWS: Final = ("内容无法识别，未计入数字", "逐条更正后补录，或说明理由弃用")
_LOOK_BACK: Final = 30 * DAY
STOPPED_AFTER: Final = timedelta(
    hours=26
)  # a daily pull and two hours: without one for longer the source has stopped


@dataclass(frozen=True)
class Waiting:
    """One thing that waits. `topic`: a key of attention.TOPICS, or quarantine, pull, silent; `letter_id` where a letter's page
    settles it; `count` rows or letters that it stands for."""

    topic: str
    title: str
    reason: str
    todo: str
    since: datetime | None
    letter_id: int | None = None
    city_code: str = ""
    count: int = 1


def waiting(house: House, now: datetime, silent: Collection[tuple[str, str]] = ()) -> list[Waiting]:
    """Everything that waits at `now`, letters first, the oldest first. `silent`: code and name of the cities to verify."""
    until = min(now, midnight(house.season[1]))
    with reading(house.engine) as connection:
        found = [
            Waiting(
                one.topic, "　".join(part for part in (one.addressee_name, one.subject, one.address) if part) or TOPICS[one.topic],
                one.reason, one.todo, one.since, one.letter_id,
            )
            for one in needs_person(connection, now)
        ]  # fmt: skip
        found += [
            Waiting("contact", one.title, one.reason, one.todo, one.since, count=one.count)
            for one in contact_matters(connection)
        ]
        rejected = frame(connection, "open_quarantine")
        stopped = [
            (source.name, missing[-1][0])
            for source in house.sources
            if source.is_windowed
            and (
                missing := gaps(
                    connection, source.name, max(until - _LOOK_BACK, midnight(house.season[0])), until
                )
            )
            and missing[-1][1] == until
            and missing[-1][1] - missing[-1][0] > STOPPED_AFTER
        ]
    found += [
        Waiting(
            "quarantine", f"{row['source']} / {row['kind']}", *(UNREAD_FILES if row["kind"] == FILES else _UNREADABLE_ROWS),
            row["since_at"].to_pydatetime(), count=int(row["open_rows"]),
        )
        for row in rejected.to_dict("records")
    ]  # fmt: skip
    found += [
        Waiting("pull", source, "此后没有拉取到数据", "检查该来源的连接；恢复后运行日调度即自动补拉", since)
        for source, since in stopped
    ]
    found += [
        Waiting(
            "silent",
            name,
            "连续多封函件被退回或无任何签收反馈",
            "核实收件地址，在联系人页更正",
            None,
            city_code=code,
        )
        for code, name in silent
    ]
    return found
