"""The parts of a job on a Dask cluster: submitted, made by workers, done again where a worker was lost."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from geo.bulk.job import Bulk
from geo.bulk.parts import JobFolder
from geo.bulk.sources import Batch
from geo.bulk.work import lay_out, make_part
from geo.errors import BadInput, ClusterLost, GridwardenError

_CONNECT_S, _WORKERS_S = 20, 60

Finished = tuple[int, Counter[str], bool]
Rows = Callable[[], Iterator[tuple[int, Iterator[Batch]]]]


def finished(bulk: Bulk, folder: JobFolder, address: str, rows: Rows) -> Iterator[Finished]:
    """Number, counts and whether it is new of every part, in order, as they are done.

    Raises ClusterLost where the cluster is; run again, the job goes on. BadInput as ``make_part`` does.
    """
    folder.share(bulk.grids, bulk.names)
    with _connected(address) as client:
        many = 2 * sum(client.nthreads().values()) + 2
        waiting: deque[tuple[int, Any, bool]] = deque()
        for number, batches in _numbered(bulk, rows):
            done = folder.parts.done(number)
            if done is not None:
                waiting.append((number, done, False))
            else:
                if batches is not None:
                    lay_out(folder.parts, number, batches)
                key = f"gridwarden-{bulk.plan.grids_digest}-{folder.folder}-{number}"
                waiting.append(
                    (number, client.submit(make_part, str(folder.folder), number, key=key, pure=False), True)
                )
            # Rows that are laid out take room on the disk: not many more than workers can take.
            while batches is not None and len(waiting) > many:
                yield _result(folder, *waiting.popleft())
        while waiting:
            yield _result(folder, *waiting.popleft())


def _numbered(bulk: Bulk, rows: Rows) -> Iterator[tuple[int, Iterator[Batch] | None]]:
    """Parts that workers read themselves have no batches."""
    if bulk.plan.parts is not None:
        yield from ((part.number, None) for part in bulk.plan.parts)
    else:
        yield from rows()


def _result(folder: JobFolder, number: int, answer: Any, is_new: bool) -> Finished:
    if not is_new:
        return number, answer, False
    counts = Counter(answer.result())
    folder.parts.rows_path(number).unlink(missing_ok=True)
    return number, counts, True


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    try:
        from distributed import Client, KilledWorker
        from distributed.client import FutureCancelledError
        from distributed.comm.core import CommClosedError
    except ImportError:
        raise BadInput("--scheduler needs Dask: pip install 'gridwarden[dask]', here and on every worker") from None
    try:
        client = Client(address, timeout=_CONNECT_S, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TimeoutError) as error:
        raise ClusterLost(f"no Dask scheduler answers at {address}: {error}") from None
    with client:
        try:
            client.wait_for_workers(1, timeout=_WORKERS_S)
            yield client
        except GridwardenError:
            raise
        except KilledWorker as error:
            raise ClusterLost(
                f"workers die of one part again and again ({error}): look at their logs and their memory, then run the"
                " same command again to go on"
            ) from None
        except (CommClosedError, FutureCancelledError, OSError, TimeoutError) as error:
            raise ClusterLost(
                f"the cluster at {address} was lost or has no workers ({error or type(error).__name__}): run the same"
                " command again to go on"
            ) from None
