"""Hide what a reasoning model thinks aloud between `<think>` tags, while it streams. Pure."""

_TAGS = {"<think>": "</think>", "<thinking>": "</thinking>", "<thought>": "</thought>"}


class ThoughtFilter:
    """Takes the pieces of one answer and gives back what is to be seen of each.

    Only a thought that opens the answer is one: a later `<think>` is text about tags. What could still become a tag is
    held until it is told.
    """

    def __init__(self) -> None:
        self._held = ""
        self._end: str | None = None  # the tag that ends the thought we are in
        self._past = False  # the answer proper has begun

    def feed(self, piece: str) -> str:
        if self._past:
            return piece
        self._held += piece
        if self._end is None:
            start = self._held.lstrip()
            opening = next((tag for tag in _TAGS if start.startswith(tag)), None)
            if opening is None:
                if any(tag.startswith(start) for tag in _TAGS):
                    return ""
                return self._release(self._held)
            self._end = _TAGS[opening]
            self._held = start.removeprefix(opening)
        thought, end, rest = self._held.partition(self._end)
        if end:
            self._end = None
            self._held = ""
            # Another thought may follow at once.
            return self.feed(rest)
        self._held = thought[-len(self._end) :]
        return ""

    def finish(self) -> str:
        """What was held because it might have become a tag. A thought that never ended stays hidden."""
        return "" if self._end is not None else self._release(self._held)

    def _release(self, text: str) -> str:
        self._past = True
        self._held = ""
        return text
