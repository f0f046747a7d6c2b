"""Contacts: what a person decided stands, what each source told is kept apart, and questions wait for a person."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import sqlalchemy as sa
from alembic import op

import include.store.columns

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# How a change at the desk ended in the audit trail until now: `换了邮箱（阳泉市局，2020-03-01 至 2020-04-01）`.
_DAYS = re.compile(r"，\d{4}-\d{2}-\d{2} 至 (\d{4}-\d{2}-\d{2}|今后)）$")
_INSTANT = include.store.columns.Instant(length=27)
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column(
        "contact",
        sa.Column(
            "fixed_at",
            _INSTANT,
            comment="since when it stands against what sources tell: a person decided it, or a source named its successor",
        ),
    )
    op.add_column("contact", sa.Column("fixed_by", sa.String(length=128), comment="who decided that"))
    op.add_column(
        "contact",
        sa.Column("replaced_by_id", sa.BigInteger(), comment="contact_id of the row that took its place"),
    )
    _create_told()
    _create_questions()
    _carry_over(op.get_bind())


def _create_told() -> None:
    op.create_table(
        "contact_told",
        sa.Column("source", sa.String(length=64), nullable=False, comment="name of the source that tells it"),
        sa.Column("region_code", sa.String(length=6), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("phone", sa.String(length=64), nullable=False, comment="empty when not told"),
        sa.Column("valid_to", sa.Date()),
        sa.Column("is_simulated", sa.Boolean(), nullable=False, comment="made by the simulator (模拟数据)"),
        sa.Column(
            "gone_at",
            _INSTANT,
            comment="since when the source no longer tells it, while a person is asked about that",
        ),
        sa.PrimaryKeyConstraint(
            "source", "region_code", "role", "address", "valid_from", name=op.f("pk_contact_told")
        ),
        comment="One contact as a source told it last. What is in force is in contact: a person's decision stands against this.",
    )


def _create_questions() -> None:
    op.create_table(
        "contact_question",
        sa.Column("question_id", _SERIAL, nullable=False),
        sa.Column(
            "kind",
            sa.String(length=16),
            nullable=False,
            comment="differs (the source says otherwise), held (its new address is not in force), replaced (its new address is), vanished (it is told no more), unread (nobody reads such a mailbox)",
        ),
        sa.Column("contact_id", _SERIAL, nullable=False, comment="the row of ours that it is about"),
        sa.Column("other_id", _SERIAL, comment="replaced: the row that took its place"),
        sa.Column("source", sa.String(length=64), nullable=False, comment="who says otherwise"),
        sa.Column("mine_json", sa.Text(), nullable=False, comment="our row when it was asked"),
        sa.Column("told_json", sa.Text(), comment="the source's row; empty when it tells none"),
        sa.Column(
            "told_hash",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 of it: what a person has kept against is not asked again",
        ),
        sa.Column("is_simulated", sa.Boolean(), nullable=False),
        sa.Column("asked_at", _INSTANT, nullable=False),
        sa.Column(
            "state",
            sa.String(length=8),
            nullable=False,
            comment="open, kept (ours), taken (the source's), both, void (it went away by itself)",
        ),
        sa.Column("settled_at", _INSTANT),
        sa.Column("settled_by", sa.String(length=128)),
        sa.Column("reason", sa.Text()),
        sa.CheckConstraint(
            "kind in ('differs', 'held', 'replaced', 'vanished', 'unread')",
            name=op.f("ck_contact_question_kind"),
        ),
        sa.CheckConstraint(
            "state in ('open', 'kept', 'taken', 'both', 'void')", name=op.f("ck_contact_question_state")
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.contact_id"], name=op.f("fk_contact_question_contact_id")
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["contact.contact_id"], name=op.f("fk_contact_question_other_id")
        ),
        sa.PrimaryKeyConstraint("question_id", name=op.f("pk_contact_question")),
        comment="One question to a person about one contact.",
    )
    op.create_index(op.f("ix_contact_question_contact_id"), "contact_question", ["contact_id"])
    op.create_index(op.f("ix_contact_question_state"), "contact_question", ["state"])


def _carry_over(connection: sa.Connection) -> None:
    """What came from a source was told by it; what a person changed at the desk stands from now on, also where a later pull
    had set it back: the last day that the person gave is put in force again, and the next pull asks about the difference."""
    connection.execute(
        sa.text(
            "insert into contact_told (source, region_code, role, address, valid_from, name, phone, valid_to, is_simulated) "
            "select source, region_code, role, address, valid_from, name, coalesce(phone, ''), valid_to, is_simulated "
            "from contact where source <> 'desk'"
        )
    )
    contact = sa.table(
        "contact",
        sa.column("contact_id"),
        sa.column("valid_to", sa.Date()),
        sa.column("fixed_at", _INSTANT),
        sa.column("fixed_by"),
    )
    decided = _decided(connection)
    for contact_id, subject, source, received_at in _rows(connection):
        values: dict[str, Any] = {}
        if subject in decided:
            at, actor, valid_to = decided[subject]
            values = {"fixed_at": at, "fixed_by": actor, **valid_to}
        elif source == "desk":
            values = {"fixed_at": received_at, "fixed_by": "desk"}
        if values:
            connection.execute(sa.update(contact).where(contact.c.contact_id == contact_id).values(**values))


def _decided(connection: sa.Connection) -> dict[str, tuple[Any, str, dict[str, date | None]]]:
    """The last change at the desk by contact: when, who, and the last day that it gave, where the trail tells it."""
    audit = sa.table(
        "audit",
        sa.column("audit_id"),
        sa.column("at", _INSTANT),
        sa.column("actor"),
        sa.column("subject"),
        sa.column("subject_id"),
        sa.column("reason"),
    )
    query = sa.select(audit.c.subject_id, audit.c.at, audit.c.actor, audit.c.reason)
    found = {}
    for subject, at, actor, reason in connection.execute(
        query.where(audit.c.subject == "contact").order_by(audit.c.audit_id)
    ):
        days = _DAYS.search(reason)
        valid_to = (
            {} if days is None else {"valid_to": None if days[1] == "今后" else date.fromisoformat(days[1])}
        )
        found[subject] = (at, actor, valid_to)
    return found


def _rows(connection: sa.Connection) -> Iterator[tuple[int, str, str, Any]]:
    contact = sa.table(
        "contact",
        sa.column("contact_id"),
        sa.column("region_code"),
        sa.column("role"),
        sa.column("address"),
        sa.column("valid_from", sa.Date()),
        sa.column("source"),
        sa.column("received_at", _INSTANT),
    )
    for row in connection.execute(sa.select(contact)).all():
        subject = "/".join((row.region_code, row.role, row.address, str(row.valid_from)))[:255]
        yield row.contact_id, subject, row.source, row.received_at


def downgrade() -> None:
    op.drop_table("contact_question")
    op.drop_table("contact_told")
    with op.batch_alter_table("contact", schema=None) as batch_op:
        for name in ("replaced_by_id", "fixed_by", "fixed_at"):
            batch_op.drop_column(name)
