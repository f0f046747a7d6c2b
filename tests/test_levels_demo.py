"""`make levels`: one alarm through three offices, and what the timeline says at its end."""

from pathlib import Path

import pytest

from include.levels_demo import play_levels
from include.profile.current import load, using


def test_an_alarm_goes_down_to_a_town_and_its_answer_up_to_the_weekly_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QIANLIYAN_VAR", str(tmp_path))
    with using(load("ministry")):
        assert play_levels() == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("模拟数据")
    words = [line.split(maxsplit=2)[1:] for line in lines[1:-1]]
    assert words[-3:] == [
        [office, "3月11日至14日: pushed 1, answered 1, problems 1"]
        for office in ("ministry", "province", "city")
    ]
    assert lines[-1].startswith("levels: the three offices agree")
