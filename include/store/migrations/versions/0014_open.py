"""What is open to the public: the editions of published months, and hints, kept apart from the facts."""

import sqlalchemy as sa
from alembic import op

import include.store.columns

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hint",
        sa.Column(
            "hint_id",
            sa.String(length=64),
            nullable=False,
            comment="the sender's own key, or made from the content",
        ),
        sa.Column(
            "received_at",
            include.store.columns.Instant(),
            nullable=False,
            comment="when it reached the office, as the file says",
        ),
        sa.Column("taken_at", include.store.columns.Instant(), nullable=False, comment="when it was read in"),
        sa.Column(
            "place",
            sa.String(length=255),
            nullable=True,
            comment="where, in the sender's words; erased with the identity",
        ),
        sa.Column("lon", sa.Float(), nullable=True, comment="degrees, WGS84; erased with the identity"),
        sa.Column("lat", sa.Float(), nullable=True, comment="degrees, WGS84; erased with the identity"),
        sa.Column("text", sa.Text(), nullable=True, comment="what the sender saw; erased with the identity"),
        sa.Column(
            "name",
            sa.String(length=128),
            nullable=True,
            comment="of the sender; erased 30 days after closing",
        ),
        sa.Column(
            "contact",
            sa.String(length=254),
            nullable=True,
            comment="address or telephone; erased 30 days after closing",
        ),
        sa.Column(
            "unit_code",
            sa.String(length=32),
            nullable=True,
            comment="unit that the place belongs to, by the match or a person",
        ),
        sa.Column(
            "grid_id",
            sa.String(length=64),
            nullable=True,
            comment="grid that it was matched to; empty where none was",
        ),
        sa.Column("match_how", sa.String(length=16), nullable=False, comment="point, name, person, or none"),
        sa.Column(
            "state",
            sa.String(length=16),
            nullable=False,
            comment="waiting, checking, or what it was closed as",
        ),
        sa.Column(
            "answer", sa.Text(), nullable=True, comment="what a person answered; erased with the identity"
        ),
        sa.Column("answered_at", include.store.columns.Instant(), nullable=True),
        sa.Column("closed_at", include.store.columns.Instant(), nullable=True),
        sa.Column("decided_by", sa.String(length=128), nullable=True, comment="who moderated it last"),
        sa.Column(
            "erased_at",
            include.store.columns.Instant(),
            nullable=True,
            comment="when everything that names or quotes the sender was erased",
        ),
        sa.Column("is_simulated", sa.Boolean(), nullable=False, comment="made by the simulator (模拟数据)"),
        sa.CheckConstraint(
            "state in ('waiting', 'checking', 'confirmed', 'not_confirmed', 'passed_on', 'spam')",
            name=op.f("ck_hint_state"),
        ),
        sa.PrimaryKeyConstraint("hint_id", name=op.f("pk_hint")),
        comment="One hint of the public: kept apart from the facts, no figure and no letter reads it, and none becomes an alarm.",
    )
    op.create_index(op.f("ix_hint_state_received_at"), "hint", ["state", "received_at"], unique=False)
    op.create_table(
        "published_month",
        sa.Column(
            "first_date",
            sa.Date(),
            nullable=False,
            comment="first day of the month (or of its part in the season)",
        ),
        sa.Column("edition", sa.Integer(), nullable=False, comment="1 for what was published first"),
        sa.Column(
            "released_on",
            sa.Date(),
            nullable=False,
            comment="date up to which that publication was asked for",
        ),
        sa.Column(
            "figures_json",
            sa.Text(),
            nullable=False,
            comment="all that the edition says, small counts merged already; nothing else is kept",
        ),
        sa.Column(
            "reason",
            sa.String(length=32),
            nullable=False,
            comment="first, facts (learnt or corrected later) or settings",
        ),
        sa.Column(
            "changed_cells", sa.Integer(), nullable=False, comment="cells that differ from the edition before"
        ),
        sa.Column(
            "recorded_at",
            include.store.columns.Instant(),
            nullable=False,
            comment="when it was recorded (audit only)",
        ),
        sa.Column("recorded_by", sa.String(length=128), nullable=False),
        sa.Column(
            "removed_on",
            sa.Date(),
            nullable=True,
            comment="when it was taken away from the public; empty while it stands",
        ),
        sa.Column("removed_reason", sa.Text(), nullable=True, comment="told to the public"),
        sa.PrimaryKeyConstraint("first_date", "edition", name=op.f("pk_published_month")),
        comment="One edition of a published month: what every file of it is made from.",
    )


def downgrade() -> None:
    op.drop_table("published_month")
    op.drop_table("hint")
