"""What is wrong with the words of a letter, by rules that a machine can hold: whatever a letter says is read here, in every form of it."""

import re
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Final

from include.letters.composition import Letter
from include.letters.document.manuscript import Block, Paragraph, Picture, Run, Table
from include.letters.document.word_reader import read_manuscript
from include.letters.document.word_styles import BODY, POINTS

_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
# In every language.
_ALWAYS: Final = {
    "a word of the program": r"(?<![a-zA-Z])(?:None|nan|NaN|inf|undefined)(?![a-zA-Z])(?! (?:meets|of|is))|\{%|%\}|\{[a-z_]+\}",
    "a code": r"(?<![a-zA-Z0-9_.@/:-])[a-z]{2,}_[a-z_]+(?![a-zA-Z0-9@/:.-])",
    "a direction beside a sign": r"(?:上升|下降|增加|减少|升幅|降幅)[-+−]|\b(?:up|down|rose|fell)(?: by)? [-+−]\d",
}
_CHINESE: Final = {
    "brackets within brackets": r"（[^（）]*（[^（）]*）",
    "heaped brackets": r"）（",
    "signs beside each other": r"[，；、：][，；、：。]|。[，；、：。]|（[，；。]|[，；、]）|（）",
    "a rise called better": r"(?:改善|好转)[^，。；]*上升|上升[^，。；]*(?:改善|好转)",
    "a word said twice": r"(反馈|报警|问题|超期|网格|城市|其中|已经|没有|共)\1",
    "none of none": r"(?<!\d)0条，其中|[^\d.]0/0|0个、其余0个|共0[条个处项]|等0[个市条]|其中0[个条]",
    "all said as a number of all": r"(?<!\d)(\d+)条，其中超期\1条|(\d+)个网格中，\2个网格",
    "a change without a figure": r"(?:同比|环比|较上期)(?:上升|下降|增加|减少)(?:[，。；、）]|$)",
    "better or worse where it fell": r"变差|较差的是[^。；]*下降",
    "a change of two to what was not there": r"均上期没有",
    "alarms pushed to all cities": r"没有向\d+个城市推送",
    "a source by the id of its connection": r"数据来源[：:]?(?:[^，。；]*、)?[a-z][a-z0-9_.-]*(?=[、。；，]|$)",
    "all, without saying of what": r"(?<![0-9年月日时])(?<!时前推送的)(?:所列报警|上述报警|全部报警)均已|（[^（）]*，均已反馈）|没有待反馈报警",
    "one after the other of one": r"(?<!\d)1(?:条|个)(?:报警|网格|问题)?逐[一条个]",
}
_ENGLISH: Final = {
    "a sign of another script": r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]+",
    "one of several": r"(?<![\d./~:-])1 (?!(?:is|was|has|does|as|lies|meets|needs|stays)\b)[a-z-]*(?:[^aeiousy\W]s|[aeou]rs|ies|es)\b(?! best)",
    "several of one": r"(?<![\d./:,~-])(?:[2-9]|\d\d+) (?:alarm|grid|problem|place|answer|municipality|unit|plant|correction|reminder)\b(?! \d)",
    "brackets within brackets": r"\([^()]*\([^()]*\)",
    "heaped brackets": r"\) ?\(",
    "signs beside each other": r"[,;:] ?[,;:.](?!\.)|\. ?[,;]|\(\)| [,;)]|\( |\]\w",
    "a word said twice": r"\b(the|a|an|of|on|in|to|by|is|are|was|and|with|for) \1\b",
    "a number without a blank before its unit": r"\d(?:μg|mg|km)\b",
    "all, without saying of what": r"\bAll alarms are answered\b|\bno unanswered alarm\b|, all answered\)",
    "an article that does not fit": r"\bthe (?:January|February|March|April|May|June|July|August)\b(?! \d)",
}


_MOMENTS: Final = re.compile(
    r"\d+年|\d+月(?:\d+日)?|\d+时(?:\d+分)?|(?<=至)\d+日|近\d+日|[123]月[上下]半月|\b\d{1,2}(?: to \d{1,2})? (?:"
    + "|".join(_MONTHS)
    + r")(?: \d{4})?|\b\d\d?:\d\d\b|PM2\.5"
)
_FIGURE: Final = re.compile(r"\d+(?:\.\d+)?(?:/\d+)?%?")


def figure_findings(blocks: Iterable[Block]) -> list[str]:
    """The figures of the points, or of the opening where a letter has no points, that stand nowhere else in it."""
    texts = [(getattr(block, "style", ""), list(_of_blocks([block]))) for block in blocks]
    first = POINTS if any(style == POINTS for style, _ in texts) else BODY
    told = [text for style, found in texts if style == first for text in found]
    told = told if first == POINTS else told[:1]
    rest = " ".join(text for _, found in texts for text in found if text not in told)
    known = set(_figures(rest))
    return [
        f"a figure that stands nowhere else: {figure} in {text!r}"
        for text in told
        for figure in _figures(text)
        if figure not in known
    ]


def _figures(text: str) -> list[str]:
    return _FIGURE.findall(_MOMENTS.sub(" ", text))


def wording_findings(letter: Letter, language: str) -> list[str]:
    """Every finding of a letter's subject, document, mail in both forms and words for its pictures."""
    rules = {
        name: re.compile(rule)
        for name, rule in (_ALWAYS | (_CHINESE if language == "zh" else _ENGLISH)).items()
    }
    found: dict[str, None] = {}
    for text in texts_of(letter):
        for name, rule in rules.items():
            for one in rule.finditer(text):
                around = text[max(0, one.start() - 12) : one.end() + 12]
                found[f"{name}: {one[0]!r} in {around!r}"] = None
    return list(found)


def texts_of(letter: Letter) -> Iterator[str]:
    """Every piece of a letter's words, a paragraph, a cell or a line at a time; the line that names letter and files is left out."""
    yield letter.subject
    docx, html, text = (letter.file(role) for role in ("docx", "html", "text"))
    if docx is not None:
        yield from _of_blocks(read_manuscript(docx.content).blocks)
    if html is not None:
        yield from _told(re.split(r"<[^>]*>", unescape(html.content.decode())))
    if text is not None:
        yield from _told(text.content.decode().splitlines())


def _of_blocks(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, Picture):
            yield block.alt
        elif isinstance(block, Table):
            for cell in (cell for row in block.rows for cell in row):
                yield from _of_blocks(cell.paragraphs)
        elif isinstance(block, Paragraph):
            yield block.text
            yield from (_text(run.footnote) for run in block.runs if run.footnote)


def _text(runs: Iterable[Run]) -> str:
    return "".join(run.text for run in runs)


def _told(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if not any(
            sign in line for sign in ("函件标识", "Letter: ", ".docx", ".xlsx", ".pdf", "{color", "@media")
        ):
            yield line.strip()
