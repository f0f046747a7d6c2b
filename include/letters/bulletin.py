"""Composes the half-monthly 通报函 to one city: PDF and docx of one data object, 附表 (xlsx), mail with the map of its grids."""

from pathlib import Path
from typing import Final

from include.language import say
from include.letters.composition import Letter, check_numbered
from include.letters.words.wording import marks
from include.supervision.bulletin_figures import BulletinFigures
from include.supervision.figures import Issue

DATA_TITLE: Final = "热点网格形势分析附表"


def compose_bulletin(
    figures: BulletinFigures, issue: Issue, *, fonts_dir: Path | None = None, red_head: bool = False
) -> Letter:
    """通报函 to one city, its own analysis attached. Raises CompositionError.

    Files: pdf, docx, xlsx, html, text and, with readings of grids, `inline`: the map, shown in the HTML.
    """
    from include.letters.bulletin_values import bulletin_values
    from include.letters.pictures.bulletin_pictures import bulletin_pictures
    from include.letters.report import Report, compose_report
    from include.letters.sheets.bulletin_workbook import bulletin_workbook

    check_numbered(issue, figures.letter_key)
    report = Report(
        kind="bulletin",
        rules_version=figures.rules_version,
        as_of=figures.period.as_of,
        values=lambda show: bulletin_values(figures, issue, show, red_head=red_head),
        pictures=bulletin_pictures(figures),
        workbook=lambda title: bulletin_workbook(figures, title),
        addressee=figures.bureau,
        name=say("{unit_name}{label}", unit_name=figures.city.unit_name, label=figures.period.label),
        ascii_name=(figures.city.unit_code, str(figures.period.last_date)),
        data_title=say(DATA_TITLE),
        inline="图_邮件",
        inline_title=say("热点网格浓度分布图"),
        sections={"空气质量形势": say("空气质量形势"), "要求正文": say("下一步要求")},
    )
    return compose_report(report, issue, marks(issue, figures.is_simulated), fonts_dir=fonts_dir)
