"""Who agreed that what they say may train a model. Pure.

Two must agree: the person (`/privacy learn on`) and, for each platform, the owner (`learning.platforms`).
"""

from collections.abc import Collection

from memory.people import Person


class Consent:
    """The owner's choice of platforms, and each person's own."""

    def __init__(self, *, platforms: Collection[str]) -> None:
        self._platforms = frozenset(platforms)

    def given(self, person: Person, *, platform: str) -> bool:
        """Whether what this person says on this platform may be learned from, as things stand now."""
        return person.learns and platform in self._platforms
