"""What Telegram refuses, and in which words: texts, entities, keyboards, and too many calls.

Entities are judged by TDLib's own parser (the PyPI package `tdjson`, offline). Flood limits are those that
Telegram tells bots (https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this). Knows no sockets.
"""

import json
import math
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import tdjson

MESSAGE_LIMIT = 4096  # UTF-16 code units, after entities are parsed
CAPTION_LIMIT = 1024
DATA_LIMIT = 64  # bytes of callback_data

_MODES = {
    "HTML": {"@type": "textParseModeHTML"},
    "MarkdownV2": {"@type": "textParseModeMarkdown", "version": 2},
    "Markdown": {"@type": "textParseModeMarkdown", "version": 1},
}
_TYPES = {
    "bold": "Bold",
    "italic": "Italic",
    "underline": "Underline",
    "strikethrough": "Strikethrough",
    "spoiler": "Spoiler",
    "code": "Code",
    "pre": "Pre",
    "text_link": "TextUrl",
    "blockquote": "BlockQuote",
    "expandable_blockquote": "ExpandableBlockQuote",
    "text_mention": "MentionName",
    "custom_emoji": "CustomEmoji",
    "mention": "Mention",
    "hashtag": "Hashtag",
    "cashtag": "Cashtag",
    "bot_command": "BotCommand",
    "url": "Url",
    "email": "EmailAddress",
    "phone_number": "PhoneNumber",
}


class Refused(Exception):
    """An answer with `ok: false`."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


def bad(description: str) -> Refused:
    return Refused(400, f"Bad Request: {description}")


def units(text: str) -> int:
    """Length in UTF-16 code units, as Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _ask(request: dict[str, Any]) -> dict[str, Any]:
    answer = tdjson.td_execute(json.dumps(request).encode())
    found: dict[str, Any] = json.loads(answer or b"{}")
    return found


_ask({"@type": "setLogVerbosityLevel", "new_verbosity_level": 0})


def _judged(answer: dict[str, Any]) -> dict[str, Any]:
    if answer.get("@type") == "error":
        message = str(answer["message"])
        raise bad(message[:1].lower() + message[1:])
    return answer


def checked_text(
    text: str, entities: list[dict[str, Any]] | None, parse_mode: str | None, *, limit: int, may_be_empty: bool = False
) -> tuple[str, list[dict[str, Any]]]:
    """The text and entities as the chat would show them.

    Raises:
        Refused: empty, too long, or entities that TDLib cannot read.
    """
    found = entities or []
    if parse_mode:
        if parse_mode not in _MODES:
            raise bad("unsupported parse_mode")
        parsed = _judged(_ask({"@type": "parseTextEntities", "text": text, "parse_mode": _MODES[parse_mode]}))
        text = parsed["text"]
    elif found:
        _check_entities(text, found)
    if units(text) > limit:
        raise bad("message is too long" if limit == MESSAGE_LIMIT else "message caption is too long")
    if not text.strip() and not may_be_empty:
        raise bad("message text is empty")
    return text.rstrip(), found


def _check_entities(text: str, entities: list[dict[str, Any]]) -> None:
    for entity in entities:
        kind = entity.get("type")
        if kind not in _TYPES:
            raise bad(f"can't parse entities: unsupported entity type {kind!r}")
        if not isinstance(entity.get("offset"), int) or not isinstance(entity.get("length"), int):
            raise bad('can\'t parse entities: Field "offset" must be of type Number')
        if entity["offset"] + entity["length"] > units(text):
            raise bad(
                f"entity beginning at UTF-16 offset {entity['offset']} ends after the end of the text "
                f"at UTF-16 offset {units(text)}"
            )
    # Markdown in the text itself does not matter here: only whether TDLib takes the entities.
    _judged(
        _ask(
            {
                "@type": "getMarkdownText",
                "text": {
                    "@type": "formattedText",
                    "text": text,
                    "entities": [
                        {
                            "@type": "textEntity",
                            "offset": entity["offset"],
                            "length": entity["length"],
                            "type": _tdlib_type(entity),
                        }
                        for entity in entities
                    ],
                },
            }
        )
    )


def _tdlib_type(entity: dict[str, Any]) -> dict[str, Any]:
    kind = entity["type"]
    if kind == "pre" and entity.get("language"):
        return {"@type": "textEntityTypePreCode", "language": entity["language"]}
    if kind == "text_link":
        return {"@type": "textEntityTypeTextUrl", "url": entity.get("url", "")}
    return {"@type": f"textEntityType{_TYPES[kind]}"}


def faults(entities: list[dict[str, Any]]) -> list[str]:
    """What Telegram would silently repair rather than refuse: entities that cross, and anything within code."""
    spans = [(entity["offset"], entity["offset"] + entity["length"], entity["type"]) for entity in entities]
    found = []
    for index, (start, end, kind) in enumerate(spans):
        for other_start, other_end, other in spans[index + 1 :]:
            if start < other_start < end < other_end or other_start < start < other_end < end:
                found.append(f"{kind} crosses {other}")
            if kind in ("code", "pre") and start <= other_start < end:
                found.append(f"{other} within {kind}")
    return found


def check_markup(markup: dict[str, Any]) -> None:
    """Raises Refused for a keyboard that Telegram would not take."""
    for row in markup.get("inline_keyboard", []):
        for button in row:
            if not button.get("text"):
                raise bad("text buttons are unallowed in the inline keyboard")
            data = button.get("callback_data")
            if data is not None and not 1 <= len(data.encode()) <= DATA_LIMIT:
                raise bad("BUTTON_DATA_INVALID")


@dataclass(kw_only=True)
class FloodLimits:
    """How much a bot may send. A server without them takes everything."""

    chat_per_second: float = 1.0
    chat_burst: int = 3
    group_per_minute: int = 20
    per_second: int = 30
    drafts_count: bool = True
    _chats: dict[int, tuple[float, float]] = field(default_factory=dict, repr=False)  # tokens, as of
    _groups: dict[int, deque[float]] = field(default_factory=dict, repr=False)
    _all: deque[float] = field(default_factory=deque, repr=False)

    def charge(self, chat: int, now: float) -> None:
        """Count one call to `chat` at `now` (monotonic seconds).

        Raises:
            Refused: 429 with `retry_after`; a refused call is not counted.
        """
        tokens, since = self._chats.get(chat, (float(self.chat_burst), now))
        tokens = min(float(self.chat_burst), tokens + (now - since) * self.chat_per_second)
        group = self._groups.setdefault(chat, deque())
        wait = max(
            _wait(self._all, self.per_second, 1.0, now),
            _wait(group, self.group_per_minute, 60.0, now) if chat < 0 else 0.0,
            (1 - tokens) / self.chat_per_second if tokens < 1 else 0.0,
        )
        if wait > 0:
            seconds = max(1, math.ceil(wait))
            raise Refused(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
        self._chats[chat] = (tokens - 1, now)
        self._all.append(now)
        if chat < 0:
            group.append(now)


def _wait(times: deque[float], most: int, window: float, now: float) -> float:
    while times and times[0] <= now - window:
        times.popleft()
    return 0.0 if len(times) < most else times[0] + window - now
