"""A few letters of each kind, from the gallery, without a finding; `make gallery` looks at all of them."""

import io

import numpy as np
import pytest

from include.letters.pictures.chart_style import SHADES
from tests.gallery.book import _lighter, book, dark, light, section_of
from tests.gallery.cases import Case, cases
from tests.gallery.looking import looked_at

ALL = {case.name: case for case in cases()}
TRIED = (
    "notice",
    "notice-many",
    "notice-long-names",
    "reminder-one",
    "summary",
    "summary-one-city",
    "summary-39-late",
    "overview",
    "overview-one",
    "alarm",
    "alarm-tall",
    "chain-return_sheet-many",
    "dissection",
    "shaanxi-notice",
    "harbour-notice-many",
    "harbour-summary",
)


@pytest.mark.parametrize("name", TRIED)
def test_the_layout_has_no_finding(name: str) -> None:
    with looked_at(ALL[name]) as (letter, findings):
        assert findings == []
        section = section_of(name, ALL[name].title, letter, findings)
    assert section.count("<iframe") == (4 if letter.file("html") else 0)


def test_every_kind_of_letter_and_shipped_office_is_in_it() -> None:
    kinds = {name.partition("-")[0] for name in ALL}
    assert {
        "notice",
        "reminder",
        "summary",
        "bulletin",
        "overview",
        "alarm",
        "digest",
        "code",
        "chain",
        "assessment",
        "dissection",
    } <= kinds
    assert {case.profile for case in ALL.values()} == {"ministry", "shaanxi", "jinan", "harbour"}


def test_pages_keep_the_colours_that_fill_them() -> None:
    """A colour of a few fields of a legend too, among the many greys of letters."""
    from PIL import Image

    pixels = np.full((300, 400, 3), 255, np.uint8)
    pixels[:100, :256] = np.arange(256, dtype=np.uint8)[None, :, None] // 2 * 2
    classes = [tuple(bytes.fromhex(shade[1:])) for shade in SHADES]
    for place, shade in enumerate(classes):
        pixels[200:220, 40 * place : 40 * place + 30] = shade
    page = io.BytesIO()
    Image.fromarray(pixels).save(page, "PNG")
    shown = Image.open(io.BytesIO(_lighter(page.getvalue()))).convert("RGB")
    assert [shown.getpixel((40 * place + 15, 210)) for place in range(len(classes))] == classes


def test_the_book_shows_pages_and_mails_light_and_dark() -> None:
    case: Case = ALL["notice"]
    with looked_at(case) as (letter, findings):
        html = book({case.name: (case.title, section_of(case.name, case.title, letter, findings))})
    assert html.count('<img loading="lazy"') == 3
    assert html.count('width="390"') == html.count('width="1000"') == 2
    assert "prefers-color-scheme" not in html
    media = "@media (prefers-color-scheme:dark){.page{}}"
    assert (light(media), dark(media)) == ("@media not all{.page{}}", "@media all{.page{}}")
