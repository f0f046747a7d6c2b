"""Lists of hotspot grids: proposals of a choice, their grids, and from when they are in force."""

import sqlalchemy as sa
from alembic import op

import include.store.columns

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "grid_list",
        sa.Column("list_id", _SERIAL, nullable=False),
        sa.Column(
            "name", sa.String(length=128), nullable=False, comment="as the file of the choice calls it"
        ),
        sa.Column(
            "state",
            sa.String(length=16),
            nullable=False,
            comment="proposed 待审, released 已发布, rejected 未采用",
        ),
        sa.Column("year", sa.Integer(), nullable=False, comment="last year of PM2.5"),
        sa.Column(
            "made_for", sa.Date(), nullable=False, comment="the day whose units and outlines it is over"
        ),
        sa.Column(
            "valid_from", sa.Date(), nullable=True, comment="first date of its use; empty until released"
        ),
        sa.Column("cells", sa.Integer(), nullable=False, comment="cells of the lattice"),
        sa.Column(
            "table_sha256",
            sa.String(length=64),
            nullable=False,
            comment="the table of all cells (Parquet) in the archive",
        ),
        sa.Column(
            "manifest_sha256",
            sa.String(length=64),
            nullable=False,
            comment="inputs, rules and notes (JSON) in the archive",
        ),
        sa.Column(
            "is_simulated", sa.Boolean(), nullable=False, comment="at least one input was 模拟数据 or 合成"
        ),
        sa.Column("proposed_at", include.store.columns.Instant(), nullable=False),
        sa.Column("proposed_by", sa.String(length=128), nullable=False),
        sa.Column(
            "decided_at",
            include.store.columns.Instant(),
            nullable=True,
            comment="when it was released or rejected",
        ),
        sa.Column("decided_by", sa.String(length=128), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False, comment="of the decision; empty before"),
        sa.CheckConstraint("state in ('proposed', 'released', 'rejected')", name=op.f("ck_grid_list_state")),
        sa.PrimaryKeyConstraint("list_id", name=op.f("pk_grid_list")),
        comment="A list of hotspot grids: proposed by a choice, released by a person. Of the released ones that of the last valid_from "
        "is in force on a day.",
    )
    op.create_index(op.f("ix_grid_list_state_valid_from"), "grid_list", ["state", "valid_from"])
    op.create_table(
        "grid_list_row",
        sa.Column("list_id", _SERIAL, nullable=False),
        sa.Column("grid_id", sa.String(length=64), nullable=False),
        sa.Column(
            "unit_code", sa.String(length=64), nullable=False, comment="the unit that has most of the cell"
        ),
        sa.Column("county", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("west", sa.Float(), nullable=False, comment="degrees, WGS84"),
        sa.Column("south", sa.Float(), nullable=False, comment="degrees, WGS84"),
        sa.Column("east", sa.Float(), nullable=False, comment="degrees, WGS84"),
        sa.Column("north", sa.Float(), nullable=False, comment="degrees, WGS84"),
        sa.Column(
            "is_hot", sa.Boolean(), nullable=False, comment="in the list, a person's decision included"
        ),
        sa.Column("is_monitored", sa.Boolean(), nullable=False, comment="to carry micro-stations (微站)"),
        sa.Column(
            "change",
            sa.String(length=8),
            nullable=False,
            comment="new, kept, left against the list before; empty without one",
        ),
        sa.Column(
            "decision",
            sa.String(length=8),
            nullable=False,
            comment="struck 剔除 or added 增补 by a person; else empty",
        ),
        sa.Column("reason", sa.Text(), nullable=False, comment="of the person's decision"),
        sa.Column("decided_by", sa.String(length=128), nullable=True),
        sa.Column("decided_at", include.store.columns.Instant(), nullable=True),
        sa.CheckConstraint("decision in ('', 'struck', 'added')", name=op.f("ck_grid_list_row_decision")),
        sa.ForeignKeyConstraint(
            ["list_id"], ["grid_list.list_id"], name=op.f("fk_grid_list_row_list_id_grid_list")
        ),
        sa.PrimaryKeyConstraint("list_id", "grid_id", name=op.f("pk_grid_list_row")),
        comment="A grid of a list that is chosen, has left, or was struck or added by a person.",
    )


def downgrade() -> None:
    op.drop_table("grid_list_row")
    op.drop_index(op.f("ix_grid_list_state_valid_from"), table_name="grid_list")
    op.drop_table("grid_list")
