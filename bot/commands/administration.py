"""The admins' commands: /status /pair /allow /ban. The registry has seen to it that an admin calls."""

from bot.commands import subjects
from bot.commands.call import Answer, Call, Command, HouseStatus
from bot.i18n import say
from memory.grants import Kind, Privilege
from memory.records import Account

LISTED = 50  # grants shown at most: a message holds no more


async def status(call: Call) -> Answer:
    """How the house is doing."""
    now = await call.services.status()
    up = call.now - now.started_at
    lines = [
        call.say("commands-status"),
        call.say("commands-status-up", days=up.days, hours=up.seconds // 3600, minutes=up.seconds // 60 % 60),
        _model(call, now),
        call.say("commands-status-line", answering=max(0, now.answering - 1), waiting=now.waiting),  # without this one
        call.say("commands-status-people", people=now.people, messages=now.messages_today),
        call.say("commands-status-memory", turns=now.turns, memories=now.memories),
        call.say("commands-status-nightly", at=call.local(now.last_nightly))
        if now.last_nightly
        else call.say("commands-status-nightly-none"),
        call.say("commands-status-disk", free=round(now.disk_free / 2**30, 1)),
    ]
    return Answer(text="\n".join(lines), private=True)


def _model(call: Call, now: HouseStatus) -> str:
    if now.provider == "none":
        return call.say("commands-status-model-none")
    key = "commands-status-model-adapted" if now.adapter else "commands-status-model"
    return call.say(key, provider=now.provider, model=now.model, adapter=now.adapter)


async def pair(call: Call) -> Answer:
    """Let in the stranger who was given a code, and tell them; without a code, list who waits."""
    if not call.argument:
        waiting = await call.services.pairing.waiting(now=call.now)
        lines = [f"- {each.name} (`{each.account}`)" for each in waiting[:LISTED]]
        key = "commands-pair-waiting" if lines else "commands-pair-none"
        return Answer(text="\n".join([call.say(key), *lines]), private=True)
    petition = await call.services.pairing.approve(
        call.argument, by=call.person.id, admin=call.message.author.account, now=call.now
    )
    if petition is None:
        return Answer(text=call.say("commands-pair-wrong"), private=True)
    await call.platforms.tell(petition.chat, say(petition.language, "access-paired"))
    return Answer(text=call.say("commands-paired", name=petition.name, account=str(petition.account)), private=True)


async def allow(call: Call) -> Answer:
    """Allow this group, a person, a server or a role; make an admin; take it back; list."""
    if call.argument.lower() in ("list", "lista") or (not call.argument and _nobody_meant(call)):
        return await _listed(call, (Privilege.ADMIN, Privilege.ALLOWED), "commands-allow-list")
    target = subjects.parse(call.argument, call.message)
    if target is None:
        return Answer(text=call.say("commands-allow-what"), private=True)
    privilege = Privilege.ADMIN if target.admin else Privilege.ALLOWED
    if target.remove:
        return await _take(call, privilege, target)
    await call.services.grants.give(privilege, target.kind, target.subject, by=call.person.id, now=call.now)
    key = "commands-now-admin" if target.admin else "commands-allowed"
    return Answer(text=call.say(key, subject=_shown(call, target.kind, target.subject)))


async def ban(call: Call) -> Answer:
    """Ban a person, a group, a server or a role; lift a ban; list."""
    if call.argument.lower() in ("", "list", "lista") and _nobody_replied_to(call):
        return await _listed(call, (Privilege.BANNED,), "commands-ban-list")
    target = subjects.parse(call.argument, call.message)
    if target is None or target.admin:
        return Answer(text=call.say("commands-ban-what"), private=True)
    if target.remove:
        return await _take(call, Privilege.BANNED, target)
    if target.kind is Kind.PERSON and await _is_admin(call, target.subject):
        return Answer(text=call.say("commands-ban-admin"), private=True)
    await call.services.grants.give(Privilege.BANNED, target.kind, target.subject, by=call.person.id, now=call.now)
    return Answer(text=call.say("commands-banned", subject=_shown(call, target.kind, target.subject)))


async def _take(call: Call, privilege: Privilege, target: subjects.Target) -> Answer:
    taken = await call.services.grants.take(privilege, target.kind, target.subject, by=call.person.id, now=call.now)
    book = await call.services.grants.book()
    if book.holds(privilege, target.kind, [target.subject]):
        return Answer(text=call.say("commands-configured", subject=target.subject), private=True)
    key = "commands-taken" if taken else "commands-not-granted"
    return Answer(text=call.say(key, subject=_shown(call, target.kind, target.subject)), private=True)


async def _listed(call: Call, privileges: tuple[Privilege, ...], title: str) -> Answer:
    lines = [call.say(title)]
    for privilege in privileges:
        for grant in (await call.services.grants.listed(privilege))[:LISTED]:
            mark = call.say("commands-grant-configured") if grant.configured else ""
            held = call.say(f"commands-grant-{privilege}")
            lines.append(f"- {held}: {_shown(call, grant.kind, grant.subject)} {mark}".rstrip())
    if len(lines) == 1:
        lines.append(call.say("commands-list-empty"))
    return Answer(text="\n".join(lines), private=True)


async def _is_admin(call: Call, subject: str) -> bool:
    platform, _, user_id = subject.partition(":")
    account = Account(platform=platform, user_id=user_id)
    book = await call.services.grants.book()
    return book.is_admin(account, await call.services.people.find(account))


def _nobody_replied_to(call: Call) -> bool:
    return call.message.reply_to is None or call.message.reply_to.is_mine


def _nobody_meant(call: Call) -> bool:
    return call.chat.is_direct and _nobody_replied_to(call)


def _shown(call: Call, kind: Kind, subject: str) -> str:
    return call.say(f"commands-kind-{kind}", subject=f"`{subject}`")


COMMANDS = (
    Command(name="status", handler=status, admin=True),
    Command(name="pair", handler=pair, takes=True, admin=True),
    Command(name="allow", handler=allow, takes=True, admin=True),
    Command(name="ban", handler=ban, takes=True, admin=True),
)
