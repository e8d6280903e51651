"""The terminal: a chat at a keyboard, or one line in and one reply out."""

import os
import sys
from collections.abc import Callable, Sequence

from adapters.console.channel import CHAT, PLATFORM, Answered, ConsoleChannel
from adapters.console.face import Face

__all__ = ["CHAT", "PLATFORM", "Answered", "ConsoleChannel", "Face", "face_for", "login"]


def face_for(*, commands: Sequence[tuple[str, str]], language: str) -> Callable[[Callable[[], bool]], Face]:
    """The face that fits what this process was started with: a keyboard where a person sits at both ends, else a pipe.

    `commands` are names, without a slash, and what each does.
    """

    def make(interrupt: Callable[[], bool]) -> Face:
        if sys.stdin.isatty() and sys.stdout.isatty():
            from adapters.console.keyboard import Keyboard  # here: a pipe needs none of what it imports

            return Keyboard(commands=commands, language=language, interrupt=interrupt)
        from adapters.console.pipe import Pipe

        return Pipe(source=sys.stdin.fileno(), output=sys.stdout)

    return make


def login() -> str:
    """The system's name of who runs this. Unlike `getpass.getuser`, no environment variable changes it."""
    try:
        import pwd
    except ImportError:  # Windows
        return os.environ.get("USERNAME") or "owner"
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's made-up user
        return str(os.getuid())
