"""Tests that a machine cannot run are left out by name, and in CI they fail."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = """
import tests.tools
tests.tools.missing = lambda mark: "a sea monster" if mark == "postgis" else None
from tests.conftest import pytest_runtest_setup, pytest_terminal_summary
"""
TESTS = """
import pytest

@pytest.mark.postgis
def test_with_monster():
    pass

def test_without():
    pass
"""


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize("ci", ["", "true"])
def test_what_a_machine_lacks(tmp_path: Path, ci: str, workers: str) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_it.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = postgis\n")
    root = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", workers, str(tmp_path)],
        env=os.environ | {"CI": ci, "PYTHONPATH": str(root)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    if ci:
        assert done.returncode == 1
        assert "1 passed, 1 error" in done.stdout
        assert "in CI no test is left out, but this machine lacks a sea monster" in done.stdout
    else:
        assert done.returncode == 0, done.stdout
        assert "test_it.py::test_with_monster: left out, this machine lacks a sea monster" in done.stdout
        assert "1 passed, 1 skipped" in done.stdout
