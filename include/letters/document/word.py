"""Composes a Word document from a template of `templates/` and the values that its wording names.

The template is the only place of a letter's wording. A name that it uses and the values lack is an error, never a gap.
"""

import io
import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from itertools import count
from typing import Any, Final

from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.oxml import serialize_part_xml
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage
from jinja2 import StrictUndefined, Template, TemplateError

from include.errors import CompositionError
from include.language import LINE_END, counted, office_words, own_words, say
from include.letters.document.columns import fit_columns
from include.letters.document.formulas import pieces
from include.letters.document.manuscript import width_em
from include.letters.document.office_package import word_bytes
from include.letters.document.sandbox import FAILURES, TemplateEnvironment
from include.letters.document.templates import has_template, is_shipped
from include.letters.document.templates import template as read_template
from include.letters.document.word_styles import (
    COPIES,
    DATE,
    ENCLOSURES,
    LATIN,
    SIGNATURE,
    TITLES,
    WORD_STYLES,
    house_style,
)
from include.profile.current import office


def _is_kept(template: str) -> bool:
    """Whether a template is of an earlier edition: its letters are made again as they were."""
    return "/" in template


def edition_of(kind: str, rules_version: str) -> str:
    """The name of the templates of a kind of letter: those of an earlier rules edition are in a folder of its name, so that a
    letter is always made again with the words it was made with."""
    return f"{rules_version}/{kind}" if has_template(f"{rules_version}/{kind}.docx") else kind


_OLD_STYLES: Final = "http://schemas.microsoft.com/office/2007/relationships/stylesWithEffects"
_SPACE: Final = "{http://www.w3.org/XML/1998/namespace}space"
_NO_BREAK: Final = "\u2011"  # nothing but a place to split at: Word has an element of its own for it
_LOWERED: Final = f'<w:vertAlign {nsdecls("w")} w:val="subscript"/>'
# Of a telephone: Word parts it at its hyphens.
_NUMBER: Final = re.compile(r"(?<![\w.@/-])(?:\+?\d{2,3}-)?\d{3,4}-\d{7,8}(?![\w.@/-])")
_UNEVEN: Final = re.compile("@|[!-~]{5,}")
_DIGITS: Final = "零一二三四五六七八九"
_PAGE_FOOT: Final = (
    f'<w:framePr {nsdecls("w")} w:w="{round(156 / 25.4 * 1440)}" w:wrap="around" w:vAnchor="margin" w:hAnchor="margin"'
    ' w:xAlign="left" w:yAlign="bottom"/>'
)
_AFTER_FRAME: Final = (
    "w:widowControl",
    "w:numPr",
    "w:pBdr",
    "w:spacing",
    "w:ind",
    "w:jc",
    "w:rPr",
    "w:sectPr",
)


@dataclass(frozen=True)
class TemplatePicture:
    """A picture (PNG) for a template: `{{ 图 }}` in a paragraph of style 公文图."""

    content: bytes
    width_mm: float
    alt: str


# What stands for a picture in the values of a template: several where one may take several pages, empty text where there is none.
Pictured = TemplatePicture | tuple[TemplatePicture, ...] | str


def compose_docx(template: str, values: Mapping[str, Any], author: str, written_at: datetime) -> bytes:
    """The docx of `templates/<template>` as a file: see `compose_word`; same values, same bytes."""
    return word_bytes(compose_word(template, values, author, written_at))


def compose_word(template: str, values: Mapping[str, Any], author: str, written_at: datetime) -> Any:
    """The Word document of `templates/<template>`. Raises CompositionError.

    `written_at` is what the file's properties say, never the clock. Besides `values` a template may call `节号()`: 一, 二, …,
    one more at each call, so that sections that are left out leave no gap in the numbering; `小节号()` does the same inside
    a section and `表号()` and `图号()` for the tables and the pictures of the annexes.
    """
    document = _Template(io.BytesIO(read_template(template)))
    document.has_house_words = is_shipped(template)
    names = {key: _as_word(value, document) for key, value in values.items()} | _counters()
    try:
        document.render(names, _environment(), autoescape=True)
    except (TemplateError, *FAILURES) as error:
        near = " ".join(" ".join(getattr(error, "docx_context", ())).split())
        raise CompositionError(
            f"the template cannot be filled in: {error}",
            where=template,
            got=near or None,
            todo="correct the wording between {{ }} or {% %} in Word",
        ) from error
    body = document.docx.element.body
    style_names = {style.style_id: house_style(style.name) for style in document.docx.styles}
    _place_closing(body, style_names)
    _keep_numbers_whole(body)
    if not _is_kept(template):
        _lower_numbers(body)
        _leave_ragged(body, style_names)
        _name_latin(document.docx)
        fit_columns(body, style_names)
    _settle_footnotes(document.docx, lowers=not _is_kept(template))
    properties = document.docx.core_properties
    moment = written_at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    properties.created = properties.modified = moment
    properties.author = properties.last_modified_by = author
    properties.title = _title(body, style_names)
    properties.comments, properties.revision = "", 1
    _drop_old_styles(document.docx)
    return document.docx


def _drop_old_styles(document: Any) -> None:
    """A second copy of the styles, 438 kB for Word 2007, that nothing reads: each letter would pack it anew."""
    for key, relation in list(document.part.rels.items()):
        if relation.reltype == _OLD_STYLES:
            del document.part.rels[key]


def _settle_footnotes(document: Any, *, lowers: bool) -> None:
    """A footnote of a paragraph that the letter left out stays behind without a mark: nobody sees it, and it is no part of it. Numbers of
    pollutants' signs stand low in those that stay."""
    used = {mark.get(qn("w:id")) for mark in document.element.body.iter(qn("w:footnoteReference"))}
    for relation in document.part.rels.values():
        if relation.reltype != RELATIONSHIP_TYPE.FOOTNOTES:
            continue
        part = relation.target_part
        notes = parse_xml(part.blob)
        unused = [
            note
            for note in notes.findall(qn("w:footnote"))
            if note.get(qn("w:type")) is None and note.get(qn("w:id")) not in used
        ]
        for note in unused:
            notes.remove(note)
        if (lowers and _lower_numbers(notes)) or unused:
            part._blob = serialize_part_xml(notes)


def _lower_numbers(root: Any) -> int:
    """Sets the numbers of pollutants' signs low, in runs of nothing but text that do not say where they stand; how many runs it changed."""
    changed = 0
    for run in list(root.iter(qn("w:r"))):
        texts = run.findall(qn("w:t"))
        looks = run.find(qn("w:rPr"))
        if len(texts) != 1 or (looks is not None and looks.find(qn("w:vertAlign")) is not None):
            continue
        told = list(pieces(texts[0].text or ""))
        if len(told) < 2:
            continue
        for text, is_low in told:
            own = deepcopy(run)
            own.find(qn("w:t")).text = text
            own.find(qn("w:t")).set(_SPACE, "preserve")
            if is_low:
                own.get_or_add_rPr().append(parse_xml(_LOWERED))
            run.addprevious(own)
        run.getparent().remove(run)
        changed += 1
    return changed


def _leave_ragged(body: Any, style_names: Mapping[str, str]) -> None:
    """Sets paragraphs of Chinese with an address or a long number, of a grid or a share, ragged: Word spreads the line before it."""
    if office().language != "zh":
        return
    for paragraph in body.findall(qn("w:p")):
        looks = paragraph.pPr
        style = WORD_STYLES.get(style_names.get(looks.style or "", "")) if looks is not None else None
        if style is not None and style.align == "both" and _UNEVEN.search(_text_of(paragraph)):
            looks.jc_val = WD_ALIGN_PARAGRAPH.LEFT


def _name_latin(document: Any) -> None:
    """A face of their own for letters and digits, where a style names only its Chinese one: a reader without that one puts wide letters in
    its place, which no column is made for; this one, or a face of its widths, every office program has."""
    for fonts in document.styles.element.iter(qn("w:rFonts")):
        if fonts.get(qn("w:ascii")) == fonts.get(qn("w:eastAsia")):
            for script in ("w:ascii", "w:hAnsi", "w:cs"):
                fonts.set(qn(script), LATIN)


def _text_of(paragraph: Any) -> str:
    return "".join(node.text or "" for node in paragraph.iter(qn("w:t")))


def _keep_numbers_whole(body: Any) -> None:
    """Sets the hyphens of telephone numbers as signs that no line ends with, in runs of nothing but text."""
    for text in list(body.iter(qn("w:t"))):
        told = text.text or ""
        if "-" not in told or not _NUMBER.search(told):
            continue
        pieces_of = _NUMBER.sub(lambda number: number[0].replace("-", _NO_BREAK), told).split(_NO_BREAK)
        for place, piece in enumerate(pieces_of):
            own = deepcopy(text)
            own.text = piece
            own.set(_SPACE, "preserve")
            text.addprevious(own)
            if place < len(pieces_of) - 1:
                text.addprevious(OxmlElement("w:noBreakHyphen"))
        text.getparent().remove(text)


def chinese_number(number: int) -> str:
    """一 to 九十九, as headings count."""
    tens, ones = divmod(number, 10)
    if not 1 <= number <= 99:
        raise ValueError(f"headings count from 1 to 99, got {number}")
    return ("" if tens < 2 else _DIGITS[tens]) + ("十" if tens else "") + (_DIGITS[ones] if ones else "")


def heading_number(number: int) -> str:
    """The number of a heading in the office's language: 一, or 1."""
    return chinese_number(number) if office().language == "zh" else str(number)


class _Template(DocxTemplate):  # type: ignore[misc]  # docxtpl has no types
    """docxtpl, which cleans and compiles the same template again for each letter, made to do it once."""

    has_house_words = False

    def patch_xml(self, src_xml: str) -> str:
        cleaned = _cleaned(src_xml)
        return own_words(office_words(cleaned)) if self.has_house_words else cleaned


class _Environment(TemplateEnvironment):
    """Jinja, which keeps no template that it got as a string, made to keep them: their number is that of our files' parts."""

    def from_string(self, source: Any, *args: Any, **options: Any) -> Template:
        return self._kept(source)

    @lru_cache(maxsize=200)  # noqa: B019  # the environment lives as long as the process
    def _kept(self, source: str) -> Template:
        return super().from_string(source)


@cache
def _environment() -> _Environment:
    environment = _Environment(undefined=StrictUndefined, autoescape=True)
    environment.filters["counted"] = counted
    return environment


@lru_cache(maxsize=200)
def _cleaned(xml: str) -> str:
    cleaned: str = DocxTemplate.patch_xml(None, xml)
    return cleaned


def _counters() -> dict[str, Callable[[], str]]:
    sections, parts, tables, pictures = count(1), count(1), count(1), count(1)

    def section() -> str:
        nonlocal parts
        parts = count(1)
        return heading_number(next(sections))

    return {
        "节号": section,
        "小节号": lambda: heading_number(next(parts)),
        "表号": lambda: heading_number(next(tables)),
        "图号": lambda: str(next(pictures)),
    }


class _DescribedImage(InlineImage):  # type: ignore[misc]  # docxtpl has no types
    """An inline image that carries its alternative text."""

    def __init__(self, document: DocxTemplate, picture: TemplatePicture) -> None:
        super().__init__(document, io.BytesIO(picture.content), width=Mm(picture.width_mm))
        self._alt = picture.alt

    def _insert_image(self) -> str:
        inline = self.tpl.current_rendering_part.new_pic_inline(
            self.image_descriptor, self.width, self.height
        )
        inline.docPr.set("descr", self._alt)
        return f'</w:t></w:r><w:r><w:drawing>{inline.xml}</w:drawing></w:r><w:r><w:t xml:space="preserve">'

    __str__ = __html__ = _insert_image


def _as_word(value: Any, document: DocxTemplate) -> Any:
    if isinstance(value, tuple):
        return [_as_word(one, document) for one in value]
    return _DescribedImage(document, value) if isinstance(value, TemplatePicture) else value


def _title(body: Any, style_names: Mapping[str, str]) -> str:
    lines = "".join(
        element.text for element in body.findall(qn("w:p")) if style_names.get(element.style) in TITLES
    )
    return lines.replace("\n", say(LINE_END))


def _place_closing(body: Any, style_names: Mapping[str, str]) -> None:
    """署名 and 成文日期 without a seal, as GB/T 9704-2012 7.3.5.2 sets them: the date begins two characters right of the
    signature, and neither ends less than two characters from the right. The last line of the text stays with them, and
    抄送 goes to the foot of the last page."""
    lines: dict[str | None, tuple[Any, float]] = {}
    before: Any = None
    for element in body.findall(qn("w:p")):
        style = element.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
        name = style_names.get(style.get(qn("w:val"))) if style is not None else None
        if name in (ENCLOSURES, SIGNATURE) and before is not None:
            before.get_or_add_pPr().get_or_add_keepNext()
        if name in (SIGNATURE, DATE):
            lines[name] = element, width_em(_text_of(element))
        if name == COPIES:
            element.get_or_add_pPr().insert_element_before(parse_xml(_PAGE_FOOT), *_AFTER_FRAME)
        before = element
    if len(lines) == 2:
        (signature, name_em), (date, date_em) = lines[SIGNATURE], lines[DATE]
        date_right = max(2.0, name_em - date_em)
        _indent_right(date, date_right)
        _indent_right(signature, max(2.0, date_right + date_em + 2 - name_em))


def _indent_right(element: Any, characters: float) -> None:
    properties = element.get_or_add_pPr()
    for old in properties.findall(qn("w:ind")):
        properties.remove(old)
    indent = OxmlElement("w:ind")
    indent.set(qn("w:right"), str(round(characters * WORD_STYLES[SIGNATURE].size_pt * 20)))
    indent.set(qn("w:rightChars"), str(round(characters * 100)))
    properties._insert_ind(indent)
