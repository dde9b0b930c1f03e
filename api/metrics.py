"""Counters for Prometheus: rates and durations by route template, never by person or subject."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
STREAM_ROUTE = "/map/events"


class Metrics:
    """The figures of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "gridwarden_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "gridwarden_request_seconds",
            "Time to answer, by route. Streams are left out.",
            ("route",),
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
            registry=self.registry,
        )
        self.listeners = Gauge("gridwarden_live_listeners", "Open event streams.", registry=self.registry)
        self.messages = Counter(
            "gridwarden_live_messages", "Messages made for event streams, one a scope.", registry=self.registry
        )

    def observe(self, method: str, route: str, status: int, duration_s: float) -> None:
        """Count one answered request."""
        self.requests.labels(method if method in METHODS else "other", route, str(status)).inc()
        if route != STREAM_ROUTE:
            self.seconds.labels(route).observe(duration_s)

    def text(self) -> bytes:
        """All figures in Prometheus's text format."""
        return generate_latest(self.registry)
