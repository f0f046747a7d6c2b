"""What the demo plays of the phone page, on a small region: what is told, and that the answer counts from the page's receipt."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine

from include.field_demo import DEMO_PAGE, play_phone
from include.post.local_server import LocalMailbox
from tests.field.office import events, office, problems
from tests.workflows.region import run_of


def test_the_demo_plays_a_link_a_photo_and_a_code(
    engine: Engine, tmp_path: Path, mailbox: LocalMailbox
) -> None:
    house = office(engine, tmp_path / "var", mailbox, DEMO_PAGE)
    told: list[str] = []
    period = run_of(house).period
    play_phone(house, period, told.append)
    assert [line.split()[0] for line in told] == ["手机填报", "sent", "code", "page"]
    assert "1 waiting, 1 mailed" in told[1]
    assert "1 confirmed" in told[2]
    seen_at = period.as_of + timedelta(hours=5)
    assert [(event, at) for _, event, at, *_ in events(house)] == [("submitted", seen_at)]
    assert [found_at for *_, found_at, _, _ in problems(house)] == [seen_at]
    page = house.var / "field_page" / "f" / "list.html"
    assert "已采用" in page.read_text(encoding="utf-8")
    assert (page.parent.parent / "field.css").is_file()


def test_an_office_without_the_page_plays_nothing(
    engine: Engine, tmp_path: Path, mailbox: LocalMailbox
) -> None:
    house = office(engine, tmp_path / "var", mailbox)
    told: list[str] = []
    play_phone(replace(house, mailbox=None), run_of(house).period, told.append)
    assert told == []
