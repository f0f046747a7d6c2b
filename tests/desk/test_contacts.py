"""Contacts in and out: the same checks as any source, all or nothing, every change audited."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.errors import InputError
from include.office.attention import matters
from include.office.contacts import Saved, contact_list, contacts_csv, read_csv, save_contacts
from include.office.waiting import waiting
from include.periods import DAY
from include.sources.config import SourceConfig
from include.sources.intake import pull
from tests.desk.facts import Browser, house_of
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


def test_an_edit_of_the_address_ends_the_old_one_and_no_pull_brings_it_back(
    engine: Engine, tmp_path: Path
) -> None:
    save(engine, tmp_path, ROW)
    house = house_of(engine, tmp_path)
    [row] = contact_list(house, region_code=None, on_date=None).to_dict("records")
    browser = Browser(house)
    page = browser.get(f"/contacts?edit={row['contact_id']}").text
    assert f'name="contact_id" value="{row["contact_id"]}"' in page
    form = {**ROW, "address": "noreply@yq.example", "contact_id": row["contact_id"], "reason": "换邮箱"}
    said = browser.post("/contacts", form).text
    assert "dudu@yq.example 自 2020-03-12 停用，由 noreply@yq.example 代替" in said
    assert "noreply@yq.example 看来是无人收信的邮箱" in said
    rows = contact_list(house, region_code=None, on_date=date(2020, 3, 12)).to_dict("records")
    assert [(one["address"], one["is_unread"], one["fixed_by"]) for one in rows] == [
        ("noreply@yq.example", True, "duty")
    ]
    assert "可能无人收信" in browser.get("/contacts").text


def test_what_a_source_says_otherwise_waits_on_both_pages_until_it_is_answered(
    engine: Engine, tmp_path: Path
) -> None:
    head = "region_code,role,name,address,phone,valid_from,valid_to\n"
    source = SourceConfig("exports", "files", str(tmp_path))
    for address in ("wrong@yq.example", "right@yq.example"):
        lines = f"{head}140300,to,<b>阳泉局</b>,{address},,2020-01-01,\n"
        (tmp_path / "contacts.csv").write_text(lines, encoding="utf-8")
        pull(engine, source, NOW - timedelta(days=2), NOW, now=NOW)
    browser, guest = Browser(house_of(engine, tmp_path)), Browser(house_of(engine, tmp_path), user="guest")
    first = browser.get("/").text
    assert "阳泉市　&lt;b&gt;阳泉局&lt;/b&gt; wrong@yq.example → right@yq.example" in first
    page = browser.get("/contacts").text
    assert "来源改了邮箱：旧邮箱已停用，新邮箱已启用" in page
    assert "改回旧邮箱" in page
    assert "改回旧邮箱" not in guest.get("/contacts").text
    answer = {"choice": "keep", "reason": "电话核实"}
    assert browser.post("/contacts/questions/1", answer, token="x").status_code == 403
    assert browser.post("/contacts/questions/1", {"choice": "keep", "reason": " "}).status_code == 422
    assert browser.post("/contacts/questions/1", answer).status_code == 303
    assert browser.post("/contacts/questions/1", answer).status_code == 409
    rows = contact_list(house_of(engine, tmp_path), region_code=None, on_date=date(2020, 3, 12))
    assert rows["address"].tolist() == ["wrong@yq.example"]
    assert ("1", "replaced", "open", "kept") in audit_rows(engine, "question")
    assert "等待决定" not in browser.get("/contacts").text


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("zh-CN", ["主送", "主送", "ducha@yq.example", "dudu@yq.example"]),
        ("en", ["To", "To", "ducha@yq.example", "dudu@yq.example"]),
    ],
)
def test_beside_what_a_source_says_stands_the_row_in_force_in_words(
    engine: Engine, tmp_path: Path, language: str, told: list[str]
) -> None:
    source = SourceConfig("exports", "files", str(tmp_path))
    (tmp_path / "contacts.csv").write_text(
        "region_code,role,name,address,phone,valid_from,valid_to\n140300,to,阳泉局,dudu@yq.example,,2020-01-01,\n",
        encoding="utf-8",
    )
    pull(engine, source, NOW - timedelta(days=2), NOW, now=NOW)
    house = house_of(engine, tmp_path)
    [row] = contact_list(house, region_code=None, on_date=None).to_dict("records")
    changed = {**ROW, "name": "阳泉局", "address": "ducha@yq.example", "contact_id": row["contact_id"]}
    browser = Browser(house, language=language)
    browser.post("/contacts", {**changed, "reason": "电话更正"})
    pull(engine, source, NOW - timedelta(days=2), NOW + DAY, now=NOW + DAY)
    page = browser.get("/contacts").text.partition("</section>")[0]
    cells = [
        re.sub("<[^>]+>", "", cell)
        for row in re.findall(
            r"<tr><th scope=\"row\">(?:角色|Role|邮箱|E-mail address)</th>(.*?)</tr>", page, re.DOTALL
        )
        for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)
    ]
    assert cells == told


def test_many_questions_of_one_source_are_one_line_of_the_list(engine: Engine, tmp_path: Path) -> None:
    head = "region_code,role,name,address,phone,valid_from,valid_to\n"
    source = SourceConfig("exports", "files", str(tmp_path))
    for rows in ([f"140300,cc,第{n}科,k{n}@yq.example,,2020-01-01,\n" for n in range(4)], []):
        (tmp_path / "contacts.csv").write_text(head + "".join(rows), encoding="utf-8")
        pull(engine, source, NOW - timedelta(days=2), NOW, now=NOW)
    house = house_of(engine, tmp_path)
    assert [(one.topic, one.title, one.count) for one in waiting(house, NOW)] == [
        ("contact", "来源 exports 的4位联系人", 4)
    ]
    assert [one.title for one in matters(house, NOW)[0]] == ["联系人待决定　来源 exports 的4位联系人"]
