"""The same conversation on Discord, with the real discord.py: talking, good endings, votes, access, restarts."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.i18n import say
from tests.e2e.discord import BAD, GOOD, Discord, leading_to
from tests.e2e.opened import MODEL
from tests.e2e.program import Program
from tests.fakes.discord_server import ACKNOWLEDGE, DiscordServer, Fault, Limits, Waiting
from tests.fakes.discord_world import EPHEMERAL, EVERYDAY, MANAGE_GUILD, Json
from tests.fakes.ollama_server import Behaviour, OllamaServer

LIMIT = 2000  # characters of one message
VOTES = "SELECT verdict FROM votes"
CORRECTIONS = "SELECT text FROM corrections"


def is_private(answered: Waiting) -> bool:
    return all(message["flags"] & EPHEMERAL for message in answered.messages)


# Talking -------------------------------------------------------------------------------------------


async def test_what_was_said_before_a_new_conversation_is_remembered(discord: Discord) -> None:
    await discord.start()
    await discord.says("Mi perro se llama Toby y nació en Cádiz")
    fresh = await discord.commands("new")
    assert fresh.messages[0]["content"] == say("es", "commands-new")
    assert (await discord.says("¿Cómo se llama mi perro?"))["content"] == "Claro que sí."
    system, *turns = discord.prompts[-1]
    assert "Toby" in system["content"]
    assert len(turns) == 1


async def test_an_answer_is_one_message_that_grows(discord: Discord) -> None:
    words = [f"palabra{number} " for number in range(60)]
    discord.model.behaviour = Behaviour(answers=["".join(words)], tokens_per_second=20)
    await discord.start()
    answer = await discord.says("Cuéntame algo")
    versions = discord.versions(answer)
    assert len(discord.texts()) == 1
    assert len(versions) > 2
    assert versions[-1] == "".join(words).strip()
    assert all(versions[-1].startswith(text.rstrip(" …▌⋯")) for text in versions)


async def test_an_answer_of_12000_characters_arrives_whole(discord: Discord) -> None:
    words = " ".join(f"palabra{number}" for number in range(1200))
    discord.model.behaviour = Behaviour(answers=[words])
    await discord.start(model_max_tokens="7000")
    await discord.says("Cuéntamelo todo")
    assert len(words) > 12_000
    assert " ".join(discord.texts()).split() == words.split()
    assert all(len(text) <= LIMIT for text in discord.texts())
    assert len(discord.answers()) == 1


async def test_a_code_block_of_7000_characters_is_closed_and_reopened_in_every_piece(discord: Discord) -> None:
    lines = [f"print({number}, 'línea')" for number in range(380)]
    code = "\n".join(lines)
    discord.model.behaviour = Behaviour(answers=[f"Aquí tienes:\n\n```python\n{code}\n```\n\nEso es todo."])
    await discord.start(model_max_tokens="7000")
    await discord.says("Escríbeme un programa")
    texts = discord.texts()
    assert len(code) > 7000
    assert all(len(text) <= LIMIT and text.count("```") % 2 == 0 for text in texts)
    assert [line for text in texts for line in text.splitlines() if line.startswith("print(")] == lines
    assert all("```python\n" in text for text in texts if "print(" in text)
    assert texts[-1].endswith("Eso es todo.")


async def test_a_person_is_answered_in_the_language_they_write(discord: Discord) -> None:
    discord.model.models.clear()
    await discord.start()
    answer = await discord.says("Hello there, how are you doing today?")
    assert answer["content"] == say("en", "error-model-missing")


async def test_a_text_file_is_read_into_the_turn(discord: Discord) -> None:
    await discord.start()
    content = b"La clave del wifi es guacamole."
    file = discord.world.add_file("notas.txt", content, "text/plain; charset=utf-8", base=discord.server.base)
    await discord.says("¿Qué dice?", attachments=[file])
    assert "guacamole" in discord.prompts[-1][-1]["content"]


async def test_a_voice_message_gets_a_clear_answer(discord: Discord) -> None:
    await discord.start()
    voice = discord.world.add_file("voz.ogg", b"OggS", "audio/ogg", base=discord.server.base)
    discord.server.inject(discord.dm, discord.ana, "", attachments=[voice])
    await discord.until(lambda: discord.texts() == [say("es", "attachments-voice")])


async def test_a_message_told_twice_is_answered_once(discord: Discord) -> None:
    await discord.start()
    discord.server.inject(discord.dm, discord.ana, "Hola, ¿qué tal?")
    [message] = discord.world.messages[discord.dm["id"]].values()
    discord.server.tell("MESSAGE_CREATE", message)
    await discord.until(discord.answers)
    await discord.says("¿Y ahora?")
    assert len(discord.answers()) == 2


# Endings -------------------------------------------------------------------------------------------


async def test_a_missing_model_is_named_and_how_to_get_it(discord: Discord) -> None:
    discord.model.models.clear()
    await discord.start()
    assert (await discord.says("Hola, ¿qué tal?"))["content"] == say("es", "error-model-missing")


async def test_a_busy_model_is_waited_for_and_one_that_stays_busy_given_up_kindly(discord: Discord) -> None:
    discord.model.behaviour = Behaviour(busy=2, answers=["Ya estoy."])
    await discord.start(model_first_token_seconds="2")
    assert (await discord.says("Hola, ¿qué tal?"))["content"] == "Ya estoy."
    discord.model.behaviour = Behaviour(busy=10_000)
    assert (await discord.says("¿Y ahora?"))["content"] == say("es", "error-model-busy")


async def test_an_answer_cut_in_the_middle_keeps_what_came_and_says_so(discord: Discord) -> None:
    discord.model.behaviour = replace(Behaviour(answers=["Uno dos tres cuatro cinco."]), cut_at=3)
    await discord.start()
    text = (await discord.says("Cuenta hasta cinco"))["content"]
    assert text.startswith("Uno dos")
    assert text.endswith(say("es", "error-model-broken"))


async def test_an_empty_answer_is_not_silence(discord: Discord) -> None:
    discord.model.behaviour = Behaviour(answers=[""])
    await discord.start()
    assert (await discord.says("Hola, ¿qué tal?"))["content"] == say("es", "error-model-empty")


async def test_a_preview_that_arrives_after_the_last_word_becomes_the_answer(discord: Discord) -> None:
    discord.model.behaviour = Behaviour(answers=["Uno dos tres cuatro cinco."], tokens_per_second=20)
    await discord.start()
    first = Fault(lambda method, path: method == "POST" and path.endswith("/messages"), 1.5)
    discord.server.faults.append(first)
    answer = await discord.says("Cuenta hasta cinco")
    assert discord.texts() == ["Uno dos tres cuatro cinco."]
    assert len(discord.versions(answer)) == 2


async def test_within_discords_limits_a_long_answer_loses_nothing_and_keeps_its_order(discord: Discord) -> None:
    words = " ".join(f"palabra{number}" for number in range(1200))
    discord.model.behaviour = Behaviour(answers=[words])
    discord.server.limits = Limits(per_channel=True, in_all=50)
    await discord.start(model_max_tokens="7000")
    await discord.says("Cuéntamelo todo")
    assert " ".join(discord.texts()).split() == words.split()


async def test_stop_ends_the_answer_and_keeps_what_came(discord: Discord) -> None:
    discord.model.behaviour = Behaviour(answers=["bla " * 500], tokens_per_second=20)
    await discord.start()
    discord.server.inject(discord.dm, discord.ana, "Habla mucho rato")
    await discord.until(discord.texts)
    await discord.commands("stop")
    await discord.until(discord.answers)
    assert discord.answers()[0]["content"].startswith("bla")
    assert discord.answers()[0]["content"].endswith(say("es", "core-stopped"))
    assert discord.model.disconnects == 1


# Servers -------------------------------------------------------------------------------------------


async def test_in_a_server_he_answers_who_speaks_to_him_and_nobody_else(discord: Discord) -> None:
    await discord.start()
    discord.server.inject(discord.general, discord.luis, "¿Alguien sabe qué hora es?")
    question = f"{discord.mention} ¿qué hora es?"
    answer = await discord.says(question, where=discord.general)
    assert answer["message_reference"]["message_id"] in discord.world.messages[discord.general["id"]]
    await discord.says("Gracias", where=discord.general, who=discord.luis, reply_to=answer["id"])
    assert len(discord.prompts) == 2
    assert "¿Alguien sabe" not in str(discord.prompts)
    assert discord.server.pinged == []


async def test_another_bot_and_a_webhook_are_never_answered(discord: Discord) -> None:
    await discord.start()
    other = discord.world.add_user("Otro", bot=True)
    discord.world.join(discord.guild, other)
    discord.server.inject(discord.general, other, f"{discord.mention} hola")
    discord.server.inject(discord.general, discord.luis, f"{discord.mention} hola", webhook_id="42")
    await discord.says(f"{discord.mention} hola", where=discord.general)
    assert len(discord.answers(discord.general)) == 1
    assert len(discord.prompts) == 1


async def test_a_thread_inherits_its_channels_memory_and_a_private_thread_does_not(discord: Discord) -> None:
    open_thread = discord.world.add_thread(discord.general, "hilo")
    private_thread = discord.world.add_thread(discord.general, "aparte", private=True)
    await discord.start()
    await discord.says(f"{discord.mention} nuestro servidor se llama Orión", where=discord.general)
    question = f"{discord.mention} ¿cómo se llama nuestro servidor?"
    await discord.says(question, where=open_thread)
    assert "Orión" in discord.prompts[-1][0]["content"]
    await discord.says(question, where=private_thread)
    assert "Orión" not in str(discord.prompts[-1])


async def test_what_one_person_says_is_in_nobody_elses_prompt_and_in_no_channel(discord: Discord) -> None:
    await discord.start()
    await discord.says("Mi secreto es que odio el cilantro")
    await discord.says("¿Quién odia el cilantro?", where=discord.luis_dm, who=discord.luis)
    await discord.says(f"{discord.mention} ¿quién odia el cilantro?", where=discord.general)
    assert all("secreto" not in str(prompt) for prompt in discord.prompts[1:])


async def test_he_listens_to_a_whole_channel_once_who_manages_the_server_says_so(discord: Discord) -> None:
    role = discord.world.add_role(discord.guild, "Dirección", permissions=EVERYDAY | MANAGE_GUILD)
    discord.world.join(discord.guild, discord.ana, roles=(role,))
    await discord.start()
    question = f"{discord.mention} ¿cuándo es la cena del taller?"
    discord.server.inject(discord.general, discord.luis, "La cena del taller es el jueves")
    refused = await discord.commands("privacy", "group on", where=discord.general, who=discord.luis)
    assert refused.messages[0]["content"] == say("es", "commands-group-admins-only")
    await discord.says(question, where=discord.general, who=discord.luis)
    assert "jueves" not in str(discord.prompts[-1])
    told = await discord.commands("privacy", "group on", where=discord.general)
    assert told.messages[-1]["content"] == say("es", "commands-group-listens-on")
    discord.server.inject(discord.general, discord.luis, "La cena del taller pasa al viernes")
    await discord.says(question, where=discord.general)
    assert "viernes" in str(discord.prompts[-1])


# Commands ------------------------------------------------------------------------------------------


async def test_a_command_is_acknowledged_at_once_whatever_the_model_does(discord: Discord) -> None:
    await discord.start()
    await discord.says("¿Qué hora es?")
    discord.model.behaviour = Behaviour(answers=["Son las tres."], first_token=ACKNOWLEDGE + 0.3)
    retried = await discord.commands("retry")
    assert not retried.failed
    assert retried.answered_after < 1
    await discord.until(lambda: len(discord.answers()) == 2)
    assert retried.messages[0]["content"] == "Son las tres."  # in the place of "thinking…", which does not stay
    assert discord.texts() == ["Claro que sí.", "Son las tres."]
    assert discord.prompts[-1][-1]["content"].endswith("¿Qué hora es?")


async def test_a_command_in_a_server_is_answered_where_it_was_given(discord: Discord) -> None:
    await discord.start()
    answered = await discord.commands("help", where=discord.general)
    assert not is_private(answered)
    assert "/remember" in answered.messages[0]["content"]
    assert discord.prompts == []


async def test_a_command_says_nothing_of_the_language_its_author_speaks(discord: Discord) -> None:
    await discord.start()
    refused = await discord.commands("link", "ABC-DEFGHJ yes")
    assert refused.messages[0]["content"] == say("es", "commands-link-wrong")


async def test_an_admins_command_is_refused_to_others_in_private(discord: Discord) -> None:
    await discord.start(access_admins=f"discord:{discord.ana['id']}")
    refused = await discord.commands("status", where=discord.general, who=discord.luis)
    assert refused.messages[0]["content"] == say("es", "commands-admins-only")
    assert is_private(refused)
    told = await discord.commands("status", where=discord.general)
    assert MODEL in told.messages[0]["content"]
    assert is_private(told)
    assert discord.texts(discord.general) == []


async def test_buttons_that_one_person_alone_sees_answer_that_person_alone(discord: Discord) -> None:
    await discord.start()
    shown = (await discord.commands("privacy", where=discord.general, who=discord.luis)).messages[0]
    press = discord.server.press(discord.general, discord.luis, shown, "martin:do:/privacy remember off")
    answered = await discord.answered(press)
    assert answered.messages[0]["content"] == say("es", "commands-remembers-off")
    assert is_private(answered)
    assert discord.texts(discord.general) == []


async def test_export_arrives_as_files(discord: Discord) -> None:
    await discord.start()
    await discord.says("Mi perro se llama Toby y nació en Cádiz")
    sent = await discord.commands("export")
    assert len(sent.messages[0]["attachments"]) == 2
    assert len(discord.server.uploads) == 2
    assert all(b"Toby" in content for content in discord.server.uploads.values())


async def test_forget_everything_leaves_nothing_for_the_next_prompt(discord: Discord) -> None:
    await discord.start()
    await discord.says("Mi perro se llama Toby y nació en Cádiz")
    asked = (await discord.commands("forget", "everything")).messages[0]
    [button] = [each["custom_id"] for row in asked["components"] for each in row["components"]]
    await discord.answered(discord.server.press(discord.dm, discord.ana, asked, button))
    await discord.says("¿Cómo se llama mi perro?")
    assert "Toby" not in str(discord.prompts[-1])


# Votes ---------------------------------------------------------------------------------------------


async def test_a_thumb_down_opens_a_form_and_its_text_is_kept_also_after_a_restart(discord: Discord) -> None:
    discord.model.behaviour = Behaviour(answers=["La capital de Australia es Sídney."])
    await discord.start()
    answer = await discord.says("¿Cuál es la capital de Australia?")
    thanks = await discord.answered(discord.server.press(discord.dm, discord.ana, answer, GOOD))
    assert thanks.messages[0]["content"] == say("es", "discord-vote-good")
    await discord.stop()
    await discord.start()
    form = discord.server.press(discord.dm, discord.ana, answer, BAD)
    await discord.corrects(form, "Es Camberra.")
    await discord.until(lambda: discord.log(CORRECTIONS) == [("Es Camberra.",)])
    assert discord.log(VOTES) == [("bad",)]  # one vote a person, changed
    assert discord.texts() == ["La capital de Australia es Sídney."]  # nothing is asked in the chat as well


async def test_reactions_are_votes_and_a_thumb_down_is_offered_the_form(discord: Discord) -> None:
    await discord.start()
    answer = await discord.says(f"{discord.mention} ¿qué tal?", where=discord.general)
    discord.server.react(answer["id"], discord.luis, "👍🏽")
    await discord.until(lambda: discord.log(VOTES) == [("good",)])
    discord.server.react(answer["id"], discord.luis, "👍🏽", added=False)
    await discord.until(lambda: discord.log(VOTES) in ([], [("none",)]))
    discord.server.react(answer["id"], discord.luis, "👎")
    await discord.until(lambda: discord.log(VOTES) == [("bad",)])
    await discord.until(lambda: len(discord.texts(discord.general)) == 2)
    invitation = discord.server.mine(discord.general)[-1]
    form = discord.server.press(discord.general, discord.luis, invitation, f"martin:form:{answer['id']}")
    await discord.corrects(form, "Muy bien, gracias.", where=discord.general, who=discord.luis)
    await discord.until(lambda: discord.log(CORRECTIONS) == [("Muy bien, gracias.",)])


# Access --------------------------------------------------------------------------------------------


async def test_the_first_starts_code_makes_its_sender_the_admin(
    discord: Discord, capsys: pytest.CaptureFixture[str]
) -> None:
    await discord.start(access_policy="pairing")
    code = capsys.readouterr().err.split()[-1]
    discord.server.inject(discord.dm, discord.ana, code)
    await discord.until(lambda: discord.texts() == [say("es", "access-now-admin")])
    told = await discord.commands("status")
    assert MODEL in told.messages[0]["content"]


async def test_a_stranger_is_let_in_by_an_admin_with_a_code(discord: Discord) -> None:
    await discord.start(access_policy="pairing", access_admins=f"discord:{discord.ana['id']}")
    discord.server.inject(discord.luis_dm, discord.luis, "Hola, soy Luis")
    await discord.until(lambda: discord.texts(discord.luis_dm))
    code = discord.texts(discord.luis_dm)[0].partition("/pair ")[2].partition("`")[0]
    approved = await discord.commands("pair", code)
    assert f"discord:{discord.luis['id']}" in approved.messages[0]["content"]
    await discord.until(lambda: discord.texts(discord.luis_dm)[1:] == [say("es", "access-paired")])
    await discord.says("Ahora sí, ¿qué tal?", where=discord.luis_dm, who=discord.luis)
    assert "soy Luis" not in str(discord.model.requests)  # what was refused was not kept


async def test_an_allowed_role_lets_its_members_talk_and_vote_and_nobody_else(discord: Discord) -> None:
    role = discord.world.add_role(discord.guild, "Amigos")
    discord.world.join(discord.guild, discord.luis, roles=(role,))
    await discord.start(access_policy="allowlist", access_allowed_roles=f"discord:{role}")
    answer = await discord.says(f"{discord.mention} hola", where=discord.general, who=discord.luis)
    discord.server.press(discord.general, discord.luis, answer, GOOD)
    await discord.until(lambda: discord.log(VOTES) == [("good",)])
    discord.server.react(answer["id"], discord.luis, "👎")
    await discord.until(lambda: discord.log(VOTES) == [("bad",)])
    form = discord.server.press(discord.general, discord.luis, answer, BAD)
    await discord.corrects(form, "Hola, Luis.", where=discord.general, who=discord.luis)
    await discord.until(lambda: discord.log(CORRECTIONS) == [("Hola, Luis.",)])
    discord.server.inject(discord.general, discord.ana, f"{discord.mention} ¿y yo?")
    discord.server.press(discord.general, discord.ana, answer, GOOD)
    await discord.until(lambda: say("es", "access-group-not-allowed") in discord.texts(discord.general))
    assert discord.log(VOTES) == [("bad",)]
    assert len(discord.prompts) == 1


async def test_an_allowed_server_lets_everybody_in_it_talk_there_and_nowhere_else(discord: Discord) -> None:
    elsewhere = discord.world.add_guild("Otro")
    discord.world.join(elsewhere, discord.luis)
    corner = discord.world.add_channel(elsewhere, "general")
    await discord.start(access_policy="allowlist", access_allowed_servers=f"discord:{discord.guild.id}")
    await discord.says(f"{discord.mention} hola", where=discord.general, who=discord.luis)
    discord.server.inject(corner, discord.luis, f"{discord.mention} hola")
    await discord.until(lambda: discord.texts(corner) == [say("es", "access-group-not-allowed")])
    discord.server.inject(discord.luis_dm, discord.luis, "hola")
    await discord.until(lambda: discord.texts(discord.luis_dm) == [say("es", "access-closed")])
    assert len(discord.prompts) == 1


# Restarts ------------------------------------------------------------------------------------------


async def test_what_was_said_while_he_was_away_is_answered_once_when_he_is_back(discord: Discord) -> None:
    await discord.start()
    await discord.says("Hola, ¿qué tal?")
    await discord.says(f"{discord.mention} hola", where=discord.general)
    await discord.stop()
    discord.server.inject(discord.dm, discord.ana, "¿Estás ahí?")
    discord.server.inject(discord.general, discord.luis, "¿Alguien ha visto a Martín?")
    discord.server.inject(discord.general, discord.luis, f"{discord.mention} ¿y aquí?")
    await discord.start()
    await discord.until(lambda: len(discord.answers()) == 2 and len(discord.answers(discord.general)) == 2)
    await discord.stop()
    await discord.start()
    await discord.says("¿Y ahora?")
    assert len(discord.answers()) == 3
    assert len(discord.answers(discord.general)) == 2
    assert len(discord.prompts) == 5


async def test_closing_lets_the_answer_under_way_finish(discord: Discord) -> None:
    words = "".join(f"palabra{number} " for number in range(40))
    discord.model.behaviour = Behaviour(answers=[words], tokens_per_second=20)
    await discord.start()
    discord.server.inject(discord.dm, discord.ana, "Cuéntame algo")
    await discord.until(discord.texts)
    await discord.stop()
    assert discord.texts() == [words.strip()]


@pytest.mark.slow
async def test_killed_in_the_middle_of_replies_everybody_is_answered_once(tmp_path: Path) -> None:
    words = "".join(f"palabra{number} " for number in range(60))
    behaviour = Behaviour(answers=[words], tokens_per_second=20)
    async with DiscordServer.open() as server, OllamaServer(MODEL, behaviour=behaviour) as model:
        people = [server.world.add_user(name) for name in ("Ana", "Luis", "Eva")]
        chats: list[Json] = [server.world.open_dm(person) for person in people]
        program = Program(
            tmp_path,
            {
                **leading_to(server),
                "MARTIN__MODEL__PROVIDER": "ollama",
                "MARTIN__MODEL__BASE_URL": model.url,
                "MARTIN__MODEL__NAME": MODEL,
                "MARTIN__ACCESS__POLICY": "open",
            },
        )
        await program.start()
        try:
            await server.wait_for(lambda: server.gateway.connected, within=60)
            for person, chat in zip(people, chats, strict=True):
                server.inject(chat, person, "Cuéntame algo largo")
            await server.wait_for(lambda: all(server.texts(chat) for chat in chats), within=60)
            await asyncio.sleep(0.5)
            await program.kill()
            begun = [server.texts(chat) for chat in chats]
            assert all(text.startswith("palabra0") and text != words.strip() for [text] in begun)
            await program.start()
            await server.wait_for(lambda: all(words.strip() in server.texts(chat) for chat in chats), within=60)
            await asyncio.sleep(0.5)
        finally:
            await program.kill()
        assert [server.texts(chat) for chat in chats] == [[words.strip()]] * len(chats), program.log
