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
    told = [" ".join(one) for one in words]
    mailed = [one.partition(" mails ")[2] for one in told if " mails " in one]
    assert [(one.partition(": ")[0], one.partition("】")[2].partition("（")[0]) for one in mailed] == [
        ("to-sim-town@levels.example", "热点网格报警交办单"),
        ("leader-370100@levels.example", "热点网格报警办理反馈单"),
        ("to-370100@levels.example", "关于热点网格排查反馈情况提示的函"),
        ("to-370100@levels.example", "关于热点网格排查反馈情况提示的函"),
        ("to-370102@levels.example", "关于热点网格排查反馈情况提示的函"),
        ("to-sim-town@levels.example", "热点网格报警整改现场验收单"),
        ("leader-100000@levels.example", "热点网格远程监管周末情况汇总"),
        ("leader-370000@levels.example", "热点网格远程监管周末情况汇总"),
    ]
    assert "city the alarm is closed" in told
    assert words[-3:] == [
        [office, "3月11日至14日: pushed 1, answered 1, problems 1"]
        for office in ("ministry", "province", "city")
    ]
    assert lines[-1].startswith("levels: the three offices agree")
