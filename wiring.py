"""Puts the conversation together: models, commands, and the way from something inbound to a reply. Opens nothing."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.access import Access, Policy
from bot.attendant import Attendant
from bot.channel import Channel
from bot.commands.call import HouseStatus, Services
from bot.commands.registry import Commands
from bot.consent import Consent
from bot.context import Context
from bot.conversation import Conversation
from bot.dispatch import Dispatcher
from bot.feedback import Feedback
from bot.lanes import Lanes
from bot.limits import Quotas
from bot.line import Line
from bot.model import Limits
from bot.models.switch import ModelSwitch
from bot.notices import Notices
from bot.opening import Opening
from bot.overhearing import Overhearing
from bot.places import Connected
from bot.recording import Recording
from bot.resuming import Resuming
from house import House
from jobs.maintenance import Maintenance
from memory import census
from memory.audit import Audit
from memory.export import PersonExport, export_person
from memory.inbox import Inbox
from memory.notebook import Notebook
from memory.outbox import Outbox
from memory.records import PersonId
from memory.runs import Runs
from memory.usage import Usage
from memory.votes import Votes
from settings import Settings

DRAIN_SECONDS = 20.0  # what is being answered when Martín is stopped may take so long to finish


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """What talks: the way from something inbound to a reply."""

    lanes: Lanes
    attendant: Attendant
    resuming: Resuming
    platforms: Connected
    dispatcher: Dispatcher


def wire(house: House, model: ModelSwitch, channels: Mapping[str, Channel]) -> Core:
    """Put the conversation together. Opens nothing."""
    settings, clock, database = house.settings, house.clock, house.database
    inbox, outbox, transcripts = Inbox(database), Outbox(database), house.transcripts
    notices = Notices(inbox=inbox, outbox=outbox, clock=clock)
    consent = Consent(platforms=settings.learning.platforms)
    feedback = Feedback(votes=Votes(database), notices=notices, consent=consent, clock=clock)
    lanes, line, usage = Lanes(drain_seconds=DRAIN_SECONDS), Line(settings.model.parallel), Usage(database)
    runs, started_at = Runs(database), clock()

    async def status() -> HouseStatus:
        midnight = clock().astimezone(house.timezone).replace(hour=0, minute=0, second=0, microsecond=0)
        counted = await census.count(database, since=midnight)
        last = await runs.last(Maintenance.name)
        return HouseStatus(
            started_at=started_at,
            provider=model.info.provider,
            model=model.info.name,
            adapter=model.info.adapter,
            answering=len(lanes),
            waiting=len(line),
            people=counted.people,
            turns=counted.turns,
            memories=counted.memories,
            messages_today=counted.messages,
            last_nightly=last.finished_at if last else None,
            disk_free=shutil.disk_usage(settings.storage.data_dir).free,
        )

    async def export(person: PersonId, now: datetime) -> PersonExport:
        return await export_person(database, person, now=now)

    services = Services(
        people=house.people,
        grants=house.grants,
        pairing=house.pairing,
        rooms=house.rooms,
        notebook=Notebook(database),
        audit=Audit(database),
        forgetting=house.forgetting,
        models=model,
        export=export,
        index=house.indexer.put,
        status=status,
        timezone=house.timezone,
        name=settings.persona.name,
    )
    context = Context(
        recall=house.recall,
        indexer=house.indexer,
        transcripts=transcripts,
        rooms=house.rooms,
        name=settings.persona.name,
        persona=settings.persona.text,
        context_tokens=settings.model.context_tokens,
        recall_words=settings.recall.words,
        timezone=house.timezone,
        clock=clock,
    )
    recording = Recording(
        people=house.people,
        indexer=house.indexer,
        transcripts=transcripts,
        consent=consent,
        name=settings.persona.name,
        timezone=house.timezone,
        clock=clock,
    )
    conversation = Conversation(
        context=context,
        recording=recording,
        outbox=outbox,
        model=model,
        line=line,
        limits=_limits(settings),
        clock=clock,
    )
    platforms = Connected(channels, notices=notices)
    attendant = Attendant(
        people=house.people,
        inbox=inbox,
        transcripts=transcripts,
        notices=notices,
        feedback=feedback,
        commands=Commands(services),
        opening=Opening(model=model, max_bytes=settings.attachments.max_bytes),
        conversation=conversation,
        lanes=lanes,
        platforms=platforms,
        clock=clock,
    )
    resuming = Resuming(
        attendant=attendant,
        lanes=lanes,
        people=house.people,
        inbox=inbox,
        outbox=outbox,
        transcripts=transcripts,
        apologise_after=timedelta(seconds=settings.dispatch.apologise_after_seconds),
        language=settings.language,
        clock=clock,
    )
    access = Access(
        people=house.people,
        grants=house.grants,
        pairing=house.pairing,
        rooms=house.rooms,
        policy=Policy(settings.access.policy),
        language=settings.language,
    )
    quotas = Quotas(
        usage,
        per_minute=settings.access.messages_per_minute,
        per_day=settings.access.messages_per_day,
        timezone=house.timezone,
    )
    dispatcher = Dispatcher(
        access=access,
        people=house.people,
        quotas=quotas,
        inbox=inbox,
        transcripts=transcripts,
        feedback=feedback,
        overhearing=Overhearing(transcripts=transcripts, indexer=house.indexer, timezone=house.timezone),
        attendant=attendant,
        queue_size=settings.dispatch.queue_size,
        language=settings.language,
        clock=clock,
    )
    return Core(lanes=lanes, attendant=attendant, resuming=resuming, platforms=platforms, dispatcher=dispatcher)


def _limits(settings: Settings) -> Limits:
    model = settings.model
    return Limits(
        max_tokens=model.max_tokens,
        first_token=timedelta(seconds=model.first_token_seconds),
        between_tokens=timedelta(seconds=model.between_tokens_seconds),
        total=timedelta(seconds=model.total_seconds),
    )
