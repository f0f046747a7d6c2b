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

last_round = Table(
    "last_round",
    metadata,
    Column(
        "name",
        String(96),
        primary_key=True,
        comment="post_round: rounds of the post that the schedule brought; mailbox.NAME: rounds that read this mailbox",
    ),
    Column("first_at", Instant, nullable=False, comment="when a round went well the first time"),
    Column("last_at", Instant, nullable=False, comment="when one went well the last time"),
    comment="What is done round after round: by it a round that stays away is noticed. No figure and no letter reads it.",
)
