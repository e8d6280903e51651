"""LoCoMo's JSON: very long conversations of two, in dated sessions; `dia_id`s number the turns.

Source: Maharana et al., "Evaluating Very Long-Term Conversational Memory of LLM Agents", 2024. A session has one time;
its turns follow a second apart. A shared picture is remembered by its caption.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, tzinfo

from adapters.imports.fields import identifier, mapping, noted, plausible, sequence, string
from adapters.imports.source import Item, Reason, Skipped, Source
from adapters.imports.streaming import values
from memory.importing import ImportedConversation, ImportedTurn

FORMAT = "locomo"

_SESSION = re.compile(r"session_(\d{1,6})")
_STAMP = re.compile(r"(\d{1,2}):(\d{2}) ([ap])m on (\d{1,2}) ([A-Za-z]+),? (\d{4})", re.IGNORECASE | re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def read(source: Source) -> Iterator[Item]:
    """Every turn of every conversation.

    Raises:
        ImportRefused: the file is broken.
    """
    for number, (_, value) in enumerate(values(source, "item"), start=1):
        sample = mapping(value)
        talk = mapping(sample.get("conversation"))
        conversation = ImportedConversation(
            format=FORMAT,
            id=identifier(sample.get("sample_id")) or f"{identifier(source.stem)}-{number}",
            title=" & ".join(filter(None, (string(talk.get("speaker_a")), string(talk.get("speaker_b"))))),
            direct=True,
        )
        for session in sorted((name for name in talk if _SESSION.fullmatch(name)), key=lambda name: int(name[8:])):
            yield from _session(talk, session, conversation, source)


def _session(
    talk: Mapping[str, object], session: str, conversation: ImportedConversation, source: Source
) -> Iterator[Item]:
    began = began_at(string(talk.get(f"{session}_date_time")), zone=source.zone)
    for number, value in enumerate(sequence(talk.get(session))):
        row = mapping(value)
        where = f"turn {number + 1} of {session} of {conversation.id}"
        key, said = identifier(row.get("dia_id")), string(row.get("text"))
        caption = string(row.get("blip_caption"))
        if not key or began is None:
            why = "it has no dia_id" if began else f"{session}_date_time is not like '1:56 pm on 8 May, 2023'"
            yield Skipped(reason=Reason.UNREADABLE, where=where, why=why)
        elif not said and not caption:
            yield Skipped(reason=Reason.EMPTY, where=where)
        else:
            yield ImportedTurn(
                conversation=conversation,
                external_id=key,
                speaker=string(row.get("speaker")) or "?",
                text=noted(said, f"📷 {caption}" if caption else ""),
                said_at=began + timedelta(seconds=number),
                session=session,
            )


def began_at(stamp: str, *, zone: tzinfo) -> datetime | None:
    """The time in UTC of "1:56 pm on 8 May, 2023" in `zone`. None: it reads otherwise."""
    match = _STAMP.fullmatch(stamp.strip())
    if match is None or match[5][:3].lower() not in _MONTHS:
        return None
    hour = int(match[1]) % 12 + (12 if match[3].lower() == "p" else 0)
    month = _MONTHS.index(match[5][:3].lower()) + 1
    try:
        return plausible(datetime(int(match[6]), month, int(match[4]), hour, int(match[2]), tzinfo=zone))
    except ValueError:
        return None
