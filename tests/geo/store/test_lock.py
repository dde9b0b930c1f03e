"""The lock file, and where a store may not lie."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

import pytest

from geo.errors import StoreHeld, StoreUnsafe
from geo.store.lock import StoreLock, lock_path, refuse_network_file_system


def test_the_lock_says_who_holds_it(tmp_path: Path, now: datetime) -> None:
    store = tmp_path / "city.gpkg"
    lock = StoreLock(store, url="http://127.0.0.1:8000", now=now)
    note = json.loads(lock_path(store).read_text())
    assert note == {"pid": os.getpid(), "url": "http://127.0.0.1:8000", "started": "2026-03-18T04:00:00.000Z"}
    with pytest.raises(StoreHeld, match=f"process {os.getpid()}") as held:
        StoreLock(store)
    assert held.value.details == note
    lock.release()
    StoreLock(store).release()


@pytest.mark.parametrize("left_behind", ["", "{", "[1]", '{"pid": 1, "url": "http://gone"}', "\x00\x00"])
def test_a_lock_file_that_was_left_behind_means_nothing(tmp_path: Path, left_behind: str) -> None:
    store = tmp_path / "city.gpkg"
    lock_path(store).write_text(left_behind)
    StoreLock(store).release()


@pytest.mark.parametrize("note", ["", "{", "[1]"])
def test_a_holder_that_has_not_said_its_name_yet(tmp_path: Path, note: str) -> None:
    store = tmp_path / "city.gpkg"
    lock = StoreLock(store)
    lock_path(store).write_text(note)
    with pytest.raises(StoreHeld, match="another process"):
        StoreLock(store)
    lock.release()


def mount(kind: str, point: Path | str) -> str:
    escaped = str(point).replace(" ", r"\040")
    return f"27 1 254:0 / {escaped} rw,relatime shared:1 - {kind} source rw\n"


ROOT = mount("ext4", "/")


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "ceph"])
def test_network_file_systems_are_refused(tmp_path: Path, kind: str) -> None:
    mounts = tmp_path / "mountinfo"
    share = tmp_path / "the share 区"
    mounts.write_text(ROOT + mount(kind, share))
    with pytest.raises(StoreUnsafe, match=f"network file system \\({kind}"):
        refuse_network_file_system(share / "deep" / "city.gpkg", mounts)
    refuse_network_file_system(tmp_path / "the share 区 beside" / "city.gpkg", mounts)
    refuse_network_file_system(tmp_path / "city.gpkg", mounts)


def test_the_innermost_and_latest_mount_counts(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(ROOT + mount("ext4", tmp_path / "disk") + mount("nfs", tmp_path) + mount("nfs", tmp_path / "x"))
    refuse_network_file_system(tmp_path / "disk" / "city.gpkg", mounts)
    mounts.write_text(mount("nfs", tmp_path) + mount("tmpfs", tmp_path))
    refuse_network_file_system(tmp_path / "city.gpkg", mounts)


def test_a_link_into_a_share_is_refused(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    share = tmp_path / "share"
    share.mkdir()
    (tmp_path / "link").symlink_to(share)
    mounts.write_text(ROOT + mount("nfs", share))
    with pytest.raises(StoreUnsafe):
        refuse_network_file_system(tmp_path / "link" / "city.gpkg", mounts)


def test_a_container_may_have_its_root_through_9p(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(mount("9p", "/"))
    refuse_network_file_system(tmp_path / "city.gpkg", mounts)


def test_a_system_without_proc_is_trusted(tmp_path: Path) -> None:
    refuse_network_file_system(tmp_path / "city.gpkg", tmp_path / "no such file")
