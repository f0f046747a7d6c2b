"""Indexes of letters by their release and of the chain's steps by when they were learnt: what webhooks are told is read by them."""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_letter_released_at"), "letter", ["released_at"], unique=False)
    op.create_index(op.f("ix_chain_event_recorded_at"), "chain_event", ["recorded_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_chain_event_recorded_at"), "chain_event")
    op.drop_index(op.f("ix_letter_released_at"), "letter")
