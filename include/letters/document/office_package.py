"""Word and Excel files with stable bytes: the same content is the same file, whenever and wherever it is made."""

import io
import zipfile
from collections.abc import Mapping
from typing import Final

_ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say: no file of a letter has an age


def settled(package: bytes, replaced: Mapping[str, bytes] | None = None) -> bytes:
    """The same package with fixed entry times and attributes; the entries named in `replaced` get new content."""
    result = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(package)) as source,
        zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as target,
    ):
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, _ZIP_TIME)
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 0
            target.writestr(entry, (replaced or {}).get(name) or source.read(name))
    return result.getvalue()
