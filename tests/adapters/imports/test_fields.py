from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.imports.fields import LONGEST_ID, identifier, moment, string
from memory.records import Scope

MADRID = ZoneInfo("Europe/Madrid")


@pytest.mark.parametrize(
    "written",
    [
        "2023-05-01T10:00:00",
        "2023-05-01T08:00:00Z",
        "2023-05-01T08:00:00.000+00:00",
        1682928000,
        "1682928000",
        1682928000000,
    ],
)
def test_one_moment_is_written_in_many_ways(written: object) -> None:
    assert moment(written, zone=MADRID) == datetime(2023, 5, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize("written", [None, True, "", "ayer", [], {}, "9999-12-31T23:59:59", Decimal("1e999999"), -1e30])
def test_what_is_no_time_of_a_chat_is_none(written: object) -> None:
    assert moment(written, zone=MADRID) is None


def test_what_no_database_stores_is_replaced() -> None:
    assert string("a\x00b\ud800c") == "a\ufffdb\ufffdc"


@given(st.text(max_size=300))
def test_an_identifier_is_short_and_makes_a_scope(text: str) -> None:
    found = identifier(text)
    assert len(found) <= LONGEST_ID
    if found:
        assert Scope.parse(str(Scope.place("whatsapp", found))) == Scope.place("whatsapp", found)
