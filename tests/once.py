"""What takes long to make is made once a test run, by whichever of its processes needs it first."""

from __future__ import annotations

import fcntl
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

Made = TypeVar("Made")


@contextmanager
def locked(name: Path) -> Iterator[None]:
    """One process is here, the others wait for it."""
    with name.with_name(f"{name.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def made_once(kept: Path, make: Callable[[], Made]) -> Made:
    """What ``make`` returns, pickled in a file for whoever asks later."""
    with locked(kept):
        if not kept.exists():
            made = make()
            kept.write_bytes(pickle.dumps(made))
            return made
        found: Made = pickle.loads(kept.read_bytes())
        return found
