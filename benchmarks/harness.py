"""What every benchmark shares: contenders taken in turn, medians, a table, and facts about the machine."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import shapely

PACKAGES = ("numpy", "shapely", "geopandas", "numba", "duckdb", "sedonadb", "sqlalchemy", "psycopg", "uvicorn")

Row = dict[str, Any]


@dataclass(frozen=True)
class Timing:
    """Seconds of every run of one contender, and what the last run answered."""

    seconds: tuple[float, ...]
    answer: Any

    @property
    def median_s(self) -> float:
        return statistics.median(self.seconds)


def interleaved(contenders: Mapping[str, Callable[[], Any]], runs: int) -> dict[str, Timing]:
    """Run every contender once, then all again, ``runs`` times: what slows the machine down slows all of them."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    answers: dict[str, Any] = {}
    for _ in range(runs):
        for name, contender in contenders.items():
            begun = time.perf_counter()
            answers[name] = contender()
            seconds[name].append(time.perf_counter() - begun)
    return {name: Timing(tuple(seconds[name]), answers[name]) for name in contenders}


def machine() -> Row:
    """What a figure depends on. No names of hosts, users or folders."""
    found = {"cores": os.cpu_count(), "load_1min": round(os.getloadavg()[0], 1), "python": platform.python_version()}
    found |= {"memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)}
    found |= {"system": platform.system(), "processor": _processor(), "geos": shapely.geos_version_string}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def table(rows: Sequence[Row]) -> str:
    """Rows of the same members as text, numbers to the right."""
    names = list(rows[0])
    cells = [[_cell(row[name]) for name in names] for row in rows]
    widths = [max(map(len, column)) for column in zip(names, *cells, strict=True)]
    lines = []
    for line, values in zip([names, *cells], [rows[0], *rows], strict=True):
        is_number = [isinstance(values[name], int | float) for name in names]
        padded = zip(line, widths, is_number, strict=True)
        lines.append("  ".join(c.rjust(w) if right else c.ljust(w) for c, w, right in padded).rstrip())
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.3g}" if value < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def arguments(about: str | None) -> argparse.ArgumentParser:
    """The options that all benchmarks have."""
    parser = argparse.ArgumentParser(description=(about or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5, help="runs of each contender; the median counts (default: 5)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write rows and machine there as well")
    return parser


def report(name: str, rows: Sequence[Row], file: Path | None, **more: Sequence[Row]) -> None:
    """The table on stdout with the machine under it; the same as JSON in a file, with further tables by name."""
    facts = machine()
    print(table(rows))
    print("\n" + ", ".join(f"{key} {value}" for key, value in facts.items()))
    if file is not None:
        told = {"benchmark": name, "machine": facts, "rows": rows, **more}
        file.write_text(json.dumps(told, indent=2) + "\n", "utf-8")
