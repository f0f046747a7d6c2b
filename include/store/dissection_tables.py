"""The table of 解剖分析, on the same metadata as include/store/tables.py."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text

from include.store.columns import Instant
from include.store.tables import metadata

dissection_event = Table(
    "dissection_event",
    metadata,
    Column("case_id", String(80), primary_key=True, comment="grid_id, -, and the number of the case there"),
    Column("seq", Integer, primary_key=True, comment="1, 2, 3 … in the order in which the steps were taken"),
    Column("grid_id", String(64), nullable=False, index=True),
    Column("case_no", Integer, nullable=False, comment="1, 2, 3 … of the grid"),
    Column(
        "event",
        String(24),
        nullable=False,
        comment="opened, reopened (by the alarms), filed, measure_added, measure_done, measure_returned, measure_cancelled, accepted, dropped",
    ),
    Column(
        "event_at",
        Instant,
        nullable=False,
        comment="of an opening the push of the alarm that decided it; else when it was recorded",
    ),
    Column("recorded_at", Instant, nullable=False, index=True, comment="when the store learnt of it"),
    Column("actor", String(128), nullable=False, comment="account or run that recorded it"),
    Column("person", String(128), nullable=False, comment="who did it"),
    Column("note", Text, nullable=False, comment="of a new measure what is to be done; else why"),
    Column("measure_no", Integer, nullable=False, comment="1, 2, 3 … of the case; 0: the case as a whole"),
    Column("unit_code", String(32), nullable=False, comment="of a new measure: the unit that is to do it"),
    Column("owner", String(128), nullable=False, comment="of a new measure: who answers for it"),
    Column("due_at", Instant, comment="of a new measure: until when"),
    Column(
        "document_sha256",
        String(64),
        nullable=False,
        comment="of a filed analysis: the finished document in the archive",
    ),
    Column("document_name", String(200), nullable=False, comment="its file name"),
    Column("alarm_id", String(64), nullable=False, comment="of an opening: the alarm that decided it"),
    Column("rule_alarms", Integer, nullable=False, comment="of an opening: so many alarms …"),
    Column("rule_days", Integer, nullable=False, comment="… in so many days, by the profile then"),
    Column("is_simulated", Boolean, nullable=False, comment="an alarm of it is 模拟数据"),
    Index(None, "event_at"),
    comment="One event of a case of 解剖分析. Rows are only added; each had passed the rules of include/chain/dissection when it came.",
)
