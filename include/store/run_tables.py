"""The table of beats that ran, on the same metadata as include/store/tables.py."""

from sqlalchemy import Boolean, Column, String, Table

from include.store.columns import Instant
from include.store.tables import metadata

beat_run = Table(
    "beat_run",
    metadata,
    Column("window_kind", String(32), primary_key=True, comment="day, midweek, weekend, half_month, hour"),
    Column("end_at", Instant, primary_key=True, comment="end of the window, exclusive"),
    Column("run_id", String(250), nullable=False, comment="DAG and run that came to this window last"),
    Column(
        "is_scheduled",
        Boolean,
        nullable=False,
        comment="a run of the schedule came to it; else a person or a back-fill did",
    ),
    Column("late_at", Instant, comment="when its run was reported as late; empty: it was not"),
    Column(
        "accounted_at", Instant, comment="when every letter of the window was accounted for; empty: not yet"
    ),
    comment="One window of a beat to which a run came: by it a window without a run is noticed. No figure and no letter reads it.",
)
