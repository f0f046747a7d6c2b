"""A PDF with its small objects packed says what it said before, tags included."""

import io
from typing import Any

import pypdf
import pytest
import typst

from include.errors import CompositionError
from include.letters.document.object_streams import packed

ROWS = 400


def table_pdf(*standards: str) -> bytes:
    """A tagged table of three columns over several pages."""
    rows = ", ".join(f"[{row}], [b{row}], [c{row}]" for row in range(ROWS))
    markup = f"#set document(title: [T])\n#table(columns: 3, table.header([x], [y], [z]), {rows})"
    pdf: Any = typst.compile(markup.encode(), timestamp=0, pdf_standards=list(standards))
    return bytes(pdf)


def read(pdf: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(pdf), strict=True)


def told(element: Any) -> Any:
    """What a tag says, with those below it; pages and parents are only counted."""
    element = element.get_object() if hasattr(element, "get_object") else element
    if isinstance(element, dict):
        return {key: told(value) for key, value in element.items() if key not in ("/P", "/Pg")}
    return [told(one) for one in element] if isinstance(element, list) else element


def test_text_tags_and_properties_stay_in_a_fifth_of_the_bytes() -> None:
    before = table_pdf()
    after = packed(before)
    one, other = read(before), read(after)
    assert [page.extract_text() for page in other.pages] == [page.extract_text() for page in one.pages]
    tags = told(other.root_object["/StructTreeRoot"]["/K"])
    assert tags == told(one.root_object["/StructTreeRoot"]["/K"])
    assert str(tags).count("'/TD'") == 3 * ROWS
    assert other.metadata == one.metadata
    assert other.trailer["/ID"] == one.trailer["/ID"]
    assert len(after) < len(before) / 5
    assert packed(before) == after


def test_every_object_is_found_at_its_place() -> None:
    before = table_pdf()
    one, other = read(before), read(packed(before))
    for number in range(1, int(one.trailer["/Size"])):
        kept = pypdf.generic.IndirectObject(number, 0, other).get_object()
        assert type(kept) is type(pypdf.generic.IndirectObject(number, 0, one).get_object())


def test_a_file_of_a_version_without_object_streams_stays_as_it_is() -> None:
    old = table_pdf("1.4")
    assert packed(old) == old


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda pdf: pdf.replace(b"startxref", b"startxxxx"), "no table of objects at its end"),
        (lambda pdf: pdf.replace(b"\n2 0 obj", b"\n2 0 xxx"), "no object at byte"),
    ],
)
def test_what_typst_does_not_write_is_an_error(spoil: Any, words: str) -> None:
    with pytest.raises(CompositionError, match=words):
        packed(spoil(table_pdf()))
