"""Two must agree before anything is learned from: the person, and the owner for each platform."""

import pytest

from bot.consent import Consent
from memory.people import Person
from memory.records import PersonId


@pytest.mark.parametrize("learns", [True, False])
@pytest.mark.parametrize("platform", ["telegram", "discord"])
def test_both_the_person_and_the_owner_must_agree(learns: bool, platform: str) -> None:
    person = Person(id=PersonId(1), name="Ana", accounts=(), learns=learns)
    assert Consent(platforms=["telegram"]).given(person, platform=platform) is (learns and platform == "telegram")
