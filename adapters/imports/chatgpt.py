"""ChatGPT's `conversations.json`: each conversation is a tree of edits, of which one branch was shown last.

The branch is read from `current_node` up to the root. Tool calls, hidden and system messages are the service's own.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from adapters.imports.fields import identifier, mapping, moment, noted, sequence, string
from adapters.imports.source import Item, Reason, Skipped, Source
from adapters.imports.streaming import values
from memory.importing import ImportedConversation, ImportedTurn
from memory.records import Role

FORMAT = "chatgpt"

_ROLES = {"user": Role.USER, "assistant": Role.ASSISTANT}


def read(source: Source) -> Iterator[Item]:
    """The shown branch of every conversation, each answer linked to what it answers.

    Raises:
        ImportRefused: the file is broken.
    """
    for number, (_, value) in enumerate(values(source, "item"), start=1):
        exported = mapping(value)
        conversation = ImportedConversation(
            format=FORMAT,
            id=identifier(exported.get("conversation_id")) or identifier(exported.get("id")) or f"unknown-{number}",
            title=string(exported.get("title")),
            direct=True,
        )
        yield from _turns(exported, conversation, source, where=f"conversation {number}")


def _turns(exported: Mapping[str, object], talk: ImportedConversation, source: Source, *, where: str) -> Iterator[Item]:
    clock = moment(exported.get("create_time"), zone=source.zone) or source.now
    asked = ""
    for key, message in _branch(exported):
        place = f"{where}, message {key}"
        role = _ROLES.get(string(mapping(message.get("author")).get("role")))
        if role is None or _hidden(message):
            yield Skipped(reason=Reason.SERVICE, where=place)
            continue
        text, spoken = _text(mapping(message.get("content")))
        if not text:
            yield Skipped(reason=Reason.EMPTY, where=place)
            continue
        clock = moment(message.get("create_time"), zone=source.zone) or clock
        yield _turn(talk, key, message, role=role, text=text, spoken=spoken, said_at=clock, asked=asked)
        asked = key if role is Role.USER else asked


def _turn(
    talk: ImportedConversation,
    key: str,
    message: Mapping[str, object],
    *,
    role: Role,
    text: str,
    spoken: bool,
    said_at: datetime,
    asked: str,
) -> ImportedTurn:
    answering = role is Role.ASSISTANT
    return ImportedTurn(
        conversation=talk,
        external_id=key,
        speaker="ChatGPT" if answering else "user",
        role=role,
        text=text,
        said_at=said_at,
        answers=(asked,) if answering and asked else (),
        memorable=spoken,
        model=string(mapping(message.get("metadata")).get("model_slug")) if answering else "",
    )


def _branch(exported: Mapping[str, object]) -> list[tuple[str, Mapping[str, object]]]:
    """The messages from the root to the node shown last, with their ids."""
    nodes = mapping(exported.get("mapping"))
    current = string(exported.get("current_node")) or _newest_leaf(nodes)
    found: list[tuple[str, Mapping[str, object]]] = []
    visited: set[str] = set()
    while current in nodes and current not in visited:  # a broken export may point in a circle
        visited.add(current)
        node = mapping(nodes[current])
        if message := mapping(node.get("message")):
            found.append((identifier(current), message))
        current = string(node.get("parent"))
    return found[::-1]


def _newest_leaf(nodes: Mapping[str, object]) -> str:
    leaves = [key for key, node in nodes.items() if not sequence(mapping(node).get("children"))]
    return leaves[-1] if leaves else ""


def _hidden(message: Mapping[str, object]) -> bool:
    content = string(mapping(message.get("content")).get("content_type"))
    return (
        string(message.get("recipient")) not in ("", "all")
        or mapping(message.get("metadata")).get("is_visually_hidden_from_conversation") is True
        or content not in ("text", "multimodal_text")
    )


def _text(content: Mapping[str, object]) -> tuple[str, bool]:
    """The text of a message with its notes, and whether anything was said beside them."""
    parts = sequence(content.get("parts"))
    said = "\n".join(filter(None, (string(part) for part in parts)))
    said = "\n".join(filter(None, (said, *(string(mapping(part).get("text")) for part in parts))))
    images = ("📷" for part in parts if "image" in string(mapping(part).get("content_type")))
    return noted(said, *images), bool(said)
