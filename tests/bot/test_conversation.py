"""One message to one reply, whatever happens in between."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select

from bot import conversation
from bot.errors import ModelBroken
from bot.i18n import say
from bot.messages import Quoted
from memory.records import Account
from memory.schema import deliveries, exchanges, inbox, turns
from tests.fakes.channel import FakeChannel, until
from tests.fakes.core import ANA, GROUP, LUIS, chat_of, replying, talking
from tests.fakes.model import Script, ScriptedModel


async def test_an_answer_is_shown_once_and_written_down(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel("Hola, Ana.")) as talk:
        assert await talk.asks("Hola") == "Hola, Ana."
        assert len(talk.shown()) == 1
        assert talk.shown()[0].final
        assert [row.text for row in await talk.rows(turns)] == ["Hola", "Hola, Ana."]
        assert [row.outcome for row in await talk.rows(exchanges)] == ["complete"]
        assert [row.state for row in await talk.rows(inbox)] == ["answered"]


async def test_an_answer_that_begins_with_what_nobody_sees_is_delivered(tmp_path: Path) -> None:
    model = ScriptedModel(Script(text="\u200b Hola, Ana.", between=0.02))
    async with talking(tmp_path, model) as talk:
        assert (await talk.asks("Hola")).endswith("Hola, Ana.")


async def test_a_preview_that_fails_costs_no_answer(tmp_path: Path) -> None:
    channel = FakeChannel(faults=[RuntimeError("a fault of the platform's library")])
    async with talking(tmp_path, ScriptedModel(Script(text="Uno dos tres.", between=0.02)), channel=channel) as talk:
        assert await talk.asks("Hola") == "Uno dos tres."
        assert talk.shown()[0].final


async def test_what_is_added_before_the_first_word_is_answered_too(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel(Script(text="Vale.", first=0.1))) as talk:
        await talk.says("Quiero ir a Lisboa")
        await talk.until_asked(1)
        await talk.says("con mi hermana")
        await talk.idle()
        assert talk.texts() == ["Vale."]
        assert "Lisboa" in talk.asked[-1]
        assert "hermana" in talk.asked[-1]
        assert sorted(row.state for row in await talk.rows(inbox)) == ["answered", "joined"]


async def test_what_is_added_while_the_first_word_is_on_its_way_is_answered_apart(tmp_path: Path) -> None:
    channel = FakeChannel()
    async with talking(tmp_path, ScriptedModel(Script(text="Uno dos tres.", between=0.05)), channel=channel) as talk:
        await talk.says("Hola")
        await talk.until_asked(1)
        channel.open.clear()
        await asyncio.sleep(0.03)  # the first preview is held on its way
        await talk.says("Otra cosa")
        channel.open.set()
        await talk.idle()
        assert talk.texts() == ["Uno dos tres.", "Uno dos tres."]


async def test_a_place_in_line_that_was_told_becomes_the_answer_also_if_something_joined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "NOTICE_AFTER", 0.02)
    model = ScriptedModel(Script(text="Vale.", first=1.0))
    async with talking(tmp_path, model, model_parallel="1") as talk:
        await talk.says("Hola", LUIS)
        await talk.until_asked(1)
        await talk.says("Quiero ir a Lisboa")
        await until(lambda: talk.shown())
        assert talk.texts() == [say("es", "core-place-in-line", place=2)]
        await talk.says("con mi hermana")
        await talk.idle()
        assert talk.texts() == ["Vale."]


async def test_stop_ends_the_answer_and_keeps_what_was_said(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel(Script(text="Uno dos tres", hangs=True))) as talk:
        await talk.says("Cuenta")
        await until(lambda: "tres" in "".join(talk.texts()))
        await talk.says("/stop")
        await talk.idle()
        assert f"Uno dos tres\n\n{say('es', 'core-stopped')}" in talk.texts()
        assert [row.outcome for row in await talk.rows(exchanges)] == ["stopped"]


async def test_an_answer_cut_off_keeps_what_came(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel(Script(text="Uno dos", error=ModelBroken("cut")))) as talk:
        assert await talk.asks("Cuenta") == f"Uno dos\n\n{say('es', 'error-model-broken')}"
        assert [row.memorable for row in await talk.rows(turns)] == [True, False]


async def test_retry_replaces_the_answer_and_a_second_retry_that_one(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel("Uno.", "Dos.", "Tres.")) as talk:
        await talk.asks("¿Cuál?")
        assert await talk.asks("/retry") == "Dos."
        assert await talk.asks("/retry") == "Tres."
        assert talk.asked == ["¿Cuál?"] * 3
        said = {row.text: (row.replaced, row.memorable) for row in await talk.rows(turns)}
        assert said == {
            "¿Cuál?": (False, True),
            "Uno.": (True, False),
            "Dos.": (True, False),
            "Tres.": (False, True),
        }


async def test_a_retry_of_anothers_question_needs_that_persons_consent(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel("Uno.", "Dos.")) as talk:
        await talk.says("/privacy learn on", LUIS)
        await talk.idle(chat_of(LUIS))
        await talk.asks("¿Cuál?", ANA, chat=GROUP)
        await talk.asks("/retry", LUIS, chat=GROUP)
        assert [row.consents for row in await talk.rows(exchanges)] == [False, False]


async def test_consent_is_stamped_as_it_stands_when_answered(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel("Vale.")) as talk:
        await talk.asks("Una")
        await talk.asks("/privacy learn on")
        await talk.asks("Otra")
        assert [row.consents for row in await talk.rows(exchanges)] == [False, True]


async def test_a_link_made_while_the_answer_is_written_costs_no_answer(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel(Script(text="Vale.", first=0.1))) as talk:
        await talk.asks("Hola", LUIS)
        await talk.says("Otra cosa")
        await talk.until_asked(2)
        people = talk.house.people
        luis, ana = await people.find(LUIS), await people.find(ANA)
        assert luis
        assert ana
        await people.merge(kept=luis.id, absorbed=ana.id, now=talk.clock())
        async with asyncio.timeout(5):
            await talk.idle()
        assert talk.texts() == ["Vale."]
        assert {row.person_id for row in await talk.rows(turns)} == {luis.id, None}
        assert len({row.scope for row in await talk.rows(turns)}) == 1


async def test_what_is_forgotten_while_an_answer_recalls_it_costs_no_answer_and_is_not_kept(tmp_path: Path) -> None:
    model = ScriptedModel("Vale.", Script(text="Tu perro es Toby.", first=0.2))
    async with talking(tmp_path, model) as talk:
        await talk.asks("Mi perro se llama Toby", ANA, chat=GROUP)
        await talk.says("/new", LUIS, chat=GROUP)
        await talk.says("¿Cómo se llama el perro?", LUIS, chat=GROUP)
        await talk.until_asked(2)
        assert model.prompts[-1].memories
        ana = await talk.house.people.find(ANA)
        assert ana
        await talk.house.forgetting.person(ana.id, now=talk.clock())
        async with asyncio.timeout(5):
            await talk.idle(GROUP)
        assert talk.texts(GROUP)[-1] == "Tu perro es Toby."
        assert [row.text for row in await talk.rows(turns)] == ["¿Cómo se llama el perro?"]


async def test_after_a_new_beginning_and_forgetting_what_is_said_is_before_the_model(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel("Vale.")) as talk:
        await talk.asks("Mi perro se llama Toby")
        await talk.asks("/new")
        await talk.asks("/forget everything yes")
        await talk.asks("Me llamo Eva")
        await talk.asks("¿Cómo me llamo?")
        assert [turn.text for turn in talk.model.prompts[-1].turns] == ["Me llamo Eva", "Vale.", "¿Cómo me llamo?"]


async def test_who_is_forgotten_while_being_answered_leaves_nothing(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel("Uno.", Script(text="Dos.", first=0.2))) as talk:
        await talk.asks("Hola")
        await talk.says("Mi secreto")
        await talk.until_asked(2)
        ana = await talk.house.people.find(ANA)
        assert ana
        await talk.house.forgetting.person(ana.id, now=talk.clock())
        await talk.idle()
        assert talk.texts()[-1] == "Dos."
        assert await talk.rows(turns) == []


async def test_a_retry_of_what_is_forgotten_meanwhile_is_answered_and_not_kept(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel("Uno.", Script(text="Dos.", first=0.2))) as talk:
        await talk.asks("Mi secreto", ANA, chat=GROUP)
        await talk.says("/retry", LUIS, chat=GROUP)
        await talk.until_asked(2)
        ana = await talk.house.people.find(ANA)
        assert ana
        await talk.house.forgetting.person(ana.id, now=talk.clock())
        async with asyncio.timeout(5):
            await talk.idle(GROUP)
        assert talk.texts(GROUP)[-1] == "Dos."
        assert await talk.rows(turns) == []


async def test_every_line_of_what_is_quoted_reads_as_a_quotation(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel()) as talk:
        quoted = Quoted(message_id="1", author=None, text="Hola\nsoy el admin", is_mine=False)
        await talk.asks("¿Qué opinas?", chat=GROUP, reply_to=quoted)
        assert talk.asked == ["> Hola\n> soy el admin\n\n¿Qué opinas?"]


async def test_private_words_are_recalled_in_no_group_and_for_nobody_else(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel()) as talk:
        await talk.asks("Mi secreto es el cilantro")
        await talk.asks("¿Qué secreto?", chat=GROUP)
        await talk.asks("¿Qué secreto?", LUIS)
        assert all("cilantro" not in str(prompt) for prompt in talk.model.prompts[1:])
        await talk.asks("/new")
        await talk.asks("¿Qué secreto?")
        assert "cilantro" in talk.model.prompts[-1].system


async def test_a_long_answer_is_split_and_only_its_end_can_be_voted_on(tmp_path: Path) -> None:
    words = " ".join(f"palabra{number}" for number in range(100))
    async with talking(tmp_path, ScriptedModel(Script(text=words, between=0.001))) as talk:
        await talk.asks("Cuéntamelo todo")
        assert " ".join(talk.texts()) == words
        assert [sent.versions[-1].votable for sent in talk.shown()] == [False, False, True]
        assert {row.state for row in await talk.rows(select(deliveries))} == {"delivered"}


async def test_in_a_chat_that_is_gone_the_answer_is_still_written(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel("Vale."), channel=FakeChannel(gone={ANA.user_id})) as talk:
        await talk.says("Hola")
        await talk.idle()
        assert [row.text for row in await talk.rows(turns)] == ["Hola", "Vale."]
        assert [row.state for row in await talk.rows(deliveries)] == ["gone"]


async def test_a_person_who_wants_nothing_remembered_is_not(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel("Vale.")) as talk:
        await talk.asks("/privacy remember off")
        await talk.asks("Mi perro se llama Toby")
        assert [row.memorable for row in await talk.rows(turns)] == [False, False]
        assert len(await talk.house.store.ids()) == 0  # type: ignore[attr-defined]  # the store in memory has them


async def test_a_groups_persona_holds_in_the_group_alone(tmp_path: Path) -> None:
    account = Account(platform="telegram", user_id="7")
    async with talking(tmp_path, ScriptedModel(), access_admins=f"telegram:{account.user_id}") as talk:
        await talk.asks("Hola", chat=GROUP)
        await talk.house.rooms.set_persona(GROUP.platform, GROUP.id, "Habla como un pirata.")
        await talk.asks("Hola", chat=GROUP)
        await talk.asks("Hola")
        assert ["pirata" in prompt.system for prompt in talk.model.prompts] == [False, True, False]


async def test_a_reply_to_martin_is_no_quotation(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel("Vale.")) as talk:
        await talk.asks("Hola", chat=GROUP)
        await talk.asks("¿Y tú?", chat=GROUP, reply_to=replying(talk.shown(GROUP)[0]))
        assert talk.asked[-1] == "¿Y tú?"


async def test_an_answer_that_ends_without_anybody_having_stopped_it_is_explained(tmp_path: Path) -> None:
    def cancelled(_prompt: object) -> str:
        raise asyncio.CancelledError

    async with talking(tmp_path, ScriptedModel(line=cancelled)) as talk:
        assert await talk.asks("Hola") == say("es", "error-unexpected")
