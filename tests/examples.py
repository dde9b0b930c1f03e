"""How many examples of a property are tried: a number for every run, and twenty times as many in the long one.

Hypothesis makes new examples each time, so that what one run does not meet another does.
"""

from __future__ import annotations

from hypothesis import settings

USUAL, LONG = "usual", "long"

# These machines are busy: how long an example takes says nothing.
settings.register_profile(USUAL, deadline=None, max_examples=100)
settings.register_profile(LONG, deadline=None, max_examples=2000)


def examples(count: int) -> int:
    """So many in a usual run, for a property whose examples take long or that needs more than others."""
    return count * settings.default.max_examples // settings.get_profile(USUAL).max_examples
