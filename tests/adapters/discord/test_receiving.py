"""What the real discord.py hears from the local gateway, and what reaches the core of it."""

import asyncio

import pytest

from bot.errors import ConfigError, StorageError
from bot.messages import (
    Addressing,
    AttachmentKind,
    ChatKind,
    Inbound,
    InboundMessage,
    InboundVote,
    Receipt,
    Verdict,
)
from tests.adapters.discord.rig import Notes, running
from tests.fakes.discord_server import DiscordServer, Fault
from tests.fakes.discord_world import FORUM

pytestmark = pytest.mark.timeout(30)


async def test_a_direct_message_is_heard_with_who_and_where(server: DiscordServer) -> None:
    ana = server.world.add_user("Ana")
    async with running(server) as rig:
        dm = server.world.open_dm(ana)
        said = server.inject(dm, ana, "Hola, Martín")
        heard = await rig.hears_message()
    assert (heard.text, heard.message_id, heard.addressing) == ("Hola, Martín", said["id"], Addressing.DIRECT)
    assert (heard.chat.kind, heard.chat.id) == (ChatKind.DIRECT, dm["id"])
    assert (heard.author.account.user_id, heard.author.name, heard.author.is_bot) == (ana["id"], "Ana", False)


async def test_exactly_the_intents_that_are_needed_are_asked_for(server: DiscordServer) -> None:
    async with running(server):
        pass
    assert server.gateway.intents == [1 << 0 | 1 << 9 | 1 << 10 | 1 << 12 | 1 << 13 | 1 << 15]


async def test_in_a_server_the_mention_is_taken_out_and_roles_and_server_are_told(server: DiscordServer) -> None:
    ana, guild = server.world.add_user("Ana"), server.world.add_guild()
    role = server.world.add_role(guild, "socios")
    server.world.join(guild, ana, roles=(role,), nick="Anita")
    general = server.world.add_channel(guild)
    async with running(server) as rig:
        server.inject(general, ana, f"<@{server.world.me['id']}> ¿qué hora es?")
        heard = await rig.hears_message()
    assert (heard.text, heard.addressing) == ("¿qué hora es?", Addressing.MENTION)
    assert (heard.chat.kind, heard.chat.id, heard.chat.server_id) == (ChatKind.GROUP, general["id"], guild.id)
    assert (heard.roles, heard.author.name) == ((role,), "Anita")


async def test_the_mention_of_the_bots_own_role_is_a_mention_too(server: DiscordServer) -> None:
    ana, guild = server.world.add_user("Ana"), server.world.add_guild()
    server.world.join(guild, ana)
    general = server.world.add_channel(guild)
    role = guild.roles[1]["id"]
    async with running(server) as rig:
        server.inject(general, ana, f"oye <@&{role}> ven")
        heard = await rig.hears_message()
    assert (heard.text, heard.addressing) == ("oye ven", Addressing.MENTION)


async def test_what_others_say_to_each_other_is_told_as_such(server: DiscordServer) -> None:
    ana, guild = server.world.add_user("Ana"), server.world.add_guild()
    server.world.join(guild, ana)
    general = server.world.add_channel(guild)
    async with running(server) as rig:
        server.inject(general, ana, "¿Vienes, Luis?")
        heard = await rig.hears_message()
    assert heard.addressing is Addressing.NONE


async def test_a_reply_to_the_bot_is_for_it_and_brings_its_words(server: DiscordServer) -> None:
    ana, guild = server.world.add_user("Ana"), server.world.add_guild()
    server.world.join(guild, ana)
    general = server.world.add_channel(guild)
    mine = server.world.write(general["id"], server.world.me, "Son las tres")
    async with running(server) as rig:
        server.inject(general, ana, "¿seguro?", reply_to=mine["id"])
        heard = await rig.hears_message()
    assert heard.addressing is Addressing.REPLY
    assert heard.reply_to is not None
    assert (heard.reply_to.is_mine, heard.reply_to.text) == (True, "Son las tres")


async def test_other_bots_and_webhooks_are_marked_and_the_bot_does_not_hear_itself(server: DiscordServer) -> None:
    guild = server.world.add_guild()
    other = server.world.add_user("Otro", bot=True)
    hook = server.world.add_user("Gancho")
    server.world.join(guild, other)
    general = server.world.add_channel(guild)
    async with running(server) as rig:
        server.inject(general, server.world.me, "yo mismo")
        server.inject(general, other, "soy un bot")
        server.inject(general, hook, "soy un gancho", webhook_id=hook["id"])
        heard = await rig.hears(2)
    assert [each.author.is_bot for each in heard if isinstance(each, InboundMessage)] == [True, True]


@pytest.mark.parametrize("forum", [False, True])
async def test_public_threads_and_forum_posts_belong_to_their_channel(server: DiscordServer, forum: bool) -> None:
    ana, guild = server.world.add_user("Ana"), server.world.add_guild()
    server.world.join(guild, ana)
    parent = server.world.add_channel(guild, type_=FORUM) if forum else server.world.add_channel(guild)
    thread = server.world.add_thread(parent)
    async with running(server) as rig:
        server.inject(thread, ana, "hola")
        heard = await rig.hears_message()
    assert (heard.chat.kind, heard.chat.id, heard.chat.thread_id) == (ChatKind.GROUP, parent["id"], thread["id"])


async def test_a_private_thread_is_a_place_of_its_own(server: DiscordServer) -> None:
    ana, guild = server.world.add_user("Ana"), server.world.add_guild()
    server.world.join(guild, ana)
    thread = server.world.add_thread(server.world.add_channel(guild), private=True)
    async with running(server) as rig:
        server.inject(thread, ana, "hola")
        heard = await rig.hears_message()
    assert (heard.chat.kind, heard.chat.id, heard.chat.thread_id) == (ChatKind.PRIVATE_THREAD, thread["id"], "")


async def test_whose_an_archived_thread_is_gets_asked(server: DiscordServer) -> None:
    ana, guild = server.world.add_user("Ana"), server.world.add_guild()
    server.world.join(guild, ana)
    parent = server.world.add_channel(guild)
    thread = server.world.add_thread(parent, archived=True)
    async with running(server) as rig:
        server.inject(thread, ana, "hola")
        heard = await rig.hears_message()
    assert (heard.chat.id, heard.chat.thread_id) == (parent["id"], thread["id"])


async def test_files_are_told_by_kind_and_downloaded_within_a_limit(server: DiscordServer) -> None:
    ana = server.world.add_user("Ana")
    note = server.world.add_file("nota.txt", b"hola", "text/plain; charset=utf-8", base=server.base)
    voice = {**server.world.add_file("voice-message.ogg", b"ogg", "audio/ogg", base=server.base), "waveform": "AAAA"}
    async with running(server) as rig:
        server.inject(server.world.open_dm(ana), ana, "", attachments=[note, {**voice, "duration_secs": 1.0}])
        heard = await rig.hears_message()
        assert [file.kind for file in heard.attachments] == [AttachmentKind.TEXT, AttachmentKind.VOICE]
        assert await rig.channel.fetch(heard.attachments[0], limit=100) == b"hola"


async def test_messages_of_a_channel_arrive_in_order_and_channels_do_not_wait_for_each_other(
    server: DiscordServer,
) -> None:
    ana, luis = server.world.add_user("Ana"), server.world.add_user("Luis")
    slow, quick = server.world.open_dm(ana), server.world.open_dm(luis)
    go = asyncio.Event()

    async def hold(inbound: Inbound) -> None:
        if inbound.chat.id == slow["id"]:
            await go.wait()

    async with running(server) as rig:
        rig.before = hold
        for number in range(5):
            server.inject(slow, ana, f"a{number}")
        server.inject(quick, luis, "yo primero")
        assert (await rig.hears_message()).text == "yo primero"
        go.set()
        heard = await rig.hears(6)
    assert [each.text for each in heard[1:] if isinstance(each, InboundMessage)] == [f"a{n}" for n in range(5)]


async def test_when_the_core_fails_it_is_asked_again(server: DiscordServer) -> None:
    ana = server.world.add_user("Ana")
    failures = [RuntimeError("locked")]

    async def fail(_: Inbound) -> None:
        if failures:
            raise failures.pop()

    async with running(server) as rig:
        rig.before = fail
        server.inject(server.world.open_dm(ana), ana, "hola")
        assert (await rig.hears_message()).text == "hola"


async def test_thumbs_under_an_answer_are_votes_added_changed_and_taken_back(server: DiscordServer) -> None:
    ana = server.world.add_user("Ana")
    dm = server.world.open_dm(ana)
    mine = server.world.write(dm["id"], server.world.me, "Son las tres")
    async with running(server) as rig:
        rig.receipt = Receipt.DONE
        server.react(mine["id"], ana, "👍🏽")
        server.react(mine["id"], ana, "🎉")
        server.react(mine["id"], ana, "👎")
        server.react(mine["id"], ana, "👍🏽", added=False)  # the other thumb stays
        server.react(mine["id"], ana, "👎", added=False)
        heard = await rig.hears(3)
        await asyncio.sleep(0.05)
    votes = [each for each in heard if isinstance(each, InboundVote)]
    assert [vote.verdict for vote in votes] == [Verdict.GOOD, Verdict.BAD, Verdict.NONE]
    assert {vote.message_id for vote in votes} == {mine["id"]}


async def test_a_thumb_under_somebody_elses_message_is_no_vote(server: DiscordServer) -> None:
    ana = server.world.add_user("Ana")
    dm = server.world.open_dm(ana)
    hers = server.world.write(dm["id"], ana, "Qué tarde")
    async with running(server) as rig:
        server.react(hers["id"], ana, "👍")
        server.inject(dm, ana, "hola")
        assert isinstance((await rig.hears(1))[0], InboundMessage)


# Connection ----------------------------------------------------------------------------------------


async def test_a_cut_line_is_resumed_and_what_was_said_meanwhile_is_heard_once(server: DiscordServer) -> None:
    ana = server.world.add_user("Ana")
    dm = server.world.open_dm(ana)
    async with running(server) as rig:
        server.inject(dm, ana, "uno")
        await rig.hears(1)
        server.gateway.drop()
        server.inject(dm, ana, "dos")
        heard = await rig.hears(2)
        server.gateway.ask_to_reconnect()
        await server.wait_for(lambda: server.gateway.resumed == 2)
    assert [each.text for each in heard if isinstance(each, InboundMessage)] == ["uno", "dos"]
    assert server.gateway.identified == 1


async def test_after_a_lost_session_the_history_is_read_before_anything_new(server: DiscordServer) -> None:
    ana = server.world.add_user("Ana")
    dm = server.world.open_dm(ana)
    async with running(server) as rig:
        server.inject(dm, ana, "uno")
        await rig.hears(1)
        server.gateway.drop(resumable=False)
        server.inject(dm, ana, "dos")
        server.inject(dm, ana, "tres")
        await server.wait_for(lambda: server.gateway.identified == 2, within=8)
        server.inject(dm, ana, "cuatro")
        heard = await rig.hears(4)
    # The history may have "cuatro" already, and the gateway tells it too: the core knows it by its id.
    told = dict.fromkeys(each.text for each in heard if isinstance(each, InboundMessage))
    assert list(told) == ["uno", "dos", "tres", "cuatro"]


async def test_what_was_said_while_the_bot_was_off_is_heard_at_the_next_start(server: DiscordServer) -> None:
    ana, guild, notes = server.world.add_user("Ana"), server.world.add_guild(), Notes()
    role = server.world.add_role(guild, "socios")
    server.world.join(guild, ana, roles=(role,))
    general, quiet = server.world.add_channel(guild), server.world.add_channel(guild, "silencio")
    me = server.world.me["id"]
    async with running(server, notes=notes) as rig:
        server.inject(general, ana, f"<@{me}> uno")
        server.inject(quiet, ana, f"<@{me}> aquí también")
        await rig.hears(2)
    server.inject(general, ana, f"<@{me}> dos")
    reads = server.count("GET", f"{quiet['id']}/messages")
    async with running(server, notes=notes) as rig:
        heard = await rig.hears_message()
    assert (heard.text, heard.addressing, heard.roles) == ("dos", Addressing.MENTION, (role,))
    assert server.count("GET", f"{quiet['id']}/messages") == reads  # nothing new there: nothing is asked


async def test_a_history_that_cannot_be_read_yet_is_read_later(server: DiscordServer) -> None:
    ana, notes = server.world.add_user("Ana"), Notes()
    dm = server.world.open_dm(ana)
    async with running(server, notes=notes) as rig:
        server.inject(dm, ana, "uno")
        await rig.hears(1)
    server.inject(dm, ana, "dos")
    server.faults.append(Fault(lambda method, path: method == "GET" and path.endswith("/messages"), 503))
    async with running(server, notes=notes) as rig:
        server.inject(dm, ana, "tres")
        heard = await rig.hears(2)
    told = [each.text for each in heard if isinstance(each, InboundMessage)]
    assert list(dict.fromkeys(told)) == ["dos", "tres"]  # the last may be told twice: the core knows it by its id


async def test_what_the_core_could_not_take_is_read_again_at_the_next_start(
    server: DiscordServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.discord.intake.PAUSES", ())
    ana, notes = server.world.add_user("Ana"), Notes()
    dm = server.world.open_dm(ana)

    async def fail(inbound: Inbound) -> None:
        if isinstance(inbound, InboundMessage) and inbound.text == "dos":
            raise RuntimeError("locked")

    async with running(server, notes=notes) as rig:
        rig.before = fail
        for text in ("uno", "dos", "tres"):
            server.inject(dm, ana, text)
        await rig.hears(2)
    async with running(server, notes=notes) as rig:
        heard = await rig.hears(2)
    assert [each.text for each in heard if isinstance(each, InboundMessage)] == ["dos", "tres"]


async def test_while_nothing_can_be_written_down_a_message_waits_and_what_follows_stays_behind_it(
    server: DiscordServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.discord.intake.PAUSES", ())
    monkeypatch.setattr("adapters.discord.intake.LATER", 0.02)
    ana = server.world.add_user("Ana")
    failures = [StorageError("The disk is full.")] * 5

    async def fail(_: Inbound) -> None:
        if failures:
            raise failures.pop()

    async with running(server) as rig:
        rig.before = fail
        for text in ("uno", "dos"):
            server.inject(server.world.open_dm(ana), ana, text)
        heard = await rig.hears(2)
    assert [each.text for each in heard if isinstance(each, InboundMessage)] == ["uno", "dos"]


async def test_a_strangers_first_message_that_could_not_be_written_down_is_read_at_the_next_start(
    server: DiscordServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.discord.lines.MOMENT", 0.1)
    ana, notes = server.world.add_user("Ana"), Notes()
    tried = asyncio.Event()

    async def fail(_: Inbound) -> None:
        tried.set()
        raise StorageError("The disk is full.")

    async with running(server, notes=notes) as rig:
        rig.before = fail
        server.inject(server.world.open_dm(ana), ana, "hola")
        await tried.wait()
    async with running(server, notes=notes) as rig:
        assert (await rig.hears_message()).text == "hola"


async def test_a_missing_intent_ends_it_and_says_which_switch(server: DiscordServer) -> None:
    server.gateway.content_allowed = False
    async with running(server) as rig:
        assert rig.task is not None
        with pytest.raises(ConfigError) as refused:
            await rig.task
    assert "Message Content Intent" in refused.value.hint
    assert "discord.com/developers" in refused.value.hint


async def test_a_wrong_token_ends_it_and_is_not_shown(server: DiscordServer) -> None:
    async with running(server, token="a-wrong-one") as rig:
        assert rig.task is not None
        with pytest.raises(ConfigError) as refused:
            await rig.task
    assert "DISCORD_TOKEN" in refused.value.hint
    assert "a-wrong-one" not in str(refused.value)


async def test_neither_the_token_nor_what_people_write_is_logged(
    server: DiscordServer, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    ana = server.world.add_user("Ana")
    caplog.set_level("INFO")
    async with running(server) as rig:
        server.inject(server.world.open_dm(ana), ana, "un secreto muy mío")
        await rig.hears(1)
        server.gateway.drop()
        await server.wait_for(lambda: server.gateway.resumed)
    printed = "".join(capsys.readouterr()) + caplog.text
    assert "discord.connected" in printed
    assert server.token not in printed
    assert "secreto" not in printed


async def test_a_gateway_that_is_down_at_the_start_is_waited_for(server: DiscordServer) -> None:
    ana = server.world.add_user("Ana")
    server.gateway.refuses = True
    asyncio.get_running_loop().call_later(0.3, lambda: setattr(server.gateway, "refuses", False))
    async with running(server) as rig:
        server.inject(server.world.open_dm(ana), ana, "hola")
        assert (await rig.hears_message()).text == "hola"


async def test_an_event_that_cannot_be_read_costs_nothing_but_itself(server: DiscordServer) -> None:
    ana = server.world.add_user("Ana")
    dm = server.world.open_dm(ana)
    async with running(server) as rig:
        server.inject(dm, ana, "uno")
        server.tell("MESSAGE_CREATE", {"id": "x", "channel_id": dm["id"]})
        server.tell("INTERACTION_CREATE", {"type": "?"})
        server.tell("NEVER_HEARD_OF", {})
        server.inject(dm, ana, "dos")
        heard = await rig.hears(2)
    assert [each.text for each in heard if isinstance(each, InboundMessage)] == ["uno", "dos"]
    assert server.gateway.identified == 1


async def test_a_message_that_cannot_be_read_does_not_hide_the_rest_of_the_history(server: DiscordServer) -> None:
    ana, notes = server.world.add_user("Ana"), Notes()
    dm = server.world.open_dm(ana)
    async with running(server, notes=notes) as rig:
        server.inject(dm, ana, "uno")
        await rig.hears(1)
    server.inject(dm, ana, "dos")
    server.inject(dm, ana, "rota", timestamp="ayer", reactions=[{}])
    server.inject(dm, ana, "tres")
    async with running(server, notes=notes) as rig:
        heard = await rig.hears(2)
    assert [each.text for each in heard if isinstance(each, InboundMessage)] == ["dos", "tres"]
