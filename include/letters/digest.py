"""What needs a person, as a mail to the operators without attachments: the daily list, and a run that is late."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from include.language import say
from include.letter_kinds import letter_label
from include.letters.composition import MEDIA_TYPES, Letter, LetterFile
from include.letters.mail import compose_mail
from include.periods import date_label, moment_label
from include.rules import SIMULATED_LABEL


@dataclass(frozen=True)
class Matter:
    """One thing that waits for a person, in the words of an operator."""

    title: str
    reason: str
    todo: str
    since: datetime


def compose_digest(
    day: date, matters: Sequence[Matter], *, is_simulated: bool, kind: str = "digest"
) -> Letter:
    """The mail to the operators: every matter with its reason and what to do, the oldest first. `kind`: digest or trouble."""
    mail = compose_mail(
        "digest",
        {
            "标识": say(SIMULATED_LABEL) if is_simulated else "",
            "名称": letter_label(kind),
            "日期": date_label(day),
            "事项": [
                {"题": one.title, "原因": one.reason, "办法": one.todo, "自": moment_label(one.since)}
                for one in matters
            ],
        },
    )
    name = f"{kind}-{day}"
    return Letter(
        mail.subject,
        (
            LetterFile("html", f"{name}.html", f"{name}.html", MEDIA_TYPES["html"], mail.html.encode()),
            LetterFile("text", f"{name}.txt", f"{name}.txt", MEDIA_TYPES["text"], mail.text.encode()),
        ),
    )
