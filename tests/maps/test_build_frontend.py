"""The build: skipped when nothing changed, importable where there is no hatchling."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from maps import build_frontend
from maps.assets import url_of


def test_a_build_that_would_change_nothing_is_skipped() -> None:
    build_frontend.build()
    before = {path: path.stat().st_mtime_ns for path in build_frontend.STATIC.rglob("*")}
    assert build_frontend.build() is False
    assert {path: path.stat().st_mtime_ns for path in build_frontend.STATIC.rglob("*")} == before


def test_nothing_is_tried_that_throws_while_the_script_is_read() -> None:
    """An exception costs the reading of the whole script again."""
    build_frontend.build()
    assert "document.namespaces" not in (build_frontend.STATIC / url_of("app.js").rpartition("/")[2]).read_text("utf-8")


def test_the_stamp_goes_by_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "package-lock.json").write_text("{}")
    source = tmp_path / "src" / "app.ts"
    source.write_text("1")
    monkeypatch.setattr(build_frontend, "FRONTEND", tmp_path)
    first = build_frontend._stamp()
    source.touch()
    assert build_frontend._stamp() == first
    source.write_text("2")
    assert build_frontend._stamp() != first


def test_it_can_be_imported_without_hatchling() -> None:
    code = f"""
import sys, runpy
sys.modules["hatchling.builders.hooks.plugin.interface"] = None
runpy.run_path({str(Path(build_frontend.__file__))!r}, run_name="loaded")
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_lock_names_no_registry() -> None:
    lock = (build_frontend.FRONTEND / "package-lock.json").read_text("utf-8")
    assert '"resolved"' not in lock
    assert '"integrity"' in lock
