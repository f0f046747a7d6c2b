"""How much of one mail is looked at. What goes beyond is cut, said (`Mail.faults`) and left to a person; the raw mail is kept whole."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Limits:
    """Bounds of one mail."""

    mail_bytes: int = 40 << 20
    parts: int = 300
    depth: int = 12  # of parts inside parts, mails inside mails and packages inside packages, together
    header_bytes: int = 64 << 10  # of one header
    headers: int = 500  # of one part
    text: int = 20_000  # characters that a person is shown
    searched: int = 200_000  # characters in which words are looked for
    members: int = 200  # of all packages of one mail
    tnef_fields: int = 2_000  # of one winmail.dat
    member_bytes: int = 30 << 20
    unpacked_bytes: int = 60 << 20  # of all packages of one mail
    name: int = 120  # characters of a file's name


LIMITS: Final = Limits()
