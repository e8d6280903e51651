"""When a reply that is being written may be shown again.

Pure: times are seconds on any one clock that only goes forward (`loop.time()`).
"""

from dataclasses import dataclass

PATIENCE = 3  # intervals after which any growth is worth an edit: a slow model is seen to be alive
SLOWEST = 4  # times the interval, for a reply that has been growing for long
SLOWING = 30.0  # seconds of growth that add one interval
LEAST_GROWTH = 12  # characters
GROWTH_SHARE = 0.02  # of what is shown: a long message is worth an edit for a sentence, not for a word


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the reader sees of the message that is growing."""

    length: int  # characters
    at: float  # when it was shown
    since: float  # when the first of it was shown


def wait(length: int, *, shown: Shown | None, now: float, interval: float) -> float | None:
    """Seconds until a reply of `length` characters may be shown; 0 is now, None is not before it has grown.

    The first text goes at once. Later an edit waits for `interval` (as the platform asks, longer as the reply ages) and
    for enough growth; after `PATIENCE` intervals any growth will do.
    """
    if shown is None:
        return 0.0 if length else None
    growth = length - shown.length
    if growth <= 0:
        return None
    stretched = interval * min(SLOWEST, 1 + (now - shown.since) / SLOWING)
    enough = growth >= max(LEAST_GROWTH, GROWTH_SHARE * shown.length)
    return max(0.0, shown.at + stretched * (1 if enough else PATIENCE) - now)
