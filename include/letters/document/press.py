"""The PDF of a manuscript, set by Typst in the form `templates/official_letter.typ`.

One compiler is kept for each folder of fonts; a warning of Typst is an error, since a warning once lost a signature.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from json import dumps
from pathlib import Path
from typing import Any, Final

import typst

from include.errors import CompositionError
from include.letters.document.manuscript import Block, Manuscript, Paragraph, Picture, Run
from include.letters.document.object_streams import packed
from include.letters.document.templates import template
from include.letters.document.typefaces import Typefaces, load_typefaces
from include.profile.current import office

FORM: Final = "official_letter.typ"
_UNSETTLED: Final = "did not converge"  # how Typst says that its pages still moved after the last attempt
_JOINS: Final[tuple[dict[str, str], ...]] = (
    {},
    {"joins": "pairs"},
)  # then fewer annexes follow on a page that is half empty: see the form


def print_pdf(
    manuscript: Manuscript, printed_at: datetime, *, fonts_dir: Path | None = None, where: str = "letter"
) -> bytes:
    """The tagged PDF; same manuscript, moment and fonts, same bytes. `printed_at` is what the file says, never the clock.

    Raises CompositionError for a character without a glyph and for any warning or error of Typst.
    """
    typefaces = load_typefaces(fonts_dir)
    _check_glyphs(manuscript, typefaces, where)
    inputs = form_inputs(manuscript, typefaces)
    try:
        pdf, warnings = settled(lambda joins: _set(inputs | joins, printed_at, fonts_dir))
    except typst.TypstError as error:
        raise CompositionError("Typst could not set the letter", where=where, got=error.diagnostic) from error
    if warnings:
        raise CompositionError("Typst set the letter with a warning", where=where, got=warnings[0].diagnostic)
    return packed(bytes(pdf))


def form_inputs(manuscript: Manuscript, typefaces: Typefaces) -> dict[str, str]:
    """What the form reads: the letter, the families of each role, and which of these have a bold cut."""
    return {
        "letter": manuscript.to_json(),
        "roles": dumps(typefaces.roles, ensure_ascii=False),
        "bold": dumps(typefaces.bold),
    }


def settled(compile_as: Callable[[dict[str, str]], tuple[Any, Any]]) -> tuple[Any, Any]:
    """What Typst makes, and its warnings: `compile_as` takes the inputs that say how annexes follow, so that its pages stand still."""
    for joins in _JOINS:
        made, warnings = compile_as(joins)
        if not any(_UNSETTLED in warning.diagnostic for warning in warnings):
            break
    return made, warnings


def _set(inputs: dict[str, str], printed_at: datetime, fonts_dir: Path | None) -> tuple[Any, Any]:
    pdf, warnings = _compiler(fonts_dir).compile_with_warnings(
        template(FORM),
        format="pdf",
        sys_inputs=inputs,
        timestamp=int(printed_at.timestamp()),
        pdf_standards=list(office().pdf_standards),
    )
    return pdf, warnings


@cache
def _compiler(fonts_dir: Path | None) -> Any:
    return typst.Compiler(font_paths=load_typefaces(fonts_dir).fonts)


def _check_glyphs(manuscript: Manuscript, typefaces: Typefaces, where: str) -> None:
    texts = [
        ("页眉标识", manuscript.marks),
        *(found for block in manuscript.blocks for found in _texts(block)),
    ]
    for place, text in texts:
        for char in typefaces.missing(text):
            raise CompositionError(
                f"no typeface has the character {char!r} (U+{ord(char):04X})",
                where=f"{where} {place}",
                got=text,
                todo="change the wording, or add a font with it to the fonts folder",
            )


def _texts(block: Block) -> Iterator[tuple[str, str]]:
    if isinstance(block, Picture):
        return
    if isinstance(block, Paragraph):
        yield block.style, _whole(block.runs)
        return
    for row in block.rows:
        for cell in row:
            for paragraph in cell.paragraphs:
                yield paragraph.style, _whole(paragraph.runs)


def _whole(runs: tuple[Run, ...]) -> str:
    return "".join(run.text + _whole(run.footnote) for run in runs)
