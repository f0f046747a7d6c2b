"""《热点网格遴选说明》 to one unit: why each of its grids is in the list, in words that can be checked, with map and sources. PDF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import pandas as pd

from include.language import say
from include.letters.document.manuscript import (
    MARK_GAP,
    Block,
    Cell,
    Manuscript,
    Paragraph,
    Picture,
    Run,
    Table,
)
from include.letters.document.press import print_pdf
from include.letters.document.typefaces import STAND_IN, load_typefaces, plain
from include.letters.pictures.chart_style import WIDTH_MM, small_png
from include.letters.pictures.selection_map import ListMap, selection_map
from include.letters.words.selection_words import PART_WORDS, change_word
from include.periods import date_label, midnight
from include.rules import SIMULATED_LABEL
from include.selection.choice import years_weighed
from include.selection.rules import SelectionRules

_WIDTHS_MM: Final = (23.0, 17.0, 12.0, 12.0, 92.0)
_HEADINGS: Final = ("网格编号", "区县", "位次", "变化", "为什么是这个网格")
_LEFT_WIDTHS_MM: Final = (23.0, 17.0, 116.0)


@dataclass(frozen=True)
class GridReasons:
    """What one unit is told. `rows`: its chosen and left grids (columns of `choice.chosen`, and `words`: the sentence of each;
    `decision`: struck or added by a person, else empty); `cells`: how many cells it has; `places`: name and outline of its counties;
    `notes`: what should be known about the data (Chinese)."""

    unit_name: str
    issuer: str
    list_name: str
    made_on: date
    valid_from: date | None
    years: Sequence[int]
    rules: SelectionRules
    cells: int
    rows: pd.DataFrame
    places: Sequence[tuple[str, Any]]
    notes: Sequence[str]
    manifest_sha256: str
    is_simulated: bool


def print_reasons(of: GridReasons, *, fonts_dir: Path | None = None) -> bytes:
    """The PDF; same values, same bytes. Raises CompositionError."""
    blocks = [*_head(of), *_how(of), *_picture(of), *_chosen(of), *_left(of), *_foot(of)]
    missing = load_typefaces(fonts_dir).missing
    marks = say(SIMULATED_LABEL) if of.is_simulated else ""
    title = say("{unit_name}热点网格遴选说明", unit_name=of.unit_name)
    manuscript = Manuscript(
        plain(title), plain(of.issuer), marks, tuple(_printable(one, missing) for one in blocks)
    )
    return print_pdf(manuscript, midnight(of.made_on), fonts_dir=fonts_dir, where=title)


def _head(of: GridReasons) -> list[Block]:
    hot = of.rows[of.rows["is_hot"]]
    counts = hot["change"].value_counts()
    left = int((of.rows["change"] == "left").sum())
    before = int(counts.get("kept", 0)) + left
    change = (
        say(
            "与上一份清单（{before}个）相比，保留{kept}个、新增{new}个、退出{left}个。",
            before=before,
            kept=counts.get("kept", 0),
            new=counts.get("new", 0),
            left=left,
        )
        if before
        else say("没有上一份清单可比，均为首次入选。")
    )
    stations = int(hot["is_monitored"].sum())
    start = say("自{day}起施行", day=date_label(of.valid_from)) if of.valid_from else say("待审核发布")
    return [
        _paragraph("公文汇总题名", say("热点网格遴选说明")),
        _paragraph(
            "公文汇总副题",
            say(
                "{unit_name}\u3000{list_name}（{start}）",
                unit_name=of.unit_name,
                list_name=of.list_name,
                start=start,
            ),
        ),
        _paragraph("公文汇总标题", say("一、结果")),
        _paragraph(
            "公文汇总正文",
            say(
                "{unit_name}共有3公里小格{cells}个，选出热点网格{count}个，其中拟设微站{stations}个。{change}",
                unit_name=of.unit_name,
                cells=of.cells,
                count=len(hot),
                stations=stations,
                change=change,
            ),
        ),
    ]


def _how(of: GridReasons) -> list[Block]:
    return [
        _paragraph("公文汇总标题", say("二、怎样选出来的")),
        _paragraph("公文汇总正文", rules_words(of.rules, of.years)),
    ]


def rules_words(rules: SelectionRules, years: Sequence[int]) -> str:
    """How the grids were chosen, with every figure of the rules."""
    shares = say("、").join(
        say("{part}{weight:.0%}", part=say(PART_WORDS[part]), weight=weight)
        for part, weight in rules.weights().items()
        if weight > 0
    )
    by_year = years_weighed(rules, years)
    parts = [
        say("{year}年占{weight:.0%}", year=year, weight=weight / sum(by_year.values()))
        for year, weight in by_year.items()
    ]
    counted = (
        say("各单位名额由本机构直接规定。")
        if rules.quotas
        else say(
            "各单位名额由全区域统一排序得出，每个单位不少于其小格的{floor_share:.0%}、不多于{cap_share:.0%}。",
            floor_share=rules.floor_share,
            cap_share=rules.cap_share,
        )
    )
    return say(
        "每个小格按全区域的百分位排序打分：{shares}。浓度为PM2.5年均值（{years}）；“高出周边”是与周边{background_km:g}公里内所有小格第{background_percentile:g}百分位浓度之差；排放强度为小格内年排放量除以面积；重点企业为小格内登记的家数。{counted}上一份清单中的网格，位次在名额的{keep_within:g}倍以内即予保留，以免清单随卫星反演的误差逐年变动。以上数字为系统默认或本机构设定，不是国家规定。",
        shares=shares,
        years=say("、").join(parts),
        background_km=rules.background_km,
        background_percentile=rules.background_percentile,
        counted=counted,
        keep_within=rules.keep_within,
    )


def _picture(of: GridReasons) -> list[Block]:
    if not of.places or of.rows.empty:
        return []
    note = say("热点网格分布\u3000{list_name}", list_name=of.list_name)
    figure = selection_map(ListMap(of.rows, of.places, plain(note), of.is_simulated))
    words = say(
        "地图：{unit_name}热点网格{count}个的位置，逐格见下表",
        unit_name=of.unit_name,
        count=int(of.rows["is_hot"].sum()),
    )
    return [Picture(small_png(figure), WIDTH_MM, plain(words)), _paragraph("公文图题", say("热点网格分布图"))]


def _chosen(of: GridReasons) -> list[Block]:
    hot = of.rows[of.rows["is_hot"]].sort_values(["unit_rank", "grid_id"], na_position="last")
    if hot.empty:
        return [
            _paragraph("公文汇总标题", say("三、逐格说明")),
            _paragraph("公文汇总正文", say("本单位没有入选的网格。")),
        ]
    rows = [
        (
            _cell(row["grid_id"]),
            _cell(row["county"]),
            _cell("—" if pd.isna(row["unit_rank"]) else str(int(row["unit_rank"]))),
            _cell(say("人工增补") if row["decision"] == "added" else change_word(row)),
            _cell(row["words"], "公文小表左文字"),
        )
        for row in hot.to_dict("records")
    ]
    head = tuple(_cell(text, "公文小表头") for text in map(say, _HEADINGS))
    return [_paragraph("公文汇总标题", say("三、逐格说明")), Table(_WIDTHS_MM, 1, (head, *rows))]


def _left(of: GridReasons) -> list[Block]:
    gone = of.rows[~of.rows["is_hot"]].sort_values("grid_id")
    if gone.empty:
        return []
    rows = [
        (_cell(row["grid_id"]), _cell(row["county"]), _cell(row["words"], "公文小表左文字"))
        for row in gone.to_dict("records")
    ]
    head = tuple(_cell(text, "公文小表头") for text in map(say, ("网格编号", "区县", "为什么退出或未列入")))
    return [_paragraph("公文汇总标题", say("四、退出的网格")), Table(_LEFT_WIDTHS_MM, 1, (head, *rows))]


def _foot(of: GridReasons) -> list[Block]:
    number = say("五") if (~of.rows["is_hot"]).any() else say("四")
    blocks: list[Block] = [_paragraph("公文汇总标题", say("{number}、数据与核对", number=number))]
    blocks += [
        _paragraph("公文附表说明", say("{place}．{note}。", place=place, note=note))
        for place, note in enumerate(of.notes, 1)
    ]
    sentence = say(
        "全部输入文件的校验值、参数和规则版本见清单说明文件（SHA-256：{manifest_sha256}），可据此重算出同样的清单。",
        manifest_sha256=of.manifest_sha256,
    )
    blocks.append(_paragraph("公文附表说明", sentence))
    blocks.append(_paragraph("公文附表说明", f"{of.issuer}{say(MARK_GAP)}{date_label(of.made_on)}"))
    return blocks


def _paragraph(style: str, text: str) -> Paragraph:
    return Paragraph(style, (Run(plain(text)),))


def _cell(text: object, style: str = "公文小表文字") -> Cell:
    return Cell((_paragraph(style, str(text)),))


def _printable(block: Block, missing: Any) -> Block:
    """The block with a mark for every character that no typeface has: a name from outside must not stop the document."""
    if isinstance(block, Paragraph):
        return Paragraph(block.style, tuple(Run(_marked(run.text, missing)) for run in block.runs))
    if isinstance(block, Table):
        rows = tuple(
            tuple(Cell(tuple(_printable(one, missing) for one in cell.paragraphs)) for cell in row)  # type: ignore[misc]
            for row in block.rows
        )
        return Table(block.widths_mm, block.header_rows, rows)
    return block


def _marked(text: str, missing: Any) -> str:
    for char in missing(text):
        text = text.replace(char, STAND_IN)
    return text
