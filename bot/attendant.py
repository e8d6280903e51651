"""Works off each conversation's lane: its messages become answers, its commands are run.

Knows no platform, only channels.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial

import structlog

from bot.answering import Answering, Asked, known_again
from bot.channel import Channel
from bot.commands.call import Answer, Platforms
from bot.commands.registry import Commands, written
from bot.conversation import Conversation
from bot.errors import BotError, StorageError
from bot.feedback import Feedback
from bot.i18n import say
from bot.lanes import Lanes, Work
from bot.messages import Chat, InboundMessage, OutboundMessage
from bot.notices import Notices
from bot.opening import Opening
from bot.patience import until_written
from memory.database import DatabaseError
from memory.inbox import Inbox, InboxState
from memory.people import People
from memory.records import ConversationId
from memory.transcripts import LastExchange, Transcripts

log = structlog.get_logger()


class Attendant:
    """Answers what was taken. Works while its lanes are open."""

    def __init__(
        self,
        *,
        people: People,
        inbox: Inbox,
        transcripts: Transcripts,
        notices: Notices,
        feedback: Feedback,
        commands: Commands,
        opening: Opening,
        conversation: Conversation,
        lanes: Lanes,
        platforms: Platforms,
        clock: Callable[[], datetime],
    ) -> None:
        self._people = people
        self._inbox = inbox
        self._transcripts = transcripts
        self._notices = notices
        self._feedback = feedback
        self._commands = commands
        self._opening = opening
        self._conversation = conversation
        self._lanes = lanes
        self._platforms = platforms
        self._clock = clock
        self._waiting: Counter[str] = Counter()  # messages of each conversation
        self._gathering: dict[str, list[Asked]] = {}  # what was put in a lane last, while it may be added to
        self._answering: dict[str, Answering] = {}

    # Taking on -----------------------------------------------------------------------------------

    def waiting(self, chat: Chat) -> int:
        """How many messages of a conversation wait, without those being answered."""
        return self._waiting[chat.key]

    @property
    def all_waiting(self) -> int:
        """How many messages wait, all conversations together."""
        return self._waiting.total()

    def take_on(self, channel: Channel, conversation: ConversationId, asked: Asked) -> None:
        """Put a message in its conversation's lane, or join it to the answer that is just beginning."""
        key = asked.message.chat.key
        merges = channel.capabilities.merges
        if written(asked.message.text) is not None:
            self._gathering.pop(key, None)  # what comes after a command is not answered before it
            self._waiting[key] += 1
            self._lanes.add(key, partial(self._run_in_turn, channel, conversation, asked))
            return
        under_way = self._answering.get(key)
        plain = not asked.message.attachments and asked.message.reply_to is None
        if merges and plain and under_way and not self._lanes.waiting(key) and under_way.takes(asked):
            return
        self._waiting[key] += 1
        batch = self._gathering.get(key)
        if merges and batch and _belongs(asked, batch):
            batch.append(asked)
            return
        batch = self._gathering[key] = [asked]
        self._lanes.add(key, partial(self._answer_in_turn, channel, conversation, batch))

    def run_aside(self, channel: Channel, conversation: ConversationId, asked: Asked) -> None:
        """Run a command now, past every queue."""
        run = partial(self._run, channel, conversation, asked)
        self._lanes.aside(asked.message.chat.key, partial(self._see_to, channel, conversation, [asked], run))

    def turn_down(self, channel: Channel, conversation: ConversationId, asked: Asked, text: str) -> None:
        """Close a message with a word of explanation, or silently."""
        self._lanes.aside(asked.message.chat.key, partial(self._turn_down, channel, conversation, asked, text))

    def apologise(self, channel: Channel, conversation: ConversationId, asked: Asked, text: str) -> None:
        """Close a message that is too old to be answered, when its turn comes."""
        self._lanes.add(asked.message.chat.key, partial(self._turn_down, channel, conversation, asked, text))

    def aside(self, chat: Chat, work: Work) -> None:
        """Do something for a chat that nobody there waits for."""
        self._lanes.aside(chat.key, work)

    def tell_stranger(self, channel: Channel, message: OutboundMessage) -> None:
        """Say something to somebody of whom nothing is kept."""
        self._lanes.aside(message.chat.key, partial(self._notices.tell_stranger, channel, message))

    # Working off ---------------------------------------------------------------------------------

    async def _run_in_turn(self, channel: Channel, conversation: ConversationId, asked: Asked) -> None:
        self._no_longer_waits(asked.message.chat.key, 1)
        await self._see_to(channel, conversation, [asked], partial(self._run, channel, conversation, asked))

    async def _answer_in_turn(self, channel: Channel, conversation: ConversationId, asked: list[Asked]) -> None:
        """Answer a message whose turn it is, with those that its author has added meanwhile."""
        key = asked[0].message.chat.key
        if self._gathering.get(key) is asked:
            del self._gathering[key]
        self._no_longer_waits(key, len(asked))
        await self._see_to(channel, conversation, asked, partial(self._answer_these, channel, conversation, asked))

    def _no_longer_waits(self, key: str, count: int) -> None:
        self._waiting[key] -= count
        if not self._waiting[key]:
            del self._waiting[key]

    async def _see_to(self, channel: Channel, conversation: ConversationId, asked: list[Asked], work: Work) -> None:
        """Do `work`. Where it fails in a way nobody foresaw, who asked is told: no message is left without a word."""
        try:
            await work()
        except Exception as error:  # the edge of one message
            chat, last = asked[-1].message.chat, asked[-1]
            log.exception("message failed", chat=chat.key)
            if await self._inbox.waits(last.inbox_id):
                key = StorageError.key if isinstance(error, DatabaseError) else BotError.key
                await self._say(channel, conversation, asked, say(last.language, key))

    async def _answer_these(self, channel: Channel, conversation: ConversationId, asked: list[Asked]) -> None:
        asked[:] = [await self._known_again(each) for each in asked]
        about = await self._feedback.asked_about(asked[0].message, person=asked[0].person)
        if about is not None:
            text = "\n".join(each.message.text for each in asked)
            await self._feedback.correct(about, text=text, person=asked[-1].person, platform=channel.platform)
            await self._say(channel, conversation, asked, say(asked[-1].language, "core-correction-thanks"))
            return
        asked[:] = [await self._opening.opened(channel, each) if each.message.attachments else each for each in asked]
        if not any(each.message.text.strip() or each.pictures for each in asked):
            remark = "\n\n".join(filter(None, (each.remark for each in asked)))
            await self._say(channel, conversation, asked, remark or say(asked[-1].language, "core-nothing-said"))
            return
        await self._answer(channel, conversation, Answering(asked=asked))

    async def _known_again(self, asked: Asked) -> Asked:
        """The same message of who its author is now: accounts may have been linked, or forgotten, while it waited."""
        await self._people.resolve(asked.message.author, now=self._clock())
        return await known_again(self._people, asked) or asked

    async def _answer(self, channel: Channel, conversation: ConversationId, answering: Answering) -> None:
        key = answering.asked[0].message.chat.key
        self._answering[key] = answering
        try:
            await self._conversation.answer(channel, conversation, answering)
        finally:
            del self._answering[key]

    async def _say(self, channel: Channel, conversation: ConversationId, asked: list[Asked], text: str) -> None:
        """Answer with words of our own, without the model."""
        message = OutboundMessage(chat=asked[-1].message.chat, text=text, reply_to=asked[-1].message.message_id)
        await self._notices.tell(channel, message, conversation=conversation, answers=[each.inbox_id for each in asked])

    async def _run(self, channel: Channel, conversation: ConversationId, asked: Asked) -> None:
        """Run a command. What it says on the way is shown; its last word is said."""
        conversations = _Conversations(self, conversation)
        message = asked.message
        said = Answer(text="")
        shown: str | None = None
        answers = self._commands.run(
            message,
            person=asked.person,
            language=asked.language,
            now=self._clock(),
            conversations=conversations,
            platforms=self._platforms,
        )
        try:
            async for answer in answers:
                if said.text:
                    shown = await channel.preview(self._outbound(asked, said), replacing=shown) or shown
                said = answer
        except BotError as error:
            log.warning("command failed", chat=message.chat.key, error=str(error))
            said = Answer(text=say(asked.language, error.key))
        if conversations.again is not None:
            await self._answer(channel, conversation, Answering(asked=[asked], again=conversations.again))
        elif said.text or said.files:
            reply = self._outbound(asked, said)
            await self._notices.tell(
                channel, reply, conversation=conversation, answers=[asked.inbox_id], replacing=shown
            )
        else:
            await self._pass_over(asked)

    def _outbound(self, asked: Asked, answer: Answer) -> OutboundMessage:
        message = asked.message
        return OutboundMessage(
            chat=message.chat,
            text=answer.text,
            reply_to=message.message_id,
            choices=answer.choices,
            files=answer.files,
            private=answer.private,
        )

    async def _turn_down(self, channel: Channel, conversation: ConversationId, asked: Asked, text: str) -> None:
        if text:
            await self._say(channel, conversation, [asked], text)
        else:
            await self._pass_over(asked)

    async def _pass_over(self, asked: Asked) -> None:
        """Close a message without a word."""
        await until_written(
            lambda: self._inbox.close([asked.inbox_id], state=InboxState.PASSED, now=self._clock()),
            chat=asked.message.chat.key,
        )

    # What others ask of the conversations ----------------------------------------------------------

    async def last_exchange(self, conversation: ConversationId) -> LastExchange | None:
        """What /retry answers again."""
        return await self._transcripts.last_exchange(conversation)

    async def stop(self, chat: Chat) -> bool:
        """End the answer that is being written in a chat."""
        answering = self._answering.get(chat.key)
        if answering is None:
            return False
        answering.stop()
        return True

    async def idle(self, chat: Chat) -> None:
        """Wait until everything said in a chat is dealt with."""
        await self._lanes.idle(chat.key)


def _belongs(asked: Asked, batch: list[Asked]) -> bool:
    """Whether a message goes on with what its author has just said. A reply stands alone: it may be a correction."""
    replies = asked.message.reply_to is not None or batch[0].message.reply_to is not None
    return not replies and asked.person.id == batch[0].person.id


class _Conversations:
    """The conversations as one command sees them: /retry answers in the command's own place."""

    def __init__(self, attendant: Attendant, conversation: ConversationId) -> None:
        self._attendant = attendant
        self._conversation = conversation
        self.again: LastExchange | None = None

    async def stop(self, chat: Chat) -> bool:
        return await self._attendant.stop(chat)

    async def retry(self, _message: InboundMessage) -> bool:
        self.again = await self._attendant.last_exchange(self._conversation)
        return self.again is not None
