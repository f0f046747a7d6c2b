"""Composes the half-monthly overview to the leadership: PDF and docx of one data object, workbook, mail with the regional map."""

from pathlib import Path
from typing import Final

from include.language import say
from include.letters.composition import Letter
from include.letters.words.wording import marks
from include.supervision.bulletin_figures import OverviewFigures
from include.supervision.figures import Issue

DATA_TITLE: Final = "半月通报数据表"


def compose_overview(
    figures: OverviewFigures, issue: Issue, *, fonts_dir: Path | None = None, red_head: bool = False
) -> Letter:
    """半月通报总览 to the leadership. Raises CompositionError.

    Files: pdf, docx, xlsx, html, text, and `inline`: the map, shown in the HTML.
    """
    from include.letters.overview_values import overview_values
    from include.letters.pictures.overview_pictures import overview_pictures
    from include.letters.report import Report, compose_report
    from include.letters.sheets.overview_workbook import overview_workbook

    report = Report(
        kind="overview",
        rules_version=figures.rules_version,
        as_of=figures.period.as_of,
        values=lambda show: overview_values(figures, issue, show, red_head=red_head),
        pictures=overview_pictures(figures),
        workbook=lambda title: overview_workbook(figures, title),
        addressee=say("各位领导"),
        name=figures.period.label,
        ascii_name=(str(figures.period.last_date),),
        data_title=say(DATA_TITLE),
        inline="图_邮件",
        inline_title=say("各城市浓度图"),
        sections={
            "空气质量形势": say("空气质量形势"),
            "网格形势": say("热点网格形势"),
            "建议正文": say("建议"),
        },
    )
    return compose_report(report, issue, marks(issue, figures.is_simulated), fonts_dir=fonts_dir)
