"""One file out of what people call a file: a Shapefile with its parts, a FileGDB, a GeoPackage with its log."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from geo.errors import BadInput
from geo.files.archives import SHAPEFILE_PARTS
from geo.files.layers import opened, sides


@contextmanager
def as_one_file(path: Path) -> Iterator[Path]:
    """A file that holds all of ``path``, to be sent to another process.

    A Shapefile or FileGDB comes zipped, anything else as it is. Raises BadInput for another folder.
    """
    suffix = path.suffix.lower()
    if path.is_dir():
        if suffix != ".gdb":
            raise BadInput(f"{path.name} is a folder and cannot be sent: export the layer to a GeoPackage first")
        with tempfile.TemporaryDirectory(prefix="gridwarden-") as folder:
            yield _zipped(path.iterdir(), Path(folder) / f"{path.name}.zip", under=path.name)
    elif suffix == ".shp":
        parts = [part for part in sides(path).values() if part.suffix.lower() in SHAPEFILE_PARTS]
        with tempfile.TemporaryDirectory(prefix="gridwarden-") as folder:
            yield _zipped(parts, Path(folder) / f"{path.stem}.zip")
    elif suffix == ".gpkg":
        with opened(path) as copy:
            yield copy
    else:
        yield path


def _zipped(parts: Iterable[Path], target: Path, under: str = ".") -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(parts):
            if part.is_file():
                archive.write(part, Path(under) / part.name)
    return target
