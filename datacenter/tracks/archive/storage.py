"""Where archive files lie (归档存储): a directory or an S3-compatible bucket, and perhaps a second one.

What the storage can't do is ``ArchiveUnavailable``; that a file is not there is ``FileNotFoundError``. What a file must
hold is for ``files``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
from django.conf import settings
from pyarrow import fs

from datacenter.tracks.archive.errors import ArchiveUnavailable, BadArchiveAddress

FOLDER = "positions"


class Storage:
    """One place for files; paths are relative to it, with slashes."""

    def __init__(self, filesystem: fs.FileSystem, base: str) -> None:
        self.filesystem, self.base = filesystem, base.rstrip("/")

    def __str__(self) -> str:
        return f"{self.filesystem.type_name}:{self.base}"

    def whole(self, path: str) -> str:
        """The path as the file system knows it."""
        return f"{self.base}/{path}"

    @contextmanager
    def writing(self, path: str) -> Iterator[pa.NativeFile]:
        """A stream into ``path``, on disk for good when the block ends; a file of that name is written over."""
        whole = self.whole(path)
        local = isinstance(self.filesystem, fs.LocalFileSystem)
        with _told():
            if local:  # a bucket has no directories
                self.filesystem.create_dir(whole.rpartition("/")[0], recursive=True)
            with self.filesystem.open_output_stream(whole) as sink:
                yield sink
            if local:
                # Nothing is dropped from the database before the disk has its copy, whatever the power does.
                _sync(Path(whole))
                _sync(Path(whole).parent)

    def read(self, path: str, offset: int = 0, length: int | None = None) -> bytes:
        """The bytes of a file, or ``length`` of them from ``offset``; fewer where it is shorter."""
        with _told(), self.filesystem.open_input_file(self.whole(path)) as source:
            size = source.size()
            wanted = max(0, min(size - offset, size if length is None else length))
            return bytes(source.read_at(wanted, offset))

    def write(self, path: str, data: bytes) -> None:
        """A whole file at once."""
        with self.writing(path) as sink:
            sink.write(data)

    def delete(self, path: str) -> None:
        """Remove a file; fine where there is none."""
        try:
            with _told():
                self.filesystem.delete_file(self.whole(path))
        except FileNotFoundError:
            pass

    def listed(self, folder: str) -> list[str]:
        """Every file in ``folder``, relative to the storage."""
        with _told():
            found = self.filesystem.get_file_info(
                fs.FileSelector(self.whole(folder), allow_not_found=True, recursive=True)
            )
        return sorted(info.path.removeprefix(self.base + "/") for info in found if info.type == fs.FileType.File)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except (OSError, pa.ArrowException) as fault:
        raise ArchiveUnavailable(reason=str(fault)[:200]) from fault


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def storages() -> list[Storage]:
    """``ARCHIVE_URL``'s, then ``ARCHIVE_COPY_URL``'s where it is set."""
    return list(_storages(settings.ARCHIVE_URL, settings.ARCHIVE_COPY_URL, str(settings.VAR_DIR), os.getpid()))


@lru_cache(maxsize=4)
def _storages(url: str, copy_url: str, var: str, process: int) -> tuple[Storage, ...]:
    # By process: a client of S3 does not survive a fork.
    first = _opened("ARCHIVE_URL", url) if url else Storage(fs.LocalFileSystem(), str(Path(var).absolute() / "archive"))
    return (first, _opened("ARCHIVE_COPY_URL", copy_url)) if copy_url else (first,)


def _opened(name: str, url: str) -> Storage:
    try:
        if url.startswith("/"):
            return Storage(fs.LocalFileSystem(), url)
        filesystem, base = fs.FileSystem.from_uri(url)
        if not base.strip("/"):
            raise ValueError("no bucket")
        return Storage(filesystem, base)
    except (OSError, ValueError, pa.ArrowException) as fault:
        # The address may hold a key: it is not repeated, not even in the fault's own words.
        raise BadArchiveAddress(
            f"{name} 不是可用的存储地址（{type(fault).__name__}）：应为绝对路径、file:///… 或 s3://桶/前缀?region=…"
        ) from None
