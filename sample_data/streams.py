"""Random numbers: one independent stream a part, so that changing one part leaves the others as they were."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray


def stream(seed: int, part: str) -> np.random.Generator:
    """The generator of one named part of the district of ``seed``. Same names, same numbers, in any process."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(zlib.crc32(part.encode()),))))


def exact_shares(total: int, weights: NDArray[np.float64]) -> NDArray[np.int64]:
    """``total`` dealt out in proportion to ``weights`` (n,), whole numbers that add up; the largest remainders win.

    >>> exact_shares(7, np.array([1.0, 1.0, 2.0])).tolist()
    [2, 2, 3]
    """
    ideal = total * weights / weights.sum()
    shares = np.floor(ideal).astype(np.int64)
    order = np.argsort(shares - ideal, kind="stable")
    shares[order[: total - int(shares.sum())]] += 1
    return shares


def capped_shares(total: int, weights: NDArray[np.float64], most: NDArray[np.int64]) -> NDArray[np.int64]:
    """As ``exact_shares``, with at least one and at most ``most`` (n,) each. ``total`` lies between n and their sum.

    >>> capped_shares(7, np.array([1.0, 1.0, 20.0]), np.array([9, 9, 3])).tolist()
    [2, 2, 3]
    """
    shares = np.minimum(exact_shares(total - len(weights), weights) + 1, most)
    while shares.sum() < total:
        spare = np.flatnonzero(shares < most)
        shares[spare[(weights[spare] / shares[spare]).argmax()]] += 1
    return shares
