"""设备确认码: a short mail to one contact of a unit, with the code that confirms a phone. No document, no number."""

from datetime import datetime

from include.language import say
from include.letters.composition import MEDIA_TYPES, Letter, LetterFile
from include.letters.mail import compose_mail
from include.periods import moment_label
from include.rules import SIMULATED_LABEL


def compose_code(
    unit_name: str, contact_name: str, code: str, valid_to: datetime, issuer: str, *, is_simulated: bool
) -> Letter:
    """The mail. `code` as it is printed; `valid_to` the moment up to which it is taken."""
    mail = compose_mail(
        "code",
        {
            "标识": say(SIMULATED_LABEL) if is_simulated else "",
            "单位": unit_name,
            "联系人": contact_name,
            "确认码": code,
            "有效期": moment_label(valid_to),
            "发文机关": issuer,
        },
    )
    return Letter(
        mail.subject,
        (
            LetterFile("html", "code.html", "code.html", MEDIA_TYPES["html"], mail.html.encode()),
            LetterFile("text", "code.txt", "code.txt", MEDIA_TYPES["text"], mail.text.encode()),
        ),
    )
