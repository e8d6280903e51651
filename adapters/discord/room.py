"""Whether a channel has room for a preview, counted from what we ourselves sent. Pure: time is passed in.

Discord takes about 5 new messages and 5 edits in 5 seconds in each channel, and discord.py makes a request that used
up the last one wait for the next window. Previews leave the last one to the final text, so that nothing final waits.
"""

from collections import OrderedDict, deque
from enum import StrEnum

WINDOW = 5.0  # seconds
PREVIEWS = 4  # of the 5 that Discord takes
CHANNELS = 2000  # that are remembered at most; the longest silent is forgotten first


class Act(StrEnum):
    POST = "post"
    EDIT = "edit"


class Room:
    def __init__(self) -> None:
        self._sent: OrderedDict[tuple[int, Act], deque[float]] = OrderedDict()

    def left(self, channel: int, act: Act, *, now: float) -> bool:
        """Whether one more preview still leaves room for a final text."""
        sent = self._sent.get((channel, act))
        if sent is None:
            return True
        while sent and now - sent[0] >= WINDOW:
            sent.popleft()
        return len(sent) < PREVIEWS

    def take(self, channel: int, act: Act, *, now: float) -> None:
        """Count one that is being sent."""
        self._sent.setdefault((channel, act), deque(maxlen=2 * PREVIEWS)).append(now)
        self._sent.move_to_end((channel, act))
        if len(self._sent) > CHANNELS:
            self._sent.popitem(last=False)
