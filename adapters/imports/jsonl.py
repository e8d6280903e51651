"""JSON lines of `{"input": …, "response": …}`, optionally with `when`, `who` and `conversation`."""

import json
from collections.abc import Iterator

from adapters.imports.fields import ContentIds, identifier, mapping, moment, string
from adapters.imports.source import Item, Reason, Skipped, Source
from memory.importing import ImportedConversation, ImportedTurn
from memory.records import Role

FORMAT = "jsonl"


def read(source: Source) -> Iterator[Item]:
    """Two turns a line: what was asked, and its answer. `when` is ISO 8601 or epoch seconds; without it, now."""
    ids = ContentIds()
    for number, line in source.lines():
        if line.strip():
            yield from _exchange(line, ids, source, where=f"line {number}")


def _exchange(line: str, ids: ContentIds, source: Source, *, where: str) -> Iterator[Item]:
    try:
        row = mapping(json.loads(line))
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "it cannot be taken apart"
        yield Skipped(reason=Reason.UNREADABLE, where=where, why=f"it is not JSON: {reason}")
        return
    asked, answered = string(row.get("input")), string(row.get("response"))
    if not asked or not answered:
        yield Skipped(reason=Reason.UNREADABLE, where=where, why='it needs "input" and "response", both with text')
        return
    said_at = source.now if row.get("when") is None else moment(row.get("when"), zone=source.zone)
    if said_at is None:
        yield Skipped(reason=Reason.UNREADABLE, where=where, why='"when" is not an ISO 8601 time')
        return
    name = identifier(row.get("conversation"))
    conversation = ImportedConversation(
        format=FORMAT, id=name or identifier(source.stem) or "unknown", title=name or source.stem, direct=True
    )
    key = ids.of(string(row.get("when")), string(row.get("who")), f"{asked}\0{answered}")
    yield ImportedTurn(
        conversation=conversation,
        external_id=key,
        speaker=string(row.get("who")) or "user",
        text=asked,
        said_at=said_at,
    )
    yield ImportedTurn(
        conversation=conversation,
        external_id=f"{key}.a",
        speaker="assistant",
        role=Role.ASSISTANT,
        text=answered,
        said_at=said_at,
        answers=(key,),
        model=string(row.get("model")),
    )
