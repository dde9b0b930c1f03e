"""One district for all tests here, and another process that makes the same."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sample_data.generate import district
from sample_data.model import District
from tests.once import made_once

SEED = 1
NOW = datetime(2026, 3, 18, 2, 25, tzinfo=UTC)  # a Wednesday morning in China
ELSEWHERE = f"""
from datetime import datetime
from sample_data.export import canonical_digest
from sample_data.generate import district
print(canonical_digest(district({SEED}, datetime.fromisoformat("{NOW.isoformat()}"))))
"""


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[subprocess.Popen[str]]:
    """Another process that makes the same district, with another hash seed, and prints its digest."""
    environment = os.environ | {"PYTHONHASHSEED": "4711", "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", ELSEWHERE], stdout=subprocess.PIPE, env=environment, text=True
    ) as process:
        yield process


@pytest.fixture(scope="session")
def made(run_folder: Path) -> District:
    return made_once(run_folder / "whole-district.pickle", lambda: district(SEED, NOW))
