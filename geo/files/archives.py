"""Zip archives of one layer: a Shapefile with its parts, or a FileGDB. They are unpacked before GDAL opens anything.

Names of folders in an archive say nothing: people zip a folder as often as what lies in it, and nothing may be written
elsewhere. GDAL would open whatever it finds in an archive, so it finds one layer.
"""

from __future__ import annotations

import lzma
import shutil
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from geo.errors import BadInput

SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".qmd", ".qpj", ".xml", ".txt")
_MOST_UNPACKED = 2 << 30
_OF_A_MAC = {"__MACOSX", ".DS_Store"}
# What zipfile says of an archive that is torn, locked, or of a version to come.
_UNREADABLE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError, ValueError)


def check_archive(path: Path) -> None:
    """Raises BadInput for an archive of anything but one Shapefile or one FileGDB, and for one that is too large."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = _parts(archive)
    except _UNREADABLE as error:
        raise BadInput(f"{path.name} cannot be read: {error}") from None
    twice = [name for name, times in Counter(_name(part).name.lower() for part in parts).items() if times > 1]
    if twice:
        raise BadInput(f"{path.name} holds files of one name in several folders: {', '.join(twice[:3])}: zip one layer")
    if _geodatabase(parts) is None:
        strange = [part.filename for part in parts if _name(part).suffix.lower() not in SHAPEFILE_PARTS]
        if strange:
            raise BadInput(f"{path.name} holds more than one Shapefile or one FileGDB: {', '.join(strange[:3])}")
        if sum(_name(part).suffix.lower() == ".shp" for part in parts) != 1:
            raise BadInput(f"{path.name} must hold exactly one .shp with its parts")
    if sum(part.file_size for part in parts) > _MOST_UNPACKED:
        raise BadInput(f"{path.name} unpacks to more than {_MOST_UNPACKED >> 30} GB")


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The Shapefile or FileGDB of an archive that was checked, gone at the end. Raises BadInput."""
    with tempfile.TemporaryDirectory(prefix="gridwarden-") as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                content = _unpack(archive, Path(folder))
        except _UNREADABLE as error:
            raise BadInput(f"{path.name} cannot be read: {error}") from None
        yield content


def _unpack(archive: zipfile.ZipFile, folder: Path) -> Path:
    parts = _parts(archive)
    geodatabase = _geodatabase(parts)
    if geodatabase is not None:
        folder = folder / geodatabase
        folder.mkdir()
    for part in parts:
        with archive.open(part) as source, (folder / _name(part).name).open("wb") as target:
            shutil.copyfileobj(source, target)
    return folder if geodatabase is not None else next(at for at in folder.iterdir() if at.suffix.lower() == ".shp")


def _parts(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Its files, but for what a Mac puts beside them."""
    return [part for part in archive.infolist() if not part.is_dir() and not _OF_A_MAC & {*_name(part).parts}]


def _name(part: zipfile.ZipInfo) -> PurePosixPath:
    return PurePosixPath(part.filename.replace("\\", "/"))


def _geodatabase(parts: Sequence[zipfile.ZipInfo]) -> str | None:
    """The name of the one folder that all parts lie in, where it is that of a FileGDB."""
    folders = {_name(part).parent.name for part in parts}
    name = folders.pop() if len(folders) == 1 else ""
    return name if name.lower().endswith(".gdb") and name.lower() != ".gdb" else None
