"""The bench of layouts: it runs at the size that is stated, and prints and judges both ratios and the memory."""

from pathlib import Path

import pytest

from tests.bench import layouts


@pytest.mark.parametrize(
    ("cpu", "peak_mb", "code"),
    [(5.0, 900.0, 0), (5.2, 900.0, 1), (5.0, 1100.0, 1)],
    ids=["good", "slow", "large"],
)
def test_both_ratios_are_printed_and_the_limits_judge(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], cpu: float, peak_mb: float, code: int
) -> None:
    written: list[int] = []

    def child(what: str, files: Path) -> dict[str, float]:
        lines = [path.read_text(encoding="utf-8").splitlines() for path in files.glob("*.csv")]
        written.append(sum(len(each) - 1 for each in lines))
        if what == "bare":
            return {"cpu": 2.0, "seconds": 1.0, "peak_mb": 1.0}
        return {"cpu": cpu, "seconds": 3.0, "peak_mb": peak_mb, "rows": written[-1]}

    monkeypatch.setattr(layouts, "ROWS", 1500)
    monkeypatch.setattr(layouts, "_child", child)
    assert layouts.main([]) == code
    assert written == [1440, 1440]  # two places for thirty days
    assert capsys.readouterr().out == (
        f"1440 rows of CSV through a mapping into days, against bare DuckDB: of the processor {cpu} s and 2.0 s, "
        f"ratio {cpu / 2:.2f} (limit 2.5); by the clock 3.0 s and 1.0 s, ratio 3.00; peak {peak_mb:.0f} MB (limit 1024)\n"
    )


def test_too_few_rows_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(layouts, "ROWS", 719)
    assert layouts.main([]) == 2
    assert "ROWS=719 is too few: at least 720" in capsys.readouterr().err
