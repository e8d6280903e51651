from adapters.imports import chatgpt
from memory.records import Role
from tests.adapters.imports.reading import said, skipped


def test_only_the_branch_shown_last_is_read() -> None:
    assert [turn.text for turn in said(chatgpt.read, "chatgpt.json")] == ["¿Qué veo en Lugo?\n📷", "La muralla romana."]


def test_the_answer_answers_the_question_across_tool_calls() -> None:
    asked, answer = said(chatgpt.read, "chatgpt.json")
    assert (asked.role, answer.role) == (Role.USER, Role.ASSISTANT)
    assert (answer.answers, answer.model) == ((asked.external_id,), "gpt-4o")


def test_tools_and_hidden_messages_are_counted() -> None:
    assert len(skipped(chatgpt.read, "chatgpt.json")) == 3
