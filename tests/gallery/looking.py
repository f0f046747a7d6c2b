"""One case, composed in its office and looked at."""

from collections.abc import Iterator
from contextlib import contextmanager

from include.letters.composition import Letter
from include.letters.document.word_reader import read_manuscript
from include.profile.current import load, using
from tests.gallery.cases import Case
from tests.gallery.findings import figure_findings, page_findings, word_findings
from tests.gallery.pages import pages_of

MAIL_BYTES = 1_500_000


@contextmanager
def looked_at(case: Case) -> Iterator[tuple[Letter, list[str]]]:
    """The letter with the findings of its pages, pictures and size; its office is the present one inside."""
    with using(load(case.profile)):
        letter = case.compose()
        pdf = letter.file("pdf")
        findings = page_findings(pages_of(pdf.content)) if pdf is not None else []
        docx = letter.file("docx")
        findings += word_findings(read_manuscript(docx.content)) if docx is not None else []
        for name, figure in case.pictures():
            findings += [f"{name}: {one}" for one in figure_findings(figure)]
        size = sum(len(file.content) for file in letter.files)
        if size > MAIL_BYTES:
            findings.append(f"the mail has {size} bytes, at most {MAIL_BYTES}")
        yield letter, findings
