"""Addresses within this service, as answers name them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request

from api.service import Service

JSON = "application/json"
GEOJSON = "application/geo+json"
MERGE_PATCH = "application/merge-patch+json"
SCHEMA = "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json"
OPENAPI_30 = f"{OPENAPI};version=3.0"


class Links:
    """Makes links that a client may follow from where it stands. The moment that was asked for stays in them."""

    def __init__(self, service: Service, request: Request) -> None:
        scheme = "https" if service.settings.behind_tls else request.url.scheme
        # The middleware let this name through: it is one of ours.
        self._origin = f"{scheme}://{request.headers['host']}"
        self._asked = list(request.query_params.multi_items())
        self._path = request.url.path

    @property
    def root(self) -> str:
        """The address of the landing page."""
        return f"{self._origin}/ogc"

    def to(self, *names: str, rel: str, media_type: str = JSON, title: str | None = None) -> dict[str, Any]:
        """A link to a path below the landing page, such as ``("collections", "grids")``."""
        path = "".join(f"/{quote(name, safe='')}" for name in names)
        kept = urlencode([(name, value) for name, value in self._asked if name == "as_of"])
        return _link(f"{self.root}{path}{'?' if kept else ''}{kept}", rel, media_type, title)

    def document(self) -> dict[str, Any]:
        """A link to the pages for people."""
        return _link(f"{self._origin}/docs", "service-doc", "text/html", "The API's description")

    def here(self, *, rel: str = "self", media_type: str = JSON, **changed: str) -> dict[str, Any]:
        """What was asked, with some parameters set otherwise."""
        asked = [(name, value) for name, value in self._asked if name not in changed]
        query = urlencode([*asked, *changed.items()])
        return _link(f"{self._origin}{self._path}{'?' if query else ''}{query}", rel, media_type, None)


def _link(href: str, rel: str, media_type: str, title: str | None) -> dict[str, Any]:
    return {"href": href, "rel": rel, "type": media_type} | ({"title": title} if title else {})
