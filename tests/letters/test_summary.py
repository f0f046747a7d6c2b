"""The summary as people get it: the PDF, the docx, the workbook and the mail are opened and read."""

import io
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import openpyxl
import pandas as pd
import pypdf
import pytest
from docx import Document

from include.errors import CompositionError
from include.letters.composition import Letter
from include.letters.pictures.summary_pictures import summary_pictures
from include.letters.summary import compose_summary
from include.letters.words.wording import named
from include.supervision.weekly_figures import SummaryFigures
from tests.letters import summaries
from tests.letters.reading import docx_texts, pdf_pages, pdf_text, squeezed
from tests.letters.summaries import ISSUE, PREVIEW, small_pictures
from tests.supervision.states import moment
from tests.supervision.summaries import ALARMS, summary


def content(letter: Letter, role: Any) -> bytes:
    file = letter.file(role)
    assert file is not None
    return file.content


def text_of(letter: Letter) -> str:
    return pdf_text(content(letter, "pdf"))


@pytest.fixture(scope="module")
def letter() -> Letter:
    return compose_summary(summaries.plain(), ISSUE)


def tables(letter: Letter) -> list[list[list[str]]]:
    """The cells of each table of the docx."""
    document = Document(io.BytesIO(content(letter, "docx")))
    return [[[cell.text for cell in row.cells] for row in table.rows] for table in document.tables]


def sheet(letter: Letter, name: str) -> pd.DataFrame:
    return pd.read_excel(
        io.BytesIO(content(letter, "xlsx")), sheet_name=name, dtype={"城市代码": str}, engine="openpyxl"
    )


def test_it_reads_as_two_pages_before_the_annexes(letter: Letter) -> None:
    pages = [squeezed(page) for page in pdf_pages(content(letter, "pdf"))]
    text = "".join(pages)
    headings = [
        "一、总体情况",
        "二、各城市报警及反馈情况",
        "三、发现问题情况",
        "四、典型案例",
        "五、重复报警和长期未反馈",
        "六、建议",
        "附件1　报警及反馈情况图",
        "附件2　各城市情况表",
        "附件3　重复报警",
        "附件4　数据和规则说明",
    ]
    places = [text.index(squeezed(heading)) for heading in headings]
    assert places == sorted(places)
    first_annex = next(number for number, page in enumerate(pages) if "附件1报警及反馈情况图" in page)
    assert first_annex <= 2
    assert "数据和规则说明" in pages[-2]  # and what its page does not hold


def test_the_whole_in_words(letter: Letter) -> None:
    text = text_of(letter)
    assert (
        "本期向3个城市推送报警6条，较上期（3条）增加3条；已反馈5/6（83.3%），反馈率较上期（2/3，66.7%）上升16.7个百分点。"
        "已到反馈时限6条，按期反馈4/6（66.7%），与上期（2/3，66.7%）持平；超期未反馈1条，与上期持平。排查发现问题4个，较上期（1个）增加3个。"
        "经复核属误报1条，已予核减。"
    ) in text
    assert (
        "监管期以来（3月1日至10日）推送报警9条，反馈7/9（77.8%）；发现问题5个，到期整改1/1（100.0%）。"
        in text
    )
    assert (
        "3个城市有报警；1个城市没有报警。3个城市有已到反馈时限的报警，其中1个未全部反馈（超期/到期，条）：阳泉市1/3。"
        in text
    )
    assert "没有城市达到督办条件；达到提醒条件的有阳泉市。" in text
    assert "1.督促阳泉市（1条）抓紧反馈超期7天以内的报警。" in text


def test_pdf_and_docx_say_the_same(letter: Letter) -> None:
    pdf = text_of(letter)
    for text in docx_texts(content(letter, "docx")):
        assert text in pdf, text


def test_the_table_of_cities(letter: Letter) -> None:
    (cities,) = (table for table in tables(letter) if table[0][0] == "排名")
    assert cities[1:] == [
        ["1", "阳泉市", "3", "+2", "2/3（66.7%）", "+66.7", "2/3", "1", "1", "2/4（50.0%）", "提醒、长期1条"],
        ["2", "石家庄市", "2", "0", "2/2（100.0%）", "0.0", "1/2", "0", "2", "4/4（100.0%）", ""],
        ["3", "西安市", "1", "+1", "1/1（100.0%）", "—", "1/1", "0", "1", "1/1（100.0%）", ""],
        ["—", "太原市", "0", "0", "—", "—", "—", "0", "0", "—", ""],
        ["", "合计", "6", "+3", "5/6（83.3%）", "+16.7", "4/6", "1", "4", "7/9（77.8%）", ""],
    ]


def test_the_workbook_is_clean_tables_that_pandas_reads(letter: Letter) -> None:
    book = openpyxl.load_workbook(io.BytesIO(content(letter, "xlsx")))
    assert book.sheetnames == [
        "总体",
        "城市",
        "答复质量",
        "每日",
        "走势",
        "问题类别",
        "区县",
        "重复报警",
        "屡查屡犯",
        "长期未反馈",
        "典型案例",
        "建议",
        "说明",
    ]
    for one in book:
        assert one.freeze_panes == "A2"
        assert not one.merged_cells.ranges
        header = [cell.value for cell in one[1]]
        assert len(set(header)) == len(header)
        assert None not in header
        assert not any(cell.data_type == "f" for row in one.iter_rows() for cell in row)
    whole = sheet(letter, "总体").set_index("时段")
    assert whole["推送"].to_dict() == {"本期": 6, "上期": 3, "监管期以来": 9}
    assert whole["反馈率"].tolist() == pytest.approx([5 / 6, 2 / 3, 7 / 9])
    assert whole["起"].dtype.kind == "M"
    assert whole.loc["本期", "截至"] == pd.Timestamp("2020-03-11 09:00")
    assert sheet(letter, "每日")["日期"].tolist() == [pd.Timestamp(2020, 3, day) for day in range(1, 11)]
    assert sheet(letter, "问题类别").set_index("类别").loc["扬尘（道路）"].to_dict() == {
        "问题": 1,
        "已整改": 1,
        "上期问题": 1,
        "监管期问题": 2,
    }
    assert sheet(letter, "典型案例")["报警编号"].tolist() == [
        case.alarm_id for case in summaries.plain().cases
    ]


def test_document_workbook_and_figures_have_the_same_numbers(letter: Letter) -> None:
    figures = summaries.plain()
    rows = sheet(letter, "城市").set_index("城市")
    (cities,) = (table for table in tables(letter) if table[0][0] == "排名")
    for city, printed in zip(figures.cities, cities[1:], strict=False):
        row = rows.loc[city.unit_name]
        assert [row["推送"], row["已反馈"], row["按期"], row["已到时限"], row["超期未反馈"], row["问题"]] == [
            city.window.pushed,
            city.window.answered,
            city.window.on_time,
            city.window.due,
            city.window.overdue,
            city.window.problems,
        ]
        assert printed[4] == (
            f"{row['已反馈']}/{row['推送']}（{100 * row['反馈率']:.1f}%）" if row["推送"] else "—"
        )
        assert (row["排名"] if pd.notna(row["排名"]) else None) == city.rank
        assert printed[5] == (
            "—"
            if pd.isna(row["反馈率较上期_百分点"])
            else re.sub(r"^\+0\.0$", "0.0", f"{row['反馈率较上期_百分点']:+.1f}")
        )
    assert rows["推送"].sum() == sheet(letter, "总体")["推送"].iloc[0] == figures.total.pushed


def test_the_mail_has_the_key_figures_and_one_picture_inside(letter: Letter) -> None:
    html, text = content(letter, "html").decode(), content(letter, "text").decode()
    assert letter.subject == "热点网格远程监管周中情况汇总（3月8日至10日，已反馈5/6，超期1条）"
    for told in (html, text):
        assert "各位领导" in told
        assert "本期向3个城市推送报警6条，较上期（3条）增加3条" in told
        assert "督促阳泉市（1条）抓紧反馈" in told
    assert re.findall(r'<img src="([^"]+)"', html) == ["cid:inline"]
    assert "地图：3月8日至10日各城市按期反馈率，合计4/6（66.7%）；被标记的城市：阳泉市（提醒）" in html
    assert "<" not in text
    assert "推送报警：6条，较上期增加3条" in text
    assert content(letter, "inline")[:4] == b"\x89PNG"
    assert [file.role for file in letter.files] == ["pdf", "docx", "xlsx", "html", "text", "inline"]
    assert [file.ascii_name for file in letter.files][:3] == [
        "summary-leader-2020-03-11.pdf",
        "summary-leader-2020-03-11.docx",
        "data-summary-leader-2020-03-11.xlsx",
    ]


def test_the_page_of_where_the_numbers_come_from(letter: Letter) -> None:
    text = text_of(letter)
    for words in (
        "2020年3月11日9时",
        "上期为3月1日至3日，取其当时的截至时刻（3月4日9时）",
        "不是部门规定（规则版本2026-11）",
        "数据来源监管平台和监测网络",
        "数据完整。",
        "前三例城市和问题类别尽量不重复",
    ):
        assert squeezed(words) in text


@pytest.mark.parametrize(
    ("edge", "told", "not_told"),
    [
        (
            summaries.nothing,
            [
                "本期没有推送报警，上期也没有。",
                "本期没有推送报警，没有需要排查的问题。",
                "本期没有符合选取规则的案例。",
                "本期没有需要另提的建议",
                "监管期以来（3月1日至10日）没有推送报警。",
            ],
            ["图3", "nan", "None"],
        ),
        (summaries.one_city, ["本期向1个城市推送报警3条", "1个城市有报警。"], []),
        (summaries.first, ["本期之前没有同类时段，不作比较。", "增减一栏没有上期可比"], ["较上期", "上期（"]),
        (
            summaries.all_answered,
            [
                "3个城市有已到反馈时限的报警，均没有超期未反馈。",
                "没有城市达到提醒或督办条件",
                "3个城市有报警；1个城市没有报警",
            ],
            ["未全部反馈的"],
        ),
        (summaries.joined_and_left, ["阳泉市3月9日起纳入重点区域；石家庄市3月9日起不再列入重点区域。"], []),
        (summaries.new_year, ["本期（含法定节假日3天）没有推送报警", "2020年1月26日至28日"], []),
        (
            summaries.cut,
            [
                "监管期至2020年3月9日，本期只统计期内2天。",
                "日均2.5条，上期（3天）日均1.0条，增加",
                "2020年3月8日至9日（周日至周一）",
            ],
            [],
        ),
        (summaries.simulated, ["模拟数据，由演示程序生成，不反映真实情况"], []),
    ],
)
def test_the_edges(edge: Callable[[], SummaryFigures], told: list[str], not_told: list[str]) -> None:
    with small_pictures():
        letter = compose_summary(edge(), ISSUE)
    text = text_of(letter)
    assert [words for words in told if squeezed(words) not in text] == []
    body = text[: text.index("附件1报警及反馈情况图")]
    assert [words for words in not_told if words in body] == []
    assert letter.warnings == ()


def test_simulated_data_says_so_everywhere() -> None:
    with small_pictures():
        letter = compose_summary(summaries.simulated(), ISSUE)
    assert letter.subject.startswith("【模拟数据】")
    assert all("模拟数据" in page for page in pdf_pages(content(letter, "pdf")))
    assert "模拟数据" in content(letter, "html").decode()
    assert "模拟数据" in content(letter, "text").decode()
    assert all("模拟数据" in file.file_name and "simulated" in file.ascii_name for file in letter.files)
    book = openpyxl.load_workbook(io.BytesIO(content(letter, "xlsx")))
    assert all([cell.value for cell in one[1]][-1] == "数据标识" for one in book)
    assert sheet(letter, "城市")["数据标识"].unique().tolist() == ["模拟数据"]


def test_a_preview_says_so_and_carries_no_date() -> None:
    with small_pictures():
        letter = compose_summary(summaries.plain(), PREVIEW)
    assert "预览稿" in text_of(letter)
    assert letter.subject.startswith("【预览稿 未签发】")
    assert "2020年3月11日" not in squeezed(pdf_pages(content(letter, "pdf"))[0])


def test_a_province_gets_its_own_cities() -> None:
    with small_pictures():
        letter = compose_summary(summary(province_code="140000"), ISSUE)
    text = text_of(letter)
    assert "山西省2020年3月8日至10日（周日至周二）" in text
    assert "石家庄" not in text
    assert "山西省生态环境厅：" in content(letter, "text").decode()
    assert letter.subject == "热点网格远程监管周中情况汇总（山西省，3月8日至10日，已反馈2/3，超期1条）"


def test_names_from_outside_are_printed_as_they_are_or_said() -> None:
    wild = "A&B <路口> =1+1 #$\\ 鄠邑😀"
    alarms = ALARMS.assign(point_name=ALARMS["point_name"].mask(ALARMS["alarm_id"] == "Y1", wild))
    alarms = alarms.assign(
        pushed_at=alarms["pushed_at"].mask(alarms["alarm_id"] == "Y1", moment("03-02 08:00"))
    )
    with small_pictures():
        letter = compose_summary(summary(alarms), ISSUE)
    assert squeezed("A&B <路口> =1+1 #$\\ 鄠邑〓") in text_of(letter)
    assert any("😀" in warning for warning in letter.warnings)
    assert sheet(letter, "长期未反馈")["点位名称"].tolist() == [wild]


def test_the_same_figures_give_the_same_files(letter: Letter) -> None:
    summary_pictures.cache_clear()
    assert compose_summary(summaries.plain(), ISSUE) == letter


def test_a_long_list_of_names_is_cut_and_counted() -> None:
    assert named(["甲市", "乙市"], 2) == "甲市、乙市"
    assert named(["甲市", "乙市", "丙市", "丁市"], 2) == "甲市、乙市等4市"


def test_a_missing_value_is_an_error_and_not_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    import include.letters.summary_values as module

    values = module.summary_values
    monkeypatch.setattr(
        module,
        "summary_values",
        lambda *args, **keys: {key: value for key, value in values(*args, **keys).items() if key != "城市表"},
    )
    with pytest.raises(CompositionError, match="城市表"):
        compose_summary(summaries.plain(), ISSUE)


def test_the_pdf_is_tagged_and_its_pictures_have_words_for_who_cannot_see_them(letter: Letter) -> None:
    reader = pypdf.PdfReader(io.BytesIO(content(letter, "pdf")))
    assert reader.metadata is not None
    assert reader.metadata.title == "热点网格远程监管周中情况汇总"
    assert "/StructTreeRoot" in reader.trailer["/Root"]
    docx = Document(io.BytesIO(content(letter, "docx")))
    words = [shape._inline.docPr.get("descr") for shape in docx.inline_shapes]
    assert [word.partition("：")[0] for word in words] == [
        "地图",
        "柱状图",
        "条形图",
        "条形图",
        "小柱状图",
    ]


def test_importing_the_module_loads_nothing_heavy() -> None:
    code = "import sys, include.letters.summary; print([m for m in ('matplotlib', 'docx', 'typst', 'openpyxl', 'geopandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_case_says_how_many_alarms_its_grid_had_and_not_which_one_it_is(letter: Letter) -> None:
    case = next(one for one in summaries.plain().cases if one.recent_alarms > 1)
    assert f"近30日报警{case.recent_alarms}条" in squeezed(text_of(letter))
