"""The archive keeps exactly the bytes that were put, heals what was damaged, and says what is wrong."""

import errno
import logging
import os
from pathlib import Path

import pytest

from include.errors import InputError
from include.store.archive import Archive


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


@pytest.mark.parametrize("damage", [b"", b"letteR", b"letter and more"])
def test_a_damaged_object_is_named_and_put_again_is_whole(
    archive: Archive, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    digest = archive.put(b"letter")
    archive.path(digest).write_bytes(damage)
    with pytest.raises(InputError, match="an archived file was changed"):
        archive.get(digest)
    with caplog.at_level(logging.ERROR):
        assert archive.put(b"letter") == digest
    assert "was damaged: written again" in caplog.text
    assert archive.get(digest) == b"letter"
    assert [path.name for path in archive.path(digest).parent.iterdir()] == [digest]


def test_what_is_whole_is_left_alone_and_young_again(archive: Archive) -> None:
    digest = archive.put(b"letter")
    os.utime(archive.path(digest), (0, 0))
    before = archive.path(digest).stat().st_ino
    archive.put(b"letter")
    after = archive.path(digest).stat()
    assert (after.st_ino, after.st_mtime > 0) == (before, True)


def test_a_full_disk_leaves_nothing_half_written(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match=r"the archive cannot be written.*No space left"):
        archive.put(b"letter")
    assert list(archive.root.glob("??/*")) == []


def test_an_archive_that_is_away_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    away = Archive(tmp_path / "file")  # no folder: nothing can be put or read
    with pytest.raises(InputError, match="the archive cannot be written"):
        away.put(b"letter")
    with pytest.raises(InputError, match="an archived file cannot be read"):
        away.get("0" * 64)
    assert "无法读取" in away.trouble()
    assert "无法读取" in Archive(tmp_path / "nowhere").trouble()
    with pytest.raises(InputError, match="not in the archive"):
        Archive(tmp_path / "nowhere").get("0" * 64)
