"""Mails with the form become facts, once; those of whoever may not speak for the unit wait for a person."""

from tests.mailroom.office import SENT, Place, answer


def test_a_form_by_mail_is_an_answer_at_its_receipt(place: Place) -> None:
    place.deliver(answer(place))
    done = place.read()
    assert (done.trouble, dict(done.kinds), done.rows_taken, done.rows_refused, done.tray) == (
        "",
        {"answer": 1},
        2,
        0,
        0,
    )
    assert place.events() == [("A1", "submitted", SENT), ("A2", "submitted", SENT)]
    (row,) = place.mails()
    assert (
        row["kind"],
        row["state"],
        row["unit_code"],
        row["matched_by"],
        row["authenticity"],
        row["is_from_contact"],
    ) == (
        "answer",
        "kept",
        "140300",
        "form",
        "pass",
        True,
    )
    again = place.read()
    assert (again.known, dict(again.kinds)) == (0, {})
