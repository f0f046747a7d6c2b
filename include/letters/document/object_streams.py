"""A PDF of Typst with its small objects packed: the tags of a long table are thousands of objects that Typst writes one by one, as plain text.

Objects without a stream of their own are put into compressed object streams, and the table of places becomes a stream (ISO 32000-1,
7.5.7 and 7.5.8): what the file says, tags included, stays the same. Only what Typst writes is read here: one table, no earlier versions.
"""

import re
import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from include.errors import CompositionError

_BATCH: Final = 500  # objects of one stream: a reader unpacks a whole one for any of its objects
_LEAST_VERSION: Final = b"%PDF-1.5"  # that knows object streams
_END: Final = re.compile(
    rb"xref\s+0 \d+\s+((?:\d{10} \d{5} [fn]\s+)+)trailer\s*<<(.*)>>\s*startxref\s+\d+\s+%%EOF\s*$", re.S
)
_USED: Final = re.compile(rb"(\d{10}) \d{5} n")
_SIZE: Final = re.compile(rb"/Size \d+")
_FREE: Final = bytes((0, 0, 0, 0, 0, 0xFF, 0xFF))  # the entry of object 0


def packed(pdf: bytes) -> bytes:
    """The same document in fewer bytes; same bytes in, same bytes out. Raises CompositionError for a file that Typst did not write so."""
    end = _END.search(pdf, max(0, pdf.rfind(b"\nxref")))
    if end is None:
        raise _unknown("no table of objects at its end")
    if pdf[: len(_LEAST_VERSION)] < _LEAST_VERSION:
        return pdf
    places = sorted(int(found[1]) for found in _USED.finditer(end[1]))
    small: list[tuple[int, bytes]] = []
    written, entries = bytearray(pdf[: places[0]]), {0: _FREE}
    for number, body, whole in _objects(pdf, [*places, end.start()]):
        if body.endswith(b"endstream"):
            entries[number] = _entry(1, len(written), 0)
            written += whole
        else:
            small.append((number, body))
    following = len(entries) + len(small)
    batches = (small[at : at + _BATCH] for at in range(0, len(small), _BATCH))
    for holder, batch in enumerate(batches, start=following):
        entries |= {number: _entry(2, holder, place) for place, (number, _) in enumerate(batch)}
        entries[holder] = _entry(1, len(written), 0)
        written += _stream(holder, *_contents(batch))
    table, start = len(entries), len(written)
    entries[table] = _entry(1, start, 0)
    told = _SIZE.sub(b"/Size %d" % len(entries), end[2])
    rows = b"".join(entries[number] for number in range(len(entries)))
    written += _stream(table, b"/Type/XRef/W[1 4 2]" + told, rows)
    return bytes(written + b"startxref\n%d\n%%%%EOF" % start)


def _objects(pdf: bytes, places: Sequence[int]) -> Iterator[tuple[int, bytes, bytes]]:
    """Number, content and whole text of each object that begins at one of `places`; the last place ends the last one."""
    for begin, end in pairwise(places):
        number, opened, body = pdf[begin:end].rstrip().partition(b" 0 obj\n")
        if not (opened and number.isdigit() and body.endswith(b"endobj")):
            raise _unknown(f"no object at byte {begin}")
        yield int(number), body.removesuffix(b"endobj").strip(), pdf[begin:end]


def _contents(batch: Sequence[tuple[int, bytes]]) -> tuple[bytes, bytes]:
    """What an object stream of these objects says of itself, and its content: numbers and places first."""
    heads, bodies, at = [], [], 0
    for number, body in batch:
        heads.append(b"%d %d" % (number, at))
        bodies.append(body)
        at += len(body) + 1
    head = b" ".join(heads) + b"\n"
    return b"/Type/ObjStm/N %d/First %d" % (len(batch), len(head)), head + b"\n".join(bodies)


def _stream(number: int, told: bytes, content: bytes) -> bytes:
    data = zlib.compress(content, 9)
    return b"%d 0 obj\n<<%b/Filter/FlateDecode/Length %d>>\nstream\n%b\nendstream\nendobj\n\n" % (
        number,
        told,
        len(data),
        data,
    )


def _entry(kind: int, place: int, index: int) -> bytes:
    """A row of the table: 1, byte, 0 for an object of its own; 2, number of the stream, place in it for a packed one."""
    return bytes((kind,)) + place.to_bytes(4, "big") + index.to_bytes(2, "big")


def _unknown(got: str) -> CompositionError:
    return CompositionError(
        "the PDF is not of the form that Typst writes",
        where="object streams",
        got=got,
        todo="see whether Typst was renewed: include/letters/document/object_streams.py reads its files",
    )
