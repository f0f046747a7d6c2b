"""One value of a workbook, of JSON or of a database as text. Imports nothing heavy: the process that reads workbooks uses it."""

import json
from datetime import date, datetime, time
from typing import Final

# Before what is no text, number or time, and could only be stored as something that nobody said. The mark of a lost character:
# the check sends the row into the quarantine.
NO_TEXT: Final = "\ufffd"


def cell_text(value: object) -> str:
    """A value as text: ISO 8601 for times, no decimal point for whole numbers, bytes in UTF-8 or GB18030.

    What has no text (bytes of neither encoding, half of a surrogate pair, lists and objects) keeps the mark of a lost
    character U+FFFD, by which the check sends its row into the quarantine.
    """
    if value is None:
        return ""
    if isinstance(value, (dict, list, tuple, set, frozenset)):
        return NO_TEXT + cell_text(json.dumps(value, ensure_ascii=False, default=str))
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return decoded(bytes(value))
    return str(value).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def no_truth(value: object) -> object:
    """The value; true and false, where neither means anything, as what is no text."""
    return f"{NO_TEXT}{str(value).lower()}" if isinstance(value, bool) else value


def decoded(raw: bytes) -> str:
    """Bytes as text: UTF-8 or GB18030; of neither, with the mark of lost characters."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")
