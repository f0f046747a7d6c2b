"""A publication of the demo region, read back: figures, files, what must not be in it, editions."""

import csv
import io
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, timedelta
from hashlib import sha256
from itertools import combinations
from pathlib import Path

import pandas as pd
import pytest
from frictionless import validate
from html5lib import HTMLParser
from sqlalchemy import text

from include.errors import InputError, StateError
from include.house import House
from include.office.feedback import COLUMNS, feedback_table
from include.openness.editions import editions, remove
from include.openness.figures import PRINTED
from include.openness.gathering import month_facts, month_period, publishable
from include.openness.package import publication
from include.openness.publishing import publish
from include.openness.site import Site
from include.openness.tables import MEANINGS
from include.periods import custom_period, midnight
from include.profile.current import office, using
from include.store.engine import reading
from tests.openness.region import NOW, SEASON, UNTIL, copied, region_house

MONTHS = {"2020-03": (date(2020, 3, 1), date(2020, 4, 1)), "2020-04": (date(2020, 4, 1), date(2020, 4, 16))}
DELAY = timedelta(days=14)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with region_house(tmp_path_factory.mktemp("open")) as made:
        yield made


@pytest.fixture(scope="module")
def folder(house: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The publication."""
    to = tmp_path_factory.mktemp("public") / "site"
    publish(house, UNTIL, to, now=NOW, actor="test")
    return to


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def number(cell: str) -> float | None:
    return float(cell) if cell else None


@pytest.mark.parametrize("month", MONTHS)
def test_every_cell_is_that_of_feedback_at_the_same_moment(house: House, folder: Path, month: str) -> None:
    start, end = MONTHS[month]
    table = feedback_table(house.engine, custom_period(start, end, midnight(end + DELAY)))
    told = table.set_index("unit_code")
    at = folder / f"v1/{month.replace('-', '/')}"
    for name, counts in (
        ("answers", ("pushed", "answered", "due", "on_time")),
        ("problems", ("answered", "problems", "alarms_with_problem")),
    ):
        seen: list[str] = []
        for row in rows_of(at / f"{name}.csv"):
            codes = row["unit_codes"].split()
            seen += codes
            own = told.loc[codes] if codes else told.loc[["total"]]
            for count in counts:
                if count in ("due", "on_time"):
                    assert row[count] == ""  # some are in dispute: see test_disputes.py
                    continue
                assert row[count] == str(int(own[count].sum())), (month, name, row["unit_names"], count)
                assert int(row[count]) == 0 or int(row[count]) >= 5
            if name == "answers" and len(codes) < 2:
                assert number(row["feedback_rate"]) == pytest.approx(own["feedback_rate"].iloc[0], abs=1e-6)
                assert row["on_time_rate"] == ""
                share = int(row["answered_in_time"]) / own["answered"].iloc[0]
                assert number(row["answered_in_time_rate"]) == pytest.approx(share, abs=1e-6)
        assert sorted(seen) == sorted(set(told.index) - {"total"})
    (region,) = rows_of(at / "region.csv")
    assert region["in_dispute"] == str(told.loc["total", "in_dispute"])
    assert region["as_of"] == f"{midnight(end + DELAY).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def test_the_method_page_names_the_columns_that_the_verb_prints() -> None:
    assert set(PRINTED) == set(MEANINGS) & set(COLUMNS)


def test_counties_add_up_to_their_unit_and_problems_to_their_region(folder: Path) -> None:
    for at in sorted(folder.glob("v1/2020/*")):
        alone = {
            row["unit_codes"]: int(row["pushed"])
            for row in rows_of(at / "answers.csv")
            if row["kind"] == "unit"
        }
        counties = pd.DataFrame(rows_of(at / "counties.csv")).astype({"pushed": int})
        assert counties.groupby("unit_code")["pushed"].sum().to_dict() == alone
        assert ((counties["pushed"] == 0) | (counties["pushed"] >= 5)).all()
        categories = rows_of(at / "categories.csv")
        total = next(row for row in rows_of(at / "problems.csv") if row["kind"] == "total")["problems"]
        assert categories[-1] | {"problems": total} == categories[-1]
        assert sum(int(row["problems"]) for row in categories[:-1]) == int(total)


def test_members_of_a_merged_row_may_exchange_all_their_alarms_and_no_byte_changes(house: House) -> None:
    start, end = MONTHS["2020-04"]
    facts = month_facts(house, month_period(start, end, DELAY), is_simulated=True)
    plain = publishable(facts, 12)
    merged = next(row for row in plain.rows_of("answers") if row.is_merged)
    site = Site(house_editions(house), house.openness, "局")
    bytes_of = {}
    for one, other in [("", ""), *list(combinations(merged.members, 2))[:12]]:
        swap = {one: other, other: one}
        counts = {code: facts.counts[swap.get(code, code)] for code in facts.counts}
        alarms = facts.alarms.assign(unit_code=facts.alarms["unit_code"].replace(swap))
        exchanged = publishable(replace(facts, counts=counts, alarms=alarms), 12)
        edition = replace(site.editions[0], month=exchanged, number=1)
        bytes_of[one, other] = publication(replace(site, editions=(edition,)))
    assert len(merged.members) >= 3
    assert all(files == bytes_of["", ""] for files in bytes_of.values())


def house_editions(house: House) -> tuple:  # type: ignore[type-arg]
    with reading(house.engine) as connection:
        return tuple(editions(connection))


def test_the_package_is_valid_and_the_checksums_hold(folder: Path) -> None:
    report = validate(str(folder / "datapackage.json"))
    assert report.valid, report.flatten(["title", "message"])
    package = json.loads((folder / "datapackage.json").read_text())
    assert {one["path"] for one in package["resources"]} == {
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.suffix in (".csv", ".geojson")
    }
    assert package["licenses"] == [
        {"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}
    ]
    sums = [line.split("  ") for line in (folder / "SHA256SUMS").read_text().splitlines()[1:]]
    assert {path: digest for digest, path in sums} == {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "SHA256SUMS"
    }
    assert (
        subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=folder, check=False).returncode == 0
    )


def test_every_file_says_that_it_is_simulated(folder: Path) -> None:
    for path in folder.rglob("*"):
        assert path.is_dir() or "模拟数据" in path.read_text(encoding="utf-8"), path
    for path in folder.rglob("*.html"):
        shown = re.sub(r"<head>.*</head>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert "模拟数据" in shown, path


def test_pages_are_valid_small_and_ask_nobody_else(folder: Path) -> None:
    pages = sorted(folder.rglob("*.html"))
    assert len(pages) == 2 * (5 + 39 + 2)
    for path in pages:
        content = path.read_text(encoding="utf-8")
        parser = HTMLParser(strict=False)
        parser.parse(content)
        assert not parser.errors, (path, parser.errors[:3])
        assert "<script" not in content
        assert not re.search(r"<[^>]*\son[a-z]+=", content)
        pictures = [path.parent / name for name in re.findall(r'<img[^>]*src="([^"]+)"', content)]
        weight = len(content.encode()) + sum(
            one.stat().st_size for one in [folder / "style.css", *pictures] if not one.name.startswith("map.")
        )
        assert weight <= 100_000, path
        for link in re.findall(r'(?:href|src)="([^"]+)"', content):
            if not link.startswith(("#", "mailto:")):
                assert "//" not in link
                assert (path.parent / link).resolve().is_file(), (path, link)
        loaded = re.findall(r'(?:src|<link[^>]*href)="([^"]+)"', content)
        assert not [one for one in loaded if "//" in one]
    for path in folder.rglob("*.svg"):
        ElementTree.fromstring(path.read_bytes())
        assert "http" not in path.read_text().replace('xmlns="http://www.w3.org/2000/svg"', "")


def test_the_feed_and_the_map_are_what_they_say(folder: Path) -> None:
    atom = {"a": "http://www.w3.org/2005/Atom"}
    feed = ElementTree.fromstring((folder / "feed.xml").read_bytes())
    assert [one.findtext("a:link", None, atom) is not None for one in feed.findall("a:entry", atom)] == [
        True
    ] * 2
    assert len({one.findtext("a:id", "", atom) for one in feed.findall("a:entry", atom)}) == 2
    assert feed.findtext("a:updated", "", atom) == f"{UNTIL}T00:00:00+08:00"
    for path in folder.rglob("counties.geojson"):
        features = json.loads(path.read_text())["features"]
        assert {one["geometry"]["type"] for one in features} <= {"Polygon", "MultiPolygon"}
        assert {one["properties"]["status"] for one in features} <= {"shown", "merged", "unit_merged"}
        for one in features:
            told = one["properties"]
            assert (told["pushed"] is not None) == (told["status"] == "shown")
            assert told["pushed"] in (None, 0) or told["pushed"] >= 5


def test_the_same_store_gives_the_same_bytes_and_a_folder_of_others_is_left_alone(
    house: House, folder: Path, tmp_path: Path
) -> None:
    again = publish(house, UNTIL, tmp_path / "again", now=NOW + timedelta(days=300), actor="somebody else")
    assert again.plan.new == ()
    first, second = (
        {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (folder, tmp_path / "again")
    )
    assert first == second
    publish(house, UNTIL, tmp_path / "again", now=NOW, actor="test")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again"]
    assert (tmp_path / "again").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "again/index.html").stat().st_mode & 0o777 == 0o644
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/letter.txt").write_text("mine")
    for name in ("mine", "mine/letter.txt"):
        with pytest.raises(InputError, match="this is no publication"):
            publish(house, UNTIL, tmp_path / name, now=NOW, actor="test")
    assert (tmp_path / "mine/letter.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("until", "words"),
    [(date(2020, 4, 14), "expected 2020-04-15 or later"), (date(2020, 5, 3), "this date has not come")],
)
def test_a_month_is_not_published_before_its_delay_nor_from_the_future(
    house: House, tmp_path: Path, until: date, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        publish(house, until, tmp_path / "site", now=NOW, actor="test")
    assert not (tmp_path / "site").exists()


def test_facts_learnt_later_make_a_new_edition_and_the_old_one_says_so(
    house: House, folder: Path, tmp_path: Path
) -> None:
    changed = copied(house, tmp_path / "copy")
    with changed.engine.begin() as connection:
        connection.execute(
            text(
                "update alarm set unit_code = '130100' where alarm_id in (select alarm_id from alarm "
                "where unit_code = '110000' and pushed_at < '2020-03-20' order by alarm_id limit 2)"
            )
        )
    to = tmp_path / "site"
    done = publish(changed, UNTIL, to, now=NOW, actor="test")
    assert [(one.path, one.reason, one.changed_cells > 0) for one in done.plan.new] == [
        ("v2/2020/03", "facts", True)
    ]
    for name in ("answers.csv", "counties.geojson", "problems.csv"):
        assert (to / "v1/2020/03" / name).read_bytes() == (folder / "v1/2020/03" / name).read_bytes()
    assert "../../../v2/2020/03/index.html" in (to / "v1/2020/03/index.html").read_text()
    assert "第2版：此后得知或更正的事实改变了" in (to / "changes.html").read_text()
    assert "v2/2020/03/index.html" in (to / "index.html").read_text()
    blocks = {
        version: [
            set(row["unit_codes"].split()) for row in rows_of(to / f"v{version}/2020/03/problems.csv")[:-1]
        ]
        for version in (1, 2)
    }
    assert all(any(old <= new for new in blocks[2]) for old in blocks[1])
    remove(changed, "2020-03", 1, now=NOW, actor="test", reason="含有<错误>的归属")
    publish(changed, UNTIL, to, now=NOW, actor="test")
    assert sorted(path.name for path in (to / "v1/2020/03").iterdir()) == ["index.en.html", "index.html"]
    for path in ("v1/2020/03/index.html", "changes.en.html"):
        assert "含有&lt;错误&gt;的归属" in (to / path).read_text()
    assert validate(str(to / "datapackage.json")).valid
    with pytest.raises(StateError, match="no such edition stands"):
        remove(changed, "2020-03", 1, now=NOW, actor="test", reason="again")
    shutil.rmtree(to)


def test_the_season_of_the_tests_has_both_kinds_of_months() -> None:
    assert (MONTHS["2020-03"][0], MONTHS["2020-04"][1]) == SEASON


def test_what_a_crash_left_is_swept_and_what_others_put_there_is_refused_by_name(
    house: House, tmp_path: Path
) -> None:
    to = tmp_path / "site"
    half, theirs = tmp_path / ".new-site-0123abcd", tmp_path / ".new-site-0123abce"
    for folder_left, name in ((half, "style.css"), (theirs, "mine.txt")):
        folder_left.mkdir()
        (folder_left / name).write_text("x")
    publish(house, UNTIL, to, now=NOW, actor="test")
    assert sorted(path.name for path in tmp_path.iterdir()) == [theirs.name, "site"]
    (to / ".htaccess").write_text("mine")
    (to / "v1/2020/private.txt").write_text("mine")
    with pytest.raises(InputError, match=r"\.htaccess, v1/2020/private\.txt"):
        publish(house, UNTIL, to, now=NOW, actor="test")
    assert (to / ".htaccess").read_text() == "mine"
    (tmp_path / "link").symlink_to(to)
    with pytest.raises(InputError, match="this is a link"):
        publish(house, UNTIL, tmp_path / "link", now=NOW, actor="test")


def test_names_without_words_are_printed_as_the_profile_names_them(house: House, tmp_path: Path) -> None:
    profile = replace(
        office(),
        categories=("Construction dust", "喷漆作业", *office().categories),
        categories_en={"喷漆作业": "Spray painting"},
    )
    with using(profile):
        publish(copied(house, tmp_path / "copy"), UNTIL, tmp_path / "site", now=NOW, actor="test")
    for name, words in (
        ("index.html", ("Construction dust", "喷漆作业")),
        ("index.en.html", ("Construction dust", "Spray painting")),
    ):
        newest = max((tmp_path / "site").glob(f"v*/2020/03/{name}"))
        assert all(f">{word}</span>" in newest.read_text() for word in words)
