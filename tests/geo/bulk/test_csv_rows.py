"""A CSV of any size comes as rows in their order, bad ones in their places, however batches are cut."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.bulk import csv_source
from geo.bulk.csv_source import open_csv

CELL = st.text("ab,\"\n é网'=", max_size=6)


def written(cells: list[str]) -> str:
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)


@given(rows=st.lists(st.lists(CELL, min_size=1, max_size=5), max_size=60), batch=st.integers(1, 20))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_come_in_order_and_bad_ones_are_named(
    rows: list[list[str]], batch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_source, "BATCH_ROWS", batch)
    monkeypatch.setattr(csv_source, "_BLOCK", 300)  # several blocks, so that bad rows come before and behind good ones
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(["a,b,c", *map(written, rows)]) + "\n", "utf-8", newline="")
    found: list[dict[str, str | None]] = []
    broken: dict[int, str] = {}
    for each in open_csv(path).stream():
        assert each.first_row == len(found) and 0 < each.table.num_rows <= batch
        assert each.table.schema == pa.schema([(name, pa.string()) for name in "abc"])
        broken |= {each.first_row + row: reason for row, reason in each.broken.items()}
        found += each.table.to_pylist()
    padded = [[*row, *[""] * 3][:3] for row in rows]
    assert [list(row.values()) for row in found] == [[cell or None for cell in row] for row in padded]
    assert broken == {at: f"the row has {len(row)} cells, the header 3" for at, row in enumerate(rows) if len(row) != 3}
