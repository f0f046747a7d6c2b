"""Small mails that the tests of replies are made of."""

import io
import zipfile

OURS = "<notice_140300_day_2020-03-12_2020-03-13_1.1@supervision.example>"


def mail(heads: str, body: str = "已收到。") -> bytes:
    """A mail with these headers; those that a person's mail has are added where they lack."""
    names = {
        line.partition(":")[0].lower() for line in heads.splitlines() if not line.startswith((" ", "\t"))
    }
    plain = {"from": "From: a@yq.example", "subject": "Subject: hello", "to": "To: fankui@s.example"}
    more = [line for name, line in plain.items() if name not in names]
    if "content-type" not in names:
        more.append("Content-Type: text/plain; charset=utf-8")
    return "\r\n".join([*heads.splitlines(), *more, "", body]).encode()


def attached(
    disposition: bytes, content_type: bytes = b"application/octet-stream", content: bytes = b"x"
) -> bytes:
    """A mail with one attachment whose headers are these bytes."""
    return (
        b"From: a@yq.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n"
        b"Content-Type: " + content_type + b"\r\n" + disposition + b"\r\n\r\n" + content + b"\r\n--b--\r\n"
    )


def zipped(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in members.items():
            package.writestr(name, content)
    return stream.getvalue()
