from hypothesis import given
from hypothesis import strategies as st

from adapters.telegram.flood import ALL, CHAT, GROUP, Flood, Window


def most_within(times: list[float], seconds: float) -> int:
    return max((sum(start <= time < start + seconds for time in times) for start in times), default=0)


@given(arrivals=st.lists(st.floats(min_value=0, max_value=20), max_size=80))
def test_no_window_ever_holds_more_than_it_may(arrivals: list[float]) -> None:
    window = Window(most=5, seconds=2.0)
    turns = []
    for now in sorted(arrivals):
        at = window.free_at(now)
        window.times.append(at)
        turns.append(at)
    assert turns == sorted(turns)
    assert most_within(turns, 1.999) <= 5


def test_a_chat_may_burst_and_then_goes_on_at_one_a_second() -> None:
    flood = Flood()
    account = flood.account("1", now=0)
    turns = []
    for _ in range(9):
        at = account.free_at(0)
        flood.begin(account, now=at)
        turns.append(at)
    assert turns[: CHAT[0]] == [0.0] * CHAT[0]
    assert most_within(turns[CHAT[0] :], 1.0) == 1


def test_a_group_stays_below_twenty_a_minute() -> None:
    flood = Flood()
    account = flood.account("-1", now=0)
    turns = []
    now = 0.0
    for _ in range(60):
        now = account.free_at(now)
        flood.begin(account, now=now)
        turns.append(now)
    assert most_within(turns, 60.0) <= GROUP[0]


def test_until_telegram_enforces_it_there_is_no_limit_over_all() -> None:
    flood = Flood()
    for chat in range(200):
        assert flood.wait(0) == 0
        flood.begin(flood.account(str(chat), now=0), now=0)


@given(delays=st.lists(st.tuples(st.floats(0, 2), st.floats(0, 1)), min_size=40, max_size=120))
def test_however_long_calls_take_the_server_never_sees_too_many_in_a_second(delays: list[tuple[float, float]]) -> None:
    flood = Flood()
    flood.refused(flood.account("0", now=0), seconds=1, now=0)
    now = 0.0
    under_way: list[float] = []
    seen = []
    for chat, (takes, part) in enumerate(delays, start=1):
        while flood.wait(now) > 0:
            now += flood.wait(now)
            for back in [back for back in under_way if back <= now]:
                under_way.remove(back)
                flood.end(now=back, counted=True)
        flood.begin(flood.account(str(chat), now=now), now=now)
        under_way.append(now + takes)
        seen.append(now + takes * part)  # the server counts it somewhere between sending and answer
    assert most_within(seen, 1.0) <= ALL[0]


def test_two_hundred_answers_take_less_than_eight_seconds() -> None:
    flood = Flood()
    flood.refused(flood.account("0", now=0), seconds=1, now=0)
    now = 0.0
    for chat in range(1, 201):
        while flood.wait(now) > 0:
            now += flood.wait(now)
        flood.begin(flood.account(str(chat), now=now), now=now)
        flood.end(now=now, counted=True)
    assert now < 8


def test_a_refusal_the_chat_itself_explains_is_no_limit_over_all() -> None:
    flood = Flood()
    account = flood.account("1", now=0)
    for _ in range(CHAT[0]):
        flood.begin(account, now=0)
    flood.refused(account, seconds=5, now=0)
    assert not flood.limited(0)


def test_a_refused_chat_waits_and_the_others_do_not() -> None:
    flood = Flood()
    flood.refused(flood.account("1", now=0), seconds=30, now=0)
    assert flood.account("1", now=0).free_at(0) == 30
    assert flood.account("2", now=0).free_at(0) == 0


def test_previews_leave_room_for_the_answer() -> None:
    flood = Flood()
    account = flood.account("1", now=0)
    shown = 0
    while flood.spares(account, now=0, first=False):
        flood.begin(account, now=0)
        shown += 1
    assert shown >= 1
    assert account.free_at(0) == 0


def test_previews_give_way_while_answers_wait() -> None:
    flood = Flood()
    flood.refused(flood.account("0", now=0), seconds=1, now=0)
    for chat in range(1, 60):
        flood.begin(flood.account(str(chat), now=0), now=0)
    assert not flood.spares(flood.account("99", now=0), now=0, first=True)
    for _ in range(1, 60):
        flood.end(now=1, counted=True)
    assert flood.spares(flood.account("99", now=10), now=10, first=False)


def test_a_refused_call_takes_no_room() -> None:
    flood = Flood()
    account = flood.account("0", now=0)
    flood.begin(account, now=0)
    flood.refused(account, seconds=1, now=0)
    flood.end(now=0, counted=False)
    assert flood.all.used(0) == 0


def test_who_sees_nothing_yet_comes_before_who_sees_less() -> None:
    flood = Flood()
    flood.refused(flood.account("0", now=0), seconds=1, now=0)
    for chat in range(1, 16):
        flood.begin(flood.account(str(chat), now=0), now=0)
    assert flood.spares(flood.account("99", now=0), now=0, first=True)
    assert not flood.spares(flood.account("99", now=0), now=0, first=False)


def test_chats_that_went_quiet_are_forgotten() -> None:
    flood = Flood()
    for chat in range(5000):
        flood.begin(flood.account(str(chat), now=chat), now=chat)
    assert len(flood._accounts) < 2500
