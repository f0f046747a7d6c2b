"""The tables of channels beside mail (chats, webhooks), on the same metadata as include/store/tables.py."""

from typing import Final

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text, UniqueConstraint

from include.store.columns import Instant, Serial, one_of
from include.store.tables import DELIVERY_STATES, metadata

CHANNEL_KINDS: Final = ("wecom", "dingtalk", "feishu", "webhook")

channel_message = Table(
    "channel_message",
    metadata,
    Column("message_id", Serial, primary_key=True),
    Column("channel", String(64), nullable=False, comment="name of the connection that it goes over"),
    Column("kind", String(16), nullable=False, comment="wecom, dingtalk, feishu, webhook"),
    Column(
        "message_key",
        String(255),
        nullable=False,
        comment="what it is about, in one word: the same is queued once for a channel",
    ),
    Column(
        "topic",
        String(32),
        nullable=False,
        comment="morning, urgent, overdue, escalated, test; of a webhook the event's type",
    ),
    Column(
        "content_json",
        Text,
        nullable=False,
        comment="what it says, without any secret; of a webhook the event as it is sent",
    ),
    Column("is_simulated", Boolean, nullable=False),
    Column("is_rehearsal", Boolean, nullable=False, comment="演练: went to the test group"),
    Column("queued_at", Instant, nullable=False),
    Column("state", String(16), nullable=False, comment="as of a delivery"),
    Column("state_reason", Text, nullable=False),
    Column("attempts", Integer, nullable=False, comment="times that it was handed over"),
    Column("attempted_at", Instant, comment="last time"),
    Column("next_attempt_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, comment="not tried any more from then on"),
    Column("lease_owner", String(128)),
    Column("lease_until_at", Instant),
    Column(
        "answer_code", Integer, comment="the error code in the last answer's body; else its status of HTTP"
    ),
    Column("answer_text", Text, comment="the last answer in words"),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("channel", "message_key"),
    Index(None, "state", "next_attempt_at"),
    Index(None, "channel", "attempted_at"),
    one_of("kind", CHANNEL_KINDS),
    one_of("state", DELIVERY_STATES),
    comment="One message to one channel beside mail: a chat group, or a webhook.",
)

channel_state = Table(
    "channel_state",
    metadata,
    Column("channel", String(64), primary_key=True),
    Column(
        "quiet_until_at", Instant, comment="nothing is sent before: it asked for peace, or its rate is spent"
    ),
    Column(
        "failing_since_at",
        Instant,
        comment="of a webhook: since when nothing was taken; empty after a success",
    ),
    Column(
        "disabled_at", Instant, comment="switched off after days of failure; a person switches it on again"
    ),
    Column(
        "told_until_at", Instant, comment="of a webhook: facts received before were looked at for its events"
    ),
    Column("reason", Text, nullable=False, comment="why it is quiet or off"),
    comment="How one channel beside mail stands.",
)
