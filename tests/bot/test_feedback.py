"""👍, 👎 and what would have been right."""

from dataclasses import replace
from pathlib import Path

from bot.i18n import say
from bot.messages import InboundCorrection, Receipt, Verdict
from memory.records import Author
from memory.schema import corrections, votes
from tests.fakes.channel import QUICK, FakeChannel, until
from tests.fakes.core import ANA, GROUP, LUIS, Talk, chat_of, replying, talking
from tests.fakes.model import Script, ScriptedModel


async def corrected(talk: Talk, message_id: str, text: str) -> Receipt:
    """Send a form."""
    form = InboundCorrection(
        chat=chat_of(ANA),
        message_id=message_id,
        author=Author(account=ANA, name="Ana"),
        text=text,
        sent_at=talk.clock(),
    )
    return await talk.core.dispatcher.handle(talk.channel, form)


async def test_a_vote_counts_once_a_person_and_can_be_changed(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel("Vale.")) as talk:
        await talk.asks("Hola", chat=GROUP)
        answer = talk.shown(GROUP)[0].id
        assert await talk.votes(Verdict.GOOD, answer, chat=GROUP) is Receipt.DONE
        assert await talk.votes(Verdict.NONE, answer, chat=GROUP) is Receipt.DONE
        assert await talk.votes(Verdict.GOOD, answer, LUIS, chat=GROUP) is Receipt.DONE
        assert [row.verdict for row in await talk.rows(votes)] == ["none", "good"]


async def test_a_vote_from_another_chat_finds_nothing(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel("Vale.")) as talk:
        await talk.asks("Hola")
        assert await talk.votes(Verdict.GOOD, talk.shown()[0].id, LUIS) is Receipt.REFUSED
        assert await talk.rows(votes) == []


async def test_a_thumb_down_asks_once_and_the_reply_is_kept_with_the_consent_of_then(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel("Sídney.")) as talk:
        await talk.asks("/privacy learn on")
        await talk.asks("¿La capital de Australia?")
        answer = talk.shown()[-1]
        for _ in range(2):
            await talk.votes(Verdict.BAD, answer.id)
        question = talk.shown()[-1]
        assert talk.texts().count(say("es", "core-ask-correction")) == 1
        assert question.versions[0].asks_correction
        assert await talk.votes(Verdict.GOOD, question.id) is Receipt.REFUSED
        assert await talk.asks("Camberra.", reply_to=replying(question)) == say("es", "core-correction-thanks")
        assert [(row.text, row.consents) for row in await talk.rows(corrections)] == [("Camberra.", True)]
        assert len(talk.model.prompts) == 1


async def test_who_took_the_thumb_back_talks_instead_of_correcting(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel("Sídney.", "Camberra, claro.")) as talk:
        await talk.asks("¿La capital de Australia?")
        await talk.votes(Verdict.BAD, talk.shown()[0].id)
        question = talk.shown()[-1]
        await talk.votes(Verdict.GOOD, talk.shown()[0].id)
        assert await talk.asks("¿Seguro?", reply_to=replying(question)) == "Camberra, claro."
        assert await talk.rows(corrections) == []


async def test_a_question_that_waits_behind_a_correction_is_no_part_of_it(tmp_path: Path) -> None:
    model = ScriptedModel("Sídney.", Script(text="Uno dos", hangs=True), "Vale.")
    async with talking(tmp_path, model) as talk:
        await talk.asks("¿La capital de Australia?")
        await talk.votes(Verdict.BAD, talk.shown()[0].id)
        question = talk.shown()[-1]
        await talk.says("Cuenta")
        await until(lambda: len(talk.shown()) == 3)
        await talk.says("Camberra.", reply_to=replying(question))
        await talk.says("¿Y la de Chile?")
        await talk.says("/stop")
        await talk.idle()
        assert [row.text for row in await talk.rows(corrections)] == ["Camberra."]
        assert talk.asked[-1] == "¿Y la de Chile?"


async def test_a_form_is_kept_and_an_empty_or_made_up_one_is_not(tmp_path: Path) -> None:
    channel = FakeChannel(capabilities=QUICK)
    async with talking(tmp_path, ScriptedModel("Sídney."), channel=channel) as talk:
        await talk.asks("¿La capital de Australia?")
        answer = talk.shown()[0].id
        assert await corrected(talk, answer, "Camberra.") is Receipt.DONE
        assert await corrected(talk, answer, "  ") is Receipt.REFUSED
        assert await corrected(talk, "12345", "Camberra.") is Receipt.REFUSED
        assert [(row.text, row.consents) for row in await talk.rows(corrections)] == [("Camberra.", False)]


async def test_where_the_platform_has_a_form_nothing_is_asked_in_the_chat(tmp_path: Path) -> None:
    channel = FakeChannel(capabilities=replace(QUICK, forms=True))
    async with talking(tmp_path, ScriptedModel("Sídney."), channel=channel) as talk:
        await talk.asks("¿La capital de Australia?")
        assert await talk.votes(Verdict.BAD, talk.shown()[0].id) is Receipt.DONE
        assert len(talk.shown()) == 1
