"""Letters as a whole: their files, names and marks, the mail, and bytes that never change."""

import hashlib
import re
import subprocess
import sys
from dataclasses import replace

import pytest

from include.errors import CompositionError
from include.letters.composition import Letter, compose_notice, compose_reminder
from tests.letters.samples import ISSUE, PREVIEW, form_row, notice, notice_row, reminder

TEXT_OF_A_NOTICE = """\
关于热点网格排查反馈情况提示的函
网格函〔2020〕7号

石家庄市生态环境局：

现将2020年3月12日热点网格报警及你市排查反馈情况函告如下，统计3月12日24时前推送的报警截至3月13日8时30分的情况，详见所附函件。

待反馈：1条，已超期
本期（3月12日）：推送3条，已反馈1条，反馈率1/3（33.3%）
近7日（3月6日至12日）：反馈率7/9（77.8%），按期反馈率6/8（75.0%）
本月（3月1日至12日）：反馈率15/17（88.2%），按期反馈率13/16（81.2%）

【提醒】已达到系统默认的提醒条件：有1条报警超期未反馈（超期7天以内）。请查明原因，尽快补报。

近7日发现问题1个：露天焚烧1个；整改中1个。

待反馈报警（1条）
1. 井陉矿区 南孟村东（网格T85711）
   3月12日8时报警，1次，最高186μg/m³；时限3月12日10时，已超期22小时

如何反馈
1. 打开所附《热点网格排查反馈表》（电子表格），填写白色各列；结果、类别和状态从下拉列表选择。
2. 同一报警有多个问题的，复制该行分别填写；认为报警有误的，选择“误报申诉”并写明理由。
3. 将填好的表格发送至fankui@example.org（或直接回复本邮件并附上表格），于3月14日8时30分前反馈。

联系人：王建国
电话：010-12345678
回复地址：fankui@example.org

热点网格远程监督组
2020年3月13日

附件：
1. 关于热点网格排查反馈情况提示的函（石家庄市3月12日）.pdf
2. 关于热点网格排查反馈情况提示的函（石家庄市3月12日）.docx
3. 热点网格排查反馈表（石家庄市3月12日）.xlsx
统计时段内应有数据均已取得。时间均为北京时间。函件标识：notice/130100/day_2020-03-12_2020-03-13/1。以所附函件为准。
"""


def read(letter: Letter, role: str) -> str:
    file = letter.file(role)  # type: ignore[arg-type]
    assert file is not None
    return file.content.decode()


def digests(letter: Letter) -> dict[str, str]:
    return {file.role: hashlib.sha256(file.content).hexdigest() for file in letter.files}


def test_the_files_of_a_notice() -> None:
    letter = compose_notice(notice(), ISSUE)
    assert letter.subject == "关于热点网格排查反馈情况提示的函（石家庄市，3月12日，待反馈2条，超期1条）"
    office = "application/vnd.openxmlformats-officedocument"
    title = "关于热点网格排查反馈情况提示的函（石家庄市3月12日）"
    assert [(file.role, file.file_name, file.ascii_name, file.media_type) for file in letter.files] == [
        ("pdf", f"{title}.pdf", "notice-130100-2020-03-12.pdf", "application/pdf"),
        (
            "xlsx",
            "热点网格排查反馈表（石家庄市3月12日）.xlsx",
            "answer-form-130100-2020-03-12.xlsx",
            f"{office}.spreadsheetml.sheet",
        ),
        ("docx", f"{title}.docx", "notice-130100-2020-03-12.docx", f"{office}.wordprocessingml.document"),
        ("html", f"{title}.html", "notice-130100-2020-03-12.html", "text/html; charset=utf-8"),
        ("text", f"{title}.txt", "notice-130100-2020-03-12.txt", "text/plain; charset=utf-8"),
    ]


def test_the_text_of_the_mail() -> None:
    assert read(compose_notice(notice(overdue=1, form=1, problems=1), ISSUE), "text") == TEXT_OF_A_NOTICE


@pytest.mark.parametrize("kind", ["notice", "reminder"])
def test_the_html_is_one_line_without_links_or_outside_resources(kind: str) -> None:
    html = read(
        compose_notice(notice(is_simulated=True), ISSUE)
        if kind == "notice"
        else compose_reminder(reminder(), ISSUE),
        "html",
    )
    assert "\n" not in html
    assert html.startswith('<!DOCTYPE html><html lang="zh-CN">')
    assert re.findall(r"https?:|<a |<img|<link|<script|url\(|@import", html) == []
    assert html.count("<table") == html.count("</table>")
    assert html.count("<div") == html.count("</div>")
    assert 'name="color-scheme" content="light dark"' in html


def test_the_html_shows_figures_alarms_and_how_to_answer() -> None:
    words = re.sub(r"<style>.*?</style>|<[^>]+>", "|", read(compose_notice(notice(), ISSUE), "html"))
    words = re.sub(r"\|+", "|", words)
    assert (
        "待反馈2条，其中超期1条，请立即反馈超期报警，其余于3月13日10时前反馈。3月12日反馈率1/3（33.3%）。"
        in words
    )
    for tile in (
        "|2|待反馈（条）|最早3月13日10时到期|",
        "|1|超期（条）|按反馈时限|",
        "|1/3|已反馈/推送|3月12日|",
        "近7日按期反馈6/8（75.0%）|",
    ):
        assert tile in words
    assert (
        "|井陉矿区　南孟村东|网格T85711｜3月12日8时报警｜1次｜最高186μg/m³|时限3月12日10时，已超期22小时|"
        in words
    )
    assert "发送至fankui@example.org" in words
    assert "|联系人：王建国|电话：010-12345678|" in words


def test_html_escapes_and_text_does_not() -> None:
    figures = notice()
    figures = replace(figures, form=(replace(figures.form[0], point_name='<script>"&'),))
    letter = compose_notice(figures, ISSUE)
    assert "&lt;script&gt;&#34;&amp;" in read(letter, "html")
    assert "<script" not in read(letter, "html")
    assert '<script>"&' in read(letter, "text")


def test_a_city_that_answered_everything_gets_one_attachment() -> None:
    letter = compose_notice(notice(overdue=0, form=0, problems=0), ISSUE)
    assert letter.subject.endswith("（石家庄市，3月12日，本期及以前推送的无待反馈）")
    assert [file.role for file in letter.files] == ["pdf", "docx", "html", "text"]
    assert "本次无需填报反馈表；此后推送的，请按各自时限反馈。\n\n联系人" in read(letter, "text")
    assert ".xlsx" not in read(letter, "text") + read(letter, "html")


def test_a_reminder_names_what_is_overdue() -> None:
    letter = compose_reminder(reminder(), ISSUE)
    assert letter.subject == "关于督办热点网格报警排查反馈的函（石家庄市，3月12日，督办3条）"
    assert "共有3条已超过反馈时限仍未反馈，现予督办，详见" in read(letter, "text")
    assert "|最长超期70小时|" in re.sub(r"(<[^>]+>)+", "|", read(letter, "html"))


def test_simulated_rehearsed_and_preview_letters_say_so_everywhere() -> None:
    letter = compose_notice(notice(is_simulated=True), replace(PREVIEW, is_rehearsal=True))
    assert letter.subject.startswith("【模拟数据】【演练】【预览稿 未签发】")
    for file in letter.files:
        assert file.file_name.partition("）")[2].startswith("【模拟数据】【演练】【预览稿 未签发】.")
        assert file.ascii_name.partition("2020-03-12")[2].startswith("-simulated-rehearsal-preview.")
    for role in ("html", "text"):
        assert "模拟数据｜演练｜预览稿 未签发" in read(letter, role)
        assert "本邮件由演示程序生成，不反映真实情况" in read(letter, role)
        assert "（预览稿，未签发）" in read(letter, role)
        assert "〔2020〕" not in read(letter, role)


def test_a_rehearsal_changes_no_figure_and_no_number() -> None:
    issued, rehearsed = (
        read(compose_notice(notice(), replace(ISSUE, is_rehearsal=flag)), "text") for flag in (False, True)
    )
    assert rehearsed.removeprefix("【演练】\n\n").replace("【演练】", "") == issued


def test_a_number_without_a_date_is_refused() -> None:
    with pytest.raises(
        CompositionError, match="a preview has neither; got number 网格函〔2020〕7号, date None"
    ):
        compose_notice(notice(), replace(ISSUE, issued_on=None))


def test_a_file_name_holds_no_separator() -> None:
    assert (
        compose_notice(notice(unit_name="甲/乙:市"), ISSUE)
        .files[0]
        .file_name.startswith("关于热点网格排查反馈情况提示的函（甲_乙_市3月12日）")
    )


def test_other_processes_make_the_same_bytes() -> None:
    figures = replace(
        notice(rows=12, overdue=3, form=4, problems=5, is_simulated=True),
        rows=(notice_row(1, point_name="鄠🏭"),),
    )
    here = digests(compose_notice(figures, ISSUE, red_head=True))
    program = (
        "import sys; from dataclasses import replace; from tests.letters.samples import *;"
        "from tests.letters.test_composition import digests; from include.letters.composition import compose_notice;"
        "assert not {'docx', 'typst', 'openpyxl', 'docxtpl', 'fontTools'} & set(sys.modules), 'import is not lazy';"
        "figures = replace(notice(rows=12, overdue=3, form=4, problems=5, is_simulated=True),"
        " rows=(notice_row(1, point_name='鄠\\U0001F3ED'),));"
        "letters = [compose_notice(figures, ISSUE, red_head=True) for _ in range(2)];"
        "print(digests(letters[0]), digests(letters[0]) == digests(letters[1]))"
    )
    for seed, zone in (("1", "Asia/Shanghai"), ("2", "America/New_York")):
        environment = {"PYTHONHASHSEED": seed, "TZ": zone, "PATH": "", "LANG": "C.UTF-8"}
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=False, env=environment
        )
        assert (done.stdout.strip(), done.stderr) == (f"{here} True", "")


def test_the_mail_of_a_reminder_says_which_of_all_that_is_open_is_urged() -> None:
    form = tuple(form_row(number, is_overdue=number <= 3) for number in range(1, 6))
    letter = compose_reminder(replace(reminder(overdue=2), form=form), ISSUE)
    for role in ("html", "text"):
        assert read(letter, role).count("督办｜") == 2
    notice_of_the_same = compose_notice(replace(notice(), form=form), ISSUE)
    assert "督办｜" not in read(notice_of_the_same, "html") + read(notice_of_the_same, "text")
