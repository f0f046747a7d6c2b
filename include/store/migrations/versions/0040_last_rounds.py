"""When the rounds of the post and of each mailbox went well the first time, and the last."""

import sqlalchemy as sa
from alembic import op

from include.store.columns import Instant

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "last_round",
        sa.Column(
            "name",
            sa.String(length=96),
            nullable=False,
            comment="post_round: rounds of the post that the schedule brought; mailbox.NAME: rounds that read this mailbox",
        ),
        sa.Column("first_at", Instant(), nullable=False, comment="when a round went well the first time"),
        sa.Column("last_at", Instant(), nullable=False, comment="when one went well the last time"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_last_round")),
        comment="What is done round after round: by it a round that stays away is noticed. No figure and no letter reads it.",
    )


def downgrade() -> None:
    op.drop_table("last_round")
