"""The overview to the leadership as it is got: the PDF, the docx, the workbook and the mail are opened and read."""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import openpyxl
import pandas as pd
import pytest
from docx import Document

from include.letters.composition import Letter
from include.letters.overview import compose_overview
from include.supervision.bulletin_figures import OverviewFigures
from include.supervision.figures import FeedbackCounts
from tests.letters.bulletins import (
    FIRST_HALF,
    GRIDS,
    OVERVIEW_ISSUE,
    PREVIEW,
    WILD,
    level,
    overview,
    situation,
    small_pictures,
)
from tests.letters.reading import docx_texts, pdf_pages, pdf_text, squeezed


@pytest.fixture(autouse=True)
def few_pixels() -> Iterator[None]:
    with small_pictures():
        yield


@pytest.fixture(scope="module")
def letter() -> Letter:
    with small_pictures():
        return compose_overview(overview(), OVERVIEW_ISSUE)


def content(letter: Letter, role: Any) -> bytes:
    file = letter.file(role)
    assert file is not None
    return file.content


def text_of(figures: OverviewFigures) -> str:
    return pdf_text(content(compose_overview(figures, OVERVIEW_ISSUE), "pdf"))


def without_figures() -> OverviewFigures:
    """A first half in which no city has enough days, no alarm was pushed and no grid has readings."""
    base = overview()
    cities = tuple(
        replace(
            city,
            half=level(None, 3),
            month=None,
            year=level(None, 20),
            window=FeedbackCounts(),
            season=FeedbackCounts(),
            days_over=0,
        )
        for city in base.cities
    )
    regions = tuple(
        replace(one, cities=0, pm25_ug_m3=None, yoy_pct=None, pop_pct=None) for one in base.regions
    )
    return replace(
        base,
        period=FIRST_HALF,
        window=FIRST_HALF,
        cities=cities,
        regions=regions,
        worst_level=(),
        worst_yoy=(),
        worst_pop=(),
        total=FeedbackCounts(),
        season_total=FeedbackCounts(),
        categories=(),
        highest=(),
        rising=(),
        warnings=None,
        grids=0,
        valid_grids=0,
    )


def test_leaders_read_two_pages(letter: Letter) -> None:
    pages = [squeezed(page) for page in pdf_pages(content(letter, "pdf"))]
    text = "".join(pages)
    headings = [
        "2020年3月下半月空气质量和热点网格监管情况",
        "一、空气质量形势",
        "二、工作进展",
        "三、热点网格形势",
        "四、建议",
        "附件1　各城市PM2.5平均浓度和预警网格",
        "附件2　各城市空气质量情况表",
        "附件3　各城市监管工作进展表",
        "附件4　热点网格",
        "附件5　数据和规则说明",
    ]
    places = [text.index(squeezed(heading)) for heading in headings]
    assert places == sorted(places)
    assert (
        next(number for number, page in enumerate(pages) if page.startswith("附件1") or "—3—附件1" in page)
        <= 2
    )


def test_the_whole_in_words(letter: Letter) -> None:
    text = pdf_text(content(letter, "pdf"))
    for words in (
        "3月下半月，39个城市中数据有效的38个城市PM2.5平均浓度为44μg/m³，同比下降10.0%，与上期持平。",
        "2+26城市平均46μg/m³，同比下降12.3%，较上期上升4.5%；汾渭平原平均40μg/m³，同比持平，较上期下降3.0%。",
        "有同比数据的38个城市中，上升19个、下降19个。19个城市出现日均值超过24小时二级限值（GB3095-2012），共19城次。",
        "浓度较低的是北京市（30μg/m³，并列第1位）、天津市（30μg/m³，并列第1位）、石家庄市（32μg/m³，第3位）；",
        "浓度较高的是咸阳市（63μg/m³）、宝鸡市（62μg/m³）、铜川市（62μg/m³）。同比升幅较大的是咸阳市（上升20.7%）",
        "环比升幅较大的是石家庄市（上升8.0%）",
        "渭南市数据不足，不参与排名。",
        "向31个城市推送报警76条，已反馈75/76（98.7%），其中30个城市全部反馈。已到反馈时限76条，按期反馈75/76（98.7%），超期未反馈1条（衡水市1条）。",
        "排查发现问题39个：扬尘（工地）20个、工业企业10个，已整改24个。",
        "浓度最高的5个网格均在石家庄市，最高的是石家庄市赵县T1网格（92μg/m³）。",
        "其中1个网格达到连续3次或一年内累计6次的条件：石家庄市T1（连续3次）。",
        "一是督促咸阳市、宝鸡市、铜川市分析浓度较高或同比升幅较大的原因",
        "二是对达到升级条件的1个预警网格，按规定公开通报、约谈所在地（石家庄市）。",
        "三是督促有关城市抓紧反馈监管期以来超期的1条报警（其中本期1条：衡水市1条）。",
        "四是核查渭南市监测数据缺失的原因。",
    ):
        assert squeezed(words) in text, words


def test_pdf_and_docx_say_the_same(letter: Letter) -> None:
    pdf = pdf_text(content(letter, "pdf"))
    for text in docx_texts(content(letter, "docx")):
        assert text in pdf, text


def test_the_table_of_cities_is_in_order_with_ties_and_the_unranked_last(letter: Letter) -> None:
    document = Document(io.BytesIO(content(letter, "docx")))
    rows = [[cell.text for cell in row.cells] for row in document.tables[0].rows][1:]
    assert len(rows) == 39
    assert [row[:5] for row in rows[:3]] == [
        ["并列1", "北京市", "2+26", "30", "-20.0"],
        ["并列1", "天津市", "2+26", "30", "-18.9"],
        ["3", "石家庄市", "2+26", "32", "-17.8"],
    ]
    assert rows[-1] == ["—", "渭南市", "汾渭平原", "数据不足", "—", "—", "8/16", "1", "—", "—", "—", "—"]
    figures = overview()
    book = pd.read_excel(
        io.BytesIO(content(letter, "xlsx")), sheet_name="城市空气", dtype={"城市代码": str}, engine="openpyxl"
    ).set_index("城市")
    for city, row in zip(figures.cities, rows, strict=True):
        assert row[1] == city.unit_name
        if city.half.pm25_ug_m3 is not None:
            assert book.loc[city.unit_name, "PM25_μg每m³"] == pytest.approx(city.half.pm25_ug_m3, rel=1e-14)
            assert abs(float(row[3]) - city.half.pm25_ug_m3) <= 0.5
            assert (row[4].startswith("+"), row[4].startswith("-")) == (
                (city.half.yoy_pct or 0) >= 0.05,
                (city.half.yoy_pct or 0) <= -0.05,
            )


def test_the_workbook_and_the_mail(letter: Letter) -> None:
    book = openpyxl.load_workbook(io.BytesIO(content(letter, "xlsx")))
    assert book.sheetnames == [
        "城市空气",
        "城市各时段",
        "城市监管",
        "区域",
        "问题类别",
        "网格名单",
        "预警网格",
        "说明",
    ]
    assert not any(cell.data_type == "f" for one in book for row in one.iter_rows() for cell in row)
    names = pd.read_excel(io.BytesIO(content(letter, "xlsx")), sheet_name="网格名单", engine="openpyxl")[
        "网格名称"
    ].tolist()
    assert WILD in names
    html, text = content(letter, "html").decode(), content(letter, "text").decode()
    assert (
        letter.subject
        == "2020年3月下半月空气质量和热点网格监管情况（PM2.5平均44μg/m³，同比下降10.0%，已反馈75/76）"
    )
    for told in (html, text):
        assert "各位领导" in told
        assert "由低到高（第1位最好），浓度较低的是北京市" in told
        assert "一是督促咸阳市" in told
    assert re.findall(r'<img src="([^"]+)"', html) == ["cid:inline"]
    assert "地图：39个城市3月16日至31日PM₂.₅平均浓度，30至63μg/m³" in html
    assert [file.ascii_name for file in letter.files][:3] == [
        "overview-2020-03-31.pdf",
        "overview-2020-03-31.docx",
        "data-overview-2020-03-31.xlsx",
    ]


def test_a_first_half_without_any_figure_says_so() -> None:
    letter = compose_overview(without_figures(), OVERVIEW_ISSUE)
    text = pdf_text(content(letter, "pdf"))
    for words in (
        "3月上半月，39个城市均数据不足，不计算平均浓度，不排名。",
        "3月1日至15日，没有推送热点网格报警。",
        "没有取得热点网格的监测数据，不作网格浓度分析。",
        "预警网格按全月数据每月设定一次，本期不设定。",
        "等39市监测数据缺失的原因。",
    ):
        assert words in text
    body = text[: text.index("附件1各城市")]
    assert "并列" not in body
    assert "None" not in text
    assert "附件4热点网格（一）" not in text
    assert letter.subject.endswith("（PM2.5数据不足，无报警）")


def test_worst_changes_that_fell_are_said_to_have_fallen() -> None:
    base = overview(3)
    cities = tuple(
        replace(city, half=replace(city.half, yoy_pct=-12.0 - place, pop_pct=-0.01))
        for place, city in enumerate(base.cities[:2])
    )
    codes = tuple(city.unit_code for city in cities)
    text = text_of(replace(base, cities=cities, worst_level=codes, worst_yoy=codes, worst_pop=codes[:1]))
    assert "同比改善较小的是北京市（下降12.0%）、天津市（下降13.0%）。环比持平的是北京市。" in text
    assert "有同比数据的2个城市均下降。" in text


def test_only_rises_are_listed_as_rises_and_ties_share_a_place() -> None:
    fell = replace(GRIDS[3], half=level(61.5, yoy_pct=-31.0))
    text = text_of(
        overview(highest=(("石家庄市", GRIDS[1]), ("太原市", GRIDS[2])), rising=(("石家庄市", fell),))
    )
    assert (
        "浓度最高的2个网格分布在石家庄市1个、太原市1个，最高的是石家庄市赵县T2网格、太原市赵县T3网格（并列，88μg/m³）。"
        in text
    )
    assert "同比升幅最大的" not in text[: text.index("附件1各城市")]


def test_the_month_and_dust_are_told_when_they_are_there() -> None:
    base = overview()
    codes = base.worst_level
    cities = (
        replace(base.cities[0], without_dust=level(30.0), dust_hours=4),
        *base.cities[1:],
    )
    text = text_of(replace(base, cities=cities, month_worst_level=codes, month_worst_yoy=codes[:1]))
    assert (
        "3月全月，浓度较高的是咸阳市（63μg/m³）、宝鸡市（62μg/m³）、铜川市（62μg/m³）；同比升幅较大的是咸阳市（上升20.7%）。"
        in text
    )
    assert "1个城市受沙尘影响，所列浓度均未扣除沙尘。" in text


def test_nothing_to_ask_for() -> None:
    quiet = tuple(
        situation(unit_code=code, half=level(value, rank=place, ranked=2))
        for code, value, place in (("110000", 20.0, 1), ("120000", 21.0, 2))
    )
    counts = FeedbackCounts(pushed=3, answered=3, due=3, on_time=3)
    figures = overview(
        2, cities=quiet, worst_level=(), worst_yoy=(), worst_pop=(), total=counts, warnings=None
    )
    figures = replace(figures, cities=tuple(replace(city, window=counts) for city in quiet))
    assert "本期没有需要另提的建议，继续做好日常调度。" in text_of(figures)


def test_previews_and_simulated_data_say_so() -> None:
    letter = compose_overview(overview(is_simulated=True), PREVIEW)
    assert letter.subject.startswith("【模拟数据】【预览稿 未签发】")
    assert all("模拟数据" in page for page in pdf_pages(content(letter, "pdf")))
    book = openpyxl.load_workbook(io.BytesIO(content(letter, "xlsx")))
    assert all([cell.value for cell in one[1]][-1] == "数据标识" for one in book)


def test_the_same_figures_give_the_same_files(letter: Letter) -> None:
    assert compose_overview(overview(), OVERVIEW_ISSUE) == letter
