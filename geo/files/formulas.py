"""Texts that a spreadsheet would take for formulas: written with an apostrophe before them, read back without it."""

from __future__ import annotations

import re
from typing import Any

# Apostrophes that are there already count, so that what is read is what was written.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def inert(value: Any) -> Any:
    """A cell that no spreadsheet runs, whose words it may ever be."""
    is_formula = isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value)
    return f"'{value}" if is_formula else value


def original(cell: str) -> str:
    """The text of a cell that ``inert``, or another careful program, wrote."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
