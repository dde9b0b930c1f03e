"""Files in and out: layers through GDAL, tables without it. The only importer of GDAL (pyogrio, geopandas I/O).

No GDAL call ever opens a GeoPackage in place: GDAL carries its own SQLite, and closing its handle would drop the locks
of a store that this process has open. GeoPackages are read from an online-backup copy.
"""

from geo.files.bundle import as_one_file
from geo.files.export import write_csv, write_layer
from geo.files.formulas import inert
from geo.files.grids import GridFile, grids_of, read_grids
from geo.files.layers import Layer, read_features
from geo.files.tables import PROBLEM, CsvShape, Table, csv_shape, read_table

__all__ = [
    "PROBLEM",
    "CsvShape",
    "GridFile",
    "Layer",
    "Table",
    "as_one_file",
    "csv_shape",
    "grids_of",
    "inert",
    "read_features",
    "read_grids",
    "read_table",
    "write_csv",
    "write_layer",
]
