"""Letters that nobody sees: controls, zero-width joints, turns of direction, halves of a pair."""

from __future__ import annotations

import unicodedata


def holds_unseen(text: str) -> bool:
    """Whether some character would not show, so that two names could look alike or break a line."""
    return any(unicodedata.category(letter).startswith("C") for letter in text)
