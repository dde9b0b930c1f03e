"""How the names in a Shapefile are written, where no .cpg file says it: Chinese ones are often GBK."""

from __future__ import annotations

import struct

from geo.errors import BadInput

_LANGUAGE_BYTE = 29
_UNSAID = (0x00, 0x57)  # nothing, and "ANSI", which every Chinese ArcGIS wrote as well


def shapefile_encoding(dbf: bytes, name: str) -> str | None:
    """UTF-8 or GB18030 by strict decoding of every cell; None where the table itself names its code page.

    Raises BadInput for a table that is neither.
    """
    if len(dbf) < 33:
        raise BadInput(f"{name}: its .dbf table is cut off")
    if dbf[_LANGUAGE_BYTE] not in _UNSAID:
        return None
    cells = _cells(dbf)
    for encoding in ("utf-8", "gb18030"):
        if all(_decodes(cell, encoding) for cell in cells):
            return encoding.upper()
    raise BadInput(f"{name}: names are neither UTF-8 nor GB18030; add a .cpg file that says what they are")


def _cells(dbf: bytes) -> list[bytes]:
    """The header's column names and every cell, once each."""
    count, header, width = struct.unpack_from("<IHH", dbf, 4)
    fields = []
    for at in range(32, min(header - 1, len(dbf) - 31), 32):
        if dbf[at] == 0x0D:
            break
        fields.append((dbf[at : at + 11].split(b"\0")[0], dbf[at + 16]))
    cells = {name for name, _ in fields}
    # A header may claim four billion rows in a file of a hundred bytes.
    narrowest = 1 + sum(length for _, length in fields)
    for row in range(min(count, len(dbf) // max(width, narrowest))):
        at = header + row * width + 1
        for _, length in fields:
            cells.add(dbf[at : at + length].rstrip(b" \0"))
            at += length
    return list(cells)


def _decodes(cell: bytes, encoding: str) -> bool:
    """Whether it does; a character cut in half by the end of its cell counts as one."""
    try:
        cell.decode(encoding)
    except UnicodeDecodeError as error:
        return error.start > 0 and len(cell) - error.start < 4 and "unexpected end" in error.reason + _ending(error)
    return True


def _ending(error: UnicodeDecodeError) -> str:
    return "unexpected end" if "incomplete" in error.reason else ""
