"""The names of a store's places, taken along by a job whose rows name where they are instead of giving coordinates."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import shapely

from geo.model import AreaLevel, PlaceKind
from geo.rules.address_book import AddressBook, AliasName
from geo.rules.address_tree import AreaName, PlaceName, Tree
from geo.rules.evidence import Finder, Known

_FILE = "names.json"


@dataclass(frozen=True)
class NameSet:
    """All names at one moment. geoms: of the places, in metres, in their order. own: of the jurisdiction.

    digest: the same for the same names, and then the answers are the same.
    """

    areas: tuple[AreaName, ...]
    places: tuple[PlaceName, ...]
    aliases: tuple[AliasName, ...]
    geoms: tuple[Any, ...]
    own: str

    @cached_property
    def digest(self) -> str:
        return hashlib.blake2b(self._text.encode(), digest_size=16).hexdigest()

    @cached_property
    def finder(self) -> Finder:
        return Finder(lambda: self._book, self)

    @cached_property
    def _book(self) -> AddressBook:
        return AddressBook(Tree(self.areas, self.places, self.own), self.aliases)

    @cached_property
    def _known(self) -> dict[int, Known]:
        pairs = zip(self.places, self.geoms, strict=True)
        return {each.id: Known(each.id, each.code, each.kind, geom) for each, geom in pairs}

    @cached_property
    def _codes(self) -> dict[str, Known]:
        return {known.code: known for known in self._known.values()}

    def by_codes(self, codes: Sequence[str]) -> list[Known]:
        return [self._codes[code] for code in codes if code in self._codes]

    def by_ids(self, ids: Sequence[int]) -> list[Known]:
        return [self._known[each] for each in sorted(set(ids)) if each in self._known]

    @cached_property
    def _text(self) -> str:
        told = {
            "areas": [asdict(each) for each in self.areas],
            "places": [asdict(each) for each in self.places],
            "aliases": [asdict(each) for each in self.aliases],
            "geoms": shapely.to_wkb(self.geoms, hex=True).tolist(),
            "own": self.own,
        }
        return json.dumps(told, ensure_ascii=False)

    def save(self, folder: Path) -> None:
        """Write the names into a job's folder."""
        (folder / _FILE).write_text(self._text, "utf-8")

    @classmethod
    def load(cls, folder: Path, digest: str) -> NameSet:
        """The names of a job's folder. A worker loads them once a job."""
        return _loaded(str(folder), digest)


@lru_cache(maxsize=2)
def _loaded(folder: str, digest: str) -> NameSet:
    told = json.loads((Path(folder) / _FILE).read_text("utf-8"))
    return NameSet(
        tuple(AreaName(**{**each, "level": AreaLevel(each["level"])}) for each in told["areas"]),
        tuple(PlaceName(**{**each, "kind": PlaceKind(each["kind"])}) for each in told["places"]),
        tuple(AliasName(**each) for each in told["aliases"]),
        tuple(shapely.from_wkb(told["geoms"])),
        told["own"],
    )
