"""What the letters say: PDF and docx say the same, and the sentences are right for none, one and many."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook

from include.answer_form.layout import FORM_SHEET
from include.letters.composition import Letter, compose_notice, compose_reminder
from include.supervision.figures import FeedbackCounts, Flag, FlagReason, ReceivedForms
from tests.letters.reading import docx_footnotes, docx_texts, pdf_pages, pdf_text, squeezed
from tests.letters.samples import ISSUE, PREVIEW, at, form_row, notice, notice_row, overdue_row, reminder


def content(letter: Letter, role: str) -> bytes:
    file = letter.file(role)  # type: ignore[arg-type]
    assert file is not None
    return file.content


def body(letter: Letter) -> str:
    return "\n".join(docx_texts(content(letter, "docx")))


LETTERS = {
    "notice": lambda: compose_notice(notice(), ISSUE),
    "simulated notice": lambda: compose_notice(
        notice(rows=4, overdue=3, form=5, problems=3, is_simulated=True), ISSUE
    ),
    "preview with a red head": lambda: compose_notice(notice(rows=1), PREVIEW, red_head=True),
    "reminder": lambda: compose_reminder(reminder(is_simulated=True), replace(ISSUE, is_rehearsal=True)),
}
MARKS = {
    "simulated notice": ["模拟数据"],
    "preview with a red head": ["预览稿 未签发"],
    "reminder": ["模拟数据　演练", "模拟数据演练"],
}


@pytest.mark.parametrize("name", LETTERS)
def test_pdf_and_docx_say_the_same_words_and_nothing_else(name: str) -> None:
    letter = LETTERS[name]()
    docx = content(letter, "docx")
    text = pdf_text(content(letter, "pdf"))
    for mark in MARKS.get(name, []):
        text = text.replace(squeezed(mark), "")
    for note in docx_footnotes(
        docx
    ):  # a footnote stands at the foot of its page, amid the text of the letter
        assert text.count(note) == 1
        text = text.replace(note, "")
    assert text == "".join(docx_texts(docx))


def test_a_whole_notice() -> None:
    assert body(compose_notice(notice(rows=1, overdue=1, form=1, problems=1), ISSUE)) == squeezed_lines("""
        网格函〔2020〕7号
        关于热点网格排查反馈情况提示的函
        石家庄市生态环境局：
        截至2020年3月13日8时30分，3月12日24时前推送的报警待反馈1条，已超期；3月12日推送报警3条，已反馈1条。请于3月14日8时30分前反馈。现将有关情况函告如下。
        一、报警及反馈情况
        3月12日，平台向你市推送报警3条，已反馈1条；均未到反馈时限。各时段的反馈率和按期反馈率如下：
        统计时段 | 推送（条） | 已反馈（条） | 反馈率 | 按期反馈率 | 超期（条） | 问题（个）
        本期（3月12日） | 3 | 1 | 1/3（33.3%） | — | 0 | 2
        近7日（3月6日至12日） | 9 | 7 | 7/9（77.8%） | 6/8（75.0%） | 1 | 5
        本月（3月1日至12日） | 17 | 15 | 15/17（88.2%） | 13/16（81.2%） | 1 | 9
        二、超期未反馈情况
        有1条报警超期未反馈：井陉矿区“南孟村东”（网格编号T85711），3月11日10时推送，应于3月12日10时前反馈，已超期22小时。
        你市的反馈情况已达到系统默认的提醒条件：有1条报警超期未反馈（超期7天以内）。请你市查明原因，尽快补报，避免再次超期。
        三、发现问题情况
        你市对近7日报警的排查发现问题1个，类别为露天焚烧，目前整改中（见附件2）。
        四、工作要求
        请你市对附件3所列1条未反馈报警开展现场排查，填写该表并发送至下列邮箱，于3月14日8时30分前反馈。填表和误报申诉的办法见表内“填写说明”。
        反馈邮箱：fankui@example.org
        附件：1. 热点网格报警及反馈情况表
        2. 发现问题清单
        3. 热点网格排查反馈表（电子表格，另附）
        热点网格远程监督组
        2020年3月13日
        （联系人：王建国，电话：010-12345678）
        附件1
        热点网格报警及反馈情况表
        数据取自热点网格监管平台，列3月12日24时前推送的报警截至2020年3月13日8时30分的情况，时间均为北京时间；同一网格多次报警并为一行。统计时段内应有数据均已取得。
        序号 | 网格编号 | 区县 | 点位名称 | 报警时间 | 报警次数 | 最高浓度（μg/m³） | 反馈时限 | 反馈状态
        1 | T85711 | 井陉矿区 | 南孟村东 | 3月12日8:00至9:00 | 2 | 188 | 3月13日9:00 | 超期未反馈
        统计口径：首次反馈不晚于反馈时限的为按期。经复核属误报的报警已核减，不计入推送条数；时限内申诉、正在复核的和已结案的不计入已到时限。申诉被驳回的，时限为驳回后24小时；反馈被退回的，自退回起24小时内不计超期，首次反馈是否按期不因退回而变（顺延期内的报警可能计为按期而尚无反馈）。反馈时间以平台记录或本系统收到的时刻为准，所填排查时间不作依据。超期未反馈指适用时限已过仍未反馈；超过适用时限7天的为长期未反馈。
        附件2
        发现问题清单
        序号 | 区县 | 点位名称 | 问题类别 | 问题描述 | 发现时间 | 整改状态
        1 | 井陉矿区 | 南孟村东 | 露天焚烧 | 裸土未覆盖约200平方米，现场无洒水降尘设施。 | 3月12日10:00 | 整改中
    """)


def squeezed_lines(text: str) -> str:
    cells = (cell for line in text.strip().splitlines() for cell in line.split(" | "))
    return "\n".join(squeezed(cell) for cell in cells)


def test_footnotes_define_the_rates_and_call_the_thresholds_defaults() -> None:
    definitions, thresholds = docx_footnotes(content(compose_notice(notice(), ISSUE), "docx"))
    assert "反馈率＝已反馈条数÷推送条数" in definitions
    assert "分母为零的列“—”" in definitions
    assert thresholds == (
        "提醒、督办条件为本系统默认设置，不是部门规定（规则版本2026-11）。提醒：有1条及以上报警超期未反馈且超期不超过7天，"
        "或近7日推送的报警逾期反馈2条及以上。督办：前述超期报警中有超期逾24小时的，或同时近7日逾期反馈3条及以上。"
        "长期未反馈另行标明条数，不影响级别。"
    )


@pytest.mark.parametrize(
    ("window", "sentence"),
    [
        (FeedbackCounts(), "3月12日，平台未向你市推送新的报警；此前推送的报警中，尚有2条未反馈。"),
        (FeedbackCounts(pushed=1), "3月12日，平台向你市推送报警1条，尚未反馈；未到反馈时限。"),
        (FeedbackCounts(pushed=1, answered=1), "3月12日，平台向你市推送报警1条，已反馈；未到反馈时限。"),
        (
            FeedbackCounts(pushed=3, answered=3),
            "3月12日，平台向你市推送报警3条，均已反馈；均未到反馈时限。",
        ),
        (
            FeedbackCounts(pushed=5, answered=2, due=2, on_time=1, upheld=1),
            "3月12日，平台向你市推送报警5条，已反馈2条；已到反馈时限2条，其中按期反馈1条。另有1条报警经复核属误报，已予核减。",
        ),
    ],
)
def test_the_window_in_words(window: FeedbackCounts, sentence: str) -> None:
    assert sentence + "各时段的反馈率" in body(compose_notice(notice(window=window), ISSUE))


def test_a_city_that_answered_everything_gets_no_form_no_reminder_and_no_empty_table() -> None:
    letter = compose_notice(notice(rows=2, overdue=0, form=0, problems=0), ISSUE)
    text = body(letter)
    assert letter.file("xlsx") is None
    assert (
        "平台3月12日24时前推送的报警均已反馈、核减或结案，本次无需填报反馈表；此后推送的，请按各自时限反馈。请你市继续做好热点网格的排查和反馈。"
        in text
    )
    for absent in ("超期未反馈情况", "提醒", "发现问题", "附件1", "清单", "前发送至", "反馈邮箱"):
        assert absent not in text
    assert text.count("附件：热点网格报警及反馈情况表") == 1


def test_several_overdue_alarms_are_listed_the_longest_first() -> None:
    text = body(compose_notice(notice(overdue=4, long_unanswered=2), ISSUE))
    assert (
        "有4条报警超期未反馈（见附件2），其中超期时间最长的是长安区“建设大街与和平路交叉口东北角”（网格编号T85714），"
        "应于3月9日10时前反馈，已超期3天。\n其中长期未反馈（超期逾7天）2条，请优先核实办理。"
    ) in text
    listed = text[text.rindex("超期未反馈报警清单") :]
    assert [listed.index(grid) for grid in ("T85714", "T85713", "T85712", "T85711")] == sorted(
        listed.index(grid) for grid in ("T85714", "T85713", "T85712", "T85711")
    )
    assert "\n4\nT85711\n井陉矿区\n南孟村东\n3月11日10:00\n3月12日10:00\n22小时" in listed


def test_a_late_city_without_overdue_alarms_is_reminded_under_a_heading_of_its_own() -> None:
    flag = Flag("remind", (FlagReason("late", 2),))
    text = body(compose_notice(notice(overdue=0, problems=0, flag=flag), ISSUE))
    assert (
        "\n二、提醒事项\n你市的反馈情况已达到系统默认的提醒条件：近7日推送的报警逾期反馈2条。请你市" in text
    )
    assert "\n三、工作要求\n" in text


def test_older_alarms_than_a_table_has_are_counted_with_the_oldest_and_stand_in_the_workbook() -> None:
    rows = tuple(
        notice_row(n, started_at=at(1, 0) + n * timedelta(hours=1), last_at=at(1, 0) + n * timedelta(hours=1))
        for n in range(1, 36)
    )
    figures = replace(notice(overdue=34, form=35), rows=rows)
    letter = compose_notice(figures, ISSUE)
    text = body(letter)
    assert "有34条报警超期未反馈" in text
    assert "另有较早的5条未列入本表，最早的是井陉矿区“南孟村东”（网格编号T85711），3月1日1时报警；" in text
    assert (
        "另有较早的4条未列入本表，最早的是赵县“石化园区北厂界外道路及裸土堆场”（网格编号T85744），2月7日10时推送；"
        in text
    )
    listed = text[text.index("热点网格报警及反馈情况表\n数据取自") : text.rindex("超期未反馈报警清单")]
    assert [f"\nT{85710 + n}\n" in listed for n in (5, 6, 35)] == [False, True, True]
    form = load_workbook(BytesIO(content(letter, "xlsx")))[FORM_SHEET]
    ids = {cell.value for row in form.iter_rows(min_row=5) for cell in row}
    assert {f"A{n}" for n in range(1, 36)} <= ids


def test_every_number_of_a_reminder_is_that_of_the_notice_of_the_morning() -> None:
    told = notice(overdue=17, form=17, long_unanswered=5)
    urging = reminder(overdue=2, overdue_total=17, chronic=5, form=told.form)
    told_text, urging_text = body(compose_notice(told, ISSUE)), body(compose_reminder(urging, ISSUE))
    assert "有17条报警超期未反馈" in told_text
    assert "其中长期未反馈（超期逾7天）5条" in told_text
    assert "共有17条已超过反馈时限仍未反馈（其中5条超期逾7天），本函督办其中2条。" in urging_text
    assert "列有3月12日24时前推送而未反馈的报警17条" in urging_text


def test_chronic_alarms_alone_are_urged_without_a_level() -> None:
    text = body(compose_reminder(reminder(flag=Flag("", (), 3), chronic=3), ISSUE))
    assert "督办条件" in text
    assert "你市反馈情况：" not in text


def test_an_address_to_be_verified_is_no_matter_for_the_city() -> None:
    flag = Flag(
        "verify", ("连续3封函件被退回或无任何签收反馈，请先核实收件地址",)
    )  # a level of edition 2020-03
    assert "核实" not in body(compose_notice(notice(overdue=0, flag=flag), ISSUE))


def test_numbers_round_half_to_even_and_unknown_ones_print_a_dash() -> None:
    peaks = {"T85711": 186.5, "T85712": 187.5, "T85713": None}
    rows = tuple(notice_row(n, peak_pm25_ug_m3=peak) for n, peak in enumerate(peaks.values(), start=1))
    lines = body(compose_notice(replace(notice(), rows=rows), ISSUE)).split("\n")
    found = [lines.index(grid, lines.index("序号")) for grid in peaks]
    assert [lines[i + 5] for i in found] == ["186", "188", "—"]


def test_repeat_alarms_show_the_first_and_last_time() -> None:
    first = notice_row(1).started_at
    rows = (
        notice_row(1, last_at=first),
        notice_row(2, last_at=first.replace(hour=21)),
        notice_row(3, last_at=first.replace(day=13, hour=2)),
        notice_row(4, last_at=first.replace(day=13, hour=2, minute=30)),
    )
    lines = body(compose_notice(replace(notice(), rows=rows), ISSUE)).split("\n")
    found = [lines.index(row.grid_id, lines.index("序号")) for row in rows]
    assert [lines[i + 3] for i in found] == [
        "3月12日8:00",
        "3月12日8:00至21:00",
        "3月12日8:00至3月13日2:00",
        "3月12日8:00至3月13日2:30",
    ]


def test_a_reminder_of_one_alarm_and_a_repeated_one() -> None:
    text = body(compose_reminder(reminder(overdue=1, round=2), ISSUE))
    assert "关于再次督办热点网格报警排查反馈的函" in text
    assert "共有1条已超过反馈时限仍未反馈，现予督办，该报警此前已经督办。" in text
    assert (
        "一、督办的报警\n井陉矿区“南孟村东”（网格编号T85711），3月11日10时推送，应于3月12日10时前反馈，已超期22小时。"
        in text
    )
    assert "附件：热点网格排查反馈表（电子表格，另附）" in text
    assert text.endswith("抄送：河北省生态环境厅。")


def test_a_reminder_of_several_names_its_grounds_and_the_copy() -> None:
    text = body(compose_reminder(reminder(), ISSUE))
    assert "关于督办热点网格报警排查反馈的函" in text
    assert (
        "平台向你市推送报警9条，已到反馈时限8条，其中按期反馈4/8（50.0%）、逾期反馈1条、超期未反馈3条。"
        "本函所列报警已达到系统默认的督办条件，"
        "你市反馈情况：有3条报警超期未反馈（超期7天以内）；其中2条超期逾24小时。" in text
    )
    assert "此前已经督办" not in text


def test_a_reminder_lists_every_alarm_that_it_enforces() -> None:
    figures = reminder(overdue=3)
    many = tuple(
        replace(figures.overdue[0], alarm_id=f"E{n:03d}", grid_id=f"G{n:03d}", overdue_hours=n + 1.0)
        for n in range(50)
    )
    text = body(compose_reminder(replace(figures, overdue=many, overdue_total=50), ISSUE))
    assert "本次督办的50条报警见附件1" in text
    annex = text.rpartition("已超期\n")[2]
    assert [line for line in annex.splitlines() if line.startswith("G")] == [
        f"G{n:03d}" for n in reversed(range(50))
    ]
    assert "未列入" not in text


def test_a_municipality_has_no_province_to_copy() -> None:
    letter = compose_reminder(
        reminder(unit_name="北京市", bureau="北京市生态环境局", province_name="北京市"), ISSUE
    )
    assert "抄送" not in body(letter)


def test_names_from_outside_print_as_they_came() -> None:
    name = '=<B>&amp; "x" #set $1$ \\n {{ 7*7 }} {% if %} *b* _c_ @d 鄠邑洺河³'
    figures = replace(
        notice(),
        rows=(notice_row(1, point_name=name),),
        overdue=(overdue_row(1, point_name=name),),
        form=(form_row(1, point_name=name),),
    )
    letter = compose_notice(figures, ISSUE)
    assert letter.warnings == ()
    assert body(letter).count(squeezed(name)) == 2
    assert pdf_text(content(letter, "pdf")).count(squeezed(name)) == 2
    assert name in content(letter, "text").decode()


def test_a_character_without_a_glyph_is_replaced_and_reported() -> None:
    figures = replace(notice(), rows=(notice_row(1, point_name="砖厂🏭\u200d东\x07侧\u202e\n二号"),))
    letter = compose_notice(figures, ISSUE)
    assert letter.warnings == ("“砖厂🏭东〓侧 二号”中的字符🏭（U+1F3ED）没有字体收录，PDF和Word中以〓代替",)
    assert "\n砖厂〓东〓侧二号\n" in body(letter)
    assert "砖厂〓东〓侧二号" in "".join(map(squeezed, pdf_pages(content(letter, "pdf"))))


def test_what_came_by_mail_is_told_with_what_could_not_be_used() -> None:
    alarms = (("A1", "A2", "A3", "A4", "A5"), ())
    figures = notice(received=ReceivedForms(7, 5, ("应答码不符", "必填：排查人"), alarms))
    letter = compose_notice(figures, ISSUE)
    assert (
        "收到你市近期以邮件报送的反馈7条，其中5条未采用：应答码不符（A1、A2、A3等5条）；必填：排查人。"
        in body(letter)
    )
    text = content(letter, "text").decode()
    assert "邮件反馈：收到7条，5条未采用：应答码不符（A1、A2、A3等5条）；必填：排查人\n" in text
    former = compose_notice(notice(received=ReceivedForms(2, 1, ("应答码不符",))), ISSUE)
    assert "其中1条未采用：应答码不符。" in body(former)
    all_used = compose_notice(notice(received=ReceivedForms(2, 0, ())), ISSUE)
    assert "收到你市近期以邮件报送的反馈2条。" in body(all_used)
    assert "邮件报送" not in body(compose_notice(notice(), ISSUE))
