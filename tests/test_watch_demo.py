"""The demo of a week: from an empty folder to its scores."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from include import watch_demo


def test_a_week_is_made_judged_and_scored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(watch_demo, "default_var", lambda: tmp_path)
    monkeypatch.setattr(watch_demo, "ALL_CITIES", replace(watch_demo.ALL_CITIES, grids=12, days=5))
    assert watch_demo.play_week() == 0
    alarms = pd.read_csv(tmp_path / "watch_demo" / "export" / "alarms.csv")
    told = capsys.readouterr().out
    assert len(alarms)
    assert f"({len(alarms)} alarms)" in told
    assert "120 hours judged" in told
