"""A folder's files of other formats are named, never passed over in silence."""

import os
import time
from pathlib import Path

import pytest

from include.errors import InputError
from include.sources.kinds.folder import _parts, _passed_over, _state
from include.sources.mapping.language import Mapping, TableMapping

ALARMS = TableMapping("alarms", files=("alarms*.csv", "alarms*.xlsx"))


@pytest.mark.parametrize("name", ["alarms.doc", "ALARMS_3.rar", "alarms.csv.xz", "alarms_2.pdf", "alarms"])
def test_a_table_of_another_format_is_named(name):
    assert _passed_over(Mapping((ALARMS,)), [Path(name), Path("alarms.csv")]) == [Path(name)]


@pytest.mark.parametrize(
    "name",
    ["alarms.csv", "alarms.xlsx", "alarms.xls", "alarms.csv.gz", ".alarms.xls", "~$alarms.xls", "notes.txt"],
)
def test_what_is_read_and_what_is_no_table_is_not(name):
    assert _passed_over(Mapping((ALARMS,)), [Path(name)]) == []


def test_a_file_of_the_future_is_not_opened(tmp_path):
    path = tmp_path / "alarms.csv"
    path.write_text("alarm_id\n1\n")
    os.utime(path, (0, time.time() + 10 * 86_400))
    with pytest.raises(InputError, match="in the future"):
        next(_parts(ALARMS, path, tmp_path, _state(path)))
