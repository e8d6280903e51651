"""The commands of one's own settings: /privacy /language /link /persona.

In a group, /privacy group and /persona are its administrators': the platform itself says who they are.
"""

from bot.commands.call import IN_DIRECT, Answer, Call, Command
from bot.i18n import say
from bot.messages import Choice
from bot.pairing import LIFE

ON = frozenset({"on", "si", "sí", "yes"})
OFF = frozenset({"off", "no"})
TONGUES = {
    "es": "es", "español": "es", "espanol": "es", "castellano": "es", "spanish": "es",
    "en": "en", "inglés": "en", "ingles": "en", "english": "en",
}  # fmt: skip
PERSONA_LENGTH = 2000  # characters: more would leave a small model no room for the conversation
RESET = frozenset({"reset", "borrar", "quitar"})


async def privacy(call: Call) -> Answer:
    """Show or change what may be done with what the caller says; in a group, whether Martín listens to everybody."""
    match call.words:
        case ["remember", word] if word in ON | OFF:
            await call.services.people.set_privacy(call.person.id, remembers=word in ON)
            return Answer(
                text=call.say("commands-remembers-on" if word in ON else "commands-remembers-off"), private=True
            )
        case ["learn", word] if word in ON | OFF:
            await call.services.people.set_privacy(call.person.id, learns=word in ON)
            return Answer(text=call.say("commands-learns-on" if word in ON else "commands-learns-off"), private=True)
        case ["group", word] if word in ON | OFF and not call.chat.is_direct:
            return await _listen(call, word in ON)
        case _:
            return await _shown(call)


async def _listen(call: Call, listens: bool) -> Answer:
    if not await administers(call):
        return Answer(text=call.say("commands-group-admins-only"), private=True)
    chat = call.chat
    await call.services.rooms.set_listens(chat.platform, chat.id, listens, by=call.person.id, now=call.now)
    return Answer(text=call.say("commands-group-listens-on" if listens else "commands-group-listens-off"))


async def _shown(call: Call) -> Answer:
    me = call.person
    lines = [
        call.say("commands-privacy"),
        call.say("commands-privacy-remembers-on" if me.remembers else "commands-privacy-remembers-off"),
        call.say("commands-privacy-learns-on" if me.learns else "commands-privacy-learns-off"),
    ]
    choices = [_toggle(call, "remember", me.remembers), _toggle(call, "learn", me.learns)]
    if not call.chat.is_direct:
        room = await call.services.rooms.get(call.chat.platform, call.chat.id)
        lines.append(call.say("commands-privacy-group-on" if room.listens else "commands-privacy-group-off"))
        choices.append(_toggle(call, "group", room.listens))
    return Answer(text="\n\n".join(lines), choices=tuple(choices), private=True)


def _toggle(call: Call, what: str, is_on: bool) -> Choice:
    turn = "off" if is_on else "on"
    return Choice(label=call.say(f"commands-privacy-{what}-turn-{turn}"), command=f"/privacy {what} {turn}")


async def language(call: Call) -> Answer:
    """Choose the language; with none named, offer them."""
    chosen = TONGUES.get(call.argument.lower())
    if chosen is None:
        choices = (
            Choice(label="Español", command="/language es"),
            Choice(label="English", command="/language en"),
        )
        return Answer(text=call.say("commands-language"), choices=choices, private=True)
    await call.services.people.set_language(call.person.id, chosen, chosen=True)
    return Answer(text=say(chosen, "commands-language-set"), private=True)


async def persona(call: Call) -> Answer:
    """Show, set or reset how Martín speaks: to the caller in a direct chat, to everybody in a group."""
    text = call.argument
    chat = call.chat
    room = None if chat.is_direct else await call.services.rooms.get(chat.platform, chat.id)
    if not text:
        current = call.person.persona if room is None else room.persona
        key = "commands-persona-shown" if current else "commands-persona-none"
        return Answer(text=call.say(key, persona=current), private=True)
    if len(text) > PERSONA_LENGTH:
        return Answer(text=call.say("commands-persona-long", limit=PERSONA_LENGTH), private=True)
    if room is not None and not await administers(call):
        return Answer(text=call.say("commands-group-admins-only"), private=True)
    wanted = "" if text.lower() in RESET else text
    if room is None:
        await call.services.people.set_persona(call.person.id, wanted)
    else:
        await call.services.rooms.set_persona(chat.platform, chat.id, wanted)
    return Answer(text=call.say("commands-persona-set" if wanted else "commands-persona-reset"), private=room is None)


async def administers(call: Call) -> bool:
    """Whether the caller may settle things for this group: by the platform's word, or as Martín's admin."""
    return call.is_admin or await call.platforms.administers(call.chat, call.message.author.account.user_id)


async def link(call: Call) -> Answer:
    """Make two accounts one person, with a code made on one and sent from the other; or let one go again."""
    match call.argument.split():
        case []:
            return await _offer_link(call)
        case ["remove" | "quitar", platform]:
            return await _unlink(call, platform.lower())
        case [code]:
            return await _link(call, code, confirmed=False)
        case [code, "yes" | "sí" | "si"]:
            return await _link(call, code, confirmed=True)
        case _:
            return Answer(text=call.say("commands-link-wrong"), private=True)


async def _offer_link(call: Call) -> Answer:
    code = await call.services.pairing.link_code(call.message.author, call.person, now=call.now)
    if code is None:
        return Answer(text=call.say("commands-link-later"), private=True)
    minutes = int(LIFE.total_seconds() // 60)
    return Answer(text=call.say("commands-link", code=code, accounts=_accounts(call), minutes=minutes), private=True)


async def _link(call: Call, code: str, *, confirmed: bool) -> Answer:
    """Ask first: whoever is talked into sending another's code would share their memory with them."""
    found = await call.services.pairing.linked(code, call.person, now=call.now, keep=not confirmed)
    if found is None or found.person is None:
        return Answer(text=call.say("commands-link-wrong"), private=True)
    if found.person == call.person.id:
        return Answer(text=call.say("commands-link-same"), private=True)
    if not confirmed:
        sure = Choice(label=call.say("commands-link-yes"), command=f"/link {code} yes")
        text = call.say("commands-link-sure", account=found.holder, name=found.note)
        return Answer(text=text, choices=(sure,), private=True)
    await call.services.people.merge(kept=found.person, absorbed=call.person.id, now=call.now)
    return Answer(text=call.say("commands-link-done", account=found.holder), private=True)


async def _unlink(call: Call, platform: str) -> Answer:
    leaving = [account for account in call.person.accounts if platform in (account.platform, str(account))]
    if len(leaving) != 1 or len(call.person.accounts) == 1:
        return Answer(text=call.say("commands-link-remove-which", accounts=_accounts(call)), private=True)
    await call.services.people.unlink(leaving[0], now=call.now)
    return Answer(text=call.say("commands-link-removed", account=str(leaving[0])), private=True)


def _accounts(call: Call) -> str:
    return ", ".join(f"`{account}`" for account in call.person.accounts)


COMMANDS = (
    Command(name="privacy", handler=privacy, private=True, takes=True),
    Command(name="language", handler=language, private=True, takes=True),
    Command(name="link", handler=link, private=True, takes=True, places=IN_DIRECT),
    Command(name="persona", handler=persona, takes=True),
)
