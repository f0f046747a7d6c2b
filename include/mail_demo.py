"""What the demo plays of mail that comes in: two units answer a day's letters by mail, a third's address bounces, and the round reads them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from include.house import House
from include.office.feedback import feedback_table
from include.periods import Period, moment_label
from include.post.local_server import ReceivedMail, received
from include.profile.current import office
from include.simulator.imap_server import put_all
from include.simulator.mail_answers import (
    answer_mail,
    bounce_mail,
    filled_in,
    form_of,
    nothing_found,
    something_found,
)
from include.workflows import answer_round

_ANSWERED_AFTER: Final = timedelta(hours=3)
_READ_AFTER: Final = timedelta(hours=4)
Tell = Callable[[str], None]


def play_mail(house: House, mailbox: Path, imap_port: int, period: Period, tell: Tell) -> int:
    """Plays it; returns how many letters came back. The letters are those of the period's morning with a form."""
    letters = sorted(
        (one for one in received(mailbox) if _is_of(one, period) and form_of(one.content()) is not None),
        key=lambda one: one.letter_key,
    )
    if len(letters) < 3:
        return 0
    before = _answered(house, period, letters)
    at = period.as_of + _ANSWERED_AFTER
    answering, bounced = letters[:2], letters[2]
    mails = [(answer(one, at, place), at) for place, one in enumerate(answering)]
    address = bounced.recipients[0]
    put_all(imap_port, [*mails, (bounce_mail(bounced.content(), address, at), at)])
    done = answer_round.mail(house, period.as_of + _READ_AFTER, "make demo")
    for source, summary in done.items():
        kinds = "，".join(f"{count} {kind}" for kind, count in summary["kinds"].items())
        tell(
            f"答复轮次 answer_round: mailbox {source}, played clock {moment_label(period.as_of + _READ_AFTER, year=True)}"
        )
        tell(
            f"  mail    {kinds}; {summary['rows_taken']} rows taken, {summary['rows_refused']} refused, {summary['tray']} in the tray"
        )
    after = _answered(house, period, letters)
    for code, (name, answered, pushed) in after.items():
        if before[code][1] != answered:
            tell(f"  {name}　反馈/推送 {before[code][1]}/{pushed} → {answered}/{pushed}")
    tell(f"  bounce  {address}: the delivery is refused, the address is on the to-do list")
    return 1


def answer(letter: ReceivedMail, at: datetime, place: int) -> bytes:
    """A unit's answer: at every other alarm a problem was found."""
    form = form_of(letter.content())
    if form is None:
        raise ValueError("the letter has no form")
    category = office().categories[0]

    def fill(number: int, alarm_id: str) -> dict[str, object]:
        inspected_at = at - timedelta(hours=1)
        found = (number + place) % 2 == 0
        return dict(something_found(inspected_at, category) if found else nothing_found(inspected_at))

    return answer_mail(letter.content(), letter.recipients[0], filled_in(form, fill), at)


def _is_of(one: ReceivedMail, period: Period) -> bool:
    return one.letter_key.startswith("notice_") and period.key in one.letter_key


def _answered(house: House, period: Period, letters: list[ReceivedMail]) -> dict[str, tuple[str, int, int]]:
    """By unit of the letters: name, answered and pushed alarms of the week before, as of the evening."""
    week = Period.of_days(period.end - timedelta(days=7), period.end, "custom", period.as_of + _READ_AFTER)
    codes = {one.letter_key.split("_")[1] for one in letters}
    rows = feedback_table(house.engine, week)
    return {
        str(row["unit_code"]): (str(row["unit_name"]), int(row["answered"]), int(row["pushed"]))
        for row in rows.to_dict("records")
        if row["unit_code"] in codes
    }
