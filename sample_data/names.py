"""Names: of areas (real, from the statistics bureau's list), and of everything else (made up)."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from geo.model import AreaLevel
from sample_data.curves import Points

_TOWARDS = {"北": (0, 1), "南": (0, -1), "东": (1, 0), "西": (-1, 0)}


@dataclass(frozen=True, slots=True)
class AreaName:
    code: str
    level: AreaLevel
    parent: str | None
    official_name: str
    name: str
    name_en: str

    @property
    def is_village(self) -> bool:
        """Villagers' committees have 200 to 399 as their last three digits."""
        return self.level is AreaLevel.COMMUNITY and self.code[9] in "23"

    @property
    def stem(self) -> str:
        """The name without its kind: 坊门街 of 坊门街社区."""
        return self.name.removesuffix("村" if self.is_village else "社区")

    @property
    def stem_en(self) -> str:
        return self.name_en.rsplit(" ", 1)[0]


def _rows(file_name: str) -> list[dict[str, str]]:
    text = resources.files("sample_data").joinpath(file_name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def area_names() -> tuple[AreaName, ...]:
    """The district, its 18 subdistricts and 291 communities and villages, parents first."""
    return tuple(
        AreaName(
            row["code"],
            AreaLevel(row["level"]),
            row["parent"] or None,
            row["official_name"],
            row["name"],
            row["name_en"],
        )
        for row in _rows("kecheng_areas.csv")
    )


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    pinyin: str


@cache
def words(kind: str) -> tuple[Word, ...]:
    """Building blocks of made-up names: family, stem, branch, compound, compound_kind, lane, lane_kind, road."""
    return tuple(Word(row["text"], row["pinyin"]) for row in _rows("kecheng_names.csv") if row["kind"] == kind)


def compositions(rng: np.random.Generator, first: str, last: str, count: int) -> list[Word]:
    """``count`` different names, each a word of one kind before a word of another."""
    pairs = [(a, b) for a in words(first) for b in words(last)]
    chosen = rng.choice(len(pairs), size=count, replace=False)
    return [Word(a.text + b.text, f"{a.pinyin} {b.pinyin}") for a, b in (pairs[i] for i in chosen)]


def towards(names: Sequence[AreaName], middles: Points) -> list[int]:
    """Which of ``middles`` (n, 2) each name takes: 荷西苑 lies west of 荷东苑, the rest go from north to south."""
    left = list(range(len(middles)))
    taken: dict[int, int] = {}
    for i, name in enumerate(names):
        direction = next((_TOWARDS[c] for c in name.stem if c in _TOWARDS), None)
        if direction is not None:
            best = max(left, key=lambda j: (float(middles[j] @ np.array(direction)), -j))
            taken[i] = best
            left.remove(best)
    left.sort(key=lambda j: (-middles[j][1], middles[j][0]))
    for i in range(len(names)):
        if i not in taken:
            taken[i] = left.pop(0)
    return [taken[i] for i in range(len(names))]
