"""The terminal as a platform: one direct chat, with whoever owns the terminal.

Knows what a message and a vote are; how they look is its face's affair (`keyboard`, `pipe`).
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from adapters.console.face import Face
from adapters.console.saving import save
from bot.channel import Handler
from bot.errors import AttachmentRefused
from bot.i18n import say
from bot.messages import (
    Addressing,
    Attachment,
    Capabilities,
    Chat,
    ChatKind,
    InboundMessage,
    InboundVote,
    OutboundMessage,
    Quoted,
    Receipt,
    Verdict,
)
from memory.records import Account, Author

PLATFORM = "console"
CHAT = Chat(platform=PLATFORM, id="terminal", kind=ChatKind.DIRECT)
VOTES = {"/+": Verdict.GOOD, "👍": Verdict.GOOD, "/-": Verdict.BAD, "👎": Verdict.BAD}

Answered = Callable[[InboundMessage], Awaitable[None]]
"""Returns once everything that answers this message has been delivered."""


class ConsoleChannel:
    """A `Channel`. `run` returns at the end of input, when the last message has been answered."""

    platform = PLATFORM

    def __init__(
        self,
        *,
        face: Callable[[Callable[[], bool]], Face],
        answered: Answered,
        clock: Callable[[], datetime],
        files: Path,
        language: str,
        user: str,
    ) -> None:
        """`face` makes the face; it is given what Ctrl-C does. Files that Martín sends are put into `files`.

        `user` is the system's name of who runs this.
        """
        self._answered = answered
        self._clock = clock
        self._files = files
        self._language = language
        self._author = Author(account=Account(platform=PLATFORM, user_id=user), name=user)
        self._face = face(self._interrupt)
        self._handle: Handler | None = None
        self._under_way: set[asyncio.Task[None]] = set()  # messages that are being answered
        self._stopping: set[asyncio.Task[Receipt]] = set()
        self._delivered: dict[str, str] = {}  # text by message id, of this run
        self._votable = ""  # the last answer
        self._question: OutboundMessage | None = None  # "what would have been right?", until a line answers it
        self._question_id = ""

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            message_limit=20_000 if self._face.live else 1_000_000,
            utf16=False,
            previews=self._face.live,
            preview_interval=timedelta(milliseconds=100),
            group_preview_interval=timedelta(milliseconds=100),
            merges=self._face.live,  # a program's lines are a question each
            votes=True,
            private_replies=False,
        )

    async def run(self, handle: Handler) -> None:
        self._handle = handle
        try:
            async for line in self._face.lines():
                text = line.strip()
                if not text:
                    continue
                if text in VOTES:
                    await self._vote(VOTES[text], handle)
                    continue
                message = self._message(text)
                await handle(message)
                follow = asyncio.create_task(self._follow(message), name="console answer")
                self._under_way.add(follow)
                follow.add_done_callback(self._under_way.discard)
                if not self._face.live:
                    await follow
        finally:
            for task in (*self._under_way, *self._stopping):
                task.cancel()

    async def deliver(self, message: OutboundMessage, *, replacing: str | None, nonce: str) -> str:
        message_id = replacing or nonce
        text = message.text
        if self._delivered.get(message_id) == text:
            return message_id
        if message.files:
            saved = [say(self._language, "console-saved", path=f"{save(self._files, each)}") for each in message.files]
            message = replace(message, text="\n\n".join(filter(None, (text, *saved))))
        await self._face.settle(message_id, message)
        self._delivered[message_id] = text
        if message.votable:
            self._votable = message_id
        if message.asks_correction:
            self._question, self._question_id = message, message_id
        return message_id

    async def preview(self, message: OutboundMessage, *, replacing: str | None) -> str | None:
        if not self._face.live:
            return None
        if not message.text:
            self._face.think(True)
            return None
        message_id = replacing or uuid4().hex
        self._face.grow(message_id, message)
        return message_id

    async def fetch(self, attachment: Attachment, *, limit: int) -> bytes:
        raise AttachmentRefused("Nothing is attached in a terminal.", hint="Type or paste the text.")

    async def administers(self, chat: Chat, user_id: str) -> bool:
        return True  # whoever sits at the terminal owns the machine

    def _message(self, text: str) -> InboundMessage:
        question, reply_to = self._question, None
        if question is not None and not text.startswith("/"):
            reply_to = Quoted(message_id=self._question_id, author=None, text=question.text, is_mine=True)
            self._question = None
        return InboundMessage(
            chat=CHAT,
            message_id=uuid4().hex,  # the inbox knows those of earlier runs
            author=self._author,
            text=text,
            sent_at=self._clock(),
            addressing=Addressing.COMMAND if text.startswith("/") else Addressing.DIRECT,
            reply_to=reply_to,
        )

    async def _vote(self, verdict: Verdict, handle: Handler) -> None:
        if not self._votable:
            await self._face.settle(
                uuid4().hex, OutboundMessage(chat=CHAT, text=say(self._language, "console-no-vote"))
            )
            return
        vote = InboundVote(
            chat=CHAT, message_id=self._votable, voter=self._author, verdict=verdict, voted_at=self._clock()
        )
        receipt = await handle(vote)
        if self._face.live and verdict is Verdict.GOOD and receipt is Receipt.DONE:  # a 👎 is answered with a question
            thanks = OutboundMessage(chat=CHAT, text=say(self._language, "console-vote-good"))
            await self._face.settle(uuid4().hex, thanks)

    async def _follow(self, message: InboundMessage) -> None:
        try:
            await self._answered(message)
        finally:
            self._face.think(False)

    async def _stop(self, handle: Handler) -> Receipt:
        return await handle(self._message("/stop"))

    def _interrupt(self) -> bool:
        """Stop what is being answered; False if nothing is."""
        if not self._under_way or self._handle is None:
            return False
        stopping = asyncio.create_task(self._stop(self._handle), name="console stop")
        self._stopping.add(stopping)
        stopping.add_done_callback(self._stopping.discard)
        return True
