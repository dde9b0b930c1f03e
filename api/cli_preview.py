"""What ``gridwarden import`` shows before it writes, and whether somebody at a terminal wants it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import click

from api.cli_base import say
from geo.errors import BadInput

_MEANING = {
    "new": "not known before",
    "changed": "which is taken, for this system owns the field",
    "disputed": "which waits, for another system owns the field (gridwarden registers list)",
    "gone": "brought before and not in this file, which stay as they are",
}


def show(preview: Mapping[str, Any]) -> None:
    """The preview in words, on stderr."""
    for look in preview["datum"]:
        for line in _datum_lines(look):
            say(line)
    if preview["register"]:
        for line in _register_lines(preview["register"]):
            say(line)


def agreed(preview: Mapping[str, Any], yes: bool) -> None:
    """Ask where a person has to look, and one sits there. Raises BadInput where he declines.

    A script has nobody to ask: what it names counts, and what was shown stands in its log. Points that lie in another
    datum by what their rows say are refused either way.
    """
    if yes or not attended():
        return
    unsure = [look["datum"] for look in preview["datum"] if look["verdict"] == "unproven"]
    if unsure and not click.confirm(f"Are these points in {' and '.join(unsure)}?", default=False, err=True):
        raise BadInput("Nothing is stored. Look where the points should lie, and name the datum that puts them there.")
    register = preview["register"]
    touches = register and any(register[kind] for kind in ("changed", "disputed", "gone"))
    if touches and not click.confirm("Import it?", default=False, err=True):
        raise BadInput("Nothing is stored.")


def attended() -> bool:
    """Whether somebody sits there to be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _datum_lines(look: Mapping[str, Any]) -> Iterator[str]:
    datum, verdict = look["datum"], look["verdict"]
    points = f"{look['points']:,} points in {datum}"
    if verdict == "no_rival":
        yield f"{points}: every datum puts them in the same places"
        return
    naming = f"{look['naming']:,} of {points} name a compound, community or street"
    yield f"{naming}; of these lie there {_shares(look)}" if look["naming"] else f"{points}: no row names where it is"
    if verdict == "unproven":
        yield f"Too little to say whether {datum} is right. Where {len(look['samples'])} of them would fall:"
        yield from (_sample_line(sample) for sample in look["samples"])
    if look["confirmed"]:
        yield f"{datum} is confirmed with these figures, which are kept with the batch"


def _register_lines(register: Mapping[str, Any]) -> Iterator[str]:
    """What the rows are to those that were there. Nothing of a first import, in which all are new."""
    if not any(register[kind] for kind in ("changed", "disputed", "unchanged", "gone")):
        return
    told = ", ".join(f"{register[kind]:,} {kind}" for kind in ("new", "changed", "disputed", "unchanged", "gone"))
    yield f"The register of {register['system']}: {told}"
    for kind, meaning in _MEANING.items():
        rows = register["first"][kind]
        if rows:
            more = register[kind] - len(rows)
            yield f"{kind}, {meaning}:" + (f" the first {len(rows)}" if more else "")
            yield from (_register_line(row) for row in rows)


def _register_line(row: Mapping[str, Any]) -> str:
    said = "; ".join(f"{each['field']}: {each['stored'] or 'nothing'} -> {each['offered']}" for each in row["fields"])
    line = f"line {row['line']}: " if row["line"] else ""
    return f"  {line}{row['code']}{'  ' if said else ''}{said}"


def _shares(look: Mapping[str, Any]) -> str:
    return ", ".join(f"{fit['share']:.0%} under {fit['datum']} ({_median(fit)})" for fit in look["fits"])


def _median(fit: Mapping[str, Any]) -> str:
    return "no place" if fit["median_m"] is None else f"median {fit['median_m']:,.0f} m"


def _sample_line(sample: Mapping[str, Any]) -> str:
    falls = " | ".join(f"{under['datum']}: {_fall(under)}" for under in sample["under"])
    return f"  line {sample['line']} ({sample['x']:.6f}, {sample['y']:.6f})  {falls}"


def _fall(under: Mapping[str, Any]) -> str:
    return f"{under['grid']} {under['name']}, {under['area']}" if under["grid"] else "outside"
