"""The named styles of the Word templates: what a clerk picks in Word, and how each looks there.

`templates/official_letter.typ` lays out the same names for the PDF; a paragraph of any other style is laid out as 公文正文.
Sizes and places are those of GB/T 9704-2012 (信函格式): 三号 16 pt, 28 characters by 22 lines of 28.95 pt.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from include.language import words_of
from include.profile.current import office
from include.profile.values import Profile

FANGSONG, XIAOBIAOSONG, HEI, KAI, SONG = "仿宋_GB2312", "方正小标宋简体", "黑体", "楷体_GB2312", "宋体"
LATIN: Final = "Times New Roman"
RED: Final = "E60000"
GREY: Final = "7F7F7F"
LINE_PT: Final = 28.95


@dataclass(frozen=True)
class WordStyle:
    """One paragraph style. Indents are in characters of its own size, spaces and `line_pt` in points."""

    font: str = FANGSONG
    size_pt: float = 16
    align: Literal["both", "left", "center", "right"] = "both"
    first_line: float = 0
    left: float = 0
    right: float = 0
    hanging: float = 0
    before_pt: float = 0
    after_pt: float = 0
    line_pt: float | None = None  # exact line height; None: one line of the page's grid
    is_on_grid: bool = True
    keeps_with_next: bool = False
    outline_level: int | None = None  # 1 and 2 appear in Word's navigation pane
    color: str | None = None
    is_boxed: bool = False  # paragraphs of it that follow each other stand in one box


HEAD, NUMBER, TITLE, ADDRESSEE, BODY = "公文发文机关标志", "公文字号", "公文标题", "公文主送", "公文正文"
HEADING_1, HEADING_2 = "公文一级标题", "公文二级标题"
ENCLOSURES, ENCLOSURES_MORE = "公文附件说明", "公文附件续项"
SIGNATURE, DATE, CONTACT, COPIES = "公文署名", "公文日期", "公文附注", "公文抄送"
ATTACHMENT, ATTACHMENT_TITLE, TABLE_NOTE = "公文附件标记", "公文附表标题", "公文附表说明"
TABLE_HEAD, TABLE_TEXT, TABLE_LEFT = "公文表头", "公文表格文字", "公文表格左文字"
SMALL_HEAD, SMALL_TEXT, SMALL_LEFT = "公文小表头", "公文小表文字", "公文小表左文字"
PICTURE, CAPTION, FOOTNOTE, MARKS, PAGE_NUMBER = "公文图", "公文图题", "公文脚注", "公文标识", "公文页码"
# A report (汇总) is denser than a letter: 四号, and its title stands at the top of the page.
SUMMARY_TITLE, SUMMARY_LINE, SUMMARY_HEADING, SUMMARY_BODY = (
    "公文汇总题名",
    "公文汇总副题",
    "公文汇总标题",
    "公文汇总正文",
)
TITLES: Final = (TITLE, SUMMARY_TITLE)
POINTS = "公文要点"  # what matters, what changed and what is asked, before the text
CONTROL = (
    "公文控制"  # paragraphs that hold only {%p … %} or {%tr … %}: they are gone from the composed letter
)

WORD_STYLES: Final[dict[str, WordStyle]] = {
    HEAD: WordStyle(XIAOBIAOSONG, 32, "center", line_pt=40, is_on_grid=False, color=RED),
    NUMBER: WordStyle(align="right", before_pt=14),
    TITLE: WordStyle(
        XIAOBIAOSONG, 22, "center", before_pt=2 * LINE_PT, after_pt=LINE_PT, line_pt=33, is_on_grid=False
    ),
    ADDRESSEE: WordStyle(),
    BODY: WordStyle(first_line=2),
    HEADING_1: WordStyle(HEI, first_line=2, keeps_with_next=True, outline_level=1),
    HEADING_2: WordStyle(KAI, first_line=2, keeps_with_next=True, outline_level=2),
    ENCLOSURES: WordStyle(left=6, hanging=4, before_pt=LINE_PT, keeps_with_next=True),
    ENCLOSURES_MORE: WordStyle(left=6, hanging=1, keeps_with_next=True),
    SIGNATURE: WordStyle(align="right", right=2, before_pt=LINE_PT, keeps_with_next=True),
    DATE: WordStyle(align="right", right=4, keeps_with_next=True),
    CONTACT: WordStyle(left=2),
    COPIES: WordStyle(size_pt=14, left=4, hanging=3, right=1),
    ATTACHMENT: WordStyle(HEI, align="left", before_pt=LINE_PT, keeps_with_next=True, outline_level=1),
    ATTACHMENT_TITLE: WordStyle(
        XIAOBIAOSONG,
        18,
        "center",
        before_pt=14,
        after_pt=8,
        line_pt=26,
        is_on_grid=False,
        keeps_with_next=True,
    ),
    TABLE_NOTE: WordStyle(
        size_pt=10.5, align="left", line_pt=16, after_pt=3, is_on_grid=False, keeps_with_next=True
    ),
    TABLE_HEAD: WordStyle(HEI, 10.5, "center", line_pt=15, is_on_grid=False),
    TABLE_TEXT: WordStyle(size_pt=10.5, align="center", line_pt=15, is_on_grid=False),
    TABLE_LEFT: WordStyle(size_pt=10.5, align="left", line_pt=15, is_on_grid=False),
    SMALL_HEAD: WordStyle(HEI, 9, "center", line_pt=13, is_on_grid=False),
    SMALL_TEXT: WordStyle(size_pt=9, align="center", line_pt=13, is_on_grid=False),
    SMALL_LEFT: WordStyle(size_pt=9, align="left", line_pt=13, is_on_grid=False),
    PICTURE: WordStyle(align="center", is_on_grid=False, keeps_with_next=True, line_pt=0),
    CAPTION: WordStyle(HEI, 10.5, "center", line_pt=18, is_on_grid=False),
    FOOTNOTE: WordStyle(size_pt=9, line_pt=13, is_on_grid=False),
    MARKS: WordStyle(HEI, 10.5, "center", line_pt=16, is_on_grid=False, color="C00000"),
    PAGE_NUMBER: WordStyle(SONG, 14, "right", left=1, right=1, line_pt=20, is_on_grid=False),
    SUMMARY_TITLE: WordStyle(XIAOBIAOSONG, 22, "center", after_pt=8, line_pt=33, is_on_grid=False),
    SUMMARY_BODY: WordStyle(size_pt=14, first_line=2, line_pt=22, is_on_grid=False),
    SUMMARY_HEADING: WordStyle(
        HEI, 14, first_line=2, line_pt=22, is_on_grid=False, keeps_with_next=True, outline_level=1
    ),
    SUMMARY_LINE: WordStyle(KAI, 14, "center", line_pt=20, is_on_grid=False),
    POINTS: WordStyle(
        size_pt=12, left=0.5, right=0.5, line_pt=18, is_on_grid=False, keeps_with_next=True, is_boxed=True
    ),
    CONTROL: WordStyle(FANGSONG, 10.5, "left", line_pt=14, is_on_grid=False, color=GREY),
}


def house_style(name: str) -> str:
    """The style of that name in a template: an office may call the styles in its own language."""
    return _house_styles(office()).get(name, name)


@lru_cache(maxsize=4)
def _house_styles(profile: Profile) -> dict[str, str]:
    words = words_of(profile)
    return {words[name]: name for name in WORD_STYLES if name in words}
