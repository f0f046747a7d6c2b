from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.house import House
from include.post.mailbox import local_mailbox, received
from include.workflows import daily_dispatch
from include.workflows.corrections import proposed_corrections
from tests.workflows.region import DAY, FEEDBACK, later, open_region, run_of, write_files


@pytest.fixture
def house(engine: Engine, tmp_path: Path) -> Iterator[House]:
    with local_mailbox(tmp_path / "mailbox") as mailbox:
        yield open_region(engine, tmp_path / "var", mailbox)


def test_a_letter_that_left_is_proposed_for_correction_with_the_difference(
    house: House, tmp_path: Path
) -> None:
    run = run_of(house)
    daily_dispatch.pull(run)
    computed = daily_dispatch.figures(run)
    daily_dispatch.compose(run, computed)
    daily_dispatch.release(run)
    daily_dispatch.post(run)
    assert proposed_corrections(house, DAY) == ()
    # on the next day the platform tells of an answer that was given before the letter left
    late = FEEDBACK + "Y2,submitted,2020-03-11T22:00,郊区分局,李某,false,\n"
    write_files(Path(house.sources[0].location), feedback=late)
    daily_dispatch.pull(replace(run, now=later(run, days=1)))
    notice, reminder = proposed_corrections(house, DAY)
    assert (notice.letter_key, notice.number) == (
        "notice_140300_day_2020-03-11_2020-03-12_1",
        "环执法提函〔2020〕2号",
    )
    assert notice.differences == (
        "本期已反馈 0→1", "本期按期 0→1", "本期超期 1→0",
        "近7日已反馈 0→1", "近7日按期 0→1", "近7日超期 2→1",
        "本月已反馈 0→1", "本月按期 0→1", "本月超期 2→1",
        "网格T85711 状态 超期未反馈→部分反馈（1/2）",
    )  # fmt: skip
    assert reminder.letter_key == "reminder_140300_day_2020-03-11_2020-03-12_1"
    assert reminder.differences[-1] == "超期清单不再有报警Y2"
    assert proposed_corrections(house, date(2020, 3, 13)) == ()
    assert len(received(tmp_path / "mailbox")) == 3  # nothing was sent by itself


def test_facts_of_later_moments_and_other_cities_change_nothing(house: House) -> None:
    run = run_of(house)
    daily_dispatch.pull(run)
    computed = daily_dispatch.figures(run)
    daily_dispatch.compose(run, computed)
    daily_dispatch.release(run)
    late = (
        FEEDBACK
        + "Y2,submitted,2020-03-12T22:00,郊区分局,李某,false,\nX1,submitted,2020-03-11T22:00,鄠邑分局,赵某,false,\n"
    )
    write_files(Path(house.sources[0].location), feedback=late)
    daily_dispatch.pull(replace(run_of(house, day=date(2020, 3, 14)), now=later(run, days=3)))
    assert proposed_corrections(house, DAY) == ()
