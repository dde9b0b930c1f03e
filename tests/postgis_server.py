"""A private PostgreSQL with PostGIS for one test run: its own folder, reachable through its Unix socket only."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

_USER = "gridwarden"
_TEMPLATE = "with_postgis"

# The shell stays until its input ends, which it does when this process closes it or dies, however it dies: no server is
# left behind. What tests write need not outlive a power cut, so nothing is forced to the disk unless it is asked for.
_SCRIPT = """
set -e
initdb --pgdata="$1/data" --username="$2" --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$1/log" 2>&1
cat >>"$1/data/postgresql.conf" <<END
listen_addresses = ''
unix_socket_directories = '$1'
max_connections = 200
shared_buffers = 32MB
fsync = $3
full_page_writes = $3
synchronous_commit = $3
END
pg_ctl --pgdata="$1/data" --log="$1/log" --wait start >>"$1/log" 2>&1
echo ready
cat >/dev/null
pg_ctl --pgdata="$1/data" --mode=immediate --wait stop >>"$1/log" 2>&1
"""


@cache
def programs() -> Path | None:
    """Where initdb and pg_ctl are, of the newest server that has PostGIS; None when there is none."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda found: -float(found.parent.name)):
        extensions = Path("/usr/share/postgresql") / folder.parent.name / "extension"
        if (folder / "initdb").exists() and (extensions / "postgis.control").exists():
            return folder
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


class PostgisServer:
    """Starts on entry, stops on exit. ``new_database`` makes an empty database with PostGIS in it.

    durable: a commit is on the disk before it is answered, as where it is installed; benchmarks of writing need that.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self._durable = durable
        found = programs()
        if found is None:
            raise RuntimeError("PostgreSQL is not installed")
        self._programs = found
        self._made = 0

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="gridwarden-postgis-"))
        # initdb refuses to run as root.
        owner = _unprivileged() if os.geteuid() == 0 else None
        if owner:
            os.chown(self._folder, owner.pw_uid, owner.pw_gid)
        self._folder.chmod(0o755)
        self._process = subprocess.Popen(
            ["sh", "-c", _SCRIPT, "sh", str(self._folder), _USER, "on" if self._durable else "off"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=self._folder,
            env={"PATH": f"{self._programs}:/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
            user=owner.pw_uid if owner else None,
            group=owner.pw_gid if owner else None,
            extra_groups=[] if owner else None,
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline() != b"ready\n":
            raise RuntimeError(f"PostgreSQL did not start:\n{(self._folder / 'log').read_text()}")
        self._execute(f"CREATE DATABASE {_TEMPLATE}")
        self._execute("CREATE EXTENSION postgis", database=_TEMPLATE)
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        self._process.communicate()
        shutil.rmtree(self._folder)

    def new_database(self, *, template: str = _TEMPLATE, options: str = "") -> str:
        """The URL of a fresh database, a copy of ``template``."""
        self._made += 1
        name = f"test_{self._made}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template} {options}")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database and end what is still connected to it."""
        self._execute(f"DROP DATABASE {_name(url)} WITH (FORCE)")

    def copy(self, url: str) -> str:
        """The URL of a copy of a database that nobody is connected to."""
        return self.new_database(template=_name(url))

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://{_USER}@/{database}?host={self._folder}"

    def _execute(self, statement: str, *, database: str = "postgres") -> None:
        with psycopg.connect(host=str(self._folder), user=_USER, dbname=database, autocommit=True) as connection:
            connection.execute(statement.encode())


def _name(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]


def _unprivileged() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")
