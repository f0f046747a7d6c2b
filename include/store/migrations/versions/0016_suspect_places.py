"""Construction sites, roads and satellite fires as candidates; the days' lists of treatment that seems idle."""

import sqlalchemy as sa
from alembic import op

import include.store.columns

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "suspect_place",
        sa.Column(
            "source",
            sa.String(length=64),
            nullable=False,
            comment="name of the table that it was imported with",
        ),
        sa.Column(
            "kind",
            sa.String(length=16),
            nullable=False,
            comment="site (工地), road (道路, a point of it), fire (卫星火点)",
        ),
        sa.Column("place_id", sa.String(length=64), nullable=False, comment="its number at that source"),
        sa.Column("name", sa.String(length=255), nullable=False, comment="empty where none was told"),
        sa.Column("lon", sa.Float(), nullable=False, comment="degrees, WGS84"),
        sa.Column("lat", sa.Float(), nullable=False, comment="degrees, WGS84"),
        sa.Column(
            "valid_from",
            sa.Date(),
            nullable=True,
            comment="first Beijing date of a site or road; empty: always",
        ),
        sa.Column(
            "valid_to",
            sa.Date(),
            nullable=True,
            comment="first Beijing date on which it is no more; empty while it is",
        ),
        sa.Column(
            "seen_at",
            include.store.columns.Instant(),
            nullable=True,
            comment="when a satellite saw a fire; empty for the others",
        ),
        sa.Column("is_simulated", sa.Boolean(), nullable=False, comment="made by a simulator (模拟数据)"),
        sa.Column(
            "received_at",
            include.store.columns.Instant(),
            nullable=False,
            comment="when we learnt it (audit only)",
        ),
        sa.CheckConstraint("kind in ('site', 'road', 'fire')", name=op.f("ck_suspect_place_kind")),
        sa.PrimaryKeyConstraint("source", "kind", "place_id", name=op.f("pk_suspect_place")),
        comment="A candidate of the ranking of suspects beside the enterprises. An import of sites or roads replaces the rows of its source; fires are only added.",
    )
    op.create_index(op.f("ix_suspect_place_seen_at"), "suspect_place", ["seen_at"], unique=False)
    op.create_table(
        "suspected_treatment",
        sa.Column("observed_on", sa.Date(), nullable=False, comment="Beijing day"),
        sa.Column("enterprise_id", sa.String(length=64), nullable=False),
        sa.Column(
            "rule",
            sa.String(length=16),
            nullable=False,
            comment="idle, shorter, lost, stopped: the rules of sub-metering",
        ),
        sa.Column("hours", sa.Integer(), nullable=False, comment="that broke the rule"),
        sa.Column(
            "spans",
            sa.String(length=255),
            nullable=False,
            comment="`09-12,20-24`: hours of the day, the end exclusive",
        ),
        sa.Column(
            "production_kw",
            sa.Float(),
            nullable=True,
            comment="mean power of the line in these hours; empty where it was lost",
        ),
        sa.Column(
            "treatment_kw", sa.Float(), nullable=True, comment="mean power of the treatment in these hours"
        ),
        sa.Column(
            "usual_treatment_kw",
            sa.Float(),
            nullable=True,
            comment="what the treatment draws at this production in the days before",
        ),
        sa.Column("metered_hours", sa.Integer(), nullable=False, comment="hours of the day with a value"),
        sa.Column(
            "known_hours",
            sa.Integer(),
            nullable=False,
            comment="hours of the day that were over: 24 of a whole day",
        ),
        sa.Column(
            "rules_edition",
            sa.String(length=32),
            nullable=False,
            comment="edition of the rules of sub-metering",
        ),
        sa.Column(
            "made_at",
            include.store.columns.Instant(),
            nullable=False,
            comment="when it was judged (audit only)",
        ),
        sa.PrimaryKeyConstraint("observed_on", "enterprise_id", "rule", name=op.f("pk_suspected_treatment")),
        comment="An enterprise whose treatment seems not to run as it should on a day (疑似治污设施不正常运行), alarm or not.",
    )


def downgrade() -> None:
    op.drop_table("suspected_treatment")
    op.drop_index(op.f("ix_suspect_place_seen_at"), table_name="suspect_place")
    op.drop_table("suspect_place")
