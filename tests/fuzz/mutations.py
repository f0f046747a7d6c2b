"""Input that almost makes sense: good bytes with a few pieces replaced by words that parsers stumble over."""

from hypothesis import strategies as st

WORDS = (
    b"",
    b"\x00",
    b"\r",
    b"\n",
    b"\r\n",
    b'"',
    b'""',
    b",",
    b";",
    b"\t",
    b"'",
    b"=1+1",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\x1a",
    b"\x80",
    b"<",
    b">",
    b"&",
    b"/>",
    b"]]>",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
    b"&b;",
    b"{",
    b"}",
    b"[",
    b"]",
    b"null",
    b"true",
    b"NaN",
    b"Infinity",
    b"-1",
    b"0",
    b"1e400",
    b"1_0",
    b"0x10",
    b"9" * 5000,
    b"1000000000",
    b"-0.0",
    b"\\ud800",
    b"\\u0000",
    b"\\u202e",
    "²".encode(),
    "٣".encode(),
    "１２".encode(),
    "①".encode(),
    "\u202e\u200b\U000e0041".encode(),
    "报警".encode("gb18030"),
    "报警".encode(),
    b"2020-03-08T24:00",
    b"0001-01-01T00:00",
    b"9999-12-31T23:59:59",
    b"2020-02-30",
    b"+25:00",
    b"-00:00",
    b"Z",
    b'r="1048577"',
    b'r="XFD1"',
    b't="s"',
    b't="d"',
    b's="999"',
    b"250 ok\r\n",
    b"250-SIZE unlimited\r\n",
    b"550-no\r\n",
    b"354 go\r\n",
    b"421 bye\r\n",
    b"=?utf-8?b?//8=?=",
    b"=?x?q?=00?=",
    b": ",
    b"\r\n\r\n",
    b"x" * 300,
)


@st.composite
def mutated(draw: st.DrawFn, good: bytes) -> bytes:
    """The bytes with up to eight pieces replaced."""
    content = bytearray(good)
    for _ in range(draw(st.integers(0, 8))):
        start = draw(st.integers(0, len(content)))
        length = draw(st.one_of(st.integers(0, 6), st.integers(0, 200)))
        content[start : start + length] = draw(st.one_of(st.sampled_from(WORDS), st.binary(max_size=12)))
    return bytes(content)
