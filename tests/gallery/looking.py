"""One case, composed in its office and looked at."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from include.letters.composition import Letter
from include.letters.document.word_reader import read_manuscript
from include.post.message import Dispatch, build_message
from include.post.recipients import Recipient
from include.profile.current import load, using
from tests.gallery.cases import Case
from tests.gallery.findings import figure_findings, page_findings, word_findings
from tests.gallery.pages import pages_of
from tests.post.samples import server

MOST_MAIL_BYTES = 1_500_000
_DISPATCH = Dispatch(
    letter_key="gallery",
    copy_no=1,
    is_rehearsal=False,
    is_simulated=True,
    addressee_name="",
    recipients=(Recipient("to@unit.example", "", "to"),),
    references=(),
    released_at=datetime(2020, 3, 13, tzinfo=UTC),
    reply_to="",
    attachment_names="unicode",
)


@contextmanager
def looked_at(case: Case) -> Iterator[tuple[Letter, list[str]]]:
    """The letter with the findings of its pages, pictures and mail; its office is the present one inside."""
    with using(load(case.profile)):
        letter = case.compose()
        pdf = letter.file("pdf")
        findings = page_findings(pages_of(pdf.content)) if pdf is not None else []
        docx = letter.file("docx")
        findings += word_findings(read_manuscript(docx.content)) if docx is not None else []
        for name, figure in case.pictures():
            findings += [f"{name}: {one}" for one in figure_findings(figure)]
        size = mail_bytes(letter)
        if size > MOST_MAIL_BYTES:
            findings.append(f"the mail has {size} bytes, at most {MOST_MAIL_BYTES}")
        yield letter, findings


def mail_bytes(letter: Letter) -> int:
    """How many bytes a mail server gets, everything encoded; 0 for a letter that is no mail."""
    return len(build_message(_DISPATCH, letter, server())) if letter.file("html") else 0
