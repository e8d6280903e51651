"""The commands of talking itself: /start /help /new /stop /retry."""

from bot.commands.call import Answer, Call, Command
from bot.messages import Choice


async def start(call: Call) -> Answer:
    """Who Martín is, and what to do next."""
    text = call.say("commands-start", name=call.services.name)
    return Answer(text=text, choices=(Choice(label=call.say("commands-start-help"), command="/help"),))


async def help_(call: Call) -> Answer:
    """Every command that this person may use here; with a name, that one."""
    shown = [
        command
        for command in call.commands
        if (call.is_admin or not command.admin) and call.chat.kind in command.places
    ]
    one = next((command for command in shown if command.name == call.argument.lower().lstrip("/")), None)
    if one is not None:
        return Answer(text=f"`{one.usage(call.language)}`\n\n{one.description(call.language)}")
    parts = [call.say("commands-help")]
    parts.append(_list(call, [command for command in shown if not command.admin]))
    if call.is_admin:
        parts += [call.say("commands-help-admin"), _list(call, [command for command in shown if command.admin])]
    return Answer(text="\n\n".join(parts), private=call.is_admin)


def _list(call: Call, commands: list[Command]) -> str:
    return "\n".join(f"- `{each.usage(call.language)}`: {each.description(call.language)}" for each in commands)


async def new(call: Call) -> Answer:
    """Begin anew: what was said stays remembered, but no longer stands before the next answer."""
    await call.services.rooms.start_anew(call.chat.key)
    return Answer(text=call.say("commands-new"))


async def stop(call: Call) -> Answer:
    """End the answer being written."""
    stopped = await call.conversations.stop(call.chat)
    return Answer(text=call.say("commands-stopped" if stopped else "commands-nothing-to-stop"))


async def retry(call: Call) -> Answer:
    """Answer the last question again; the new answer speaks for itself."""
    if await call.conversations.retry(call.message):
        return Answer(text="")
    return Answer(text=call.say("commands-nothing-to-retry"))


COMMANDS = (
    Command(name="start", handler=start),
    Command(name="help", handler=help_, takes=True),
    Command(name="new", handler=new),
    Command(name="stop", handler=stop),
    Command(name="retry", handler=retry),
)
