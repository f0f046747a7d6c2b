"""Composes the mid-week and weekend summary: PDF and docx of one data object, workbook, mail with one picture in it."""

from pathlib import Path
from typing import Final

from include.language import say
from include.letters.composition import Letter
from include.letters.words.wording import marks
from include.profile.current import office
from include.supervision.figures import Issue
from include.supervision.weekly_figures import SummaryFigures

DATA_TITLE: Final = "汇总数据表"


def compose_summary(
    figures: SummaryFigures, issue: Issue, *, fonts_dir: Path | None = None, red_head: bool = False
) -> Letter:
    """周汇总 to the leaders, or of one province's cities. Raises CompositionError.

    Files: pdf, docx, xlsx, html, text, and `inline`: the map, shown in the HTML.
    """
    from include.letters.pictures.summary_pictures import summary_pictures
    from include.letters.report import Report, compose_report
    from include.letters.sheets.summary_workbook import summary_workbook
    from include.letters.summary_values import summary_values

    report = Report(
        kind="summary",
        rules_version=figures.rules_version,
        as_of=figures.period.as_of,
        values=lambda show: summary_values(figures, issue, show, red_head=red_head),
        pictures=summary_pictures(figures),
        workbook=lambda title: summary_workbook(figures, title),
        addressee=_addressee(figures.scope),
        name=say("{unit_name}{label}", unit_name=figures.scope, label=figures.window.label)
        if figures.scope
        else figures.window.label,
        ascii_name=(figures.letter_key.split("_")[1], str(figures.period.end)),
        data_title=say(DATA_TITLE),
        inline="图_邮件",
        inline_title=say("各城市按期反馈率图"),
        sections={"总体情况": say("总体情况"), "建议正文": say("建议")},
    )
    return compose_report(report, issue, marks(issue, figures.is_simulated), fonts_dir=fonts_dir)


def _addressee(scope: str) -> str:
    if not scope:
        return office().titles["greeting"]
    return next((unit.bureau for unit in office().units if unit.name == scope), scope)
