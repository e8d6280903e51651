"""The commands of one's own memories: /remember /memories /forget /export.

They see what their caller said in this scope, and nothing else: in a group, not even the caller's private words.
"""

import re

from bot.commands.call import IN_DIRECT, Answer, Call, Command
from bot.commands.period import Period, parse
from bot.export_page import page
from bot.messages import Choice, File
from memory.notebook import Note
from memory.records import TurnId

PAGE = 5  # memories shown at a time: as many buttons as a phone shows without scrolling
EXCERPT = 200  # characters of one memory shown
COMMAND_BYTES = 60  # that a button can carry
EVERYTHING = frozenset({"everything", "all", "todo"})
YES = frozenset({"yes", "si", "sí"})
_NUMBERED = re.compile(r"#?(\d{1,18})")
_YEAR = re.compile(r"(?:19|20)\d\d")  # "/forget 2026" is the year; memory 2026 is "/forget #2026"
_PAGED = re.compile(r"(?:(\d{1,6})(?:\s+|$))?(.*)", re.DOTALL)


async def remember(call: Call) -> Answer:
    """Keep a text, as the caller's words, whatever /privacy says: they ask for it."""
    if not call.argument:
        return Answer(text=call.say("commands-remember-what"))
    memory = await call.services.notebook.write(
        call.argument,
        scope=call.scope,
        conversation=call.chat.key,
        account=call.message.author.account,
        person=call.person.id,
        speaker=call.message.author.name,
        message_id=call.message.message_id,
        now=call.now,
    )
    call.services.index(memory)
    undo = Choice(label=call.say("commands-memory-forget", number=str(memory.id)), command=f"/forget #{memory.id}")
    return Answer(text=call.say("commands-remembered", number=str(memory.id)), choices=(undo,))


async def memories(call: Call) -> Answer:
    """A page of what the caller said here, newest first: all of it, or what holds some words."""
    paged = _PAGED.fullmatch(call.argument)
    number = max(1, int(paged[1])) if paged and paged[1] else 1
    words = paged[2].strip() if paged else ""
    page = await call.services.notebook.page(
        scope=call.scope, person=call.person.id, words=words, skip=(number - 1) * PAGE, limit=PAGE
    )
    if not page.notes:
        key = "commands-memories-none-with" if words else "commands-memories-none"
        return Answer(text=call.say(key, words=words), private=True)
    pages = -(-page.total // PAGE)
    lines = [
        call.say("commands-memories", total=page.total, page=number, pages=pages),
        *(_line(call, note) for note in page.notes),
    ]
    choices = [
        Choice(label=call.say("commands-memory-forget", number=str(note.id)), command=f"/forget #{note.id}")
        for note in page.notes
    ]
    if page.total > number * PAGE:
        onward = f"/memories {number + 1} {words}".strip()
        if len(onward.encode()) <= COMMAND_BYTES:
            choices.append(Choice(label=call.say("commands-memories-more"), command=onward))
    return Answer(text="\n\n".join(lines), choices=tuple(choices), private=True)


def _line(call: Call, note: Note) -> str:
    when = call.say("commands-when", at=call.local(note.said_at))
    return f"**{note.id}** · {when}\n{_excerpt(note.text)}"


def _excerpt(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= EXCERPT else flat[: EXCERPT - 1].rstrip() + "…"


async def forget(call: Call) -> Answer:
    """Forget one memory, a stretch of days, or everything; the last two only once confirmed."""
    words = call.words
    if not words:
        everything = Choice(label=call.say("commands-forget-everything"), command="/forget everything")
        return Answer(text=call.say("commands-forget-what"), choices=(everything,), private=True)
    confirmed = len(words) > 1 and words[-1] in YES
    asked = " ".join(words[:-1] if confirmed else words)
    if asked in EVERYTHING:
        return await _forget_everything(call, confirmed=confirmed)
    if (number := _NUMBERED.fullmatch(asked)) is not None and not _YEAR.fullmatch(asked):
        return await _forget_one(call, TurnId(int(number[1])))
    period = parse(asked, today=call.local(call.now).date())
    if period is None:
        return Answer(text=call.say("commands-forget-what"), private=True)
    return await _forget_period(call, period, confirmed=confirmed)


async def _forget_one(call: Call, turn: TurnId) -> Answer:
    note = await call.services.notebook.get(turn, scope=call.scope, person=call.person.id)
    if note is None:
        return Answer(text=call.say("commands-forget-not-found", number=str(turn)), private=True)
    await call.services.forgetting.some(person=call.person.id, scope=call.scope, turns=(turn,), now=call.now)
    return Answer(text=call.say("commands-forgot-one", number=str(turn)), private=True)


async def _forget_period(call: Call, period: Period, *, confirmed: bool) -> Answer:
    since, until = period.bounds(call.services.timezone)
    days = _days(call, period)
    if confirmed:
        gone = await call.services.forgetting.some(
            person=call.person.id, scope=call.scope, since=since, until=until, now=call.now
        )
        return Answer(text=call.say("commands-forgot", count=gone), private=True)
    count = await call.services.notebook.count(scope=call.scope, person=call.person.id, since=since, until=until)
    if not count:
        return Answer(text=call.say("commands-forget-empty", days=days), private=True)
    return _confirm(call, call.say("commands-forget-sure", count=count, days=days), f"/forget {period} yes")


def _days(call: Call, period: Period) -> str:
    first, last = call.say("commands-day", day=period.first), call.say("commands-day", day=period.last)
    if period.first == period.last:
        return call.say("commands-on-day", day=first)
    return call.say("commands-between-days", first=first, last=last)


async def _forget_everything(call: Call, *, confirmed: bool) -> Answer:
    """In a direct chat everything they ever said, anywhere; in a group what they said there."""
    here = "commands-forget-sure-everywhere" if call.chat.is_direct else "commands-forget-sure-here"
    if not confirmed:
        return _confirm(call, call.say(here), "/forget everything yes")
    if call.chat.is_direct:
        gone = await call.services.forgetting.person(call.person.id, now=call.now)
        call.services.people.changed()
    else:
        gone = await call.services.forgetting.some(person=call.person.id, scope=call.scope, now=call.now)
    return Answer(text=call.say("commands-forgot", count=gone), private=True)


def _confirm(call: Call, text: str, command: str) -> Answer:
    return Answer(text=text, choices=(Choice(label=call.say("commands-yes-forget"), command=command),), private=True)


async def export(call: Call) -> Answer:
    """Everything Martín has of the caller, as two files: one to read and one for programs."""
    services = call.services
    held = await services.export(call.person.id, call.now)
    readable = page(held, language=call.language, zone=services.timezone, name=services.name)
    name = f"martin-{call.local(call.now):%Y-%m-%d}"
    files = (
        File(name=f"{name}.html", mime="text/html", content=readable),
        File(name=f"{name}.json", mime="application/json", content=held.json),
    )
    return Answer(text=call.say("commands-export"), files=files, private=True)


COMMANDS = (
    Command(name="remember", handler=remember, takes=True),
    Command(name="memories", handler=memories, private=True, takes=True),
    Command(name="forget", handler=forget, private=True, takes=True),
    Command(name="export", handler=export, private=True, places=IN_DIRECT),
)
