"""The local calendar: which date a moment has for the people of a place."""

from __future__ import annotations

from datetime import date, datetime, tzinfo


def date_in(zone: tzinfo, moment: datetime) -> date:
    """The date of an aware moment in a zone."""
    return moment.astimezone(zone).date()
