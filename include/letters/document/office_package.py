"""Word and Excel files with stable bytes: the same content is the same file, whenever and wherever it is made."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any, Final

from docx.opc.pkgwriter import PackageWriter

_ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say: no file of a letter has an age


def settled(package: bytes, replaced: Mapping[str, bytes] | None = None) -> bytes:
    """The same package with fixed entry times and attributes; the entries named in `replaced` get new content."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as source, _zip(result) as target:
        for name in source.namelist():
            target.writestr(_entry(name), (replaced or {}).get(name) or source.read(name))
    return result.getvalue()


def word_bytes(document: Any) -> bytes:
    """The file of a Word document, with fixed entry times and attributes: each part is packed once, which `save` and `settled` do twice."""
    result = io.BytesIO()
    with _zip(result) as target:
        parts, package = _Parts(target), document.part.package
        for part in package.parts:
            part.before_marshal()
        writer: Any = PackageWriter  # python-docx states types for its own kind of file only
        writer._write_content_types_stream(parts, package.parts)
        writer._write_pkg_rels(parts, package.rels)
        writer._write_parts(parts, package.parts)
    return result.getvalue()


class _Parts:
    """What python-docx writes the parts of a package to."""

    def __init__(self, target: zipfile.ZipFile) -> None:
        self._target = target

    def write(self, uri: Any, content: bytes) -> None:
        self._target.writestr(_entry(uri.membername), content)


def _zip(result: io.BytesIO) -> zipfile.ZipFile:
    return zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED, compresslevel=6)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _ZIP_TIME)
    entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 0
    return entry
