"""Assignment of whole files: points in, the same rows with their grids out, here or on a cluster.

Rows travel as Arrow tables of some 100,000 rows, so memory does not grow with the file. The decision is that of
``geo.rules.assign``, the same as for one report. A job is cut into parts, each of which a pure function makes from the
grids and its rows; what is done of a killed job is kept, and a cluster's workers do nothing else than a local run.
"""

from geo.bulk.gridset import GridSet
from geo.bulk.job import PART_ROWS, Bulk, Request, prepare
from geo.bulk.names import NameSet
from geo.bulk.running import Progress, Summary, run

__all__ = ["PART_ROWS", "Bulk", "GridSet", "NameSet", "Progress", "Request", "Summary", "prepare", "run"]
