"""How much one person may ask: so many messages a minute, so many a day, and a friendly word about when it goes on.

The pace is a token bucket in memory, since a restart may well forgive it; the daily budget is counted in SQL. Written
here rather than taken from a library because the ones there are read the wall clock themselves.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from bot.i18n import say
from memory.records import PersonId
from memory.usage import Usage

KEPT = 10_000  # persons, chats or accounts whose pace is in memory at once; the longest silent are dropped


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """How many messages are still free at a moment."""

    tokens: float
    at: datetime


def drawn(bucket: Bucket | None, *, per_minute: int, now: datetime) -> tuple[Bucket, timedelta]:
    """Take one message out of a bucket that holds `per_minute` and fills in a minute.

    Returns the bucket afterwards, and how long to wait: zero if the message was free, and then only was it taken.
    """
    tokens = float(per_minute)
    if bucket is not None:
        tokens = min(tokens, bucket.tokens + max(0.0, (now - bucket.at).total_seconds()) * per_minute / 60)
    if tokens >= 1:
        return Bucket(tokens=tokens - 1, at=now), timedelta()
    return Bucket(tokens=tokens, at=now), timedelta(seconds=(1 - tokens) * 60 / per_minute)


class Tally:
    """How often something happened to each key lately: at most `limit` times within `window` of the first."""

    def __init__(self, *, limit: int, window: timedelta) -> None:
        self._limit = limit
        self._window = window
        self._counts: OrderedDict[Hashable, tuple[datetime, int]] = OrderedDict()

    def full(self, key: Hashable, *, now: datetime) -> bool:
        """Whether it has been often enough."""
        since, count = self._counts.get(key, (now, 0))
        return count >= self._limit and now - since < self._window

    def take(self, key: Hashable, *, now: datetime) -> bool:
        """Count once more. False: it has been often enough."""
        if self.full(key, now=now):
            return False
        since, count = self._counts.get(key, (now, 0))
        if now - since >= self._window:
            since, count = now, 0
        self._counts[key] = (since, count + 1)
        self._counts.move_to_end(key)
        while len(self._counts) > KEPT:
            self._counts.popitem(last=False)
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Not now. `notice` is empty where the person was already told."""

    until: datetime
    notice: str


class Quotas:
    """The pace and the daily budget of every person. 0 means without limit; admins have no daily budget."""

    def __init__(self, usage: Usage, *, per_minute: int, per_day: int, timezone: tzinfo) -> None:
        self._usage = usage
        self._per_minute = per_minute
        self._per_day = per_day
        self._timezone = timezone
        self._buckets: OrderedDict[PersonId, Bucket] = OrderedDict()
        self._told_pace = Tally(limit=1, window=timedelta(minutes=1))
        self._told_day = Tally(limit=1, window=timedelta(days=1))

    async def spend(self, person: PersonId, *, is_admin: bool, language: str, now: datetime) -> Refusal | None:
        """Count one message against the person's pace and budget. None: go on."""
        if self._per_minute:
            bucket, wait = drawn(self._buckets.get(person), per_minute=self._per_minute, now=now)
            self._buckets[person] = bucket
            self._buckets.move_to_end(person)
            while len(self._buckets) > KEPT:
                self._buckets.popitem(last=False)
            if wait:
                told = not self._told_pace.take(person, now=now)
                seconds = max(1, round(wait.total_seconds()))
                notice = "" if told else say(language, "access-slow-down", seconds=seconds)
                return Refusal(until=now + wait, notice=notice)
        local = now.astimezone(self._timezone)
        used = await self._usage.add(person, local.date())
        if is_admin or not self._per_day or used <= self._per_day:
            return None
        midnight = next_day(local)
        told = not self._told_day.take((person, local.date()), now=now)
        notice = "" if told else say(language, "access-day-spent", limit=self._per_day, time=f"{midnight:%H:%M}")
        return Refusal(until=midnight, notice=notice)


def next_day(local: datetime) -> datetime:
    """The first moment of the next day in the zone of `local`: not always 24 hours after the last."""
    tomorrow = local.date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=local.tzinfo)
