"""The tables of a city's chain, on the same metadata as include/store/tables.py."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text, text

from include.store.columns import Instant
from include.store.tables import metadata

chain_event = Table(
    "chain_event",
    metadata,
    Column("alarm_id", String(64), primary_key=True),
    Column("seq", Integer, primary_key=True, comment="1, 2, 3 … in the order in which the steps were taken"),
    Column(
        "task_no", Integer, nullable=False, comment="the task (交办件) of the alarm; 0: the alarm as a whole"
    ),
    Column(
        "event",
        String(24),
        nullable=False,
        comment="assigned, handed_over, acknowledged, reported, passed, returned, rectified, inspected_passed, inspected_failed, spot_passed, spot_failed, written_off, extended, withdrawn, closed, reopened",
    ),
    Column(
        "event_at",
        Instant,
        nullable=False,
        comment="when it counts as having happened, by our clock; never before the one before it",
    ),
    Column(
        "receipt_at",
        Instant,
        nullable=False,
        comment="when it reached us: whether it was in time is judged by this",
    ),
    Column("recorded_at", Instant, nullable=False, comment="when the store learnt of it"),
    Column("actor", String(128), nullable=False, comment="account or run that recorded it"),
    Column("person", String(128), nullable=False, comment="who did it"),
    Column(
        "unit_code",
        String(32),
        nullable=False,
        comment="unit that speaks, of an assigned and a handed_over the holder; empty: the office",
    ),
    Column("state", String(16), nullable=False, comment="of the task afterwards; empty for the alarm"),
    Column(
        "due_at", Instant, comment="until when what comes next is asked for; stored as it was decided then"
    ),
    Column("met_due_at", Instant, comment="the deadline by which this step itself is judged"),
    Column("answer_due_at", Instant, comment="until when the report is asked for"),
    Column("role", String(8), nullable=False, comment="lead 主办, joint 协办; empty for the alarm"),
    Column("problem_found", Boolean, comment="of a report"),
    Column("category", String(32), nullable=False, comment="of the problem that a report tells; else empty"),
    Column("note", Text, nullable=False, comment="what was found, or why"),
    Column("rectify_by", Instant, comment="promised by a report"),
    Column(
        "inspected_at",
        Instant,
        comment="排查时间: when the unit says that it inspected; information, no figure reads it",
    ),
    Column("is_drawn", Boolean, nullable=False, comment="to be spot-checked (抽查) before 销号"),
    Column(
        "event_key",
        String(128),
        unique=True,
        comment="the sender's own key, by which a repetition is known; empty for none",
    ),
    Column(
        "of_seq",
        Integer,
        comment="of an extension for an outage: the step, taken before, whose deadline it moves to met_due_at",
    ),
    Column("is_simulated", Boolean, nullable=False, comment="the alarm is 模拟数据"),
    Index(None, "event_at"),
    Index(None, "recorded_at"),
    comment="One step of the chain of an alarm (交办 to 结案). Rows are only added; each had passed the rules of include/chain when it came.",
)

chain_problem = Table(
    "chain_problem",
    metadata,
    Column("alarm_id", String(64), primary_key=True),
    Column("seq", Integer, primary_key=True, comment="of the report that tells it"),
    Column("place", Integer, primary_key=True, comment="1, 2, 3 … within the report"),
    Column("problem_id", String(64), nullable=False, comment="the sender's own"),
    Column("category", String(32), nullable=False),
    Column("description", Text, nullable=False),
    Column("found_at", Instant, nullable=False, comment="as the unit says"),
    Column("status", String(32), nullable=False, comment="as the unit says"),
    Column("rectify_by", Instant, comment="as the unit promises"),
    Column("rectified_at", Instant, comment="as the unit says; counted only from its acceptance"),
    comment="One problem that a report tells apart. It is a fact (problem) from the 审核通过 of its report on.",
)

_STILL_OPEN = "open_until_at is null"
_WAS_OPEN = "open_until_at is not null"

chain_alarm = Table(
    "chain_alarm",
    metadata,
    Column("alarm_id", String(64), primary_key=True),
    Column("assigned_at", Instant, nullable=False, index=True, comment="first 交办"),
    Column(
        "open_until_at",
        Instant,
        comment="when its last task ended or it was closed; empty while something runs",
    ),
    Index(
        "ix_chain_alarm_still_open",
        "assigned_at",
        sqlite_where=text(_STILL_OPEN),
        postgresql_where=text(_STILL_OPEN),
    ),
    Index(
        "ix_chain_alarm_was_open",
        "open_until_at",
        sqlite_where=text(_WAS_OPEN),
        postgresql_where=text(_WAS_OPEN),
    ),
    comment="An alarm that has a chain: how a day finds what runs, of any age. Derived from chain_event with each step.",
)
