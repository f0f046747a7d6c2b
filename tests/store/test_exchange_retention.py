"""What of the traffic with channels and other levels goes, and that nothing of it is told or taken twice."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, insert, select

from include.store.channel_tables import channel_message
from include.store.engine import reading, writing
from include.store.exchange_retention import old_exchanges, remove_exchanges
from include.store.level_tables import received_report, sent_report, told_change

NOW = datetime(2022, 6, 1, tzinfo=UTC)
OLD, NEW = NOW - timedelta(days=401), NOW - timedelta(days=399)


def message(key: str, state: str, at: datetime, kind: str = "wecom") -> dict[str, object]:
    return {
        "channel": "g",
        "kind": kind,
        "message_key": key,
        "topic": "morning",
        "content_json": "{}",
        "is_simulated": False,
        "is_rehearsal": False,
        "queued_at": at,
        "state": state,
        "state_reason": "",
        "attempts": 1,
        "next_attempt_at": at,
        "expires_at": at,
        "updated_at": at,
    }


def sent(key: str, state: str, at: datetime) -> dict[str, object]:
    return {
        "report_key": key,
        "upper": "u",
        "kind": "feedback",
        "alarm_id": "A1",
        "record_id": "submitted",
        "told_at": at,
        "body_json": "{}",
        "state": state,
        "state_reason": "",
        "attempts": 1,
        "next_attempt_at": at,
        "queued_at": at,
        "updated_at": at,
    }


def change(record_id: str, at: datetime) -> dict[str, object]:
    return {
        "kind": "alarm",
        "record_id": record_id,
        "event": "",
        "event_at": at,
        "revision": 1,
        "noticed_at": at,
    }


def received(key: str, at: datetime) -> dict[str, object]:
    return {
        "unit_code": "370100",
        "report_key": key,
        "alarm_id": "A1",
        "body_sha256": "0" * 64,
        "body_json": "{}",
        "received_at": at,
        "stored_at": at,
        "is_taken": True,
        "refused_because": "",
        "receipt": "",
    }


def test_what_is_over_goes_and_what_waits_stays(engine: Engine) -> None:
    rows = {
        channel_message: [
            message("old", "sent", OLD),
            message("new", "sent", NEW),
            message("waits", "refused", OLD),
            message("hook", "expired", OLD, "webhook"),
            message("queue", "queued", OLD),
        ],
        sent_report: [sent("old", "sent", OLD), sent("new", "sent", NEW), sent("waits", "refused", OLD)],
        told_change: [change("A1", OLD), change("A2", NEW)],
        received_report: [received("old", OLD), received("new", NEW)],
    }
    with writing(engine) as connection:
        for table, own in rows.items():
            connection.execute(insert(table), own)
    counts = {"channel_message": 2, "told_change": 1, "received_report": 1, "sent_report": 1}
    with reading(engine) as connection:
        assert old_exchanges(connection, NOW) == counts
    with writing(engine) as connection:
        assert remove_exchanges(connection, NOW) == counts
        assert remove_exchanges(connection, NOW) == dict.fromkeys(counts, 0)
    with reading(engine) as connection:
        assert sorted(connection.execute(select(channel_message.c.message_key)).scalars()) == [
            "new",
            "queue",
            "waits",
        ]
        assert sorted(connection.execute(select(sent_report.c.report_key)).scalars()) == ["new", "waits"]


def test_the_last_moment_that_was_served_stays(engine: Engine) -> None:
    """What is noticed next never bears an earlier moment than what an office below has read."""
    with writing(engine) as connection:
        connection.execute(insert(told_change), [change("A1", OLD), change("A2", OLD + timedelta(hours=1))])
        assert remove_exchanges(connection, NOW)["told_change"] == 1
        assert list(connection.execute(select(told_change.c.record_id)).scalars()) == ["A2"]
