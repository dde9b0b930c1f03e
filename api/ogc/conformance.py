"""What this service declares to keep to. Each class is shown by a test (tests/api/test_ogc_conformance.py)."""

from __future__ import annotations

_FEATURES_1 = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf"
_FEATURES_2 = "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf"
_FEATURES_3 = "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf"
_FEATURES_4 = "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf"
_CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf"

CONFORMS_TO = (
    f"{_FEATURES_1}/core",
    f"{_FEATURES_1}/oas30",
    f"{_FEATURES_1}/geojson",
    f"{_FEATURES_2}/crs",
    f"{_FEATURES_3}/queryables",
    f"{_FEATURES_3}/filter",
    f"{_FEATURES_3}/features-filter",
    f"{_CQL2}/cql2-text",
    f"{_CQL2}/basic-cql2",
    f"{_CQL2}/advanced-comparison-operators",
    f"{_CQL2}/basic-spatial-functions",
    # The same under the name that it had in a draft: QGIS looks for this one before it filters by place.
    f"{_CQL2}/basic-spatial-operators",
    f"{_CQL2}/basic-spatial-functions-plus",
    f"{_CQL2}/spatial-functions",
    f"{_FEATURES_4}/create-replace-delete",
    f"{_FEATURES_4}/update",
    f"{_FEATURES_4}/optimistic-locking-etags",
    f"{_FEATURES_4}/features",
)
