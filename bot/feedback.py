"""👍, 👎 and what would have been right.

A vote counts for the answer whose message it stands under, in that chat only: ids made up or taken from elsewhere find
nothing.
"""

from collections.abc import Callable
from datetime import datetime

from bot.channel import Channel
from bot.consent import Consent
from bot.i18n import say
from bot.messages import Chat, InboundCorrection, InboundMessage, InboundVote, OutboundMessage, Receipt, Verdict
from bot.notices import Notices
from memory.outbox import Purpose
from memory.people import Person
from memory.records import ConversationId
from memory.votes import VotedOn, Votes


class Feedback:
    """Takes votes and corrections, and asks for the latter."""

    def __init__(self, *, votes: Votes, notices: Notices, consent: Consent, clock: Callable[[], datetime]) -> None:
        self._votes = votes
        self._notices = notices
        self._consent = consent
        self._clock = clock

    async def concerns(self, vote: InboundVote) -> bool:
        """Whether a vote stands under an answer of ours: who reacts to anything else has not talked to Martín."""
        found = await self._voted_on(vote.chat, vote.message_id)
        return found is not None and found.purpose is Purpose.ANSWER

    async def vote(
        self, channel: Channel, vote: InboundVote, *, conversation: ConversationId, person: Person, language: str
    ) -> Receipt:
        """Count a vote; after a new 👎, ask what would have been right, unless the channel asks by itself."""
        found = await self._voted_on(vote.chat, vote.message_id)
        if found is None or found.purpose is not Purpose.ANSWER:
            return Receipt.REFUSED
        before = await self._votes.vote(found.exchange, person=person.id, verdict=vote.verdict, now=self._clock())
        if vote.verdict is Verdict.BAD and before != Verdict.BAD and not channel.capabilities.forms:
            question = OutboundMessage(
                chat=vote.chat,
                text=say(language, "core-ask-correction"),
                reply_to=vote.message_id,
                asks_correction=True,
            )
            await self._notices.tell(
                channel, question, conversation=conversation, purpose=Purpose.CORRECTION, exchange=found.exchange
            )
        return Receipt.DONE

    async def asked_about(self, message: InboundMessage, *, person: Person) -> int | None:
        """The exchange that this message corrects: it replies to our question, and its author voted 👎."""
        quoted = message.reply_to
        if quoted is None or not quoted.is_mine or not message.text.strip():
            return None
        found = await self._voted_on(message.chat, quoted.message_id)
        if found is None or found.purpose is not Purpose.CORRECTION:
            return None
        stands = await self._votes.verdict(found.exchange, person=person.id)
        return found.exchange if stands == Verdict.BAD else None

    async def correct(self, exchange: int, *, text: str, person: Person, platform: str) -> None:
        """Keep what would have been right, with the consent that holds now."""
        consents = self._consent.given(person, platform=platform)
        await self._votes.correct(exchange, person=person.id, text=text, consents=consents, now=self._clock())

    async def correction(self, correction: InboundCorrection, *, person: Person) -> Receipt:
        """What came through a form."""
        found = await self._voted_on(correction.chat, correction.message_id)
        if found is None or not correction.text.strip():
            return Receipt.REFUSED
        await self.correct(found.exchange, text=correction.text, person=person, platform=correction.chat.platform)
        return Receipt.DONE

    async def _voted_on(self, chat: Chat, message_id: str) -> VotedOn | None:
        return await self._votes.voted_on(platform=chat.platform, chat_id=chat.id, message_id=message_id)
