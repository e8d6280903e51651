"""Markdown to Telegram's text and entities, and our buttons to its keyboards.

Pure. `telegramify-markdown` (CommonMark by pulldown-cmark) does the reading. Around it stands what a chat needs:
nothing Telegram would refuse is sent, no word is ever lost (the library drops what looks like HTML: `List<String>`),
and what cannot be rendered so is shown as it was written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from itertools import islice
from typing import TypeAlias

import pyromark
from telegram import ForceReply, InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity
from telegramify_markdown import RenderConfig, convert
from telegramify_markdown.entity import MessageEntity as Converted

from adapters.telegram.buttons import choice_data, vote_data
from bot.messages import File, OutboundMessage, Verdict

MESSAGE_LIMIT = 4096  # UTF-16 code units
CAPTION_LIMIT = 1024
PHOTO_LIMIT = 10 * 1024 * 1024  # bytes
NOTHING = "…"  # stands for a text that Telegram would call empty

Keyboard: TypeAlias = InlineKeyboardMarkup

_PHOTOS = ("image/png", "image/jpeg", "image/webp")
_ENTITIES = 100  # Telegram shows the first hundred
_PLACEHOLDER = 64  # characters of the reply box's hint
_WIDE = 18  # characters from which a button needs a row of its own
_WORD = re.compile(r"[^\W_]+")
_LANGUAGE = re.compile(r"[A-Za-z0-9+#.-]{1,20}")  # of a fence: other words after it would not be shown
_COMMAND = re.compile(r"\\[A-Za-z]+")  # LaTeX, which becomes a sign
_OPTIONS = (
    pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_TASKLISTS
    | pyromark.Options.ENABLE_MATH
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What a message will read: text, and entities in UTF-16 offsets."""

    text: str
    entities: tuple[MessageEntity, ...] = ()


def _config() -> RenderConfig:
    config = RenderConfig.isolated()
    symbols = config.markdown_symbol
    symbols.heading_level_1 = symbols.heading_level_2 = symbols.heading_level_3 = symbols.heading_level_4 = ""
    symbols.unordered_list_item = "•"
    symbols.task_uncompleted = "⬜"
    symbols.horizontal_rule = "———"
    config.cite_expandable = False
    return config


_CONFIG = _config()


def units(text: str) -> int:
    """Length in UTF-16 code units, as Telegram counts."""
    return len(text.encode("utf-16-le", "replace")) // 2


def plain(markdown: str) -> Rendered:
    """The text as it was written, fit to be sent."""
    text = sound(markdown).strip("\n")
    return Rendered(text=text if text.strip() else NOTHING)


def render(markdown: str, *, limit: int = MESSAGE_LIMIT) -> Rendered:
    """The text that `markdown` reads as; `plain` where it would be empty, longer than `limit` units, or lack a word."""
    source = sound(markdown)
    text, converted = convert(_without_html(source), latex_escape=False, config=_CONFIG)
    stripped = text.rstrip()
    length = units(stripped)
    if not stripped.strip() or length > limit or _lacks_words(stripped, converted, source):
        return plain(source)
    return Rendered(text=stripped, entities=tuple(islice(_kept(converted, length), _ENTITIES)))


def sound(text: str) -> str:
    """`text` without halves of surrogate pairs, which no encoding carries, and without NUL."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "")


def _lacks_words(text: str, converted: list[Converted], source: str) -> bool:
    """Whether a word of `source` is neither in the text nor in what an entity carries (links, a fence's language)."""
    if text == source.rstrip():
        return False
    languages = (entity.language or "" for entity in converted)
    carried = " ".join([text, *(entity.url or "" for entity in converted), *filter(_LANGUAGE.fullmatch, languages)])
    return any(word not in carried for word in set(_WORD.findall(_COMMAND.sub(" ", unescape(source)))))


def _without_html(markdown: str) -> str:
    """`markdown` with every `<` that would begin HTML written as text."""
    if "<" not in markdown:
        return markdown
    source = markdown.encode()
    while True:
        starts = [
            where
            for event, span in pyromark.events_with_range(source.decode(), options=_OPTIONS)
            if isinstance(event, dict) and ("InlineHtml" in event or "Html" in event)
            for where in range(span["start"], span["end"])
            if source[where : where + 1] == b"<"
        ]
        if not starts:
            return source.decode()
        bounds = [0, *starts, len(source)]
        pieces = [source[bounds[i] : bounds[i + 1]] for i in range(len(bounds) - 1)]
        source = pieces[0] + b"".join(b"&lt;" + piece[1:] for piece in pieces[1:])


def _kept(converted: list[Converted], length: int) -> Iterator[MessageEntity]:
    """The entities that Telegram takes as they are, in order, within a text of `length` units.

    It knows no quote within a quote, nothing within code, and no entities that cross; code within bold it mends itself.
    """
    around: list[tuple[int, str]] = []  # end and type of what is open, outermost first
    for entity in sorted(converted, key=lambda entity: (entity.offset, -entity.length)):
        end = min(entity.offset + entity.length, length)
        while around and around[-1][0] <= entity.offset:
            around.pop()
        types = {kind for _, kind in around}
        if (
            end <= entity.offset
            or (around and end > around[-1][0])
            or types & {"code", "pre"}
            or (entity.type == "blockquote" and "blockquote" in types)
            or (entity.type == "text_link" and not _linkable(entity.url or ""))
        ):
            continue
        around.append((end, entity.type))
        yield MessageEntity(
            type=entity.type,
            offset=entity.offset,
            length=end - entity.offset,
            url=entity.url,
            language=entity.language or None,
        )


def _linkable(url: str) -> bool:
    """Whether Telegram takes `url` in an entity: it refuses the whole message over one it does not."""
    scheme, colon, rest = url.partition("://")
    host = rest.partition("/")[0].partition("?")[0].partition("#")[0].partition(":")[0]
    name = host.replace(".", "").replace("-", "")
    return scheme.lower() in ("http", "https") and bool(colon) and "." in host.strip(".") and name.isalnum()


def keyboard(message: OutboundMessage) -> Keyboard | None:
    """The buttons under `message`: its choices, then 👍 and 👎."""
    rows: list[list[InlineKeyboardButton]] = []
    narrow: list[InlineKeyboardButton] = []
    for choice in message.choices:
        button = InlineKeyboardButton(choice.label, callback_data=choice_data(choice))
        if len(choice.label) >= _WIDE:
            rows.append([button])
        else:
            narrow.append(button)
    rows += [narrow[i : i + 3] for i in range(0, len(narrow), 3)]
    if message.votable:
        rows.append(
            [
                InlineKeyboardButton("👍", callback_data=vote_data(Verdict.GOOD)),
                InlineKeyboardButton("👎", callback_data=vote_data(Verdict.BAD)),
            ]
        )
    return InlineKeyboardMarkup(rows) if rows else None


def markup(message: OutboundMessage) -> Keyboard | ForceReply | None:
    """What goes with a new message: its buttons, or the reply box opened for a correction."""
    if message.asks_correction:
        return ForceReply(selective=True, input_field_placeholder=sound(message.text)[:_PLACEHOLDER] or None)
    return keyboard(message)


def is_photo(file: File) -> bool:
    """Whether Telegram shows `file` as a picture."""
    return file.mime in _PHOTOS and len(file.content) <= PHOTO_LIMIT
