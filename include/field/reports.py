"""What the page tells the office, one file each in the spool: an answer about an alarm, the wish for a code, a code that was typed in."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from include.errors import InputError
from include.field.bundles import Name, Told
from include.field.links import LINK
from include.rules import FIELD

LARGEST_REPORT_BYTES = 256 * 1024
Free = Annotated[str, Field(max_length=FIELD.longest_text)]
Person = Annotated[str, Field(max_length=FIELD.longest_name)]
Hex32 = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Word = Annotated[str, Field(pattern=f"^{LINK.pattern}$")]


class Photo(Told):
    """A photo as the page re-encoded it; the file lies beside the report."""

    sha256: Sha256
    size_bytes: Annotated[int, Field(gt=0, le=FIELD.largest_kept_photo_bytes)]
    width: Annotated[int, Field(gt=0, le=FIELD.photo_side_pixels)]
    height: Annotated[int, Field(gt=0, le=FIELD.photo_side_pixels)]


class Position(Told):
    """Where the phone was, WGS84, kept because the inspector agreed."""

    lon: Annotated[float, Field(ge=-180, le=180)]
    lat: Annotated[float, Field(ge=-90, le=90)]
    accuracy_m: Annotated[float, Field(ge=0, le=100_000)] | None = None


class Verdict(Told):
    """What was seen at a suspect."""

    candidate_id: Name
    verdict: Literal["found", "not_found"]
    note: Free = ""


class Sent(Told):
    """What every report carries. `word`: the link that it came by; `received_at`: the page's own clock, which dates the answer."""

    report_id: Hex32
    word: Word
    letter_key: Name
    unit_code: Name
    device_id: Hex32
    received_at: AwareDatetime


class Answer(Sent):
    """What an inspector says of one alarm."""

    kind: Literal["answer"] = "answer"
    alarm_id: Name
    step: Name
    inspector: Person = ""
    unit: Annotated[str, Field(max_length=255)] = ""
    inspected_at: AwareDatetime | None = None
    category: Name = ""
    description: Free = ""
    rectification: Literal["", "rectified", "rectifying"] = ""
    rectify_by: date | None = None
    rectified_on: date | None = None
    note: Free = ""
    photos: Annotated[tuple[Photo, ...], Field(max_length=FIELD.most_photos)] = ()
    position: Position | None = None
    verdicts: Annotated[tuple[Verdict, ...], Field(max_length=50)] = ()


class CodeWish(Sent):
    """Somebody wants a code mailed to a contact of the unit."""

    kind: Literal["code_wish"] = "code_wish"
    contact: Name


class Confirmation(Sent):
    """The code that came by mail, typed in; the page has checked it, the office checks it again."""

    kind: Literal["confirmation"] = "confirmation"
    code: Annotated[str, Field(pattern="^[0-9A-Z]{8}$")]


Report = Answer | CodeWish | Confirmation
_REPORT: TypeAdapter[Report] = TypeAdapter(Annotated[Report, Field(discriminator="kind")])


def report_of(value: object, where: str) -> Report:
    """The report in an unsealed file. Raises InputError."""
    try:
        return _REPORT.validate_python(value, strict=False)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise InputError(
            "not a report of the phone page",
            where=where,
            got=f"{'.'.join(map(str, first['loc']))}: {first['msg']}",
            expected="what this version's page writes",
        ) from None


def report_id(word: str, device_id: str, nonce: str) -> str:
    """The id of what one form sends: sent again, it is the same report."""
    return hashlib.sha256(f"report\n{word}\n{device_id}\n{nonce}".encode()).hexdigest()[:32]
