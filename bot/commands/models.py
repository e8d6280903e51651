"""The admins' /model: which models there are, which one serves, and a newer version of it.

A pull takes minutes: its progress is an answer that keeps changing.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from bot.commands.call import Answer, Call, Command, Outcome
from bot.errors import ModelError
from bot.messages import Choice
from bot.model import Listed, Progress

SHOWN = 30  # models listed at most
BUTTONS = 8
COMMAND_BYTES = 60  # that a button can carry


async def model(call: Call) -> Outcome:
    """List the models, choose one (pulled if it is missing), or update the one in use."""
    words = call.argument.split()
    match [word.lower() for word in words]:
        case []:
            return await _list(call)
        case ["update" | "actualizar"]:
            return _changing(call, call.services.models.update(), action="model update", name="")
        case ["choose" | "elegir" | "use", _]:
            return _changing(call, call.services.models.choose(words[1]), action="model choose", name=words[1])
        case [_]:
            return _changing(call, call.services.models.choose(words[0]), action="model choose", name=words[0])
        case _:
            return Answer(text=call.say("commands-model-what"), private=True)


async def _list(call: Call) -> Answer:
    models = list(await call.services.models.list())[:SHOWN]
    if not models:
        return Answer(text=call.say("commands-model-none"), private=True)
    lines = [call.say("commands-models"), *(_line(call, each) for each in models)]
    choices = [
        Choice(label=each.name, command=f"/model choose {each.name}")
        for each in models
        if not each.chosen and len(f"/model choose {each.name}".encode()) <= COMMAND_BYTES
    ][:BUTTONS]
    choices.append(Choice(label=call.say("commands-model-update"), command="/model update"))
    return Answer(text="\n".join(lines), choices=tuple(choices), private=True)


def _line(call: Call, each: Listed) -> str:
    facts = [f"{each.size / 1e9:.1f} GB"] if each.size else []
    facts += [each.details] if each.details else []
    mark = f" ← {call.say('commands-model-serving')}" if each.chosen else ""
    return f"- `{each.name}`" + (f" ({', '.join(facts)})" if facts else "") + mark


async def _changing(
    call: Call, changing: AsyncGenerator[Progress, None], *, action: str, name: str
) -> AsyncGenerator[Answer, None]:
    shown = ""
    try:
        async with aclosing(changing) as steps:
            async for step in steps:
                text = _progress(call, step)
                if text != shown:
                    shown = text
                    yield Answer(text=text, private=True)
    except ModelError as error:  # the old one still serves: the admin is told both, and the reason in its own words
        why = call.say(error.key)
        yield Answer(text=call.say("commands-model-failed", why=why, detail=str(error)), private=True)
        return
    await call.services.audit.record(action, who=call.person.id, now=call.now, detail=name)
    serving = next((each.name for each in await call.services.models.list() if each.chosen), name)
    yield Answer(text=call.say("commands-model-changed", name=serving), private=True)


def _progress(call: Call, step: Progress) -> str:
    if not step.total:
        return call.say("commands-model-step", status=step.status)
    percent = min(100, step.completed * 100 // step.total)
    done, total = f"{step.completed / 1e9:.1f}", f"{step.total / 1e9:.1f}"
    return call.say("commands-model-pull", status=step.status, percent=percent, done=done, total=total)


COMMANDS = (Command(name="model", handler=model, takes=True, admin=True),)
