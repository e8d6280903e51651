from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from adapters.imports import whatsapp
from adapters.imports.source import Reason
from adapters.imports.stamps import DateOrder, Stamp, date_order
from tests.adapters.imports.reading import said, skipped

ANDROID_US, ANDROID_ES, IOS_ES = "WhatsApp Chat with Ana.txt", "Chat de WhatsApp con Luis.txt", "_chat.txt"


def stamps(*lines: str) -> list[Stamp]:
    found = [Stamp.read(line) for line in lines]
    return [stamp for stamp in found if stamp is not None]


def test_american_android_dates_run_month_first_on_a_12_hour_clock() -> None:
    times = [turn.said_at for turn in said(whatsapp.read, ANDROID_US)]
    assert times[0] == datetime(2023, 12, 31, 23, 58, tzinfo=UTC)
    assert times[2] == datetime(2024, 1, 2, 8, 0, tzinfo=UTC)


def test_a_message_goes_on_over_lines() -> None:
    assert said(whatsapp.read, ANDROID_US)[0].text == "Happy new year!\nand a second line"


def test_media_deleted_messages_and_the_edited_mark_are_understood() -> None:
    turns = said(whatsapp.read, ANDROID_US)
    assert [(turn.text, turn.memorable) for turn in turns[1:]] == [
        ("📎", False),
        ("Where is Toby?", True),
        ("At home", True),
    ]
    assert [row.reason for row in skipped(whatsapp.read, ANDROID_US)] == [Reason.SERVICE, Reason.SERVICE]


def test_a_chat_of_two_is_direct_and_named_by_its_file() -> None:
    conversation = said(whatsapp.read, ANDROID_US)[0].conversation
    assert (conversation.title, conversation.direct) == ("Ana", True)


def test_spanish_12_hour_dates_run_day_first_in_the_given_zone() -> None:
    turns = said(whatsapp.read, ANDROID_ES, zone=ZoneInfo("Europe/Madrid"))
    assert [turn.said_at for turn in turns] == [
        datetime(2024, 1, 5, 22, 58, tzinfo=UTC),
        datetime(2024, 1, 6, 7, 0, tzinfo=UTC),
        datetime(2024, 1, 7, 12, 0, tzinfo=UTC),
    ]


def test_ios_marks_of_direction_disturb_nothing() -> None:
    turns = said(whatsapp.read, IOS_ES)
    assert [(turn.speaker, turn.text) for turn in turns] == [
        ("Eva", "Hola, familia"),
        ("Pau", "📎"),
        ("+34 600 00 00 01", "Cena a las 9: traed pan"),
        ("Eva", "mirad qué bonito\n📎 IMG-1.jpg"),
    ]
    assert turns[2].said_at == datetime(2024, 2, 3, 21, 15, 30, tzinfo=UTC)


def test_a_group_is_not_direct() -> None:
    assert not said(whatsapp.read, IOS_ES)[0].conversation.direct


@pytest.mark.parametrize(
    ("lines", "order"),
    [
        (["2023-12-31, 23:59 - A: x"], DateOrder.YEAR_FIRST),
        (["31/12/23, 23:59 - A: x"], DateOrder.DAY_FIRST),
        (["31.12.23, 23:59 - A: x"], DateOrder.DAY_FIRST),
        (["1/2/24, 08:00 - A: x", "12/31/24, 08:00 - A: x"], DateOrder.MONTH_FIRST),
        (["1/3/24, 08:00 - A: x", "2/3/24, 08:00 - A: x", "1/4/24, 08:00 - A: x"], DateOrder.DAY_FIRST),
        (["3/1/24, 08:00 - A: x", "3/2/24, 08:00 - A: x", "4/1/24, 08:00 - A: x"], DateOrder.MONTH_FIRST),
        (["5/5/24, 8:00 PM - A: x"], DateOrder.MONTH_FIRST),
        (["5/5/24, 8:00 p. m. - A: x"], DateOrder.DAY_FIRST),
        (["1/2/24, 8:00 - A: x", "99/2/24, 8:00 - A: pasted", "13/2/24, 8:00 - A: x"], DateOrder.DAY_FIRST),
        ([], DateOrder.DAY_FIRST),
    ],
)
def test_the_order_of_dates_is_told_from_the_whole_file(lines: list[str], order: DateOrder) -> None:
    assert date_order(stamps(*lines)) is order
