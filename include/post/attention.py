"""What needs a person: for the daily digest and the desk."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from include.language import say
from include.post.recipients import addressees
from include.store import statements

_RUN_FOR: Final = timedelta(
    hours=2
)  # a draft waits for its run as long as that may take, with retries; then for a person
_TROUBLE_FOR: Final = timedelta(hours=24)  # a server trouble that no letter has got past since

# How the reason of a delivery begins whose mail could not be read from the archive; it is tried again.
ARCHIVE_WORDS: Final = "邮件存档缺失、损坏或无法读取，未发送"
_TODO: Final = {
    "unknown": "核实对方是否收到：已收到选“已送达”，未收到选“重新发送”",
    "refused": "按对方服务器的答复更正联系人，再重发该函",
    "expired": "有效期内未送出：确认仍需发送后重发该函",
    "withheld": "按所述原因处理后放行，或不签发",
    "failed": "按所述原因处理后重新运行该期",
    "approval": "签发：在督办台“签发”页或“待办操作”里全部、部分签发或不签发，也可在函件页逐封放行、不签发",
    "held": "由人暂不发送：放行或不签发",
    "undecided": "拟稿后无人处理：重新运行该期，或放行、不签发",
    "archive": "检查存档是否挂载、可读，或从备份恢复该文件；恢复后自动发出",
    "server": "检查邮件服务器的连接设置；函件都在发件箱中，恢复后自动发出",
}


@dataclass(frozen=True)
class Concern:
    """One thing that waits for a person. `topic`: a key of the list above; `subject_id`: letter_key or server; `run`: the DAG and
    the run that composed the letter last."""

    topic: str
    letter_id: int | None
    subject_id: str
    addressee_name: str
    subject: str
    address: str
    reason: str
    since: datetime
    todo: str
    run: tuple[str, str] | None = None
    is_simulated: bool = False


def needs_person(connection: Connection, now: datetime) -> tuple[Concern, ...]:
    """Everything that waits for a person at `now`, the oldest first.

    Letters that a rule withheld on purpose (back-fills, a city that answered) are not in it; those that a person holds back are.
    """
    rows = statements.frame(
        connection,
        "list_concerns",
        drafted_before=now - _RUN_FOR,
        trouble_after=now - _TROUBLE_FOR,
        archive_reason=f"{say(ARCHIVE_WORDS)}%",
    )
    return tuple(
        Concern(
            row["topic"],
            row["letter_id"] or None,
            row["subject_id"],
            addressees().get(row["addressee_name"], row["addressee_name"]),
            row["subject"],
            row["address"],
            row["reason"],
            row["since_at"].to_pydatetime(),
            _TODO[row["topic"]],
            _run(row["run_id"]),
            bool(row["is_simulated"]),
        )
        for row in rows.to_dict("records")
    )


def _run(run_id: str | None) -> tuple[str, str] | None:
    """`daily_dispatch/manual__2020…` as the DAG and its run."""
    dag, _, run = (run_id or "").partition("/")
    return (dag, run) if run else None
