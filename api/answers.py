"""Answers that many viewers ask for at once: made by the first, handed to the others."""

from __future__ import annotations

import gzip
from dataclasses import dataclass

from geo.desk.newest import Newest

GZIP_LEVEL = 5
GZIP_FROM = 1_000  # bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """Bytes of a body; ``packed``: the same through gzip, where that is worth it."""

    plain: bytes
    packed: bytes | None = None

    @classmethod
    def of_text(cls, text: bytes) -> Answer:
        """Text, compressed once for everybody: for large answers that takes longer than all else."""
        if len(text) < GZIP_FROM:
            return cls(text)
        return cls(text, gzip.compress(text, GZIP_LEVEL, mtime=0))


Answers = Newest[Answer]
