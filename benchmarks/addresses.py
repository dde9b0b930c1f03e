"""Addresses of the synthetic district as people write and damage them: how many are placed right, and how fast.

python -m benchmarks.addresses --json build/bench/addresses.json

Each row is one kind of damage over the same sample of stairwells, buildings and village houses. rank_1: the right place
is the first of the ranking. decided: placed without asking; wrong: of those, the ones placed elsewhere.

A second table has a file of such addresses, no two the same, through ``gridwarden assign``, beside what one would write
in its stead: the longest name of the register that the text contains, asked of SQLite. Reading the names is counted.
"""

from __future__ import annotations

import json
import random
import re
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from opencc import OpenCC

from benchmarks.grids import irregular_grids, points_over
from benchmarks.harness import Row, arguments, interleaved, report, table
from geo import bulk
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


@lru_cache(maxsize=2)
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


BULK, LIKE = "gridwarden assign --address", "SQLite: the longest name in the text"


def measure_bulk(names: int, rows: int, asked_of_sqlite: int, runs: int) -> list[Row]:
    """One row a contender. rows: addresses of a file, each of a home of its own room; SQLite is asked for the first."""
    areas, places, homes = _register(names)
    rng = random.Random(3)
    homes = [rng.choice(homes) for _ in range(rows)]
    damages = [DAMAGES[name] for name in ("as registered", "no subdistrict", "栋, 号楼", "full width, spaces")]
    texts = [f"{rng.choice(damages)(home.address or '', rng)} {n + 101}室" for n, home in enumerate(homes)]
    codes, geoms = irregular_grids(300, 1)
    x, y = points_over(geoms, len(places), 1)
    known = bulk.NameSet(tuple(areas), tuple(places), (), tuple(shapely.points(x, y)), "")
    grids = bulk.GridSet.of(codes, codes, geoms, srid=4549, edition=None, title="")
    with tempfile.TemporaryDirectory() as name, closing(sqlite3.connect(":memory:")) as db:
        source, out = Path(name) / "addresses.parquet", Path(name) / "out.parquet"
        pq.write_table(pa.table({"address": texts}), source)
        db.execute("CREATE TABLE place (id INTEGER PRIMARY KEY, name TEXT)")
        db.executemany("INSERT INTO place VALUES (?, ?)", [(each.id, each.name) for each in places])
        timings = interleaved(
            {
                BULK: lambda: _assigned(grids, known, source, out),
                LIKE: lambda: [_contained(db, text) for text in texts[:asked_of_sqlite]],
            },
            runs,
        )
        codes_of = {each.id: each.code for each in places}
        found = {BULK: timings[BULK].answer, LIKE: [codes_of.get(each) for each in timings[LIKE].answer]}
    told: list[Row] = []
    for engine, timing in timings.items():
        got = found[engine]
        pairs = list(zip(got, homes, strict=False))
        told.append(
            {
                "engine": engine, "names": len(places), "addresses": len(got), "median_s": timing.median_s,
                "rows/s": len(got) / timing.median_s,
                "right": sum(code == home.code for code, home in pairs) / len(got),
                "wrong": sum(code not in (None, home.code) for code, home in pairs),
            }
        )  # fmt: skip
    return told


def _assigned(grids: bulk.GridSet, names: bulk.NameSet, source: Path, out: Path) -> list[str | None]:
    """Codes of the places that rows were put at, with a memory of no address, as in a process of its own."""
    fresh = replace(names)
    request = bulk.Request(source, out, address="address", columns=("grid", "evidence"))
    bulk.run(bulk.prepare(request, grids, fresh), overwrite=True)
    evidence = pq.read_table(out)["evidence"].to_pylist()
    return [json.loads(each)["place"] if each else None for each in evidence]


def _contained(db: sqlite3.Connection, text: str) -> int | None:
    query = "SELECT id FROM place WHERE instr(?, name) ORDER BY length(name) DESC LIMIT 1"
    row = db.execute(query, (text,)).fetchone()
    return row[0] if row else None


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--names", type=int, default=80_000)
    parser.add_argument("--sample", type=int, default=500)
    parser.add_argument("--rows", type=int, default=20_000, help="addresses of the file (default: 20000)")
    chosen = parser.parse_args()
    of_file = measure_bulk(chosen.names, chosen.rows, chosen.sample, chosen.runs)
    print(table(of_file), end="\n\n")
    report("addresses", measure(chosen.names, chosen.sample), chosen.json, file_of_addresses=of_file)


if __name__ == "__main__":
    main()
