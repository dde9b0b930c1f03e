"""The grids that a job assigns to: codes, names and their index, written once for all workers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import shapely
from numpy.typing import NDArray

from geo.coverage.disc import Outlines
from geo.coverage.index import GridIndex
from geo.crs import Metric

_INDEX, _ABOUT = "grids.index", "grids.json"


@dataclass(frozen=True)
class GridSet:
    """n grids that are a checked coverage, in EPSG:``srid``. names: (n,) in the order of the index's codes.

    edition: the number under which a store published them; None for grids of a file. title: what they are, for people.
    digest: the same for the same grids measured alike, and then the answers are the same. outlines: only where discs
    are measured.
    """

    index: GridIndex
    names: tuple[str, ...]
    srid: int
    edition: int | None
    title: str
    digest: str
    outlines: Outlines | None = None

    def __len__(self) -> int:
        return len(self.names)

    @classmethod
    def of(
        cls,
        codes: Sequence[str],
        names: Sequence[str],
        geoms: NDArray[Any],
        *,
        srid: int,
        edition: int | None,
        title: str,
        discs: bool = False,
    ) -> GridSet:
        """geoms: (n,) polygons in metres, on the lattice. discs: whether the shares of discs are wanted."""
        told = hashlib.blake2b(json.dumps([list(codes), list(names), srid, edition, discs]).encode(), digest_size=16)
        for wkb in shapely.to_wkb(geoms):
            told.update(wkb)
        index = GridIndex.from_arrays(codes, list(geoms))
        outlines = Outlines.of(geoms) if discs else None
        return cls(index, tuple(names), srid, edition, title, told.hexdigest(), outlines)

    @cached_property
    def metric(self) -> Metric:
        return Metric(self.srid)

    @cached_property
    def code_array(self) -> pa.Array:
        return pa.array(self.index.codes, pa.string())

    @cached_property
    def name_array(self) -> pa.Array:
        return pa.array(self.names, pa.string())

    @cached_property
    def code_texts(self) -> list[str]:
        """The codes as JSON."""
        return [json.dumps(code, ensure_ascii=False) for code in self.index.codes]

    def save(self, folder: Path) -> None:
        """Write index, names and outlines into a job's folder."""
        self.index.save(folder / _INDEX)
        if self.outlines is not None:
            self.outlines.save(folder)
        about = {name: getattr(self, name) for name in ("names", "srid", "edition", "title", "digest")}
        (folder / _ABOUT).write_text(json.dumps(about, ensure_ascii=False), "utf-8")

    @classmethod
    def load(cls, folder: Path, digest: str) -> GridSet:
        """The grids of a job's folder. A worker loads them once a job; workers of one machine share the index."""
        return _loaded(str(folder), digest)


@lru_cache(maxsize=2)
def _loaded(folder: str, digest: str) -> GridSet:
    about = json.loads((Path(folder) / _ABOUT).read_text("utf-8"))
    told = {**about, "names": tuple(about["names"]), "outlines": Outlines.load(Path(folder))}
    return GridSet(GridIndex.load(Path(folder) / _INDEX), **told)
