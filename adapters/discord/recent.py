"""A dictionary that forgets its oldest entries: what is worth remembering only while it is recent."""

from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Holds the `limit` entries that were put last."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[K, V] = OrderedDict()

    def put(self, key: K, value: V) -> None:
        self._kept[key] = value
        self._kept.move_to_end(key)
        if len(self._kept) > self._limit:
            self._kept.popitem(last=False)

    def get(self, key: K) -> V | None:
        return self._kept.get(key)

    def drop(self, key: K) -> None:
        self._kept.pop(key, None)

    def __contains__(self, key: K) -> bool:
        return key in self._kept
