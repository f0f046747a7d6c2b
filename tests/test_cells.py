"""Cells of tables that people open with a spreadsheet hold no formula from outside."""

import pytest

from include.cells import harmless


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"),
        ("＝1+1", "'＝1+1"),
        ("\t=1", "'\t=1"),
        ("\n=1", "'\n=1"),
        ("-113.55", "-113.55"),
        ("+8613800000000", "+8613800000000"),
        ("-1\n", "'-1\n"),
        ("阳泉=1", "阳泉=1"),
        ("", ""),
        (-1.5, -1.5),
        (None, None),
    ],
)
def test_what_a_spreadsheet_would_compute_is_text(value: object, cell: object) -> None:
    assert harmless(value) == cell
