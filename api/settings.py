"""Settings of a Gridwarden process: the only reader of the environment (prefix ``GRIDWARDEN_``)."""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from geo.errors import BadInput

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
ANY_ADDRESS = ("0.0.0.0", "::", "")


class Settings(BaseSettings):
    """Every field is read from ``GRIDWARDEN_<NAME>``; docs/OPERATING.md lists them, and a test says so."""

    model_config = SettingsConfigDict(env_prefix="GRIDWARDEN_", extra="ignore", frozen=True)

    store: str = Field(default="", description="Path of a GeoPackage, or a postgresql+psycopg:// URL.")
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Names, separated by commas, that the Host header may carry beside loopback and the host.",
    )
    behind_tls: bool = Field(
        default=False, description="A proxy in front speaks HTTPS: cookies are marked Secure and HSTS is sent."
    )
    max_json_bytes: int = Field(default=1_000_000, ge=1_000, description="Largest body of an ordinary request.")
    max_import_bytes: int = Field(default=500_000_000, ge=1_000, description="Largest file of an import.")
    session_hours: float = Field(default=12, gt=0, description="Hours without a request after which a session ends.")
    link_minutes: float = Field(default=10, gt=0, description="Minutes for which a sign-in link is valid.")
    metrics_open_to_loopback: bool = Field(
        default=True, description="Requests from this machine may read /metrics without a token."
    )
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$", description="Least level logged.")

    # api/base_map.py says which of these belong together, and what may stand in them.
    base_map: str = Field(default="local", description="What lies under the data: none, local, tiles or pmtiles.")
    base_map_url: str = Field(
        default="", description="URL of a tile with {z}, {x}, {y}; several, with spaces between, lie one over another."
    )
    base_map_subdomains: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="What {s} in the URL stands for in turn, separated by commas."
    )
    base_map_key: str = Field(default="", description="What {key} in the URL stands for. Every browser sees it.")
    base_map_datum: str = Field(default="", description="What the tiles are drawn in: wgs84, cgcs2000 or gcj02.")
    base_map_attribution: str = Field(default="", description="Whose map it is; always shown on it.")
    base_map_max_zoom: int | None = Field(
        default=None, ge=1, le=22, description="Nearest zoom that there are tiles for; 18 if not said."
    )
    base_map_file: str = Field(default="", description="Path of a PMTiles file with raster tiles.")

    def __init__(self, **given: Any) -> None:
        """Raises BadInput, which names the variable."""
        try:
            super().__init__(**given)
        except ValidationError as error:
            first = error.errors()[0]
            name = "_".join(str(part) for part in first["loc"]).upper()
            raise BadInput(f"GRIDWARDEN_{name}: {first['msg']}, not {first['input']!r}.") from error

    @field_validator("allowed_hosts", "base_map_subdomains", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(name.strip() for name in value.split(",") if name.strip())
        return value

    @property
    def session_for(self) -> timedelta:
        return timedelta(hours=self.session_hours)

    @property
    def link_for(self) -> timedelta:
        return timedelta(minutes=self.link_minutes)

    @property
    def hosts(self) -> frozenset[str]:
        """Host names, lower case and without port, that requests may carry."""
        named = {name.lower() for name in self.allowed_hosts}
        return frozenset(named.union(LOOPBACK_NAMES, () if self.host in ANY_ADDRESS else (self.host.lower(),)))

    @property
    def url(self) -> str:
        """Where this service is reached from its own machine."""
        return f"http://{url_host(self.host)}:{self.port}"


def url_host(host: str) -> str:
    """The host as a URL writes it: an address that means "all" becomes loopback, IPv6 gets brackets."""
    if host in ANY_ADDRESS:
        return "127.0.0.1"
    try:
        return f"[{host}]" if ipaddress.ip_address(host).version == 6 else host
    except ValueError:
        return host
