"""A few letters of each kind, from the gallery, without a finding; `make gallery` looks at all of them."""

import pytest

from tests.gallery.book import book, dark, light, section_of
from tests.gallery.cases import Case, cases
from tests.gallery.looking import looked_at

ALL = {case.name: case for case in cases()}
TRIED = (
    "notice",
    "notice-many",
    "notice-long-names",
    "reminder-one",
    "summary-one-city",
    "summary-39-late",
    "overview",
    "overview-one",
    "alarm",
    "chain-return_sheet-many",
    "dissection",
    "shaanxi-notice",
    "harbour-notice-many",
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


def test_the_book_shows_pages_and_mails_light_and_dark() -> None:
    case: Case = ALL["notice"]
    with looked_at(case) as (letter, findings):
        html = book({case.name: (case.title, section_of(case.name, case.title, letter, findings))})
    assert html.count('<img loading="lazy"') == 3
    assert html.count('width="390"') == html.count('width="1000"') == 2
    assert "prefers-color-scheme" not in html
    media = "@media (prefers-color-scheme:dark){.page{}}"
    assert (light(media), dark(media)) == ("@media not all{.page{}}", "@media all{.page{}}")
