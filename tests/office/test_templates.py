"""A letter is made from one reading of the office's templates, and says which: a clerk's change shows in the next letter at once."""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.letters.composition import compose_notice, made
from include.letters.document import templates
from include.letters.document.templates import SHIPPED, one_reading, template
from include.post.composed import keep_files, replace_files
from include.post.drafts import draft
from include.profile.current import office, using
from include.store.archive import Archive
from include.store.engine import reading, writing
from include.store.statements import frame
from tests.letters.reading import docx_texts, pdf_text
from tests.letters.samples import ISSUE, notice
from tests.post.samples import NOW, composition, facts


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Path]:
    """The templates of an office of this test, empty at first."""
    folder = tmp_path / "office"
    (folder / "templates").mkdir(parents=True)
    with using(replace(office(), folder=folder)):
        yield folder / "templates"


def told(role: str, letter) -> str:
    content = letter.file(role).content
    if role == "pdf":
        return pdf_text(content)
    return "".join(docx_texts(content)) if role == "docx" else content.decode()


def test_the_offices_own_template_goes_first_and_a_change_shows_in_the_next_letter(own: Path) -> None:
    shipped = made(compose_notice, notice(), ISSUE)
    mail = (SHIPPED / "notice_mail.txt").read_text(encoding="utf-8")
    for words in ("本处另有安排", "本处改了主意"):
        (own / "notice_mail.txt").write_text(mail + words, encoding="utf-8")
        letter = made(compose_notice, notice(), ISSUE)
        assert told("text", letter).endswith(words + "\n")
        assert (
            letter.templates["notice_mail.txt"] == sha256((own / "notice_mail.txt").read_bytes()).hexdigest()
        )
    assert letter.templates.keys() == shipped.templates.keys()
    assert {name for name, digest in letter.templates.items() if digest != shipped.templates[name]} == {
        "notice_mail.txt"
    }
    assert {
        "notice.docx",
        "notice_mail.html",
        "mail_form.html",
        "official_letter.typ",
        "answer_form_guide.txt",
    } <= set(letter.templates)


def test_the_form_of_the_pdf_is_read_anew_too(own: Path) -> None:
    before = made(compose_notice, notice(), ISSUE)
    form = (SHIPPED / "official_letter.typ").read_text(encoding="utf-8")
    (own / "official_letter.typ").write_text(form + "\n印于本处", encoding="utf-8")
    after = made(compose_notice, notice(), ISSUE)
    assert "印于本处" not in told("pdf", before)
    assert "印于本处" in told("pdf", after)
    assert told("docx", after) == told("docx", before)


def test_a_template_that_changes_while_a_letter_is_made_is_not_mixed_with_itself(own: Path) -> None:
    (own / "hint_answer.txt").write_text("一", encoding="utf-8")
    with one_reading() as found:
        assert template("hint_answer.txt") == "一".encode()
        (own / "hint_answer.txt").write_text("二", encoding="utf-8")
        assert template("hint_answer.txt") == "一".encode()
    assert found.digests == {"hint_answer.txt": sha256("一".encode()).hexdigest()}
    assert templates.template_text("hint_answer.txt") == "二"


def test_the_store_keeps_what_a_letter_was_made_from(engine: Engine, tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    first, second = ({"notice.docx": "a" * 64, "notice_mail.txt": "b" * 64}, {"notice.docx": "c" * 64})
    drafted = draft(engine, archive, facts(), replace(composition(), templates=first), now=NOW, actor="run")
    with writing(engine) as connection:
        assert templates_of(connection, drafted.letter_id) == first
        again = keep_files(archive, replace(composition(), templates=second))
        replace_files(connection, drafted.letter_id, again)
    with reading(engine) as connection:
        assert templates_of(connection, drafted.letter_id) == second


def templates_of(connection, letter_id: int) -> dict[str, str]:
    rows = frame(connection, "list_letter_templates", letter_id=letter_id)
    return dict(zip(rows["name"], rows["sha256"], strict=True))
