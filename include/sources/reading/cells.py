"""One value of a workbook, of JSON or of a database as text. Imports nothing heavy: the process that reads workbooks uses it."""

from datetime import date, datetime, time


def cell_text(value: object) -> str:
    """A value as text: ISO 8601 for times, no decimal point for whole numbers, bytes in UTF-8 or GB18030.

    What has no text (bytes of neither encoding, half of a surrogate pair) keeps the mark of a lost character U+FFFD, by which
    the check sends its row into the quarantine.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _decoded(bytes(value))
    return str(value).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _decoded(raw: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")
