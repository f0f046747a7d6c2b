"""Photos of an inspector: re-encoded in a process of their own, so that nothing of the upload but its pixels is kept."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Final

from include.field.reports import Photo
from include.rules import FIELD

_AT_ONCE: Final = BoundedSemaphore(2)
_JPEG: Final = b"\xff\xd8\xff"

NOT_TAKEN: Final = {
    "pixels": "照片过大，请用手机的普通照片模式重拍",
    "broken": "不是能读的照片（应为JPEG、PNG或WebP）",
    "slow": "照片处理超时，请换一张或减小尺寸",
}


class PhotoRefused(Exception):
    """A photo that is not taken; the words (Chinese) are for the inspector."""


@dataclass(frozen=True)
class TakenPhoto:
    """A photo as it will be kept."""

    told: Photo
    content: bytes


def re_encoded(upload: bytes) -> TakenPhoto:
    """The photo with nothing but its pixels, at most FIELD.photo_side_pixels wide and high. Raises PhotoRefused."""
    limits = (FIELD.most_pixels, FIELD.photo_side_pixels, FIELD.photo_quality)
    command = [sys.executable, "-m", "include.field.photo_child", *map(str, limits)]
    with _AT_ONCE:
        try:
            done = subprocess.run(  # noqa: S603
                command, input=upload, capture_output=True, timeout=FIELD.photo_seconds, check=False
            )
        except subprocess.TimeoutExpired:
            raise PhotoRefused(NOT_TAKEN["slow"]) from None
    head, _, content = done.stdout.partition(b"\n")
    if done.returncode or not content.startswith(_JPEG) or len(content) > FIELD.largest_kept_photo_bytes:
        raise PhotoRefused(NOT_TAKEN.get(done.stderr.decode(errors="replace"), NOT_TAKEN["broken"]))
    width, height = map(int, head.split())
    digest = hashlib.sha256(content).hexdigest()
    return TakenPhoto(Photo(sha256=digest, size_bytes=len(content), width=width, height=height), content)
