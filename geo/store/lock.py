"""One writer process a GeoPackage: ``STORE.lock`` beside it, held with flock for as long as the store is open to write.

The kernel drops the lock when the process ends, however it ends, so a lock file that was left behind means nothing.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from geo.errors import StoreHeld, StoreUnsafe
from geo.store.types import utc_text

# File locks and the shared memory of SQLite's WAL do not hold across the machines that share one of these.
_NETWORK = frozenset(
    {
        "9p",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "coda",
        "davfs",
        "fuse.ceph",
        "fuse.davfs2",
        "fuse.gcsfuse",
        "fuse.glusterfs",
        "fuse.juicefs",
        "fuse.rclone",
        "fuse.s3fs",
        "fuse.sshfs",
        "gfs2",
        "glusterfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "ocfs2",
        "smb2",
        "smb3",
        "smbfs",
    }
)
_OCTAL = re.compile(r"\\([0-7]{3})")  # how the kernel writes blanks in mount points
_MOUNTINFO = Path("/proc/self/mountinfo")


class StoreLock:
    """The lock of one GeoPackage, taken on construction.

    Raises StoreHeld, whose details name the holder (``pid``, and ``url`` where its API listens), and StoreUnsafe where
    the folder cannot be written.
    """

    def __init__(self, store: Path, *, url: str | None = None, now: datetime | None = None) -> None:
        self.path = lock_path(store)
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            reason = f"{self.path} cannot be written ({error.strerror}); a store needs a folder to write in"
            raise StoreUnsafe(reason) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _read(self._file)
            os.close(self._file)
            raise _held(store, holder) from None
        note = {"pid": os.getpid(), "url": url, "started": utc_text(now) if now else None}
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, json.dumps(note).encode(), 0)

    def release(self) -> None:
        """Let others in. The file stays: removing it would let two processes lock two different files."""
        os.ftruncate(self._file, 0)
        os.close(self._file)


def lock_path(store: Path) -> Path:
    return store.with_name(store.name + ".lock")


def _read(file: int) -> dict[str, Any]:
    try:
        note = json.loads(os.pread(file, 4096, 0))
    except ValueError:  # its holder is just writing it
        return {}
    return note if isinstance(note, dict) else {}


def _held(store: Path, holder: dict[str, Any]) -> StoreHeld:
    who = f"process {holder['pid']}" if holder.get("pid") else "another process"
    if holder.get("url"):
        advice = f"send changes to {holder['url']}, or stop that process first"
    else:
        advice = "wait until it is done, or stop it first"
    return StoreHeld(f"{store} is held by {who}; {advice}", **holder)


def refuse_network_file_system(store: Path, mountinfo: Path = _MOUNTINFO) -> None:
    """Raise StoreUnsafe where the folder of ``store`` is shared over a network; systems without /proc are trusted."""
    if not mountinfo.exists():
        return
    kind, mount_point = _mount_of(store.resolve().parent, mountinfo.read_text())
    # Some containers get even their root through 9p; that one is theirs alone.
    if kind in _NETWORK and not (kind == "9p" and mount_point == Path("/")):
        raise StoreUnsafe(
            f"{store} would lie on a network file system ({kind} at {mount_point}), where file locks do not protect it;"
            " choose a local disk, or use PostGIS",
            file_system=kind,
        )


def _mount_of(folder: Path, mountinfo: str) -> tuple[str, Path]:
    """File system type and mount point of a folder; of two mounts on one point the later hides the earlier."""
    kind, mount_point = "", Path("/")
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        point = Path(_OCTAL.sub(lambda escape: chr(int(escape[1], 8)), left.split()[4]))
        if folder.is_relative_to(point) and len(point.parts) >= len(mount_point.parts):
            kind, mount_point = right.split()[0], point
    return kind, mount_point
