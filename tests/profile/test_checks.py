"""Every fault of a profile is named with file, line, expected and got; the shipped ones have none."""

import os
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from include.errors import InputError
from include.office.profiles import whole_check
from include.profile.current import SHIPPED, latest_told_office, load, profile_folder, shipped_names, using
from include.profile.reading import read_profile
from include.profile.rules import RuleBook
from include.profile.scaffold import write_profile
from tests.profile.spoiling import MAIL, added, encoded, outlined, replaced, ruled, template


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_profile(tmp_path / "office")
    return tmp_path / "office"


@pytest.mark.parametrize("name", shipped_names())
def test_a_shipped_profile_has_no_faults(name: str) -> None:
    assert [str(one) for one in whole_check(profile_folder(name))] == []


def test_a_new_profile_has_no_faults_and_reads(folder: Path) -> None:
    assert [str(one) for one in whole_check(folder)] == []
    profile = read_profile(folder)
    assert [unit.bureau for unit in profile.addressees()] == ["甲市环境局"]
    assert profile.upper_unit(profile.addressees()[0]).unit_code == "000100"  # above it is this office


FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "unknown parent place": (
        added("places.csv", "000102,西区,county,000109,,,,"),
        "places.csv:5: unknown parent; expected a place_code of this file; got 000109",
    ),
    "cycle of places": (
        replaced("places.csv", "000000,某省,province,,", "000000,某省,province,000101,"),
        "places.csv:2: a cycle; expected a tree; got 000000 → 000101 → 000100 → 000000",
    ),
    "unknown parent unit": (
        replaced("units.csv", "000100,000000,", "000100,000009,"),
        "units.csv:3: unknown parent; expected a unit_code of this file; got 000009",
    ),
    "cycle of units": (
        replaced("units.csv", "bureau,000000,,", "bureau,000000,000100,"),
        "units.csv:2: a cycle; expected a tree; got 000000 → 000100 → 000000",
    ),
    "two units of one kind for one place": (
        added("units.csv", "J9,甲市二,甲市环保局,bureau,000100,000000,,,,2021-01-01,"),
        "units.csv:4: two units of the kind bureau for 000100 on 2021-01-01; expected one: line 3 is 000100; got J9",
    ),
    "gap in validity": (
        replaced(
            "units.csv",
            "000100,000000,,,,,\n",
            "000100,000000,,,,,2020-01-01\n000100,甲市,甲市局,bureau,000100,000000,,,,2020-02-01,\n",
        ),
        "units.csv:4: a gap in validity from 2020-01-01; expected valid_from 2020-01-01, where line 3 ends; got 2020-02-01",
    ),
    "unit without bureau": (
        replaced("units.csv", "甲市,甲市环境局", "甲市,"),
        "units.csv:3: a unit without the name of its bureau; expected the addressee as a letter prints it; got 000100",
    ),
    "unknown kind": (
        replaced("units.csv", "甲市环境局,bureau", "甲市环境局,office"),
        "units.csv:3: unknown kind; expected bureau | department | town | zone; got office",
    ),
    "contact of an unknown unit": (
        added("contacts.csv", "000777,to,某局,a@b.example,,,"),
        "contacts.csv:3: a contact of an unknown unit; expected a unit_code of units.csv; got 000777",
    ),
    "no address": (
        added("contacts.csv", "000100,cc,某局,a b,,,"),
        "contacts.csv:3: no address; expected name@domain; got a b",
    ),
    "a contact that stands twice": (
        added("contacts.csv", "000100,to,某局,BANGONGSHI@jia.example,,2021-01-01,"),
        "contacts.csv:3: a contact stands twice on 2021-01-01; expected dates that do not meet those of line 2; got 000100 to BANGONGSHI@jia.example",
    ),
    "a leader of another unit": (
        added("contacts.csv", "000100,leader,某局,a@b.example,,,"),
        "contacts.csv:3: a contact that no letter goes to; expected this office, 000000; got 000100",
    ),
    "a contact that intake refuses": (
        added("contacts.csv", "000100,cc,某局,a@b.example,,1999-01-01,"),
        "contacts.csv:3: the contact cannot be taken; expected valid_from: ",
    ),
    "an address that no mail server takes": (
        added("contacts.csv", "000100,cc,某局,a..b@c.example,,,"),
        "contacts.csv:3: no address; expected name@domain; got a..b@c.example",
    ),
    "a control character in a cell": (
        added("contacts.csv", "000100,cc,某\x07局,a@b.example,,,"),
        "contacts.csv:3: name holds a control character; expected a text of one line; got 某\\x07局",
    ),
    "a control character in a setting": (
        replaced("profile.yaml", "map_notice:", 'map_notice: "a\\tb" #'),
        "profile.yaml:41: map_notice is wrong; expected a text of one line without control characters; got a\\tb",
    ),
    "half a character in a word": (
        lambda folder: (folder / "words.yaml").write_text('合计: "a\\uD800"\n', encoding="utf-8") and None,
        "words.yaml:1: a control character; expected a text of lines; got a\\ud800",
    ),
    "a domain that is none": (
        added("profile.yaml", "trusted_mail_domains: ['city.example', 'a@b.example']"),
        "profile.yaml:57: trusted_mail_domains is wrong; expected a list of domains, [city.example]; got ",
    ),
    "a word with other parts": (
        lambda folder: (
            (folder / "words.yaml").write_text('"{name}城市": "{who}的城市"\n', encoding="utf-8") and None
        ),
        "words.yaml:1: a word with other parts; expected {name}, braces in pairs; got {who}的城市",
    ),
    "a word with half a brace": (
        lambda folder: (
            (folder / "words.yaml").write_text('"{name}城市": "城市{"\n', encoding="utf-8") and None
        ),
        "words.yaml:1: a word with other parts; expected {name}, braces in pairs; got 城市{",
    ),
    "a word that the house does not say": (
        lambda folder: (folder / "words.yaml").write_text("天气: 气象\n", encoding="utf-8") and None,
        "words.yaml:1: no text of the house; expected a text as include/language/en has it; got 天气",
    ),
    "a rule that stands twice": (
        replaced(
            "profile.yaml",
            "rules: []",
            "rules:\n"
            "  - {name: low_response.remind_late, value: 3, from: 2020-01-01}\n"
            "  - {name: low_response.remind_late, value: 4, from: 2020-01-01}\n#",
        ),
        "profile.yaml:47: a rule stands twice; expected another date or unit than in line 46; got low_response.remind_late from 2020-01-01",
    ),
    "the clock of an hourly beat": (
        replaced("profile.yaml", '":10"', '"08:30"'),
        'profile.yaml:35: beats.hourly_watch is wrong; expected minutes after the hour in quotes, such as ":10"; got 08:30',
    ),
    "two units that are called alike": (
        added("units.csv", "000200,乙市,乙市局,zone,000100,000000,,甲市,,,"),
        "units.csv:4: two units are called 甲市 on 0001-01-01; expected names and aliases of one unit only: line 3 is 000100; got 000200",
    ),
    "a name that the store has no room for": (
        replaced("units.csv", "甲市环境局", "甲" * 129),
        "units.csv:3: bureau is too long; expected at most 128 characters; got ",
    ),
    "a name with a bar": (
        replaced("places.csv", "东区", "东区|西区"),
        "places.csv:4: a name holds a |; expected aliases in their column; got 东区|西区",
    ),
    "a template of another name": (
        template("letter.docx", "x"),
        "templates/letter.docx: no shipped template has this name; expected ",
    ),
    "a template with an unknown name": (
        template("notice_mail.txt", f"{MAIL}\n{{{{ 天气 }}}}\n"),
        "templates/notice_mail.txt:2: a name that letters do not have; expected a name of the shipped template; got 天气",
    ),
    "a template without a placeholder": (
        template("notice_mail.txt", MAIL.replace("{{ 文号 }}", "")),
        "templates/notice_mail.txt: a placeholder was removed; expected {{ 文号 }}; got none",
    ),
    "a rule with an unknown name": (
        ruled("{name: low_response.remind, value: 3, from: 2020-01-01}"),
        "profile.yaml:46: unknown rule; expected one of low_response.remind_overdue, ",
    ),
    "a rule with the wrong unit of measure": (
        ruled("{name: deadlines.feedback, value: 50 μg/m³, from: 2020-01-01}"),
        "profile.yaml:46: the value of deadlines.feedback is wrong; expected a length of time with its unit, from 1 min to 366 d: 30 min, 24 h or 7 d; got 50 μg/m³",
    ),
    "a rule without a unit of measure": (
        ruled("{name: deadlines.feedback, value: 24, from: 2020-01-01}"),
        "profile.yaml:46: the value of deadlines.feedback is wrong; expected a length of time with its unit",
    ),
    "hours for a number": (
        ruled("{name: low_response.remind_late, value: 3 h, from: 2020-01-01}"),
        "profile.yaml:46: the value of low_response.remind_late is wrong; expected a whole number, not negative, without a unit, at most 1000000; got 3 h",
    ),
    "a rule for an unknown unit": (
        ruled('{name: low_response.remind_late, value: 3, unit: "000777", from: 2020-01-01}'),
        "profile.yaml:46: a rule for an unknown unit; expected a unit_code of units.csv; got 000777",
    ),
    "an unknown datum": (
        outlined("CGCS2000"),
        "outlines.parquet: an outline in an unknown datum; expected WGS84 | GCJ-02 | BD-09; got CGCS2000",
    ),
    "an outline of an unknown place": (
        outlined("WGS84", "000999"),
        "outlines.parquet:1: an outline of an unknown place; expected a place_code of places.csv; got 000999",
    ),
    "a code that two places share": (
        added("places.csv", "000101,西区,county,000100,,,,"),
        "places.csv:5: a code that two places share on 0001-01-01; expected another code than in line 4 (东区), or dates that do not meet; got 000101 西区",
    ),
    "BOM": (
        encoded("units.csv", lambda raw: b"\xef\xbb\xbf" + raw),
        "units.csv:1: the file begins with a byte order mark; expected UTF-8 without BOM; got BOM",
    ),
    "GB18030": (
        encoded("places.csv", lambda raw: raw.decode().encode("gb18030")),
        "places.csv:3: the file is no UTF-8; expected UTF-8; got GB18030",
    ),
    "CRLF": (
        encoded("regions.csv", lambda raw: raw.replace(b"\n", b"\r\n")),
        "regions.csv:1: lines end otherwise; expected LF at the end of each line; got CRLF",
    ),
    "in two regions": (
        added("regions.csv", "南区,000100,2021-01-01,"),
        "regions.csv:3: the unit is in two regions on 2021-01-01; expected one: line 2 says 全省; got 000100 in 南区",
    ),
    "in no region": (
        replaced("regions.csv", "2020-01-01,", "2020-01-01,2020-03-01"),
        "regions.csv:2: the unit is in no region on 2020-03-01; expected one region on every day (regions_are_complete); got 000100",
    ),
    "no date": (
        replaced("regions.csv", "2020-01-01", "2020-02-30"),
        "regions.csv:2: valid_from is no date; expected YYYY-MM-DD or nothing; got 2020-02-30",
    ),
    "ends before it begins": (
        replaced("regions.csv", "2020-01-01,", "2020-01-01,2019-01-01"),
        "regions.csv:2: valid_to is not after valid_from; expected a date after 2020-01-01 (the first on which the row no longer holds); got 2019-01-01",
    ),
    "a missing column": (
        replaced("units.csv", "bureau,kind,place_code", "kind,place_code"),
        "units.csv:1: columns are missing: bureau; expected unit_code,name,bureau,kind,place_code,reports_to,",
    ),
    "cells": (
        added("regions.csv", "全省,000100"),
        "regions.csv:3: the row has another number of cells than the header; expected 4 cells; got 2: 全省,000100",
    ),
    "an unknown key": (
        replaced("profile.yaml", "level: province", "level: province\nlevle: city"),
        "profile.yaml:7: unknown key; expected one of ",
    ),
    "a key that is missing": (
        replaced("profile.yaml", "time_zone: Asia/Shanghai", "# "),
        "profile.yaml:1: a key is missing; expected time_zone",
    ),
    "an unknown zone": (
        replaced("profile.yaml", "Asia/Shanghai", "Asia/Peking"),
        "profile.yaml:4: time_zone is wrong; expected an IANA time zone, such as Asia/Shanghai; got Asia/Peking",
    ),
    "no YAML": (
        replaced("profile.yaml", "level: province", "level: [province"),
        "profile.yaml:7: no YAML; expected key: value; got ",
    ),
    "an unknown kind of letter": (
        replaced("profile.yaml", "  digest:\n", "  digest:\n  poem:\n"),
        "profile.yaml:34: unknown kind of letter; expected notice | ",
    ),
    "a missing file": (
        lambda folder: (folder / "standards.yaml").unlink(),
        "standards.yaml: the file is missing; expected office/standards.yaml",
    ),
    "a file of another kind": (
        lambda folder: (folder / "unit.csv").write_text("x") and None,
        "unit.csv: not a file of a profile; expected ",
    ),
    "an edition that is stricter where it may be looser": (
        replaced("standards.yaml", "class_2: 75", "class_2: 5"),
        "standards.yaml:3: an edition cannot be read; expected limits of class_1 that are at most those of class_2; got ",
    ),
    "an edition with a key that it does not have": (
        replaced("standards.yaml", "    year_ug_m3", "    from: 2020-06-01\n    year_ug_m3"),
        "standards.yaml:3: an edition cannot be read; expected day_ug_m3, index_breakpoints_ug_m3, name, valid_from, year_ug_m3, and not from; got ",
    ),
    "two places of one name below one parent": (
        added("places.csv", "000103,甲市,city,000000,,,,"),
        "places.csv:5: a name that two places share; expected another name than in line 3 (000100); got 甲市",
    ),
    "one number word for two kinds of letters": (
        replaced("profile.yaml", "某环督函", "某环提函"),
        "profile.yaml:27: two kinds of letters have one number word; expected another word than that of notice; got 某环提函",
    ),
    "a complete partition without regions": (
        lambda folder: (folder / "regions.csv").write_text("region,unit_code,valid_from,valid_to\n") and None,
        "profile.yaml:43: no unit is in a region; expected a region of every unit in regions.csv",
    ),
    "a name that turns the line": (
        added("places.csv", "000103,乙\u202e市,city,000000,,,,"),
        "places.csv:5: name holds a control character; expected a text of one line; got ",
    ),
    "a standard": (
        replaced("standards.yaml", "class_2: 75", "class_2: many"),
        "standards.yaml:3: an edition cannot be read; expected a whole number from 1 to 1000; got ",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named(folder: Path, name: str) -> None:
    change, expected = FAULTS[name]
    change(folder)

    found = [str(one) for one in whole_check(folder)]

    assert any(one.startswith(expected) for one in found), found
    assert len(found) <= 3, found  # what follows from it, at most


def test_a_new_profile_in_english_has_no_faults_and_no_chinese(tmp_path: Path) -> None:
    written = write_profile(tmp_path / "office", "en")
    assert [str(one) for one in whole_check(tmp_path / "office")] == []
    profile = read_profile(tmp_path / "office")
    assert [unit.bureau for unit in profile.addressees()] == ["First Town Environment Office"]
    texts = {path.name: path.read_text(encoding="utf-8") for path in written if path.name != "words.yaml"}
    chinese = re.compile("[\u3000-\u9fff\uff00-\uffef]")
    assert {name: found[0] for name, text in texts.items() if (found := chinese.search(text))} == {}


def test_a_profile_with_faults_is_refused(folder: Path) -> None:
    added("places.csv", "000101,西区,county,000100,,,,")(folder)
    with pytest.raises(InputError, match=r"places\.csv:5: a code that two places share.*profile check"):
        read_profile(folder)


def test_a_rule_holds_for_its_unit_from_its_date(folder: Path) -> None:
    replaced(
        "profile.yaml",
        "rules: []",
        "rules:\n"
        '  - {name: low_response.remind_late, value: 4, unit: "000100", from: 2020-03-10}\n'
        "  - {name: low_response.remind_late, value: 3, from: 2020-03-05}\n"
        "  - {name: deadlines.feedback, value: 36 h, from: 2020-03-05}\n#",
    )(folder)
    book = RuleBook(read_profile(folder).rules)

    days = [date(2020, 3, day) for day in (4, 5, 9, 10)]
    assert [book.on(day, "000100").low_response.remind_late for day in days] == [2, 3, 3, 4]
    assert [book.on(day).low_response.remind_late for day in days] == [2, 3, 3, 3]
    assert book.on(date(2020, 3, 4)).deadlines.feedback == timedelta(hours=24)
    assert book.on(date(2020, 3, 5), "000100").deadlines.feedback == timedelta(hours=36)


def test_the_office_of_a_process_is_set_for_a_while() -> None:
    from include.profile.current import office

    ministry = load("ministry")
    with using(ministry):
        assert office() is ministry
    assert SHIPPED.name == "profiles"
    with pytest.raises(InputError, match="there is no such profile"):
        load("nowhere")


def faults(folder: Path) -> list[str]:
    return [str(one) for one in whole_check(folder)]


@pytest.mark.parametrize("content", ["- a\n", "hello\n", "null\n"])
def test_a_profile_that_is_no_mapping_is_a_fault(folder: Path, content: str) -> None:
    (folder / "profile.yaml").write_text(content, encoding="utf-8")
    (found,) = faults(folder)
    assert found.startswith("profile.yaml:1: no mapping; expected key: value; got ")
    with pytest.raises(InputError, match="no mapping"):
        read_profile(folder)


def test_what_is_nested_without_end_and_broken_outlines_are_faults(folder: Path) -> None:
    (folder / "words.yaml").write_text(f"x: {'[' * 5000}{']' * 5000}\n", encoding="utf-8")
    pd.DataFrame(
        {"place_code": ["000100"], "datum": ["WGS84"], "source": [""], "licence": [""], "geometry": [b"xx"]}
    ).to_parquet(folder / "outlines.parquet")
    outlines, words = faults(folder)
    assert outlines.startswith("outlines.parquet: the outlines cannot be read; expected GeoParquet; got ")
    assert words == "words.yaml: no YAML; expected at most 8 levels; got many more"


def test_faults_are_told_all_at_once_and_each_once(folder: Path) -> None:
    for file, old, new in (
        ("profile.yaml", "language: zh", "language: fr"),
        ("profile.yaml", "time_zone: Asia/Shanghai", "time_zone: Asia/X"),
        (
            "profile.yaml",
            "rules: []",
            "rules:\n  - {name: deadlines.feedback, value: 30 h, from: 2026-13-06}",
        ),
        ("units.csv", "000100,000000,,,,,", "000100,000009,,,,,"),
    ):
        replaced(file, old, new)(folder)
    added("regions.csv", "某区,000100,2024-1-1,")(folder)
    added("contacts.csv", "000999,to,张,zhang@city.example,,,")(folder)
    added("categories.csv", "其他,")(folder)
    (folder / "words.yaml").write_text("合计: 总计\n没有这句话: x\n", encoding="utf-8")
    found = faults(folder)
    assert [one.partition("; ")[0].partition(": ")[2] for one in found] == [
        "a category stands twice",
        "a contact of an unknown unit",
        "language is wrong",
        "time_zone is wrong",
        "no value: month must be in 1..12",
        "valid_from is no date",
        "unknown parent",
        "no text of the house",
    ]
    assert all(one.partition(": ")[0].rpartition(":")[2].isdigit() for one in found)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("{{ 1 / 0 }}", ":1: the template cannot be filled in; expected a letter; got ZeroDivisionError: division by zero"),
        ("{{ 主送机关.__class__ }}", ":1: an attribute of Python; expected values of the letter, and templates by their names; got __class__"),
        ("{% if 0 %}{% include 文号 %}{% endif %}", ":1: a template that is not named; expected values of the letter, and templates by their names; got an expression"),
        ("{% include '../../profile.yaml' %}", ": the template cannot be filled in; expected a letter; got a template outside the folders of templates: ../../profile.yaml"),
        ("{% include '/etc/passwd' %}", ": the template cannot be filled in; expected a letter; got a template outside the folders of templates: /etc/passwd"),
        ("{% include 'notice_mail.txt' %}", ": the template cannot be filled in; expected a letter; got it includes itself"),
        ("{{ 'x' * 10 ** 9 }}", ":1: the template cannot be filled in; expected a letter; got OverflowError: a product that large"),
        ("{% for a in range(10 ** 9) %}x{% endfor %}", ":1: the template cannot be filled in; expected a letter; got OverflowError: Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000)."),
    ],
)  # fmt: skip
def test_a_template_is_tried(folder: Path, content: str, fault: str) -> None:
    template("notice_mail.txt", MAIL + content)(folder)
    assert faults(folder) == [f"templates/notice_mail.txt{fault}"]


def test_a_loop_without_end_is_stopped(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("include.letters.document.template_trial.LONGEST_SECONDS", 0.05)
    loops = "".join(f"{{% for a{n} in range(99999) %}}" for n in range(3)) + "{% endfor %}" * 3
    template("notice_mail.txt", MAIL + loops)(folder)
    (found,) = faults(folder)
    assert found.endswith("got it takes longer than 0.05 s")


def test_files_of_a_profile_are_its_own(folder: Path) -> None:
    outside = folder.parent / "outside.txt"
    outside.write_text(MAIL, encoding="utf-8")
    templates = folder / "templates"
    (templates / "notice_mail.txt").symlink_to(outside)
    (templates / "reminder_mail.txt").symlink_to("/nonexistent")
    (folder / "holidays.csv").unlink()
    (folder / "holidays.csv").symlink_to(outside)
    (folder / "words.yaml").unlink()
    os.mkfifo(folder / "words.yaml")
    (templates / "summary_mail.txt").write_bytes(b"\xef\xbb\xbf" + MAIL.replace("}{", "}\r\n{").encode())
    (templates / "answer_form_guide.txt").symlink_to("summary_mail.txt")  # inside: as files are mounted
    found = {one.partition(";")[0] for one in faults(folder)}
    assert found >= {
        "holidays.csv: a link out of the profile",
        "templates/notice_mail.txt: a link out of the profile",
        "templates/reminder_mail.txt: a link to nothing",
        "templates/summary_mail.txt:1: the file begins with a byte order mark",
        "templates/summary_mail.txt:1: lines end otherwise",
        "words.yaml: neither file nor folder",
    }
    assert not {one for one in found if "root:" in one or "answer_form_guide.txt: a link" in one}


def test_templates_that_are_a_file_are_a_fault(folder: Path) -> None:
    for path in (folder / "templates").iterdir():
        path.unlink()
    (folder / "templates").rmdir()
    (folder / "templates").write_text("x", encoding="utf-8")
    assert faults(folder) == ["templates: not what it should be; expected a folder; got a file"]


def test_an_office_in_english_brings_its_templates(folder: Path) -> None:
    replaced("profile.yaml", "language: zh", "language: en")(folder)
    found = faults(folder)
    missing = "templates/notice.docx: the template is missing; expected one in this office's language (en); got the house's own is in Chinese"
    assert missing in found
    assert {one.partition("; ")[0].partition(": ")[2] for one in found} == {"the template is missing"}
    assert not [one for one in found if "chain.docx" in one]


def test_a_running_process_compares_with_what_the_files_say_by_now(folder: Path) -> None:
    def bureau() -> str:
        return latest_told_office().addressees()[0].bureau

    with using(load(str(folder))) as told:
        assert latest_told_office() is told
        replaced("units.csv", "甲市环境局", "甲市新局")(folder)
        assert (bureau(), told.addressees()[0].bureau) == ("甲市新局", "甲市环境局")
        replaced("profile.yaml", "language: zh", "language: fr")(folder)
        assert latest_told_office() is told  # with a fault it is not taken
