"""How answers reach the local Discord: once, in order, within its limits."""

import asyncio
import time

import pytest

from bot.errors import AttachmentRefused, ChannelGone
from bot.messages import Attachment, AttachmentKind, Chat, ChatKind, Choice, File
from tests.adapters.discord.rig import direct, running, saying
from tests.fakes.discord_server import DiscordServer, Fault, Limits
from tests.fakes.discord_world import MANAGE_GUILD

pytestmark = pytest.mark.timeout(60)

CROWD = 120  # chats in the same instant


def posts(method: str, path: str) -> bool:
    return method == "POST" and path.endswith("/messages")


def edits(method: str, path: str) -> bool:
    return method == "PATCH" and "/messages/" in path


@pytest.mark.parametrize("how", ["before", "after", 500, 503])
async def test_a_send_that_fails_on_the_way_is_made_again_and_never_doubled(
    server: DiscordServer, how: str | int
) -> None:
    dm = server.world.open_dm(server.world.add_user("Ana"))
    async with running(server) as rig:
        server.faults.append(Fault(posts, how, times=2))
        await rig.channel.deliver(saying(direct(dm), "Hola"), replacing=None, nonce="n" * 32)
        # A restart in between: the same nonce, told again.
        await rig.channel.deliver(saying(direct(dm), "Hola"), replacing=None, nonce="n" * 32)
    assert server.texts(dm) == ["Hola"]


async def test_a_page_from_a_proxy_and_a_token_in_doubt_are_waited_out(server: DiscordServer) -> None:
    dm = server.world.open_dm(server.world.add_user("Ana"))
    async with running(server) as rig:
        server.faults += [Fault(posts, "page"), Fault(posts, 401)]
        await rig.channel.deliver(saying(direct(dm), "Hola"), replacing=None, nonce="n")
    assert server.texts(dm) == ["Hola"]


async def test_without_a_connection_deliveries_wait_for_it(server: DiscordServer) -> None:
    dm = server.world.open_dm(server.world.add_user("Ana"))
    async with running(server) as rig:
        server.faults.append(Fault(lambda method, path: True, "before", times=4))
        await rig.channel.deliver(saying(direct(dm), "Hola"), replacing=None, nonce="n")
    assert server.texts(dm) == ["Hola"]


async def test_a_message_deleted_before_its_nonce_is_used_again_is_sent_anew(server: DiscordServer) -> None:
    dm = server.world.open_dm(server.world.add_user("Ana"))
    async with running(server) as rig:
        first = await rig.channel.deliver(saying(direct(dm), "Hola"), replacing=None, nonce="n")
        server.remove(first)
        await rig.channel.deliver(saying(direct(dm), "Hola"), replacing=None, nonce="n")
    assert server.texts(dm) == ["Hola"]


async def test_no_preview_comes_after_the_final_text(server: DiscordServer) -> None:
    dm = server.world.open_dm(server.world.add_user("Ana"))
    chat = direct(dm)
    async with running(server) as rig:
        shown = await rig.channel.preview(saying(chat, "Érase"), replacing=None)
        assert shown is not None
        server.faults.append(Fault(edits, 0.3))
        slow = asyncio.create_task(rig.channel.preview(saying(chat, "Érase una"), replacing=shown))
        await asyncio.sleep(0.05)
        await asyncio.gather(
            rig.channel.deliver(saying(chat, "Érase una vez."), replacing=shown, nonce="n"),
            rig.channel.preview(saying(chat, "Érase una v"), replacing=shown),
        )
        await slow
        await rig.channel.preview(saying(chat, "Érase una v"), replacing=shown)
    assert [text for _, text in server.versions[shown]] == ["Érase", "Érase una", "Érase una vez."]


async def test_previews_leave_room_for_the_final_text(server: DiscordServer) -> None:
    server.limits = Limits(per_channel=True)
    dm = server.world.open_dm(server.world.add_user("Ana"))
    chat = direct(dm)
    async with running(server) as rig:
        shown = await rig.channel.preview(saying(chat, "0"), replacing=None)
        began = time.monotonic()
        for number in range(1, 10):
            assert await rig.channel.preview(saying(chat, "0" * number), replacing=shown) == shown
        assert shown is not None
        await rig.channel.deliver(saying(chat, "fin"), replacing=shown, nonce="n")
        visible = server.versions[shown][-1][0] - began
    assert server.texts(dm) == ["fin"]
    assert visible < 1.0
    assert server.refused == 0


async def test_one_channels_limit_does_not_hold_up_another(server: DiscordServer) -> None:
    server.limits = Limits(per_channel=True, channel_seconds=1.5)
    one = server.world.open_dm(server.world.add_user("Ana"))
    other = server.world.open_dm(server.world.add_user("Luis"))
    async with running(server) as rig:
        many = asyncio.gather(
            *(rig.channel.deliver(saying(direct(one), f"{n}"), replacing=None, nonce=f"n{n}") for n in range(8))
        )
        await asyncio.sleep(0.2)
        began = time.monotonic()
        await rig.channel.deliver(saying(direct(other), "yo"), replacing=None, nonce="otra")
        assert time.monotonic() - began < 0.5
        await many
    assert sorted(server.texts(one)) == [f"{n}" for n in range(8)]


async def test_with_the_limit_on_everything_a_crowd_loses_nothing(server: DiscordServer) -> None:
    server.limits = Limits(per_channel=True, in_all=50)
    places = [server.world.open_dm(server.world.add_user(f"p{n}")) for n in range(CROWD)]

    async with running(server) as rig:

        async def answer(number: int) -> None:
            chat = direct(places[number])
            await rig.channel.preview(saying(chat, ""), replacing=None)
            shown = await rig.channel.preview(saying(chat, "Hola"), replacing=None)
            await rig.channel.deliver(saying(chat, "Hola, ¿qué tal?"), replacing=shown, nonce=f"n{number}")

        began = time.monotonic()
        await asyncio.gather(*(answer(number) for number in range(CROWD)))
        took = time.monotonic() - began
    assert [server.texts(place) for place in places] == [["Hola, ¿qué tal?"]] * CROWD
    assert took < 12
    # The first burst runs into the limit once; what follows is spaced.
    assert server.refused < 2 * CROWD


async def test_typing_is_shown_at_most_every_eight_seconds(server: DiscordServer) -> None:
    dm = server.world.open_dm(server.world.add_user("Ana"))
    async with running(server) as rig:
        for _ in range(5):
            assert await rig.channel.preview(saying(direct(dm), ""), replacing=None) is None
        await server.wait_for(lambda: server.typings)
        await asyncio.sleep(0.05)
    assert [channel for _, channel in server.typings] == [dm["id"]]


async def test_replies_refer_to_the_message_and_notify_nobody(server: DiscordServer) -> None:
    ana, guild = server.world.add_user("Ana"), server.world.add_guild()
    server.world.join(guild, ana)
    general = server.world.add_channel(guild)
    asked = server.world.write(general["id"], ana, "¿Hola?")
    chat = Chat(platform="discord", id=general["id"], kind=ChatKind.GROUP, server_id=guild.id)
    async with running(server) as rig:
        text = f"@everyone @here <@{ana['id']}> hola"
        await rig.channel.deliver(saying(chat, text, reply_to=asked["id"]), replacing=None, nonce="a")
        await rig.channel.deliver(saying(chat, "nadie", reply_to="999"), replacing=None, nonce="b")
    first, second = server.mine(general)
    assert first["message_reference"]["message_id"] == asked["id"]
    assert "message_reference" not in second
    assert server.pinged == []


async def test_what_is_said_in_a_thread_goes_to_the_thread(server: DiscordServer) -> None:
    guild = server.world.add_guild()
    parent = server.world.add_channel(guild)
    thread = server.world.add_thread(parent)
    chat = Chat(platform="discord", id=parent["id"], kind=ChatKind.GROUP, thread_id=thread["id"], server_id=guild.id)
    async with running(server) as rig:
        await rig.channel.deliver(saying(chat, "aquí"), replacing=None, nonce="a")
    assert (server.texts(thread), server.texts(parent)) == (["aquí"], [])


async def test_files_votes_and_choices_arrive_under_the_final_text_only(server: DiscordServer) -> None:
    dm = server.world.open_dm(server.world.add_user("Ana"))
    chat = direct(dm)
    full = saying(
        chat,
        "Toma",
        votable=True,
        choices=(Choice(label="Sí", command="/forget everything yes"),),
        files=(File(name="export.json", mime="application/json", content=b"{}"),),
    )
    async with running(server) as rig:
        shown = await rig.channel.preview(full, replacing=None)
        assert server.mine(dm)[0]["components"] == []
        await rig.channel.deliver(full, replacing=shown, nonce="n")
        (message,) = server.mine(dm)
        ids = [button["custom_id"] for row in message["components"] for button in row["components"]]
        assert ids == ["martin:do:/forget everything yes", "martin:vote:good", "martin:vote:bad"]
        assert [file["filename"] for file in message["attachments"]] == ["export.json"]
        await rig.channel.deliver(saying(chat, "Ya está"), replacing=shown, nonce="m")
    assert server.mine(dm)[0]["components"] == []


async def test_what_discord_refuses_is_said_plainly_or_given_up(server: DiscordServer) -> None:
    guild = server.world.add_guild()
    general, gone = server.world.add_channel(guild), server.world.add_channel(guild, "cerrado")
    server.world.banned_from.add(gone["id"])
    async with running(server) as rig:
        here = Chat(platform="discord", id=general["id"], kind=ChatKind.GROUP)
        await rig.channel.deliver(saying(here, "   "), replacing=None, nonce="a")
        await rig.channel.deliver(
            saying(here, "dos iguales", choices=(Choice(label="a", command="/x"), Choice(label="b", command="/x"))),
            replacing=None,
            nonce="b",
        )
        for id_ in (gone["id"], "123"):
            chat = Chat(platform="discord", id=id_, kind=ChatKind.GROUP)
            with pytest.raises(ChannelGone):
                await rig.channel.deliver(saying(chat, "¿hola?"), replacing=None, nonce="c")
            with pytest.raises(ChannelGone):
                await rig.channel.preview(saying(chat, "¿ho"), replacing=None)
        with pytest.raises(ChannelGone):
            await rig.channel.deliver(saying(here, "x" * 2001), replacing=None, nonce="d")
    assert server.texts(general) == ["…", "dos iguales"]


async def test_files_that_are_larger_than_they_claim_or_gone_are_refused(server: DiscordServer) -> None:
    big = server.world.add_file("gran.txt", b"x" * 200_000, "text/plain", base=server.base, claimed=10)

    def file(ref: str, size: int) -> Attachment:
        return Attachment(kind=AttachmentKind.TEXT, name="gran.txt", mime="text/plain", size=size, ref=ref)

    async with running(server) as rig:
        for attachment in (
            file(big["url"], 10),
            file(big["url"], 10**9),
            file(server.base + "/attachments/0/no", 1),
            file("http://127.0.0.1:9/no", 1),
            file("no", 1),
        ):
            with pytest.raises(AttachmentRefused):
                await rig.channel.fetch(attachment, limit=100_000)
        assert len(await rig.channel.fetch(file(big["url"], 10), limit=200_000)) == 200_000


async def test_who_may_manage_the_server_administers_it(server: DiscordServer) -> None:
    ana, luis, guild = server.world.add_user("Ana"), server.world.add_user("Luis"), server.world.add_guild()
    role = server.world.add_role(guild, "jefa", permissions=MANAGE_GUILD)
    server.world.join(guild, ana, roles=(role,))
    server.world.join(guild, luis)
    general = server.world.add_channel(guild)
    chat = Chat(platform="discord", id=general["id"], kind=ChatKind.GROUP, server_id=guild.id)
    async with running(server) as rig:
        server.inject(general, ana, "hola")
        await rig.hears(1)
        assert await rig.channel.administers(chat, ana["id"])
        assert not await rig.channel.administers(chat, luis["id"])
        assert not await rig.channel.administers(chat, "123")
        assert not await rig.channel.administers(direct(server.world.open_dm(ana)), ana["id"])
