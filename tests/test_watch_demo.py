"""A city's day of hourly runs, as `make demo` plays it."""

from pathlib import Path

import pandas as pd
import pytest

from include.demo import demo_registry
from include.post.mailbox import received
from include.watch_demo import play_day


def test_a_day_of_hourly_runs_with_its_pushes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    failed = play_day(demo_registry, tmp_path / "demo")
    alarms = pd.read_csv(tmp_path / "demo" / "export" / "alarms.csv")
    mails = received(tmp_path / "demo" / "mailbox")
    assert failed == 0
    assert len(alarms) >= 1
    assert 1 <= len(mails) <= 2 * len(alarms)
    assert f"24 hourly runs, {len(alarms)} alarms" in capsys.readouterr().out
