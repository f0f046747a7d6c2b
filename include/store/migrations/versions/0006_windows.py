"""Windows of instants, and kinds of letters that the register knows instead of the table.

A letter keeps the dates of its window and gets its two instants: the midnights of those dates, for every letter written before.
Keys, numbers, deliveries and figures stay as they are.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations
from sqlalchemy.types import TypeEngine

from include.store.columns import Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

UNIQUE = "uq_letter_window"
OLD_COLUMNS = ("kind", "addressee", "period_kind", "period_start", "period_end", "revision")
OLD_UNIQUE = "uq_letter_" + "_".join(OLD_COLUMNS)
NEW_COLUMNS = ("kind", "addressee", "period_kind", "start_at", "end_at", "revision")
OLD_KINDS = ("notice", "reminder", "summary", "bulletin", "overview", "digest")
OLD_WINDOWS = ("day", "midweek", "weekend", "half_month", "month", "custom")
COMMENTS: tuple[tuple[str, TypeEngine[Any], str | None, str], ...] = (
    (
        "kind",
        sa.String(16),
        "notice 提示函, reminder 督办函, summary 周汇总, bulletin 通报函, overview, digest 待办清单",
        "a name of the register of letter kinds (include/letter_kinds.py)",
    ),
    ("period_start", sa.Date(), None, "day of start_at"),
    ("period_end", sa.Date(), "exclusive", "day of end_at, on which the letter goes out"),
)
OPEN = "state in ('drafted', 'awaiting_approval', 'withheld')"  # sql/list_concerns.sql
ZONE = ZoneInfo("Asia/Shanghai")  # the only zone of offices whose stores are older than this revision


def upgrade() -> None:
    op.add_column(
        "letter", sa.Column("start_at", Instant(), nullable=True, comment="first instant of its window")
    )
    op.add_column(
        "letter", sa.Column("end_at", Instant(), nullable=True, comment="first instant after its window")
    )
    _fill()
    known = _unique(OLD_COLUMNS)
    with _letter() as batch:
        batch.drop_constraint(op.f("ck_letter_kind"), type_="check")
        batch.drop_constraint(op.f(known), type_="unique")
        batch.create_unique_constraint(UNIQUE, list(NEW_COLUMNS))
        for name in ("start_at", "end_at"):
            batch.alter_column(name, existing_type=Instant(), nullable=False)
    for name, kind, before, after in COMMENTS if op.get_bind().dialect.name == "postgresql" else ():
        op.alter_column("letter", name, existing_type=kind, existing_comment=before, comment=after)


def downgrade() -> None:
    """Only a store without windows of hours and later kinds of letters can go back: two letters of one day would be one."""
    letter = sa.table("letter", sa.column("period_kind"), sa.column("kind"))
    strange = (
        sa.select(sa.func.count())
        .select_from(letter)
        .where(sa.or_(letter.c.period_kind.not_in(OLD_WINDOWS), letter.c.kind.not_in(OLD_KINDS)))
    )
    if op.get_bind().execute(strange).scalar_one():
        raise RuntimeError("the store has letters of windows or kinds that the revision before does not know")
    for name, kind, before, after in COMMENTS if op.get_bind().dialect.name == "postgresql" else ():
        op.alter_column("letter", name, existing_type=kind, existing_comment=after, comment=before)
    with _letter() as batch:
        batch.drop_constraint(UNIQUE, type_="unique")
        batch.create_check_constraint(op.f("ck_letter_kind"), sa.column("kind").in_(OLD_KINDS))
        batch.create_unique_constraint(op.f(OLD_UNIQUE), list(OLD_COLUMNS))
        batch.drop_column("start_at")
        batch.drop_column("end_at")


def _fill() -> None:
    bind = op.get_bind()
    letter = sa.table(
        "letter",
        sa.column("period_start", sa.Date()),
        sa.column("period_end", sa.Date()),
        sa.column("start_at", Instant()),
        sa.column("end_at", Instant()),
    )
    for name, day in (("start_at", "period_start"), ("end_at", "period_end")):
        days = bind.execute(sa.select(letter.c[day]).distinct()).scalars().all()
        for one in days:
            bind.execute(sa.update(letter).where(letter.c[day] == one).values({name: _midnight(one)}))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0, 0), ZONE)


def _unique(columns: Sequence[str]) -> str:
    """The name of the unique key over these columns: PostgreSQL shortened it."""
    found = sa.inspect(op.get_bind()).get_unique_constraints("letter")
    return next(str(one["name"]) for one in found if list(one["column_names"]) == list(columns))


@contextmanager
def _letter() -> Iterator[BatchOperations]:
    """Changes of the table's constraints. SQLite makes the table anew for them (`store.migrate` switches its foreign keys off
    meanwhile: dropping the old one would take the rows that point to it), and its partial index apart."""
    op.drop_index("ix_letter_open", "letter")
    with op.batch_alter_table("letter") as batch:
        yield batch
    op.create_index(
        "ix_letter_open", "letter", ["state"], sqlite_where=sa.text(OPEN), postgresql_where=sa.text(OPEN)
    )
