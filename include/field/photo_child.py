"""Re-encodes one photo: `python -m include.field.photo_child`, the upload on stdin, a plain JPEG on stdout.

A process of its own with limits of memory and time: what a decoder does with hostile bytes ends here. Only the pixels survive; where it
was taken, by whose phone, and whatever else is in the file does not. Exit 3: no photo that is taken, with one word on stderr.
"""

import resource
import sys
import warnings
from io import BytesIO
from typing import Final, NoReturn

_MEMORY_BYTES: Final = 1 << 30
_PROCESSOR_SECONDS: Final = 20
_FORMATS: Final = ("JPEG", "PNG", "WEBP")


def main(most_pixels: int, side: int, quality: int) -> None:
    """Reads, checks the size that the header tells before a pixel is decoded, turns it upright, and writes the pixels anew."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_PROCESSOR_SECONDS, _PROCESSOR_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = most_pixels
    warnings.simplefilter("error")
    try:
        with Image.open(BytesIO(sys.stdin.buffer.read()), formats=_FORMATS) as opened:
            if opened.width * opened.height > most_pixels:
                _refuse("pixels")
            if opened.format == "JPEG":
                opened.draft("RGB", (2 * side, 2 * side))
            upright = ImageOps.exif_transpose(opened)
            plain = upright.convert("RGB")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError):
        _refuse("pixels")
    except Exception:  # whatever a decoder says of hostile bytes
        _refuse("broken")
    plain.thumbnail((side, side))
    bare = Image.new("RGB", plain.size)
    bare.paste(plain)
    written = BytesIO()
    bare.save(written, "JPEG", quality=quality, optimize=True)
    sys.stdout.buffer.write(f"{bare.width} {bare.height}\n".encode() + written.getvalue())


def _refuse(word: str) -> NoReturn:
    sys.stderr.write(word)
    sys.exit(3)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
