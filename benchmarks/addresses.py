"""Addresses of the synthetic district as people write and damage them: how many are placed right, and how fast.

python -m benchmarks.addresses --json build/bench/addresses.json

Each row is one kind of damage over the same sample of stairwells, buildings and village houses. rank_1: the right place
is the first of the ranking. decided: placed without asking; wrong: of those, the ones placed elsewhere.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
from opencc import OpenCC

from benchmarks.harness import Row, arguments, report
from geo.model import PlaceKind
from geo.rules.address_book import AddressBook
from geo.rules.address_tree import AreaName, PlaceName, Tree
from sample_data.generate import district

Damage = Callable[[str, random.Random], str]

# Letters that input methods offer for one another: they sound the same.
_SOUNDS = dict(
    zip(
        "花园锦绣翠荷桂云朝霞星河和平安康明德祥瑞福泰嘉丰书香",
        "化元金秀脆河贵芸潮侠兴合合凭按慷名得翔锐服太家风舒乡",
        strict=True,
    )
)
_DIGITS = "零一二三四五六七八九"


def _spelt(match: re.Match[str]) -> str:
    n = int(match[0])
    tens, ones = divmod(n, 10)
    if n > 99 or not n:
        return match[0]
    return (("" if tens == 1 else _DIGITS[tens]) + "十" if tens else "") + (_DIGITS[ones] if ones else "")


def _one_letter(text: str, rng: random.Random, change: Callable[[str], str]) -> str:
    """Change one letter of the name, which stands behind the area and before the first number."""
    start = re.search(r"街道|镇|乡", text)
    end = re.search(r"\d", text)
    letters = range(start.end() if start else 0, end.start() if end else len(text))
    at = rng.choice(letters) if letters else 0
    return text[:at] + change(text[at]) + text[at + 1 :]


def _without_area(text: str, _: random.Random) -> str:
    return re.sub(r"^.*?(?:街道|镇|乡)", "", text)


def _reversed(text: str, rng: random.Random) -> str:
    numbers = re.findall(r"\d+(?:幢|单元|号)", text)
    return "".join(reversed(numbers)) + "，" + re.sub(r"\d+(?:幢|单元|号)", "", text)


_WIDE = {ord(c): ord(c) + 0xFEE0 for c in "0123456789"}
_TRADITIONAL = OpenCC("s2t")

DAMAGES: dict[str, Damage] = {
    "as registered": lambda text, _: text,
    "with province, city, district": lambda text, _: f"浙江省衢州市柯城区{text}",
    "with a city that the register never names": lambda text, _: f"衢州市{text}",
    "no subdistrict": _without_area,
    "with a room and a remark": lambda text, _: f"{text}501室 门口有垃圾",
    "栋, 号楼": lambda text, rng: text.replace("幢", rng.choice(["栋", "号楼", "#"])),
    "3-2-501": lambda text, _: re.sub(r"(\d+)幢(\d+)单元", r"\1-\2-501", text),
    "full width, spaces": lambda text, _: re.sub(r"\d+", lambda m: f" {m[0].translate(_WIDE)} ", text),
    "traditional": lambda text, _: _TRADITIONAL.convert(text),
    "Chinese numbers": lambda text, _: re.sub(r"\d+", _spelt, text),
    "reversed order": _reversed,
    "one letter that sounds alike": lambda text, rng: _one_letter(text, rng, lambda c: _SOUNDS.get(c, c)),
    "one letter wrong": lambda text, rng: _one_letter(text, rng, lambda _: rng.choice("东大新金中")),
    "one letter missing": lambda text, rng: _one_letter(text, rng, lambda _: ""),
    "another city": lambda text, _: f"杭州市西湖区{text}",
}


def _register(names: int) -> tuple[list[AreaName], list[PlaceName], list[PlaceName]]:
    """The district's areas and places, more compounds of the same make to come to so many names, and the homes."""
    made = district(1, datetime(2026, 11, 22, tzinfo=UTC), units=0)
    path = {row.code: "" for row in made.areas}
    for row in made.areas:
        path[row.code] = f"{path[row.parent] if row.parent else '/'}{row.code}/"
    areas = [AreaName(i, row.code, row.level, row.name, row.name_en, path[row.code])
             for i, row in enumerate(made.areas, start=1)]  # fmt: skip
    ids = {row.code: i for i, row in enumerate(made.places, start=1)}
    places = [
        PlaceName(ids[row.code], row.code, row.kind, row.name, row.name_en, ids.get(row.parent or ""), path[row.area],
                  row.address)
        for row in made.places
    ]  # fmt: skip
    homes = [each for each in places if each.kind in (PlaceKind.BUILDING, PlaceKind.STAIRWELL) and each.address]
    return areas, [*places, *_more(names - len(places), len(places) + 1, list(path.values()))], homes


def _more(count: int, first: int, paths: list[str]) -> list[PlaceName]:
    """Places of other names, each compound with 100 stairwells and buildings."""
    found: list[PlaceName] = []
    rng = random.Random(2)
    letters = "东南西北上下左右春夏秋冬山水林泉石松竹梅兰菊风花雪月金银铜铁红黄蓝白"
    while len(found) < count:
        name = "".join(rng.choices(letters, k=3)) + rng.choice(["花园", "小区", "公寓", "苑"])
        path, compound = rng.choice(paths), first + len(found)
        found.append(PlaceName(compound, f"X{compound}", PlaceKind.COMPOUND, name, None, None, path))
        for b in range(1, 21):
            building = first + len(found)
            found.append(PlaceName(building, f"X{building}", PlaceKind.BUILDING, f"{name}{b}幢", None, compound, path))
            for s in range(1, 5):
                at = first + len(found)
                called = f"{name}{b}幢{s}单元"
                found.append(PlaceName(at, f"X{at}", PlaceKind.STAIRWELL, called, None, building, path))
    return found[: max(count, 0)]


def measure(names: int, sample: int) -> list[Row]:
    """One row a kind of damage."""
    areas, places, homes = _register(names)
    begun = time.perf_counter()
    book = AddressBook(Tree(areas, places))
    book.rank("锦绣花园")
    build_s = time.perf_counter() - begun
    rng = random.Random(1)
    asked = rng.sample(homes, min(sample, len(homes)))
    rows = []
    for damage, spoil in DAMAGES.items():
        texts = [(spoil(home.address or "", rng), home.id) for home in asked]
        right = decided = wrong = 0
        rank_ms, decide_ms = [], []
        for text, home in texts:
            begun = time.perf_counter()
            ranked = book.rank(text)
            between = time.perf_counter()
            found = book.decide(text)
            rank_ms.append(1000 * (between - begun))
            decide_ms.append(1000 * (time.perf_counter() - between))
            right += bool(ranked) and ranked[0].node.place is not None and ranked[0].node.place.id == home
            decided += found is not None
            wrong += found is not None and (found.node.place is None or found.node.place.id != home)
        rows.append(
            {
                "damage": damage, "names": len(places), "addresses": len(texts), "rank_1": right / len(texts),
                "decided": decided / len(texts), "wrong": wrong, "rank_ms": float(np.median(rank_ms)),
                "rank_p99_ms": float(np.percentile(rank_ms, 99)), "decide_ms": float(np.median(decide_ms)),
                "build_s": build_s,
            }
        )  # fmt: skip
    return rows


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--names", type=int, default=80_000)
    parser.add_argument("--sample", type=int, default=500)
    chosen = parser.parse_args()
    report("addresses", measure(chosen.names, chosen.sample), chosen.json)


if __name__ == "__main__":
    main()
