"""Reads mails of somebody else in a process of its own that may be killed, one after the other: the bytes on standard input.

Each request is a line of JSON and `size` bytes of mail; each answer one line of JSON. What a mail claims (parts, depth, packages, sheets) is
bounded by `replies.limits`; what it costs by the limits of this process. Knows no setting or secret of the installation.

    {"size": 1234, "seconds": 20, "internal_at": null, "now": "…", "received_host": "", "authserv_id": "",
     "with_forms": true, "sheets": {"what a sheet is called": "its name in the house"}}
    {"size": 1234, "seconds": 20, "place": 2}              the content of one file of it, in base64
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import resource
import sys
import warnings
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from include.answer_form.layout import FORM_SHEET, GUIDE_SHEET, SUSPECT_SHEET
from include.replies.limits import LIMITS
from include.replies.mail import Mail, read_mail
from include.replies.packages import File
from include.replies.receipt import moment_of, reached
from include.replies.senders import authenticity
from include.replies.verdict import judge
from include.sources.reading import workbook_child
from include.sources.reading.confinement import confine

MOST_SECONDS: Final = 20  # of computing, for one mail
MOST_MEMORY: Final = 1 << 30
MOST_FORMS: Final = 5
_HOURS: Final = 24 * 3600
_LAST_ROW: Final = 5000
_SHEETS: Final = (FORM_SHEET, GUIDE_SHEET, SUSPECT_SHEET)


def answer(content: bytes, request: Mapping[str, Any]) -> dict[str, Any]:
    """What the caller is told of one mail."""
    sheets: Mapping[str, str] = request.get("sheets") or {name: name for name in _SHEETS}
    form_sheets = [told for told, name in sheets.items() if name == FORM_SHEET]
    mail = read_mail(content, form_sheets)
    if "place" in request:
        return _file(mail, int(request["place"]))
    found = judge(mail)
    internal_at = datetime.fromisoformat(request["internal_at"]) if request.get("internal_at") else None
    at = reached(mail, internal_at, request.get("received_host", ""), datetime.fromisoformat(request["now"]))
    sent_at = moment_of(mail.head("date"))
    forms = []
    if request.get("with_forms", True):
        forms = [_form(mail.files[place], sheets) for place in found.forms[:MOST_FORMS]]
    return {
        "verdict": asdict(found),
        "message_id": mail.head("message-id")[:250],
        "subject": mail.head("subject")[:500],
        "sender": mail.sender[:254],
        "sender_text": mail.head("from")[:300],
        "addressed": mail.addressed,
        "sent_at": sent_at.isoformat() if sent_at else None,
        "received_at": at.at.isoformat() if at.at else None,
        "clock": at.clock,
        "authenticity": authenticity(mail, request.get("authserv_id", "")),
        "is_simulated": mail.head("x-qianliyan-data") == "simulated",
        "text": mail.text[: LIMITS.text],
        "inner_text": mail.inner_text[: LIMITS.text],
        "files": [
            {"name": file.name, "size": len(file.content), "what": file.what, "is_enclosed": file.is_enclosed}
            for file in mail.files
        ],
        "forms": forms,
        "content_key": content_key(mail, content),
    }


def content_key(mail: Mail, content: bytes) -> str:
    """The same for one mail that came twice by different ways: its Message-ID, sender, addressee, date, subject, and its body as it
    came. A mail without Message-ID is itself only byte by byte."""
    if not mail.head("message-id"):
        return hashlib.sha256(content).hexdigest()
    body = content.partition(b"\r\n\r\n")[2] or content.partition(b"\n\n")[2]
    head = "\n".join(mail.head(name) for name in ("message-id", "from", "to", "date", "subject"))
    plain = body.replace(b"\r\n", b"\n").strip()
    return hashlib.sha256(head.encode("utf-8", "surrogatepass") + b"\n" + plain).hexdigest()


def _form(file: File, sheets: Mapping[str, str]) -> dict[str, Any]:
    """The sheets of a form under the house's names: their rows, or why they cannot be read."""
    found: dict[str, Any] = {
        "name": file.name,
        "sha256": hashlib.sha256(file.content).hexdigest(),
        "sheets": {},
    }

    def tell(message: dict[str, Any]) -> None:
        if "error" in message:
            found["error"] = message["error"]
        elif "rows" in message:
            found["sheets"].setdefault(sheets[message["sheet"]], []).extend(message["rows"])

    request = {"sheets": list(sheets), "last": _LAST_ROW}
    workbook_child.guarded(io.BytesIO(file.content), request, tell)
    return found


def _file(mail: Mail, place: int) -> dict[str, Any]:
    if not 0 <= place < len(mail.files):
        return {"missing": True}
    file = mail.files[place]
    return {"name": file.name, "content": base64.b64encode(file.content).decode("ascii")}


def main() -> None:
    """The process: limits first, then one mail after the other until the input ends."""
    sys.modules["numpy"] = None  # type: ignore[assignment]  # openpyxl would load it for nothing
    import openpyxl.worksheet._reader  # noqa: F401  before the limits, so that its compiled form can be kept

    confine(MOST_MEMORY, _HOURS)
    warnings.simplefilter("ignore")
    output = os.fdopen(os.dup(1), "w", encoding="ascii")
    while line := sys.stdin.buffer.readline(1 << 16):
        request = json.loads(line)
        content = sys.stdin.buffer.read(int(request["size"]))
        _allow(int(request["seconds"]))
        try:
            told = answer(content, request)
        except MemoryError:
            told = {"error": "more memory than a mail may take"}
        except Exception as error:  # whatever a mail can do to a parser
            told = {"error": f"{type(error).__name__}: {error}"[:300]}
        output.write(json.dumps(told) + "\n")
        output.flush()


def _allow(seconds: int) -> None:
    """So many seconds of computing from now on; then the system ends this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit, _HOURS + 5))
