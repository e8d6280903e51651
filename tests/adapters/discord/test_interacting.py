"""Commands, buttons and forms over the local Discord: acknowledged in time, answered where they were given."""

import asyncio

import pytest

from adapters.discord.commands import CommandSpec
from bot.errors import ChannelGone
from bot.messages import (
    Addressing,
    Chat,
    ChatKind,
    Choice,
    Inbound,
    InboundCorrection,
    InboundMessage,
    InboundVote,
    Receipt,
    Verdict,
)
from tests.adapters.discord.rig import COMMANDS, Notes, Rig, direct, running, saying
from tests.fakes.discord_server import DiscordServer, Fault
from tests.fakes.discord_world import EPHEMERAL, MANAGE_GUILD, Json

pytestmark = pytest.mark.timeout(30)


def a_server(server: DiscordServer) -> tuple[Json, Json]:
    """A person in a channel of a server."""
    ana, guild = server.world.add_user("Ana"), server.world.add_guild()
    server.world.join(guild, ana)
    return ana, server.world.add_channel(guild)


async def command(
    rig: Rig, channel: Json, user: Json, name: str, text: str | None = None
) -> tuple[InboundMessage, str]:
    waiting = rig.server.command(channel, user, name, text)
    heard = await rig.hears_message(len(rig.heard) + 1)
    return heard, waiting.id


# Commands ------------------------------------------------------------------------------------------


async def test_commands_are_registered_in_both_languages_and_only_when_they_changed(server: DiscordServer) -> None:
    notes = Notes()
    for _ in range(2):
        async with running(server, notes=notes, commands=COMMANDS):
            pass
    assert server.syncs == 1
    told = {each["name"]: each for each in server.commands}
    assert told["help"]["description"] == "What I can do"
    assert told["help"]["description_localizations"]["es-ES"] == "Qué sé hacer"
    assert told["help"]["description_localizations"]["es-419"] == "Qué sé hacer"
    assert [(each["name"], each["type"], each.get("required", False)) for each in told["help"]["options"]] == [
        ("text", 3, False)
    ]
    assert int(told["status"]["default_member_permissions"]) == MANAGE_GUILD
    assert told["help"]["default_member_permissions"] is None
    changed = (*COMMANDS, CommandSpec(name="new", descriptions={"es": "Empezar de nuevo", "en": "Start over"}))
    async with running(server, notes=notes, commands=changed):
        pass
    assert server.syncs == 2


async def test_a_command_is_heard_with_its_text_and_the_language_of_its_giver(server: DiscordServer) -> None:
    ana, general = a_server(server)
    async with running(server, commands=COMMANDS) as rig:
        heard, id_ = await command(rig, general, ana, "help", "con las fechas")
        bare, _ = await command(rig, general, ana, "help")
    assert (heard.text, heard.addressing, heard.message_id) == ("/help con las fechas", Addressing.COMMAND, id_)
    assert (heard.language, heard.chat.kind, heard.chat.id) == ("es-ES", ChatKind.GROUP, general["id"])
    assert bare.text == "/help"


async def test_a_command_is_acknowledged_in_time_however_long_the_core_takes(server: DiscordServer) -> None:
    ana, general = a_server(server)

    async def think(_: Inbound) -> None:
        await asyncio.sleep(3.2)

    async with running(server, commands=COMMANDS) as rig:
        rig.before = think
        waiting = server.command(general, ana, "help")
        await server.wait_for(lambda: waiting.response)
        assert waiting.answered_after < 1.0
        heard = await rig.hears_message()
        chat = heard.chat
        await rig.channel.deliver(saying(chat, "Sé…", reply_to=heard.message_id), replacing=None, nonce="n")
    assert not waiting.failed
    assert server.texts(general) == ["Sé…"]
    assert server.mine(general)[0]["id"] == waiting.original  # where "thinking…" was


async def test_a_private_answer_is_seen_by_one_person_alone(server: DiscordServer) -> None:
    ana, general = a_server(server)
    async with running(server, commands=COMMANDS) as rig:
        heard, id_ = await command(rig, general, ana, "memories")
        answer = saying(heard.chat, "Tu perro es Toby", reply_to=heard.message_id, private=True)
        first = await rig.channel.deliver(answer, replacing=None, nonce="a")
        await rig.channel.deliver(answer, replacing=None, nonce="b")
        changed = saying(heard.chat, "Era Tobías", private=True)
        assert await rig.channel.deliver(changed, replacing=first, nonce="c") == first
    assert server.texts(general) == []
    shown = server.waiting[id_].messages
    assert [message["content"] for message in shown] == ["Era Tobías", "Tu perro es Toby"]
    assert all(message["flags"] & EPHEMERAL for message in shown)


async def test_a_private_answer_to_a_public_command_stays_private(server: DiscordServer) -> None:
    ana, general = a_server(server)
    async with running(server, commands=COMMANDS) as rig:
        heard, id_ = await command(rig, general, ana, "help")
        answer = saying(heard.chat, "Solo para ti", reply_to=heard.message_id, private=True)
        await rig.channel.deliver(answer, replacing=None, nonce="a")
    assert server.texts(general) == []
    assert [message["flags"] & EPHEMERAL for message in server.waiting[id_].messages] == [EPHEMERAL]


async def test_a_private_answer_to_a_mention_goes_to_the_direct_chat(server: DiscordServer) -> None:
    ana, general = a_server(server)
    async with running(server) as rig:
        server.inject(general, ana, f"<@{server.world.me['id']}> /memories")
        heard = await rig.hears_message()
        answer = saying(heard.chat, "Solo para ti", reply_to=heard.message_id, private=True)
        first = await rig.channel.deliver(answer, replacing=None, nonce="a")
        changed = saying(heard.chat, "Solo a ti", private=True, reply_to=heard.message_id)
        await rig.channel.deliver(changed, replacing=first, nonce="b")
        nobody = saying(heard.chat, "¿A quién?", reply_to="123", private=True)
        with pytest.raises(ChannelGone):
            await rig.channel.deliver(nobody, replacing=None, nonce="c")
    assert heard.addressing is Addressing.COMMAND
    assert server.texts(general) == []
    assert server.texts(server.world.open_dm(ana)) == ["Solo a ti"]


async def test_an_answer_after_a_restart_is_a_message_that_names_who_asked(server: DiscordServer) -> None:
    ana, general = a_server(server)
    notes = Notes()
    async with running(server, notes=notes, commands=COMMANDS) as rig:
        heard, _ = await command(rig, general, ana, "help")
    async with running(server, notes=notes, commands=COMMANDS) as rig:
        await rig.channel.deliver(saying(heard.chat, "Sé…", reply_to=heard.message_id), replacing=None, nonce="n")
    assert server.texts(general) == [f"<@{ana['id']}> Sé…"]
    assert server.pinged == [ana["id"]]


async def test_an_answer_grows_in_the_place_of_thinking(server: DiscordServer) -> None:
    ana = server.world.add_user("Ana")
    dm = server.world.open_dm(ana)
    async with running(server, commands=COMMANDS) as rig:
        heard, id_ = await command(rig, dm, ana, "help")
        answer = saying(heard.chat, "Sé", reply_to=heard.message_id)
        shown = await rig.channel.preview(answer, replacing=None)
        assert shown == server.waiting[id_].original
        await rig.channel.deliver(saying(heard.chat, "Sé mucho.", votable=True), replacing=shown, nonce="n")
    assert server.texts(dm) == ["Sé mucho."]


async def test_when_nobody_answers_thinking_is_taken_away(
    server: DiscordServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.discord.interactions.UNANSWERED", 0.1)
    ana, general = a_server(server)
    async with running(server, commands=COMMANDS) as rig:
        rig.receipt = Receipt.REFUSED
        heard, id_ = await command(rig, general, ana, "help")
        await server.wait_for(lambda: not server.waiting[id_].thinking)
        await rig.channel.deliver(saying(heard.chat, "Tarde", reply_to=heard.message_id), replacing=None, nonce="n")
    assert server.texts(general) == ["Tarde"]


async def test_a_command_that_could_not_be_acknowledged_is_answered_all_the_same(server: DiscordServer) -> None:
    ana, general = a_server(server)
    async with running(server, commands=COMMANDS) as rig:
        server.faults.append(Fault(lambda method, path: path.endswith("/callback"), "before"))
        heard, _ = await command(rig, general, ana, "help")
        await rig.channel.deliver(saying(heard.chat, "Sé…", reply_to=heard.message_id), replacing=None, nonce="n")
    assert server.texts(general) == [f"<@{ana['id']}> Sé…"]


async def test_a_command_given_after_a_message_is_heard_after_it(server: DiscordServer) -> None:
    ana = server.world.add_user("Ana")
    dm = server.world.open_dm(ana)
    async with running(server, commands=COMMANDS) as rig:
        server.inject(dm, ana, "uno")
        server.command(dm, ana, "help")
        server.inject(dm, ana, "dos")
        heard = await rig.hears(3)
    assert [each.text for each in heard if isinstance(each, InboundMessage)] == ["uno", "/help", "dos"]


# Buttons and forms ---------------------------------------------------------------------------------


async def answered(rig: Rig, chat: Chat, **more: object) -> Json:
    """An answer of Martín's with what `more` says under it."""
    id_ = await rig.channel.deliver(saying(chat, "Son las tres", **more), replacing=None, nonce="n")
    return rig.server.world.messages[chat.id][id_]


async def test_a_choice_is_a_command_of_whoever_presses_it(server: DiscordServer) -> None:
    ana = server.world.add_user("Ana")
    dm = server.world.open_dm(ana)
    async with running(server) as rig:
        choice = Choice(label="Sí, todo", command="/forget everything yes")
        message = await answered(rig, direct(dm), choices=(choice,))
        waiting = server.press(dm, ana, message, "martin:do:/forget everything yes")
        heard = await rig.hears_message()
        await rig.channel.deliver(saying(heard.chat, "Hecho", reply_to=heard.message_id), replacing=None, nonce="m")
    assert (heard.text, heard.addressing, heard.message_id) == (
        "/forget everything yes",
        Addressing.COMMAND,
        waiting.id,
    )
    assert heard.author.account.user_id == ana["id"]
    assert server.texts(dm) == ["Son las tres", "Hecho"]


async def test_thumbs_work_after_a_restart_and_may_be_changed(server: DiscordServer) -> None:
    ana = server.world.add_user("Ana")
    dm = server.world.open_dm(ana)
    async with running(server) as rig:
        message = await answered(rig, direct(dm), votable=True)
    async with running(server) as rig:
        rig.receipt = Receipt.DONE
        good = server.press(dm, ana, message, "martin:vote:good")
        await server.wait_for(lambda: good.messages)
        bad = server.press(dm, ana, message, "martin:vote:bad")
        votes = [each for each in await rig.hears(2) if isinstance(each, InboundVote)]
        await server.wait_for(lambda: bad.response)
    assert [vote.verdict for vote in votes] == [Verdict.GOOD, Verdict.BAD]
    assert {(vote.message_id, vote.voter.account.user_id) for vote in votes} == {(message["id"], ana["id"])}
    assert "anotado" in good.messages[0]["content"]
    assert good.messages[0]["flags"] & EPHEMERAL


async def test_a_thumb_down_opens_a_form_at_once_and_its_text_is_a_correction(server: DiscordServer) -> None:
    ana = server.world.add_user("Ana")
    dm = server.world.open_dm(ana)

    async def slow(_: Inbound) -> None:
        await asyncio.sleep(0.5)

    async with running(server) as rig:
        message = await answered(rig, direct(dm), votable=True)
        rig.before = slow
        form = server.press(dm, ana, message, "martin:vote:bad", locale="en-GB")
        await server.wait_for(lambda: form.response)
        assert form.answered_after < 0.4
        assert form.modal is not None
        assert form.modal["title"] == "Help me improve"
        sent = server.submit(dm, ana, form, "Eran las cuatro")
        heard = await rig.hears(2)
        await server.wait_for(lambda: sent.response)
    vote, correction = heard
    assert isinstance(vote, InboundVote)
    assert isinstance(correction, InboundCorrection)
    assert (correction.text, correction.message_id) == ("Eran las cuatro", message["id"])
    assert sent.messages[0]["content"] == "Gracias, queda anotado."
    assert sent.messages[0]["flags"] & EPHEMERAL


async def test_a_thumb_down_put_as_a_reaction_is_offered_the_form_by_a_button(server: DiscordServer) -> None:
    ana = server.world.add_user("Ana")
    dm = server.world.open_dm(ana)
    async with running(server) as rig:
        rig.receipt = Receipt.DONE
        message = await answered(rig, direct(dm), votable=True)
        for _ in range(2):
            server.react(message["id"], ana, "👎")
        await rig.hears(2)
        await server.wait_for(lambda: len(server.mine(dm)) == 2)
        form = server.press(dm, ana, server.mine(dm)[1], f"martin:form:{message['id']}")
        await server.wait_for(lambda: form.response)
        sent = server.submit(dm, ana, form, "Eran las cuatro")
        correction = (await rig.hears(3))[2]
        await server.wait_for(lambda: sent.response)
    assert isinstance(correction, InboundCorrection)
    assert (correction.text, correction.message_id) == ("Eran las cuatro", message["id"])
    assert server.texts(dm) == ["Son las tres", "¿Qué habría sido lo correcto?"]


async def test_buttons_and_forms_that_are_not_ours_are_left_alone(server: DiscordServer) -> None:
    ana = server.world.add_user("Ana")
    dm = server.world.open_dm(ana)
    button = {"type": 2, "style": 2, "label": "?", "custom_id": "ajeno"}
    strange = server.world.write(dm["id"], server.world.me, "x", components=[{"type": 1, "components": [button]}])
    async with running(server) as rig:
        server.press(dm, ana, strange, "ajeno")
        server.inject(dm, ana, "hola")
        assert (await rig.hears_message()).text == "hola"
    assert len(rig.heard) == 1
