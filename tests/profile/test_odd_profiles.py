"""Profiles as no person would write them on purpose: each fault is named where it stands, none stops the check."""

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from shapely import Polygon, box

from include.office.profiles import whole_check
from include.profile.reading import read_profile
from include.profile.scaffold import write_profile
from tests.profile.spoiling import (
    MAIL,
    added,
    encoded,
    linked,
    outlined,
    piped,
    replaced,
    ruled,
    template,
    units,
    word_template,
    written,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_profile(tmp_path / "office")
    return tmp_path / "office"


NO_DATE = "expected YYYY-MM-DD or nothing; got "
FAR = "expected a date from 1900-01-01 and before 2200-01-01"
BOW = Polygon([(110, 30), (111, 31), (111, 30), (110, 31)])
EDITION = "name: A, day_ug_m3: {class_1: 35, class_2: 75}, year_ug_m3: {class_1: 15, class_2: 35}"


def dated(valid_from: str, valid_to: str = "") -> Callable[[Path], None]:
    return replaced("regions.csv", "2020-01-01,", f"{valid_from},{valid_to}")


# By what is odd: how it comes about, and how the one line begins that tells it.
ODD: dict[str, tuple[Callable[[Path], None], str]] = {
    "an alias": (
        added("profile.yaml", "pdf_standards: &a [a-2a]", "trusted_mail_domains: *a"),
        "profile.yaml:58: no YAML; expected key: value; got the alias *a: write the value itself",
    ),
    "an alias of itself": (
        added("profile.yaml", "pdf_standards: &a [*a]"),
        "profile.yaml:57: no YAML; expected key: value; got the alias *a: write the value itself",
    ),
    "a merged mapping": (
        added("profile.yaml", "publish: &p {delay_days: 3}", "chain:", "  <<: *p"),
        "profile.yaml:59: no YAML; expected key: value; got the alias *p: write the value itself",
    ),
    "a tag": (
        replaced("profile.yaml", "largest_mail_mib: 20", 'largest_mail_mib: !!float ""'),
        "profile.yaml:42: no YAML; expected key: value; got a tag: write the value without one",
    ),
    "a tag of Python": (
        added("profile.yaml", 'pdf_standards: !!python/object/apply:os.system ["id"]'),
        "profile.yaml:57: no YAML; expected key: value; got a tag: write the value without one",
    ),
    "two documents": (
        added("profile.yaml", "---", "language: en"),
        "profile.yaml:57: no YAML; expected key: value; got but found another document",
    ),
    "a tabulator": (
        added("profile.yaml", "publish:", "\tdelay_days: 3"),
        "profile.yaml:58: no YAML; expected key: value; got found character '\\t' that cannot start any token",
    ),
    "a key that stands twice": (
        added("profile.yaml", "language: zh"),
        "profile.yaml:57: a key stands twice or is no text; expected each key once; got language",
    ),
    "a nested key that stands twice": (
        added("profile.yaml", "publish: {delay_days: 3, delay_days: 4}"),
        "profile.yaml:57: a key stands twice or is no text; expected each key once; got delay_days",
    ),
    "a raw control character": (
        replaced("profile.yaml", "map_notice: 示", "map_notice: \x07示"),
        "profile.yaml:41: a control character; expected a text of lines; got \\x07",
    ),
    "zero bytes for words": (
        written("words.yaml", b"\0" * 1000),
        "words.yaml:1: a control character; expected a text of lines; got \\x00",
    ),
    "zero bytes for a table": (
        written("regions.csv", b"\0" * 300),
        "regions.csv:1: columns are missing: region, unit_code, valid_from; expected region,unit_code,valid_from,[valid_to]; got \\x00\\x00",
    ),
    "an empty table": (
        written("regions.csv", b""),
        "regions.csv:1: columns are missing: region, unit_code, valid_from; expected region,unit_code,valid_from,[valid_to]",
    ),
    "no category": (
        written("categories.csv", "category\n"),
        "categories.csv:1: no category; expected what problems are told by; got a header only",
    ),
    "no editions": (
        written("standards.yaml", b"\n"),
        "standards.yaml:1: no editions; expected editions: [{name: …, …}]",
    ),
    "empty outlines": (
        written("outlines.parquet", b""),
        "outlines.parquet: the outlines cannot be read; expected GeoParquet; got ",
    ),
    "UTF-16": (
        encoded("places.csv", lambda raw: raw.decode().encode("utf-16")),
        "places.csv:1: the file is no UTF-8; expected UTF-8; got UTF-16",
    ),
    "old line ends": (
        encoded("places.csv", lambda raw: raw.replace(b"\n", b"\r")),
        "places.csv:1: lines end otherwise; expected LF at the end of each line; got CR",
    ),
    "a table with semicolons": (
        encoded("regions.csv", lambda raw: raw.replace(b",", b";")),
        "regions.csv:1: columns are missing: region, unit_code, valid_from; expected ",
    ),
    "a quote without end": (
        added("categories.csv", '"工业'),
        "categories.csv:5: no CSV; expected commas, quotes doubled; got unexpected end of data",
    ),
    "a name that nobody sees": (
        added("places.csv", "000103,\u200b,county,000100,,,,"),
        "places.csv:5: name is empty; expected a name",
    ),
    "a file that is too large": (
        written("words.yaml", b"#" * (9 << 20)),
        "words.yaml: the file is too large; expected at most 8388608 bytes; got 9437184",
    ),
    "too many rows": (
        encoded("categories.csv", lambda raw: raw + b"".join(b"c%d,\n" % n for n in range(100_001))),
        "categories.csv:100002: too many rows; expected at most 100000",
    ),
    "the first date that there is": (dated("0001-01-01"), f"regions.csv:2: valid_from is no date; {FAR}"),
    "the last date that there is": (
        dated("2020-01-01", "9999-12-31"),
        f"regions.csv:2: valid_to is no date; {FAR}, or nothing: since ever, for ever; got 9999-12-31",
    ),
    "a date without hyphens": (dated("20200101"), f"regions.csv:2: valid_from is no date; {NO_DATE}20200101"),
    "a date as a week": (dated("2020-W01-1"), f"regions.csv:2: valid_from is no date; {NO_DATE}2020-W01-1"),
    "a date with a time": (
        dated("2020-01-01T00:00"),
        f"regions.csv:2: valid_from is no date; {NO_DATE}2020-01-01T00:00",
    ),
    "a season that ends never": (
        replaced("profile.yaml", "end: 2026-06-16", "end: 9999-12-31"),
        "profile.yaml:39: season.end is wrong; expected a date, YYYY-MM-DD, from 1900-01-01 and before 2200-01-01; got 9999-12-31",
    ),
    "a rule since ever": (
        ruled("{name: low_response.remind_late, value: 3, from: 0001-01-01}"),
        "profile.yaml:46: from of a rule is wrong; expected a date, YYYY-MM-DD, from 1900-01-01 and before 2200-01-01; got 0001-01-01",
    ),
    "a rule without end": (
        ruled("{name: low_response.remind_late, value: .inf, from: 2020-01-01}"),
        "profile.yaml:46: the value of low_response.remind_late is wrong; expected a whole number, not negative, without a unit, at most 1000000; got inf",
    ),
    "a rule that is no number": (
        ruled("{name: selection.background_km, value: .nan, from: 2020-01-01}"),
        "profile.yaml:46: the value of selection.background_km is wrong; expected a number, not negative, at most 1000000; got nan",
    ),
    "a share above one": (
        ruled("{name: selection.least_coverage, value: 1.5, from: 2020-01-01}"),
        "profile.yaml:46: the value of selection.least_coverage is wrong; expected a share from 0 to 1; got 1.5",
    ),
    "a deadline of no time": (
        ruled("{name: deadlines.feedback, value: 0 h, from: 2020-01-01}"),
        "profile.yaml:46: the value of deadlines.feedback is wrong; expected a length of time with its unit, from 1 min to 366 d: ",
    ),
    "a deadline of ages": (
        ruled("{name: deadlines.feedback, value: 9999999 d, from: 2020-01-01}"),
        "profile.yaml:46: the value of deadlines.feedback is wrong; expected a length of time with its unit, from 1 min to 366 d: ",
    ),
    "shares that do not fit together": (
        ruled("{name: selection.floor_share, value: 0.5, from: 2020-01-01}"),
        "profile.yaml:46: rules that cannot be used, from 2020-01-01; expected shares from 0 to 1, ",
    ),
    "a list for a rule's name": (
        ruled("{name: [a], value: 3, from: 2020-01-01}"),
        "profile.yaml:46: unknown rule; expected one of deadlines.feedback, ",
    ),
    "a list for a rule's date": (
        ruled("{name: low_response.remind_late, value: 3, from: [2020-01-01]}"),
        "profile.yaml:46: from of a rule is wrong; expected a date, YYYY-MM-DD, from 1900-01-01 and before 2200-01-01; got [",
    ),
    "a list of lists of rules": (
        ruled("[1]"),
        "profile.yaml:46: a rule cannot be read; expected name, value, from[, unit]; got [1]",
    ),
    "a list for a text": (
        replaced("profile.yaml", "issuer: 某机关", "issuer: [某机关]"),
        "profile.yaml:18: letterhead.issuer is wrong; expected a text of one line without control characters; got ['某机关']",
    ),
    "a text for a list": (
        replaced("profile.yaml", "levels: [city]", "levels: city"),
        "profile.yaml:8: addressees.levels is wrong; expected a list of texts, [a, b]; got city",
    ),
    "a list for a mapping": (
        added("profile.yaml", "publish: [delay_days]"),
        "profile.yaml:57: no mapping; expected key: value; got ['delay_days']",
    ),
    "a mapping for a word": (
        written("words.yaml", "合计: {a: b}\n"),
        "words.yaml:1: no text; expected a text; got {'a': 'b'}",
    ),
    "a week of free days": (
        replaced("profile.yaml", "weekend: [5, 6]", "weekend: [0, 1, 2, 3, 4, 5, 6]"),
        "profile.yaml:40: weekend is wrong; expected a list of 0 (Monday) to 6 (Sunday), at most six; got ",
    ),
    "a free day twice": (
        replaced("profile.yaml", "weekend: [5, 6]", "weekend: [5, 5]"),
        "profile.yaml:40: weekend is wrong; expected each day once; got [5, 5]",
    ),
    "the minutes of a daily beat": (
        replaced("profile.yaml", 'daily_dispatch: "08:30"', 'daily_dispatch: ":10"'),
        'profile.yaml:36: beats.daily_dispatch is wrong; expected a time in quotes, such as "08:30"; got :10',
    ),
    "a clock with an offset": (
        replaced("profile.yaml", 'daily_dispatch: "08:30"', 'daily_dispatch: "08+08"'),
        'profile.yaml:36: beats.daily_dispatch is wrong; expected a time in quotes, such as "08:30"; got 08+08',
    ),
    "a class that no standard has": (
        written(
            "standards.yaml",
            f"editions: [{{{EDITION.replace('class_2: 75', 'class_2: 75, class_3: 99')}}}]\n",
        ),
        "standards.yaml:1: an edition cannot be read; expected limits {class_1, class_2}; got ",
    ),
    "two editions of one name": (
        written("standards.yaml", f"editions:\n- {{{EDITION}}}\n- {{{EDITION}, valid_from: 2026-01-01}}\n"),
        "standards.yaml:3: two editions have one name; expected a name of its own; got A",
    ),
    "a key beside the editions": (
        added("standards.yaml", "limits: 3"),
        "standards.yaml:12: unknown key; expected editions; got limits",
    ),
    "renamed a day before it ends": (
        units(
            "000100,甲市,甲局,bureau,000100,000000,,,,,2021-01-01",
            "000100,乙市,乙局,bureau,000100,000000,,,,2020-12-31,",
        ),
        "units.csv:4: two rows of one unit on 2020-12-31; expected dates that do not meet those of line 3; got 000100",
    ),
    "a circle from a day on": (
        units(
            "000100,甲市,甲局,bureau,000100,000000,,,,,2021-01-01",
            "000100,甲市,甲局,bureau,000100,000101,,,,2021-01-01,",
            "000101,东区,东局,bureau,000101,000100,,,,,",
        ),
        "units.csv:4: a cycle; expected a tree; got 000100 → 000101 → 000100",
    ),
    "a unit above itself": (
        units("000100,甲市,甲局,bureau,000100,000100,,,,,"),
        "units.csv:3: a cycle; expected a tree; got 000100 → 000100",
    ),
    "a unit above that ends": (
        units(
            "000100,甲市,甲局,bureau,000100,000101,,,,,",
            "000101,东区,东局,bureau,000101,000000,,,,,2021-01-01",
        ),
        "units.csv:3: the unit above, 000101, does not hold on 2021-01-01; expected a parent on every day; got 000100",
    ),
    "a row of no day": (
        units("000100,甲市,甲局,bureau,000100,000000,,,,2021-01-01,2021-01-01"),
        "units.csv:3: valid_to is not after valid_from; expected a date after 2021-01-01 ",
    ),
    "a line that crosses itself": (
        outlined("WGS84", shape=BOW),
        "outlines.parquet:1: not an outline; expected a valid polygon; got Self-intersection[110.5 30.5]",
    ),
    "an outline that is none": (
        outlined("GCJ-02", shape=None),
        "outlines.parquet:1: not an outline; expected a valid polygon; got nothing",
    ),
    "an outline beside the earth": (
        outlined("WGS84", shape=box(500, 300, 501, 301)),
        "outlines.parquet:1: not on the earth; expected longitude and latitude in degrees; got (500.0, 300.0, 501.0, 301.0)",
    ),
    "outlines in metres": (
        outlined("WGS84", shape=box(500_000, 4_000_000, 501_000, 4_001_000), crs="EPSG:32650"),
        "outlines.parquet: the outlines have a reference system of their own; expected EPSG:4326 or OGC:CRS84, or none",
    ),
    "a Word template that is cut off": (
        word_template("notice.docx", lambda xml: xml[:-300]),
        "templates/notice.docx: no Word document; expected a .docx; got XMLSyntaxError: ",
    ),
    "a Word template of something else": (
        word_template("notice.docx", lambda xml: "<a/>"),
        "templates/notice.docx: no Word document; expected a .docx; got AttributeError: ",
    ),
    "a Word template without its addressee": (
        word_template("notice.docx", lambda xml: xml.replace("主送机关", "文号")),
        "templates/notice.docx: a placeholder was removed; expected {{ 主送机关 }}; got none",
    ),
    "a mail template without one of its placeholders": (
        template("notice_mail.txt", MAIL.replace("{{ 主送机关 }}", "")),
        "templates/notice_mail.txt: a placeholder was removed; expected {{ 主送机关 }}; got none",
    ),
    "a link to itself": (
        linked("words.yaml", "words.yaml"),
        "words.yaml: a link to nothing; expected a file; got words.yaml",
    ),
    "a link to a folder outside": (
        lambda folder: (folder / "templates" / "more").symlink_to("/etc"),
        "templates/more: a link out of the profile; expected a file in it; got /etc",
    ),
    "a file whose name is no text": (
        lambda folder: os.close(os.open(os.fsencode(folder) + b"/\xff\x07.csv", os.O_CREAT)),
        "\\udcff\\x07.csv: not a file of a profile; expected README.md, ",
    ),
}
ODD |= {
    f"the address {address}": (
        added("contacts.csv", f'000100,cc,某局,"{address}",,,'),
        f"contacts.csv:3: no address; expected name@domain; got {shown}",
    )
    for address, shown in (
        ("a@b@c.example", "a@b@c.example"),
        ("<a@b.example>", "<a@b.example>"),
        ("a@b.example;c@d.example", "a@b.example;c@d.example"),
        ("张@city.example", "张@city.example"),
        ("a@[127.0.0.1]", "a@[127.0.0.1]"),
        ("a@b..example", "a@b..example"),
        (f"a@{'b' * 64}.example", f"a@{'b' * 64}.example"),
        ("mailto:a@b.example", "mailto:a@b.example"),
    )
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_profile_is_a_line(folder: Path, name: str) -> None:
    change, expected = ODD[name]
    change(folder)

    found = [str(one) for one in whole_check(folder)]

    assert [one for one in found if one.startswith(expected)], found
    assert len(found) <= 2, found  # and at most what follows from it
    assert all(one.isprintable() for one in found), found


@pytest.mark.parametrize("spoil", [piped("profile.yaml"), linked("profile.yaml", "profile.yaml")])
def test_a_profile_that_cannot_be_opened_stops_nothing(folder: Path, spoil: Callable[[Path], None]) -> None:
    spoil(folder)
    added("regions.csv", "某区,000999,2024-01-01,")(folder)
    found = [str(one) for one in whole_check(folder)]
    assert found[-1] == "profile.yaml: the file is missing; expected office/profile.yaml"
    assert len(found) == 2


def test_an_edition_that_cannot_be_read_makes_no_second_fault(folder: Path) -> None:
    broken = EDITION.replace("class_2: 75", "class_2: many")
    written("standards.yaml", f"editions:\n- {{{broken}}}\n- {{{EDITION}, valid_from: 2026-01-01}}\n")(folder)
    (found,) = map(str, whole_check(folder))
    assert found.startswith("standards.yaml:2: an edition cannot be read; expected a whole number"), found


def test_a_byte_order_mark_and_other_line_ends_are_told_together(folder: Path) -> None:
    encoded("units.csv", lambda raw: b"\xef\xbb\xbf" + raw.replace(b"\n", b"\r\n"))(folder)
    encoded("profile.yaml", lambda raw: b"\xef\xbb\xbf" + raw.replace(b"\n", b"\r\n"))(folder)
    assert [str(one) for one in whole_check(folder)] == [
        f"{file}:1: {what}"
        for file in ("profile.yaml", "units.csv")
        for what in (
            "lines end otherwise; expected LF at the end of each line; got CRLF",
            "the file begins with a byte order mark; expected UTF-8 without BOM; got BOM",
        )
    ]


def test_odd_faults_of_all_files_are_told_at_once(folder: Path) -> None:
    names = [
        "a share above one",
        "a mapping for a word",
        "the address a@b@c.example",
        "a line that crosses itself",
        "a Word template without its addressee",
        "the last date that there is",
        "a key beside the editions",
        "a unit above itself",
        "a name that nobody sees",
        "no category",
    ]
    for name in names:
        ODD[name][0](folder)
    found = [str(one) for one in whole_check(folder)]
    assert [name for name in names if not any(one.startswith(ODD[name][1]) for one in found)] == []


def test_what_is_odd_and_right_is_taken(folder: Path) -> None:
    """A unit renamed on the day on which its row ends, two that change places above each other on one day, a rule older than every
    edition, outlines without a reference system, and those of GeoParquet's own default."""
    units(
        "000100,甲市,甲局,bureau,000100,000101,,,,,2021-01-01",
        "000100,乙市,乙局,bureau,000100,000000,,,,2021-01-01,",
        "000101,东区,东局,bureau,000101,000000,,,,,2021-01-01",
        "000101,东区,东局,bureau,000101,000100,,,,2021-01-01,",
    )(folder)
    ruled("{name: low_response.remind_late, value: 3, from: 1950-01-01}")(folder)
    for crs in (None, "OGC:CRS84", "EPSG:4326"):
        outlined("WGS84", crs=crs)(folder)
        assert [str(one) for one in whole_check(folder)] == []
    profile = read_profile(folder)
    named = [
        (unit.bureau, unit.reports_to)
        for day in (date(2020, 12, 31), date(2021, 1, 1))
        for code in ("000100", "000101")
        if (unit := profile.unit(code, day)) is not None
    ]
    assert named == [("甲局", "000101"), ("东局", "000000"), ("乙局", "000000"), ("东局", "000100")]
