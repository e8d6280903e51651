"""When something may be sent to Telegram: per chat, per group, and in all. Knows clocks as numbers, no network.

Limits are Telegram's own (https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this): about one
message a second in a chat with small bursts, 20 a minute in a group, 30 a second in all. The first is a bucket that
refills; the others are sliding windows, because a bucket lets twice its size through in one window. (`aiolimiter` has
only buckets, and no way to ask for room without taking it.)

The limit over all chats is kept only after Telegram has once enforced it. It tolerates bursts over it for most bots, a
private server has none, and keeping it from the start would make 200 people wait who need not.
"""

import asyncio
import math
from collections import deque
from dataclasses import dataclass, field

CHAT = (3, 0.97)  # calls at once, calls a second
GROUP = (19, 61.0)  # calls, seconds; a little less than allowed, for the network's jitter
ALL = (29, 1.02)
_FIRST_SPARE, _SPARE = 24, 12  # calls a second that previews may use once it is kept: replies' first ones, all others
_GROUP_SPARE = 8
_REMEMBERED = 3600.0  # seconds for which the limit over all is kept after it was last enforced
_A_MOMENT = 0.005  # seconds
_IDLE = 120.0  # seconds after which a chat's times need not be known any more


@dataclass(slots=True)
class Window:
    """At most `most` calls in any `seconds`."""

    most: int
    seconds: float
    times: deque[float] = field(default_factory=deque)

    def used(self, now: float) -> int:
        """Calls within the last window."""
        while self.times and self.times[0] <= now - self.seconds:
            self.times.popleft()
        return len(self.times)

    def free_at(self, now: float) -> float:
        """The earliest moment, from `now`, for one more."""
        return now if self.used(now) < self.most else max(now, self.times[-self.most] + self.seconds)


@dataclass(slots=True)
class Bucket:
    """At most `size` calls at once, and `rate` a second for long."""

    size: int
    rate: float
    level: float = math.inf
    as_of: float = -math.inf

    def left(self, now: float) -> float:
        """Calls there is room for; below one, none."""
        return min(float(self.size), self.level + max(0.0, now - self.as_of) * self.rate)

    def free_at(self, now: float) -> float:
        """The earliest moment, from `now`, for one more."""
        left = self.left(now)
        return now if left >= 1 else max(now, self.as_of) + (1 - left) / self.rate

    def take(self, at: float) -> None:
        self.level, self.as_of = self.left(at) - 1, max(at, self.as_of)


@dataclass(slots=True)
class Gate:
    """At most `most` calls in any `seconds` as the server counts them, however long they take to get there.

    A call counts from its beginning until `seconds` after its end: the server saw it somewhere in between.
    """

    most: int
    seconds: float
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)  # answers that wait, in order
    under_way: int = 0
    ended: deque[float] = field(default_factory=deque)

    def used(self, now: float) -> int:
        while self.ended and self.ended[0] <= now - self.seconds:
            self.ended.popleft()
        return len(self.ended) + self.under_way

    def wait(self, now: float) -> float:
        """Seconds until it is worth asking again; 0 if there is room."""
        if self.used(now) < self.most:
            return 0.0
        return max(_A_MOMENT, self.ended[0] + self.seconds - now) if self.ended else _A_MOMENT


@dataclass(slots=True)
class Account:
    """What one chat has been sent lately, and the queue for what it is to be sent."""

    group: bool
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    minute: Window = field(default_factory=lambda: Window(*GROUP))
    second: Bucket = field(default_factory=lambda: Bucket(*CHAT))
    blocked_until: float = -math.inf
    typed_at: float = -math.inf

    def free_at(self, now: float) -> float:
        at = max(self.second.free_at(now), self.blocked_until)
        return max(at, self.minute.free_at(now)) if self.group else at

    def spares(self, now: float) -> bool:
        """Whether a preview now would leave room for the answer."""
        if now < self.blocked_until or self.second.left(now) < 2:
            return False
        return not self.group or self.minute.used(now) < _GROUP_SPARE

    def explains(self, now: float) -> bool:
        """Whether a refusal may be the chat's own doing: it was sent several things lately."""
        return self.second.left(now) < self.second.size - 1.5 or (self.group and self.minute.used(now) > _GROUP_SPARE)

    def idle(self, now: float) -> bool:
        """Whether nothing of it need be remembered."""
        last = max(self.typed_at, self.second.as_of)
        return not self.turn.locked() and now >= self.blocked_until and now - last >= _IDLE

    def charge(self, at: float) -> None:
        self.second.take(at)
        if self.group:
            self.minute.times.append(at)


class Flood:
    """The windows of all chats. `now` is a monotonic time in seconds, the same clock in every call."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}
        self.all = Gate(*ALL)
        self._enforced_at = -math.inf
        self._prune_at = 1024

    def account(self, chat_id: str, *, now: float) -> Account:
        """What is known of one chat. Groups have negative ids."""
        found = self._accounts.get(chat_id)
        if found is None:
            if len(self._accounts) >= self._prune_at:
                self._prune(now)
            found = self._accounts[chat_id] = Account(group=chat_id.startswith("-"))
        return found

    def limited(self, now: float) -> bool:
        """Whether the limit over all chats is being kept."""
        return now - self._enforced_at < _REMEMBERED

    def spares(self, account: Account, *, now: float, first: bool) -> bool:
        """Whether a preview may be sent now: there is room to spare, and no answer waits for it.

        A reply's first preview is worth more than others: somebody sees nothing yet.
        """
        if not account.spares(now):
            return False
        if not self.limited(now):
            return True
        return not self.all.turn.locked() and self.all.used(now) < (_FIRST_SPARE if first else _SPARE)

    def wait(self, now: float) -> float:
        """Seconds until all chats together may have room for one more call; 0 if they have."""
        return self.all.wait(now) if self.limited(now) else 0.0

    def begin(self, account: Account, *, now: float) -> None:
        """A call to the chat is on its way."""
        account.charge(now)
        self.all.under_way += 1

    def end(self, *, now: float, counted: bool) -> None:
        """It is back. Telegram does not count what it refused for being too much."""
        self.all.under_way -= 1
        self.all.used(now)
        if counted:
            self.all.ended.append(now)

    def refused(self, account: Account, *, seconds: float, now: float) -> None:
        """Telegram said 429 to a call to the chat: leave it alone for so long.

        If the chat does not explain it, it was the limit over all chats that was met.
        """
        account.blocked_until = max(account.blocked_until, now + seconds)
        if not account.explains(now):
            self._enforced_at = now

    def _prune(self, now: float) -> None:
        self._accounts = {chat_id: account for chat_id, account in self._accounts.items() if not account.idle(now)}
        self._prune_at = max(1024, 2 * len(self._accounts))


def monotonic() -> float:
    """Now, in the seconds that everything here counts in."""
    return asyncio.get_running_loop().time()
