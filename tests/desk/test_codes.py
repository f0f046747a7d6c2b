"""Keys of letters and of runs in sentences, as a person names them."""

import pytest

from include.desk.pages.codes import codes_said, run_said


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("没有代号", "没有代号"),
        (
            "应答码与函件（notice_140300_day_2020-03-11_2020-03-12_1）不符",
            "应答码与函件（提示函 阳泉市 2020-03-11）不符",
        ),
        ("bulletin_140300_half_month_2020-03-01_2020-03-16_2", "通报函 阳泉市 2020-03-01 — 2020-03-15"),
        ("alarm_110000_hour_2020-03-12T0000Z_2020-03-12T0100Z_1", "报警推送 北京市 2020-03-12 08:00"),
        ("summary_leader_midweek_2020-03-08_2020-03-11_1", "周汇总 2020-03-08 — 2020-03-10"),
        (
            "运行 daily_dispatch/manual__2020-03-12T00:30:00+00:00 停在签发",
            "运行 日调度 2020-03-12 08:30 停在签发",
        ),
        ("file_name_of_somebody", "file_name_of_somebody"),
    ],
)
def test_a_key_is_said_in_words(told: str, said: str) -> None:
    assert codes_said(told) == said


@pytest.mark.parametrize(
    ("run_id", "said"),
    [
        ("daily_dispatch/scheduled__2020-03-12T00:30:00+00:00", "日调度 2020-03-12 08:30"),
        ("daily_dispatch/by hand", "日调度"),
        ("demo", "demo"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_run_is_said_in_words(run_id: str | None, said: str) -> None:
    assert run_said(run_id) == said
