"""What the service tells of itself."""

from __future__ import annotations

from typing import Literal

from api.schemas.base import Told, example


class Alive(Told):
    model_config = example({"status": "ok"})

    status: Literal["ok"]


class Checks(Told):
    store: bool
    writer: bool


class Ready(Told):
    """Whether requests can be answered, and what stands in the way."""

    model_config = example({"ready": True, "checks": {"store": True, "writer": True}})

    ready: bool
    checks: Checks
