"""Channels beside mail: what goes to chat groups and webhooks, and how each channel stands."""

import sqlalchemy as sa
from alembic import op

from include.store.columns import Instant

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "channel_message",
        sa.Column("message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "channel",
            sa.String(length=64),
            nullable=False,
            comment="name of the connection that it goes over",
        ),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="wecom, dingtalk, feishu, webhook"),
        sa.Column(
            "message_key",
            sa.String(length=255),
            nullable=False,
            comment="what it is about, in one word: the same is queued once for a channel",
        ),
        sa.Column(
            "topic",
            sa.String(length=32),
            nullable=False,
            comment="morning, urgent, overdue; of a webhook the event's type",
        ),
        sa.Column(
            "content_json",
            sa.Text(),
            nullable=False,
            comment="what it says, without any secret; of a webhook the event as it is sent",
        ),
        sa.Column("is_simulated", sa.Boolean(), nullable=False),
        sa.Column("is_rehearsal", sa.Boolean(), nullable=False, comment="演练: went to the test group"),
        sa.Column("queued_at", Instant(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False, comment="as of a delivery"),
        sa.Column("state_reason", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, comment="times that it was handed over"),
        sa.Column("attempted_at", Instant(), nullable=True, comment="last time"),
        sa.Column("next_attempt_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False, comment="not tried any more from then on"),
        sa.Column("lease_owner", sa.String(length=128), nullable=True),
        sa.Column("lease_until_at", Instant(), nullable=True),
        sa.Column(
            "answer_code",
            sa.Integer(),
            nullable=True,
            comment="the error code in the last answer's body; else its status of HTTP",
        ),
        sa.Column("answer_text", sa.Text(), nullable=True, comment="the last answer in words"),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "kind in ('wecom', 'dingtalk', 'feishu', 'webhook')", name=op.f("ck_channel_message_kind")
        ),
        sa.CheckConstraint(
            "state in ('queued', 'sending', 'sent', 'refused', 'unknown', 'expired', 'withdrawn')",
            name=op.f("ck_channel_message_state"),
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_channel_message")),
        sa.UniqueConstraint("channel", "message_key", name=op.f("uq_channel_message_channel_message_key")),
        comment="One message to one channel beside mail: a chat group, or a webhook.",
    )
    op.create_index(
        op.f("ix_channel_message_channel_attempted_at"),
        "channel_message",
        ["channel", "attempted_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_channel_message_state_next_attempt_at"),
        "channel_message",
        ["state", "next_attempt_at"],
        unique=False,
    )
    op.create_table(
        "channel_state",
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column(
            "quiet_until_at",
            Instant(),
            nullable=True,
            comment="nothing is sent before: it asked for peace, or its rate is spent",
        ),
        sa.Column(
            "failing_since_at",
            Instant(),
            nullable=True,
            comment="of a webhook: since when nothing was taken; empty after a success",
        ),
        sa.Column(
            "disabled_at",
            Instant(),
            nullable=True,
            comment="switched off after days of failure; a person switches it on again",
        ),
        sa.Column(
            "told_until_at",
            Instant(),
            nullable=True,
            comment="of a webhook: facts received before were looked at for its events",
        ),
        sa.Column("reason", sa.Text(), nullable=False, comment="why it is quiet or off"),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_channel_state")),
        comment="How one channel beside mail stands.",
    )


def downgrade() -> None:
    op.drop_table("channel_state")
    op.drop_index(op.f("ix_channel_message_state_next_attempt_at"), table_name="channel_message")
    op.drop_index(op.f("ix_channel_message_channel_attempted_at"), table_name="channel_message")
    op.drop_table("channel_message")
