"""The folder in which a job's parts grow: each whole or not there, so that a killed job goes on where it was."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from geo.bulk.gridset import GridSet
from geo.bulk.job import Bulk, Plan
from geo.bulk.names import NameSet
from geo.errors import Conflict
from geo.files import write_csv

Made = tuple[pa.Table, list[dict[str, Any]]]  # rows that come out, and those that were not taken

_JOB, _LOCK, _FINGERPRINT = "job.json", "lock", "fingerprint.json"
REJECT_COLUMNS = ("row", "reason")


class Parts:
    """The parts of one job in a folder that all workers see."""

    def __init__(self, folder: Path, shape: str) -> None:
        self.folder = folder
        self._suffix = ".parquet" if shape == "folder" else ".arrow"

    def path(self, number: int) -> Path:
        return self.folder / f"part-{number:05d}{self._suffix}"

    def rows_path(self, number: int) -> Path:
        """Where the client lays rows for a worker."""
        return self.folder / f"rows-{number:05d}.arrow"

    def rejects_path(self, number: int) -> Path:
        return self.folder / f"rejects-{number:05d}.csv"

    def done(self, number: int) -> Counter[str] | None:
        """How the rows of a part ended; None while it is not done. The note on it is written last."""
        with suppress(OSError, ValueError, KeyError):
            note = json.loads(self._note(number).read_text("utf-8"))
            if self.path(number).stat().st_size == note["bytes"]:
                return Counter(note["counts"])
        return None

    def writing(
        self,
        number: int,
        schema: pa.Schema,
        made: Iterable[Made],
        counts: Counter[str],
    ) -> Iterator[pa.Table]:
        """Write tables and rejects as they come, handing each table on; the part is there when all are.

        counts: how the rows ended, filled by whoever makes the tables.
        """
        growing = self._growing(self.path(number))
        rejects: list[dict[str, Any]] = []
        with _writer(growing, schema) as writer:
            for table, bad in made:
                writer.write_table(table)
                rejects += bad
                yield table
        self.reject(number, rejects)
        growing.replace(self.path(number))
        note = {"bytes": self.path(number).stat().st_size, "counts": counts}
        growing = self._growing(self._note(number))
        growing.write_text(json.dumps(note), "utf-8")
        growing.replace(self._note(number))

    def reject(self, number: int, rejects: Sequence[Mapping[str, Any]]) -> None:
        """Write down which rows of a part were not taken."""
        if rejects:
            write_csv(self.rejects_path(number), REJECT_COLUMNS, rejects, replace=True)

    def read(self, number: int) -> Iterator[pa.Table]:
        """The tables of a part that is done, as they were written."""
        with pa.OSFile(str(self.path(number)), "rb") as file:
            for batch in pa.ipc.open_stream(file):
                yield pa.Table.from_batches([batch])

    def _note(self, number: int) -> Path:
        return self.folder / f"part-{number:05d}.json"

    @staticmethod
    def _growing(path: Path) -> Path:
        """Two workers may make one part, when one of them was thought lost."""
        return path.with_name(f".{path.name}.{os.uname().nodename}-{os.getpid()}-{os.urandom(4).hex()}")


def _writer(path: Path, schema: pa.Schema) -> Any:
    if ".parquet." in path.name:
        return parquet_writer(path, schema)
    return pa.ipc.new_stream(str(path), schema)  # a stream, for words of the input may differ from batch to batch


def parquet_writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """Texts often repeat and are kept once; numbers seldom do."""
    words = [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_dictionary(field.type)]
    return pq.ParquetWriter(path, schema, use_dictionary=words, compression="snappy")


class JobFolder:
    """The folder of a job beside its output, held by one run at a time."""

    def __init__(self, out: Path, shape: str) -> None:
        self.folder = out.with_name(f"{out.name}.parts")
        self.parts = Parts(self.folder, shape)

    def open(self, bulk: Bulk) -> bool:
        """Take the folder, and tell whether an earlier run of this very job left parts in it.

        Raises Conflict while another run has it. What another job left is removed.
        """
        self.folder.mkdir(exist_ok=True)
        self._lock = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise Conflict(f"another run is writing {bulk.request.out}: wait until it is done, or stop it") from None
        told = self.folder / _FINGERPRINT
        goes_on = told.exists() and told.read_text("utf-8") == bulk.fingerprint
        if not goes_on:
            for left in self.folder.iterdir():
                if left.name != _LOCK:
                    left.unlink()
            (self.folder / _JOB).write_text(bulk.plan.to_json(), "utf-8")
            told.write_text(bulk.fingerprint, "utf-8")
        return goes_on

    def share(self, grids: GridSet, names: NameSet | None) -> None:
        """Lay there for workers what they decide by."""
        grids.save(self.folder)
        if names is not None:
            names.save(self.folder)

    def leave(self) -> None:
        """Let others have it; what is done stays."""
        os.close(self._lock)

    def remove(self) -> None:
        shutil.rmtree(self.folder)
        os.close(self._lock)

    def become(self, out: Path) -> None:
        """Make the folder of parts the output: nothing in it but the parts."""
        for other in self.folder.iterdir():
            if other.suffix != ".parquet" or other.name.startswith("."):
                other.unlink()
        self.folder.replace(out)
        os.close(self._lock)


def read_plan(folder: Path) -> Plan:
    return Plan.from_json((folder / _JOB).read_text("utf-8"))
