"""winmail.dat as Outlook writes it ([MS-OXTNEF], [MS-OXCMSG]): the mail's properties, then each file with its short and its long name."""

import struct

_MESSAGE, _ATTACHMENT = 1, 2
_VERSION, _CODEPAGE, _CLASS, _SUBJECT, _PROPERTIES = (
    0x00089006,
    0x00069007,
    0x00078008,
    0x00018004,
    0x00069003,
)
_RENDER, _TITLE, _DATA, _OF_ATTACHMENT = 0x00069002, 0x00018010, 0x0006800F, 0x00069005
_LONG_NAME, _METHOD, _BODY, _HTML, _INTERNET_CODEPAGE = 0x3707, 0x3705, 0x1000, 0x1013, 0x3FDE
_INTEGER, _UNICODE, _BINARY = 0x0003, 0x001F, 0x0102


def winmail(files: dict[str, bytes], text: str = "反馈表见附件。", html: str = "") -> bytes:
    """A package with these files, of an Outlook in Chinese (code page 936)."""
    told = [_text(_BODY, text), _number(_INTERNET_CODEPAGE, 936)]
    told += [_binary(_HTML, html.encode("gb18030"))] if html else []
    parts = [
        _attribute(_MESSAGE, _VERSION, struct.pack("<I", 0x00010000)),
        _attribute(_MESSAGE, _CODEPAGE, struct.pack("<II", 936, 0)),
        _attribute(_MESSAGE, _CLASS, b"IPM.Microsoft Mail.Note\0"),
        _attribute(_MESSAGE, _SUBJECT, "回复：提示函".encode("gb18030") + b"\0"),
        _attribute(_MESSAGE, _PROPERTIES, _properties(told)),
    ]
    for name, content in files.items():
        short = name.encode("gb18030")[:8] + b"~1.XLS\0"  # may end amid a character, as 8.3 names do
        parts += [
            _attribute(_ATTACHMENT, _RENDER, struct.pack("<HIHHI", 1, 0xFFFFFFFF, 0, 0, 0)),
            _attribute(_ATTACHMENT, _TITLE, short),
            _attribute(_ATTACHMENT, _DATA, content),
            _attribute(
                _ATTACHMENT, _OF_ATTACHMENT, _properties([_number(_METHOD, 1), _text(_LONG_NAME, name)])
            ),
        ]
    return struct.pack("<IH", 0x223E9F78, 1) + b"".join(parts)


def _attribute(level: int, name: int, content: bytes) -> bytes:
    return struct.pack("<BII", level, name, len(content)) + content + struct.pack("<H", sum(content) & 0xFFFF)


def _properties(several: list[bytes]) -> bytes:
    return struct.pack("<I", len(several)) + b"".join(several)


def _number(name: int, value: int) -> bytes:
    return struct.pack("<HHI", _INTEGER, name, value)


def _text(name: int, text: str) -> bytes:
    return _long(_UNICODE, name, text.encode("utf-16-le") + b"\0\0")


def _binary(name: int, content: bytes) -> bytes:
    return _long(_BINARY, name, content)


def _long(kind: int, name: int, content: bytes) -> bytes:
    return struct.pack("<HHII", kind, name, 1, len(content)) + content + b"\0" * (-len(content) % 4)
