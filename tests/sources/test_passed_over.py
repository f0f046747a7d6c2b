"""A folder's files of other formats are named, never passed over in silence."""

from pathlib import Path

import pytest

from include.sources.folder import _passed_over
from include.sources.mapping import Mapping, TableMapping

ALARMS = TableMapping("alarms", files=("alarms*.csv", "alarms*.xlsx"))


@pytest.mark.parametrize("name", ["alarms.xls", "ALARMS_3.parquet", "alarms.csv.gz", "alarms_2.et", "alarms"])
def test_a_table_of_another_format_is_named(name):
    assert _passed_over(Mapping((ALARMS,)), [Path(name), Path("alarms.csv")]) == [Path(name)]


@pytest.mark.parametrize("name", ["alarms.csv", "alarms.xlsx", ".alarms.xls", "~$alarms.xls", "notes.txt"])
def test_what_is_read_and_what_is_no_table_is_not(name):
    assert _passed_over(Mapping((ALARMS,)), [Path(name)]) == []
