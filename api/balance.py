"""A proposal for a fair division as the command line and the HTTP interface both tell it."""

from __future__ import annotations

from typing import Any

from geo.coverage.balance import Spread
from geo.desk.balance import Move, Proposal, Shared


def told(proposal: Proposal, draft: int | None) -> dict[str, Any]:
    """JSON-ready. draft: the number of the draft that it became."""
    return {
        "draft": draft,
        "scheme": proposal.scheme,
        "edition": proposal.edition,
        "area": proposal.asked.area,
        "load": str(proposal.asked.load),
        "moves": [_move(move) for move in proposal.moves],
        "shared": [_shared(each) for each in proposal.shared],
    }


def _move(move: Move) -> dict[str, Any]:
    return {"from": move.giver, "to": move.taker, "load": move.load, "area_m2": round(move.area_m2, 1)}


def _shared(shared: Shared) -> dict[str, Any]:
    loads = [{"grid": code, "before": before, "after": after} for code, (before, after) in shared.loads.items()]
    return {
        "parent": shared.parent,
        "before": _spread(shared.before),
        "after": _spread(shared.after),
        "loads": loads,
    }


def _spread(spread: Spread) -> dict[str, Any]:
    ratio = None if spread.ratio is None else round(spread.ratio, 2)
    return {
        "most": spread.most,
        "least": spread.least,
        "mean": round(spread.mean, 2),
        "deviation": round(spread.deviation, 2),
        "ratio": ratio,
    }
