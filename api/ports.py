"""Listening sockets, and who holds a port that is taken."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from geo.errors import Conflict

LISTENING = "0A"  # of the state column in /proc/net/tcp


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to host and port (0: a free one). Conflict says who holds the port, where that can be known."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    bound = socket.socket(family, kind, protocol)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(address)
        bound.listen(1024)
    except OSError as error:
        bound.close()
        holder = holder_of(port)
        who = f" by {holder}" if holder else ""
        raise Conflict(
            f"Port {port} on {host} cannot be used ({os.strerror(error.errno or 0)}){who}."
            " Stop that process, or choose another with --port."
        ) from None
    return bound


def holder_of(port: int) -> str | None:
    """Process that listens on a port, as far as this user may look: "process 123 (name)"."""
    inodes = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    if not inodes:
        return None
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(_target(handle) in inodes for handle in (process / "fd").iterdir()):
                return f"process {process.name} ({(process / 'comm').read_text().strip()})"
        except OSError:  # of another user, or gone by now
            continue
    return None


def _target(handle: Path) -> str | None:
    try:
        return str(handle.readlink())
    except OSError:  # closed meanwhile, as is the one that lists them
        return None


def _listening_inodes(port: int) -> set[str]:
    found = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        try:
            lines = table.read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            _, local, _, state, *rest = line.split()
            if state == LISTENING and int(local.rpartition(":")[2], 16) == port:
                found.add(rest[5])
    return found
