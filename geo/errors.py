"""The error tree. Errors are nouns; api/problems.py maps each to one HTTP status, the CLI to exit code 1.

Every message says what is wrong, where, and what to do about it.
"""

from __future__ import annotations

from typing import Any


class GridwardenError(Exception):
    """Base of every error that a user can cause or mend.

    ``details`` is JSON-ready material for programs: places, sizes, names. It never holds personal data.
    """

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.details = details


class BadInput(GridwardenError):
    """A value or a file that cannot be taken as it is."""


class UnknownDatum(BadInput):
    """A datum that is missing or not one of wgs84, cgcs2000, gcj02, bd09, EPSG:n."""


class UnsuitableCrs(BadInput):
    """A CRS that is missing, not metric where metres are needed, or out of scale there."""


class BadCoordinates(BadInput):
    """Coordinates that are not finite, out of range, or 0/0."""


class MissingColumn(BadInput):
    """A named column that the file does not have; the message lists those it has."""


class FaultyCoverage(BadInput):
    """Grids that do not tile: ``details["faults"]`` lists each fault with place and size."""


class IndexFileUnusable(BadInput):
    """A file of a grid index that is damaged, cut short, of another program or release: build the index anew."""


class EditRefused(BadInput):
    """A boundary operation that makes no sense where it is asked for; ``details["at"]`` is the place, if it has one."""


class NotFound(GridwardenError):
    """No such thing, or nothing of the kind that this person may see."""


class NotAllowed(GridwardenError):
    """The person lacks the capability there."""


class NotSignedIn(GridwardenError):
    """No session or token, or one that has expired or was revoked."""


class Conflict(GridwardenError):
    """What is asked contradicts what is stored now."""


class WrongDatum(Conflict):
    """Points fit another datum clearly better than the one that is named; ``details["datum"]`` has the figures."""


class PreconditionFailed(Conflict):
    """The If-Match version is not the current one."""


class Busy(GridwardenError):
    """Too much at once; try again after ``details["retry_after_s"]`` seconds."""


class StoreError(GridwardenError):
    """The store cannot be used as it is."""


class StoreHeld(StoreError):
    """Another process holds the store; ``details`` says which (pid, url)."""


class StoreMissing(StoreError):
    """No store there."""


class StoreTooNew(StoreError):
    """The store was written by a newer Gridwarden."""


class StoreUnsafe(StoreError):
    """A place where a store would not be safe: a network file system, a read-only folder."""


class StoreFull(StoreError):
    """No room on the disk; nothing of the transaction was kept."""


class ClusterLost(GridwardenError):
    """The cluster that works on a job cannot be reached, or has lost too many workers. What is done is kept."""


class CannotWrite(GridwardenError):
    """A file that was asked for cannot be written where it should be. What is done is kept."""
