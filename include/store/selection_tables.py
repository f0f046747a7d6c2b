"""The tables of the lists of hotspot grids, on the same metadata as include/store/tables.py.

The whole table of a choice (a row a cell) and its manifest are in the archive, named by the list.
"""

from typing import Final

from sqlalchemy import Boolean, Column, Date, Float, ForeignKey, Index, Integer, String, Table, Text

from include.store.columns import Instant, Serial, one_of
from include.store.tables import metadata

LIST_STATES: Final = ("proposed", "released", "rejected")
DECISIONS: Final = ("", "struck", "added")

grid_list = Table(
    "grid_list",
    metadata,
    Column("list_id", Serial, primary_key=True),
    Column("name", String(128), nullable=False, comment="as the file of the choice calls it"),
    Column("state", String(16), nullable=False, comment="proposed 待审, released 已发布, rejected 未采用"),
    Column("year", Integer, nullable=False, comment="last year of PM2.5"),
    Column("made_for", Date, nullable=False, comment="the day whose units and outlines it is over"),
    Column("valid_from", Date, comment="first date of its use; empty until released"),
    Column("cells", Integer, nullable=False, comment="cells of the lattice"),
    Column(
        "table_sha256", String(64), nullable=False, comment="the table of all cells (Parquet) in the archive"
    ),
    Column(
        "manifest_sha256", String(64), nullable=False, comment="inputs, rules and notes (JSON) in the archive"
    ),
    Column("is_simulated", Boolean, nullable=False, comment="at least one input was 模拟数据 or 合成"),
    Column("proposed_at", Instant, nullable=False),
    Column("proposed_by", String(128), nullable=False),
    Column("decided_at", Instant, comment="when it was released or rejected"),
    Column("decided_by", String(128)),
    Column("reason", Text, nullable=False, comment="of the decision; empty before"),
    one_of("state", LIST_STATES),
    Index(None, "state", "valid_from"),
    comment="A list of hotspot grids: proposed by a choice, released by a person. Of the released ones that of the last valid_from "
    "is in force on a day.",
)

grid_list_row = Table(
    "grid_list_row",
    metadata,
    Column("list_id", ForeignKey("grid_list.list_id"), primary_key=True),
    Column("grid_id", String(64), primary_key=True),
    Column("unit_code", String(64), nullable=False, comment="the unit that has most of the cell"),
    Column("county", String(64), nullable=False),
    Column("name", String(255), nullable=False),
    Column("west", Float, nullable=False, comment="degrees, WGS84"),
    Column("south", Float, nullable=False, comment="degrees, WGS84"),
    Column("east", Float, nullable=False, comment="degrees, WGS84"),
    Column("north", Float, nullable=False, comment="degrees, WGS84"),
    Column("is_hot", Boolean, nullable=False, comment="in the list, a person's decision included"),
    Column("is_monitored", Boolean, nullable=False, comment="to carry micro-stations (微站)"),
    Column(
        "change",
        String(8),
        nullable=False,
        comment="new, kept, left against the list before; empty without one",
    ),
    Column(
        "decision", String(8), nullable=False, comment="struck 剔除 or added 增补 by a person; else empty"
    ),
    Column("reason", Text, nullable=False, comment="of the person's decision"),
    Column("decided_by", String(128)),
    Column("decided_at", Instant),
    one_of("decision", DECISIONS),
    comment="A grid of a list that is chosen, has left, or was struck or added by a person.",
)
