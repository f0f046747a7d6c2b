"""The 通报函 as people get it: the PDF, the docx, the workbook and the mail are opened and read."""

import io
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import openpyxl
import pandas as pd
import pypdf
import pytest
from docx import Document

from include.errors import CompositionError
from include.letters.bulletin import compose_bulletin
from include.letters.composition import Letter
from include.supervision.bulletin_figures import BulletinFigures
from include.supervision.figures import Corrected
from tests.letters import bulletins
from tests.letters.bulletins import (
    ISSUE,
    OPEN_ALARMS,
    PREVIEW,
    WILD,
    bulletin,
    enterprise,
    first_half,
    open_alarm,
    situation,
    small_pictures,
    without_air,
)
from tests.letters.reading import docx_texts, pdf_pages, pdf_text, squeezed


@pytest.fixture(autouse=True)
def few_pixels() -> Iterator[None]:
    with small_pictures():
        yield


def content(letter: Letter, role: Any) -> bytes:
    file = letter.file(role)
    assert file is not None
    return file.content


def text_of(figures: BulletinFigures) -> str:
    return pdf_text(content(compose_bulletin(figures, ISSUE), "pdf"))


@pytest.fixture(scope="module")
def letter() -> Letter:
    with small_pictures():
        return compose_bulletin(bulletin(), ISSUE)


def sheet(letter: Letter, name: str) -> pd.DataFrame:
    return pd.read_excel(
        io.BytesIO(content(letter, "xlsx")),
        sheet_name=name,
        dtype={"城市代码": str, "网格编号": str},
        engine="openpyxl",
    )


def tables(letter: Letter) -> dict[str, list[list[str]]]:
    """The cells of each table of the docx without its header row, by the two first words of that row."""
    document = Document(io.BytesIO(content(letter, "docx")))
    rows = [[[cell.text for cell in row.cells] for row in table.rows] for table in document.tables]
    return {
        "｜".join(table[0][:2])
        + ("｜升幅" if table[0][4].startswith("同比") and table[0][0] == "名次" else "")
        if len(table[0]) > 4
        else table[0][0]: table[1:]
        for table in rows
    }


def test_the_letter_reads_as_an_official_letter(letter: Letter) -> None:
    text = pdf_text(content(letter, "pdf"))
    told = [
        "环执法通函〔2020〕3号",
        "关于通报2020年3月下半月空气质量和热点网格监管情况的函",
        "石家庄市生态环境局：",
        "一、空气质量形势",
        "二、工作进展",
        "三、近期热点网格形势",
        "（一）总体情况",
        "（二）高值区",
        "（三）浓度最高和同比升幅最大的网格",
        "（四）预警网格",
        "四、下一步要求",
        "附件：1.空气质量情况2.热点网格形势分析3.尚未反馈的报警4.数据和规则说明5.热点网格形势分析附表（电子表格，另附）",
        "热点网格远程监督组",
        "2020年4月1日",
        "（联系人：王建国，电话：010-12345678）",
        "图2热点网格",
        "图3热点网格",
        "数据和规则说明",
    ]
    places = [text.find(squeezed(words)) for words in told]
    assert [words for words, place in zip(told, places, strict=True) if place < 0] == []
    assert places[:6] == sorted(places[:6])


def test_the_air_in_words(letter: Letter) -> None:
    text = pdf_text(content(letter, "pdf"))
    assert (
        "为52μg/m³，同比下降20.0%，较3月上半月上升5.0%；在39个参与排名的城市中由低到高（第1位最好）排名第7位。"
        "有效天数16/16天，其中2天的日均值超过二级标准24小时限值（75μg/m³，GB3095-2012）。"
    ) in text
    assert (
        "3月全月，PM2.5平均浓度为50μg/m³，同比下降20.0%，较2月上升5.0%，在39个城市中排名第7位，有效天数31/31天。"
        "1月1日至3月31日，PM2.5平均浓度为80μg/m³，同比持平，在39个城市中排名第7位。其他污染物见附件1。"
    ) in text
    assert "沙尘" not in text.partition("附件1空气")[0].partition("2020年3月下半月空气质量情况")[0]


def test_the_inspections_in_words(letter: Letter) -> None:
    text = pdf_text(content(letter, "pdf"))
    assert (
        "3月16日至31日，平台向你市推送热点网格报警12条，已反馈11/12（91.7%）。已到反馈时限11条，按期反馈9/11（81.8%），超期未反馈1条。"
        "排查发现问题7个：扬尘（工地）4个、工业企业3个，已整改4个；到期整改4/6（66.7%）。"
        "监管期以来（3月1日至31日），推送报警30条，反馈29/30（96.7%），按期反馈26/29（89.7%）；发现问题15个，到期整改12/14（85.7%）。"
    ) in text


def test_open_alarms_stay_in_the_letter_however_old(letter: Letter) -> None:
    told = "平台3月31日24时前（含以前各期）向你市推送的报警尚未反馈3条，其中已超期2条（超期逾7天、属长期未反馈的1条），见附件3。"
    assert told in pdf_text(content(letter, "pdf"))
    assert tables(letter)["序号｜网格编号"] == [
        ["1", "T9", "赵县", "第9号点位", "2月20日 7:00", "2月21日 7:00", "超期未反馈", "39天"],
        ["2", "T1", "赵县", "第1号点位", "3月29日 9:00", "3月30日 9:00", "超期未反馈", "47小时"],
        ["3", "T2", "赵县", "第2号点位", "3月31日 22:15", "4月1日 22:15", "待反馈", "—"],
    ]
    assert sheet(letter, "未反馈报警")["报警编号"].tolist() == ["A9", "A1", "A2"]
    for role in ("html", "text"):
        assert "3条，其中已超期2条（长期未反馈1条）" in content(letter, role).decode()


def test_more_open_alarms_than_a_table_has_are_counted_with_the_oldest_and_stand_in_the_workbook() -> None:
    many = tuple(open_alarm(n, f"2020-03-{n:02}T07:00", f"2020-03-{n + 1:02}T07:00") for n in range(1, 31))
    letter = compose_bulletin(bulletin(open_alarms=(*OPEN_ALARMS[:1], *many, *OPEN_ALARMS[2:])), ISSUE)
    assert len(tables(letter)["序号｜网格编号"]) == 30
    told = "另有较早的2条未列入本表，最早的是赵县“第9号点位”（网格编号T9），2月20日7时推送；全部见附件5。"
    assert told in pdf_text(content(letter, "pdf"))
    assert len(sheet(letter, "未反馈报警")) == 32


def test_no_open_alarm_no_annex() -> None:
    assert "尚未反馈的报警" not in text_of(bulletin(open_alarms=(), follow_ups=()))


def test_the_grids_in_words(letter: Letter) -> None:
    text = pdf_text(content(letter, "pdf"))
    assert (
        "数据有效的5个，其余1个数据不足，不参与比较。PM2.5平均浓度在40至92μg/m³之间。有同比数据的5个网格中，上升3个、下降2个。"
        in text
    )
    assert (
        "1号高值区位于赵县（2个网格），平均浓度90μg/m³，最高92μg/m³；本期报警3条，反馈2/3（66.7%），查出问题2个"
        in text
    )
    assert "浓度最高的是赵县T1网格（92μg/m³，同比上升12.3%），本期报警3条，查出问题2个。" in text
    assert "所列5个网格中，1个网格内有重点企业，共1家次" in text
    assert "企业仅按位置列出，供排查参考，与浓度偏高的关系需现场核实。" in text
    assert (
        "赵县T1网格（月均浓度最高、环比变化最差；月均92μg/m³；连续第3次；12个月内第4次）。另有临界预警网格1个"
        in text
    )
    assert (
        "其中T1网格连续3次被列为预警网格，已达到连续3次或一年内累计6次的条件，将按规定公开通报、约谈。"
        in text
    )
    assert "1.对连续列为预警网格或累计次数已达升级条件的1个网格（T1）开展解剖分析" in text
    assert "2.对超期未反馈的2条报警（尚未反馈的共3条；涉及T9、T1）" in text
    assert "于2020年4月11日前书面报送排查和整改情况。" in text


def test_the_tables_hold_ties_and_nothing_for_what_is_unknown(letter: Letter) -> None:
    found = tables(letter)
    assert found["时段｜平均浓度"] == [
        ["3月下半月", "52", "66", "-20.0", "+5.0", "7/39", "16/16"],
        ["3月", "50", "63", "-20.0", "+5.0", "7/39", "31/31"],
        ["1月1日至3月31日", "80", "100", "0.0", "—", "7/39", "91/91"],
    ]
    assert [row[:7] for row in found["名次｜网格编号"]] == [
        ["1", "T1", "赵县", "第1号网格", "92", "+12.3", "0.0"], ["2", "T2", "赵县", "第2号网格", "88", "+3.0", "+26.0"],
        ["2", "T3", "赵县", "第3号网格", "88", "+3.0", "0.0"], ["4", "T4", "晋州市", WILD, "62", "-31.0", "—"],
        ["5", "T5", "晋州市", "第5号网格", "40", "-20.0", "+5.0"],
    ]  # fmt: skip
    assert found["区县｜有效网格（个）"] == [
        ["赵县", "3", "90", "+6.1", "+8.6", "2", "2/3", "1", "2"],
        ["晋州市", "2", "51", "-25.5", "—", "0", "—", "0", "0"],
        ["新乐市", "0", "—", "—", "—", "0", "1/1", "0", "0"],
    ]
    assert found["网格编号｜区县"][0][:4] == [
        "T2",
        "赵县",
        "第2号网格",
        "月均浓度最高（第2位）",
    ]  # the last table of that head
    document = "".join(docx_texts(content(letter, "docx")))
    assert "第1热电厂（火力发电，网格内）；第2热电厂（火力发电，东北1.2公里）" in document


def test_pdf_and_docx_say_the_same(letter: Letter) -> None:
    pdf = pdf_text(content(letter, "pdf"))
    for text in docx_texts(content(letter, "docx")):
        assert text in pdf, text


def test_wild_names_stand_in_every_file_as_they_are(letter: Letter) -> None:
    assert squeezed(WILD) in pdf_text(content(letter, "pdf"))
    assert squeezed(WILD) in "".join(docx_texts(content(letter, "docx")))
    assert sheet(letter, "网格").set_index("网格编号").loc["T4", "网格名称"] == WILD
    assert letter.warnings == ()
    wild = compose_bulletin(bulletin(completeness=f"{WILD}😀"), ISSUE)
    assert "&lt;b&gt;甲&lt;/b&gt;" in content(wild, "html").decode()
    assert any("😀" in warning for warning in wild.warnings)


def test_the_workbook_is_clean_tables_that_pandas_reads(letter: Letter) -> None:
    book = openpyxl.load_workbook(io.BytesIO(content(letter, "xlsx")))
    assert book.sheetnames == [
        "城市",
        "每日",
        "其他污染物",
        "监管",
        "未反馈报警",
        "问题类别",
        "区县",
        "网格",
        "高值区",
        "名单",
        "重点企业",
        "疑似来源",
        "持续偏高",
        "预警网格",
        "跟进事项",
        "说明",
    ]
    for one in book:
        header = [cell.value for cell in one[1]]
        assert len(set(header)) == len(header)
        assert None not in header
        assert not any(cell.data_type == "f" for row in one.iter_rows() for cell in row)
    grids = sheet(letter, "网格").set_index("网格编号")
    assert grids["PM25_μg每m³"].tolist()[:5] == [92.4, 88.0, 88.0, 61.5, 40.0]
    assert grids.loc["T6", "状态"] == "数据不足"
    assert pd.isna(grids.loc["T6", "PM25_μg每m³"])
    assert grids.loc["T1", ["西", "南", "东", "北"]].tolist() == [114.7, 37.7, 114.7334, 37.727]
    assert sheet(letter, "重点企业")["企业名称"].tolist() == ["第1热电厂", "第2热电厂"]
    assert sheet(letter, "预警网格")["类型"].tolist() == ["预警", "临界预警"]
    assert sheet(letter, "每日")["日期"].iloc[0] == pd.Timestamp("2020-03-16")
    assert sheet(letter, "城市")["时段"].tolist() == ["3月下半月", "3月", "年初以来"]


def test_the_mail_has_the_key_figures_and_the_map(letter: Letter) -> None:
    html, text = content(letter, "html").decode(), content(letter, "text").decode()
    assert (
        letter.subject
        == "关于通报2020年3月下半月空气质量和热点网格监管情况的函（石家庄市，PM2.5平均52μg/m³，同比下降20.0%）"
    )
    for told in (html, text):
        assert "石家庄市生态环境局" in told
        assert "同比下降20.0%，较3月上半月上升5.0%" in told
        assert "于2020年4月11日前书面报送" in told
    assert re.findall(r'<img src="([^"]+)"', html) == ["cid:inline"]
    assert "地图：石家庄市6个热点网格3月下半月PM₂.₅平均浓度，40至92μg/m³；高值区1处" in html
    assert "<" not in text
    assert content(letter, "inline")[:4] == b"\x89PNG"
    assert [file.ascii_name for file in letter.files] == [
        "bulletin-130100-2020-03-31.pdf",
        "bulletin-130100-2020-03-31.docx",
        "data-bulletin-130100-2020-03-31.xlsx",
        "bulletin-130100-2020-03-31.html",
        "bulletin-130100-2020-03-31.txt",
        "map-bulletin-130100-2020-03-31.png",
    ]


def test_a_first_half_sets_no_warning_grids() -> None:
    text = text_of(first_half())
    assert "关于通报2020年3月上半月空气质量和热点网格监管情况的函" in text
    assert "（四）预警网格预警网格按全月数据设定，每月一次，在下半月通报中公布，本期不设定。" in text
    assert "全月，PM2.5平均浓度" not in text
    assert "临界预警网格" not in text
    assert "约谈。四、" not in text


def test_a_city_without_air_says_so_and_ranks_nothing() -> None:
    letter = compose_bulletin(without_air(), ISSUE)
    text = pdf_text(content(letter, "pdf"))
    for words in (
        "PM2.5有效天数为4/16天，不足13天，数据不足，不计算平均浓度，不参与排名。",
        "3月全月PM2.5有效天数为19/31天，数据不足，不参与排名。1月1日至3月31日有效天数为60/91天，数据不足。",
        "3月16日至31日，平台没有向你市推送新的热点网格报警。",
        "没有取得你市热点网格的监测数据，不作网格浓度分析。按3月全月数据，你市没有符合预警条件且数据有效的网格",
        "附件：1.空气质量情况2.数据和规则说明3.热点网格形势分析附表",
    ):
        assert words in text, words
    assert "排名第" not in text
    assert letter.file("inline") is None
    assert "<img" not in content(letter, "html").decode()
    assert letter.subject.endswith("（石家庄市，PM2.5数据不足）")


def test_unknown_enterprises_are_never_none() -> None:
    base = bulletin()
    unknown = tuple(replace(one, enterprises=(), inside=None, nearby=None) for one in base.highest)
    text = text_of(
        replace(
            base,
            highest=unknown,
            rising=unknown[:1],
            high_areas=(replace(base.high_areas[0], enterprises=None),),
        )
    )
    assert "没有取得重点企业名录，本期不列网格内和周边的重点企业。" in text
    assert "没有重点企业" not in text.replace("没有取得重点企业名录", "")
    assert "—/—" in text


def test_no_more_enterprises_than_the_rule_are_printed_and_all_are_in_the_workbook() -> None:
    base = bulletin()
    many = tuple(enterprise(number) for number in range(1, 9))
    letter = compose_bulletin(
        replace(base, highest=(replace(base.highest[0], enterprises=many, inside=1, nearby=7),), rising=()),
        ISSUE,
    )
    text = pdf_text(content(letter, "pdf"))
    assert "第5热电厂" in text
    assert "第6热电厂" not in text
    assert len(sheet(letter, "重点企业")) == 8


def test_wording_never_says_that_an_enterprise_is_the_source(letter: Letter) -> None:
    text = pdf_text(content(letter, "pdf"))
    for sentence in text.split("。"):
        if "企业" in sentence and "污染来源" in sentence:
            assert "不表示" in sentence


def test_shares_are_never_bare_percentages(letter: Letter) -> None:
    body = pdf_text(content(letter, "pdf")).partition("附件2热点网格形势分析")[0]
    for match in re.finditer(r"(\d+/\d+（)?\d+\.\d%", body):
        before = body[max(0, match.start() - 2) : match.start()]
        assert match[1] or before in ("上升", "下降"), match[0]


def test_simulated_data_says_so_everywhere() -> None:
    letter = compose_bulletin(bulletin(is_simulated=True), ISSUE)
    assert letter.subject.startswith("【模拟数据】")
    assert all("模拟数据" in page for page in pdf_pages(content(letter, "pdf")))
    assert "模拟数据" in content(letter, "html").decode()
    assert "模拟数据" in content(letter, "text").decode()
    assert all("模拟数据" in file.file_name and "simulated" in file.ascii_name for file in letter.files)
    book = openpyxl.load_workbook(io.BytesIO(content(letter, "xlsx")))
    assert all([cell.value for cell in one[1]][-1] == "数据标识" for one in book)


def test_a_preview_and_a_correction_say_so() -> None:
    preview = compose_bulletin(bulletin(), PREVIEW)
    assert "预览稿" in pdf_text(content(preview, "pdf"))
    assert preview.subject.startswith("【预览稿 未签发】")
    with pytest.raises(CompositionError, match="both number and date"):
        compose_bulletin(bulletin(), replace(ISSUE, number=None))
    corrected = replace(
        ISSUE, corrects=Corrected("环执法通函〔2020〕1号", "2020年4月1日", ("推送由11改为12",))
    )
    letter = compose_bulletin(bulletin(), corrected)
    for told in (pdf_text(content(letter, "pdf")), squeezed(content(letter, "text").decode())):
        assert "更正环执法通函〔2020〕1号（2020年4月1日）" in told


def test_the_same_figures_give_the_same_files(letter: Letter) -> None:
    assert compose_bulletin(bulletin(), ISSUE) == letter


def test_a_long_name_of_a_city_and_a_red_head() -> None:
    letter = compose_bulletin(bulletin(city=situation(unit_name="巴音郭楞蒙古自治州")), ISSUE, red_head=True)
    assert "巴音郭楞蒙古自治州" in letter.subject
    assert pdf_pages(content(letter, "pdf"))[0].count("热点网格远程监督组") == 1


def test_the_pdf_is_tagged_and_its_pictures_have_words(letter: Letter) -> None:
    reader = pypdf.PdfReader(io.BytesIO(content(letter, "pdf")))
    assert reader.metadata is not None
    assert reader.metadata.title == "关于通报2020年3月下半月空气质量和热点网格监管情况的函"
    assert "/StructTreeRoot" in reader.trailer["/Root"]
    docx = Document(io.BytesIO(content(letter, "docx")))
    words = [shape._inline.docPr.get("descr") for shape in docx.inline_shapes]
    assert [word.partition("：")[0] for word in words] == ["柱状图", "地图", "地图"]
    assert words[0] == "柱状图：石家庄市3月下半月PM2.5日均值，有效16天，超过24小时限值2天"


def test_importing_the_module_loads_nothing_heavy() -> None:
    code = "import sys, include.letters.bulletin, include.letters.overview; print([m for m in ('matplotlib', 'docx', 'typst', 'openpyxl', 'geopandas', 'pandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_grid_of_a_large_city_is_in_the_workbook() -> None:
    figures = bulletins.whole_city("140300", every=3)
    letter = compose_bulletin(figures, ISSUE)
    found = sheet(letter, "网格")
    assert found["网格编号"].tolist() == [grid.grid_id for grid in figures.grids]
    assert len(found) > 150
