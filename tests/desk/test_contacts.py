"""Contacts in and out: the same checks as any source, all or nothing, every change audited."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.desk.contacts import Saved, contact_list, contacts_csv, read_csv, save_contacts
from include.errors import InputError
from tests.desk.facts import house_of
from tests.post.samples import audit_rows

NOW = datetime(2020, 3, 12, tzinfo=UTC)
ROW = {
    "region_code": "140300",
    "role": "to",
    "name": "阳泉市生态环境局",
    "address": "dudu@yq.example",
    "valid_from": "2020-03-01",
}


def save(engine: Engine, folder: Path, *rows: dict[str, str]) -> Saved:
    return save_contacts(house_of(engine, folder), rows, actor="duty", reason="换了邮箱", now=NOW)


def test_a_contact_is_added_changed_and_ended(engine: Engine, tmp_path: Path) -> None:
    assert save(engine, tmp_path, ROW) == Saved(1, 0, 0)
    assert save(engine, tmp_path, ROW) == Saved(0, 0, 1)
    assert save(engine, tmp_path, {**ROW, "valid_to": "2020-04-01"}) == Saved(0, 1, 0)
    house = house_of(engine, tmp_path)
    [row] = contact_list(house, region_code="140300", on_date=date(2020, 3, 31)).to_dict("records")
    assert (row["address"], str(row["valid_to"])[:10], row["source"], row["region_name"]) == (
        "dudu@yq.example",
        "2020-04-01",
        "desk",
        "阳泉市",
    )
    assert contact_list(house, region_code="140300", on_date=date(2020, 4, 1)).empty
    assert [action for _, action, _, _ in audit_rows(engine, "contact")] == ["add", "change", "change"]


def test_one_bad_row_and_nothing_is_saved(engine: Engine, tmp_path: Path) -> None:
    saved = save(engine, tmp_path, ROW, {**ROW, "address": "no address"}, {**ROW, "region_code": "999999"})
    assert (saved.new, [words.split("：")[0] for words in saved.problems]) == (
        0,
        ["第2行 address", "第3行 region_code"],
    )
    assert contact_list(house_of(engine, tmp_path), region_code=None, on_date=None).empty


def test_a_change_needs_a_reason(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a reason is needed"):
        save_contacts(house_of(engine, tmp_path), [ROW], actor="duty", reason=" ", now=NOW)


def test_a_spreadsheet_runs_nothing_and_what_goes_out_comes_back(engine: Engine, tmp_path: Path) -> None:
    save(engine, tmp_path, {**ROW, "name": '=HYPERLINK("http://x","点我")', "phone": "+86 353"})
    text = contacts_csv(contact_list(house_of(engine, tmp_path), region_code=None, on_date=None))
    assert text.splitlines() == [
        "region_code,role,name,address,phone,valid_from,valid_to,data_origin",
        """140300,to,"'=HYPERLINK(""http://x"",""点我"")",dudu@yq.example,'+86 353,2020-03-01,,""",
    ]
    [row] = read_csv(("\ufeff" + text).encode())
    assert (row["name"], row["phone"]) == ('=HYPERLINK("http://x","点我")', "+86 353")
    assert read_csv(text.encode("gb18030")) == [row]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"name,address\r\nA,a@b.example\r\n", "columns are missing.*region_code"),
        (b"\xff\xfe\x00r\x00e", "cannot be read"),
        (b'region_code,role,name,address,valid_from\r\n"140300', "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(content: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_csv(content)
