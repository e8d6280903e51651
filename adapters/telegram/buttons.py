"""What stands in a button's `callback_data`, and how it is read back.

Pure. Data from outside is taken only if it is exactly what `vote_data` or `choice_data` writes.
"""

from bot.messages import Choice, Verdict

LIMIT = 64  # bytes, Telegram's

_CHOICE = "c1:"
_VOTES = {Verdict.GOOD: "v1:good", Verdict.BAD: "v1:bad"}
_VERDICTS = {data: verdict for verdict, data in _VOTES.items()}


def vote_data(verdict: Verdict) -> str:
    """The data of the 👍 or 👎 button."""
    return _VOTES[verdict]


def choice_data(choice: Choice) -> str:
    """The data of a choice's button.

    Raises:
        ValueError: the command is empty, or too long for a button.
    """
    data = _CHOICE + choice.command
    if not choice.command.startswith("/") or len(data.encode()) > LIMIT:
        raise ValueError(f"A button cannot carry the command {choice.command!r}.")
    return data


def verdict_of(data: str) -> Verdict | None:
    """The vote that `data` is, if it is one."""
    return _VERDICTS.get(data)


def command_of(data: str) -> str | None:
    """The command that `data` carries, if it does."""
    command = data.removeprefix(_CHOICE)
    if command == data or not command.startswith("/") or len(data.encode("utf-8", "replace")) > LIMIT:
        return None
    return command
