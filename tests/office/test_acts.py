"""What the office decides about one alarm."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import Engine, select

from include.errors import InputError, StateError
from include.house import House
from include.office.acts import act
from include.office.feedback import feedback_table
from include.periods import custom_period, midnight
from include.sources.config import SourceConfig
from include.sources.intake import pull
from include.store import tables
from include.store.engine import reading
from tests.workflows.region import DAY, open_region

NOW = datetime(2020, 3, 13, 1, tzinfo=UTC)


@pytest.fixture
def house(engine: Engine, tmp_path: Path) -> House:
    house = open_region(engine, tmp_path / "var", SimpleNamespace(host="127.0.0.1", port=25, folder=tmp_path))
    pull(engine, house.sources[0], midnight(DAY.replace(day=1)), NOW, now=NOW)
    return house


def figures(house: House, hours: float = 0) -> dict[str, int]:
    """阳泉: its alarms of March as of an hour after NOW."""
    period = custom_period(DAY.replace(day=1), DAY.replace(day=13), NOW + timedelta(hours=hours))
    row = feedback_table(house.engine, period).set_index("unit_code").loc["140300"]
    return {name: int(row[name]) for name in ("pushed", "answered", "due", "overdue", "closed")}


def done(house: House, name: str, alarm_id: str = "Y2", hours: float = 0) -> str:
    return act(house, alarm_id, name, now=NOW + timedelta(hours=hours), actor="王某", reason="已电话核实")


def test_closing_ends_the_matter_and_reopening_resumes_it(house: House) -> None:
    open_one = {"pushed": 2, "answered": 1, "due": 2, "overdue": 1, "closed": 0}
    assert figures(house) == open_one
    assert done(house, "close", hours=1) == "closed"
    assert figures(house, 2) == {"pushed": 2, "answered": 1, "due": 1, "overdue": 0, "closed": 1}
    assert done(house, "reopen", hours=3) == "reopened"
    assert figures(house, 4) == open_one
    assert figures(house, 2)["closed"] == 1  # as it was then
    with reading(house.engine) as connection:
        rows = connection.execute(
            select(
                tables.audit.c.subject_id, tables.audit.c.action, tables.audit.c.actor, tables.audit.c.reason
            )
            .where(tables.audit.c.subject == "alarm")
            .order_by(tables.audit.c.audit_id)
        ).all()
    assert [tuple(row) for row in rows] == [
        ("Y2", "close", "王某", "已电话核实"),
        ("Y2", "reopen", "王某", "已电话核实"),
    ]


def test_an_answer_is_returned_and_accepted(house: House) -> None:
    assert done(house, "return", "Y1") == "returned"
    assert figures(house, 1)["answered"] == 0
    assert done(house, "accept", "Y1", hours=2) == "accepted"
    assert figures(house, 3)["answered"] == 1


@pytest.mark.parametrize(
    ("name", "alarm_id", "got"),
    [
        ("close", "Y1", "it is answered, withdrawn or closed already"),
        ("reopen", "Y2", "it is not closed"),
        ("accept", "Y2", "no answer"),
        ("return", "Y2", "no standing answer"),
        ("uphold", "Y2", "no dispute that could be upheld"),
        ("reject", "Y2", "no dispute that could be rejected"),
    ],
)
def test_what_is_not_so_is_refused(house: House, name: str, alarm_id: str, got: str) -> None:
    with pytest.raises(StateError, match=got):
        done(house, name, alarm_id)


def test_a_reason_and_an_alarm_are_needed(house: House) -> None:
    with pytest.raises(InputError, match="a reason is needed"):
        act(house, "Y2", "close", now=NOW, actor="王某", reason=" ")
    with pytest.raises(InputError, match="no such alarm"):
        done(house, "close", "nothing")


def test_where_a_platform_decides_its_owner_is_named_and_closing_stays_ours(house: House) -> None:
    owner = SourceConfig(house.sources[0].name, "platform", "https://platform.example", token="t")
    theirs = replace(house, sources=(owner,))
    with pytest.raises(StateError, match=f"the alarm is of the source {owner.name}"):
        done(theirs, "return", "Y1")
    assert done(theirs, "close") == "closed"
