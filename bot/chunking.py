"""Split a reply into pieces a platform accepts, and make a half-written one presentable.

Knows lengths, code fences and where a text may be cut; knows no platform. Pure.

Written here because the libraries that split Markdown (semantic-text-splitter, LangChain's) balance their pieces over
the whole text: an answer that grows would change messages already sent, and none closes a fence that it cuts.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

import regex

LEAST = 16  # units; shorter messages than this cannot hold a closed fence and a word

_FENCE = regex.compile(
    r"(?P<indent>[ \t]{0,16})(?P<mark>`{3,16}(?!.*`)|~{3,16})(?P<info>[^\n\U00010000-\U0010ffff]{0,64})"
)
_TICKS = regex.compile(r"`+")
_EMPHASIS = regex.compile(r"\*\*|__|~~|\*|_")
_SPACE = regex.compile(r"\s*\n|[^\S\n]+")  # what a cut swallows: blank lines, but not the next line's indentation

# Where prose may be cut, best first: each matches the white space at the cut.
_PARAGRAPH = regex.compile(r"\n[^\S\n]*\n")
_LINE = regex.compile(r"\n")
_SENTENCE = regex.compile(r"""(?<=[.!?…。！？؟][)\]"'»”’]*)\s""")
_WORD = regex.compile(r"\s")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fence:
    """A code block that is open."""

    start: int  # where its opening line begins; before the piece if it goes on from the one before
    indent: str  # of the opening line where it is in this piece: a fence in a list closes in the list
    mark: str
    info: str
    header: int  # characters of this piece up to the code

    @property
    def opening(self) -> str:
        return f"{self.mark}{self.info}\n"

    @property
    def closing(self) -> str:
        return f"\n{self.indent}{self.mark}"

    def closes(self, line: str) -> bool:
        line = line.strip()
        return len(line) >= len(self.mark) and not line.strip(self.mark[0])


def length(text: str, *, utf16: bool) -> int:
    """How long a platform finds `text`: UTF-16 code units (Telegram) or code points (Discord)."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2 if utf16 else len(text)


def split(text: str, *, limit: int, utf16: bool) -> list[str]:
    """Cut `text` into messages of at most `limit` units; a text without a visible character gives none.

    Nothing is lost but white space at a cut. A code block is cut only if it is longer than a message: then it is closed
    at the end of one and opened again, with its info string, in the next. Elsewhere the cut falls after a paragraph,
    line, sentence or word that fills at least half of the message, else between two graphemes.

    As the text grows, only the last piece changes and new ones follow, since where a piece ends is decided by its own
    characters and the next one alone. So what is streamed can finish one message and begin another.

    Raises:
        ValueError: `limit` is less than `LEAST`.
    """
    if limit < LEAST:
        raise ValueError(f"A message of {limit} units holds nothing.")
    return list(_pieces(text, limit, utf16))


def _pieces(text: str, limit: int, utf16: bool) -> Iterator[str]:
    fence: _Fence | None = None  # open where the piece begins
    at = _past_blank_lines(text, 0)
    while True:
        if fence is not None:
            at, fence = _past_closing(text, at, fence)
        opening = fence.opening if fence else ""
        if not text[at:].strip(f"{fence.mark[0]} \t\r\n" if fence else None):
            return  # nothing to see yet: blank, or what may become the end of a block that is closed already
        end = _reach(text, at, limit - len(opening), utf16)
        if end >= len(text.rstrip()):
            yield opening + text[at:].rstrip()
            return
        cut, inside = _cut(text, at, end, fence, limit, utf16)
        body = text[at:cut]
        if inside is None:
            if body.strip():
                yield opening + body.rstrip()
            at, fence = _past_blank_lines(text, cut), None
        else:
            if body[inside.header :].strip():
                yield opening + body + inside.closing
            at = cut + (text[cut] == "\n")
            fence = replace(inside, start=-1, indent="", header=0)


def _cut(text: str, at: int, end: int, fence: _Fence | None, limit: int, utf16: bool) -> tuple[int, _Fence | None]:
    """Where the piece that begins at `at` and can reach `end` stops, and the code block that is open there."""
    last, prose_from = _last_fence(text, at, end, fence, limit)
    if last is None:
        return _best(text, at, max(prose_from, (at + end) // 2), end), None
    if text[at : max(last.start, at)].strip():
        return last.start - 1, None  # at the line's end: the block keeps its indentation
    end = _reach(text, at, limit - len(last.closing) - (len(fence.opening) if fence else 0), utf16)
    half = (at + end) // 2
    lines = [found.start() for found in _LINE.finditer(text, half, end + 1)]
    cut = lines[-1] if lines else _grapheme(text, at, end)
    while cut > half and text[cut] == last.mark[0]:
        cut -= 1  # the next piece must not begin with what reads as the end of the block
    return cut, last


def _last_fence(text: str, at: int, end: int, fence: _Fence | None, limit: int) -> tuple[_Fence | None, int]:
    """The code block that is open at `end`, if one is, and where the prose after the last closed one begins.

    A line that `end` cuts can open a block and cannot close one: both err towards cutting before the block.
    """
    first = prose_from = at
    while at <= end:
        stop = text.find("\n", at, end + 1)
        whole, line = stop >= 0, text[at : stop if stop >= 0 else end]
        if fence is None:
            found = _FENCE.fullmatch(line)
            if found and 2 * (2 * len(line) + 2) <= limit:  # else opening and closing leave no room for the code
                indent, mark, info = found["indent"], found["mark"], found["info"].rstrip()
                fence = _Fence(start=at, indent=indent, mark=mark, info=info, header=at + len(line) - first)
        elif whole and fence.closes(line):
            fence, prose_from = None, stop
        at = stop + 1 if whole else end + 1
    return fence, prose_from


def _best(text: str, at: int, start: int, end: int) -> int:
    """The best place from `start` to `end` to cut prose that begins at `at`."""
    for boundary in (_PARAGRAPH, _LINE, _SENTENCE, _WORD):
        cuts = [match.start() for match in boundary.finditer(text, start, end + 1)]
        if cuts:
            return cuts[-1]
    return _grapheme(text, at, end)


def _grapheme(text: str, at: int, end: int) -> int:
    """The last place up to `end` that is inside no grapheme; `end` if one alone is longer than the message."""
    cuts = [match.start() for match in regex.finditer(r"\X", text[at : end + 1])]
    return at + cuts[-1] if cuts[-1] else end


def _reach(text: str, at: int, room: int, utf16: bool) -> int:
    """The furthest end for which `text[at:end]` is at most `room` units long."""
    end = min(len(text), at + room)
    while (over := length(text[at:end], utf16=utf16) - room) > 0:
        end -= (over + 1) // 2  # a code point is two units at the most: never one too many
    return end


def _past_blank_lines(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _past_closing(text: str, at: int, fence: _Fence) -> tuple[int, _Fence | None]:
    """Skip the end of a code block that was cut just before it: the piece before has closed it already."""
    stop = text.find("\n", at)
    if stop >= 0 and fence.closes(text[at:stop]):
        return _past_blank_lines(text, stop), None
    return at, fence


def preview_text(text: str, *, limit: int = sys.maxsize, utf16: bool = False) -> str:
    """A reply that is still being written, with open code and emphasis closed so that it reads as it is going to.

    Where that would make it longer than `limit` units, it stays as it is.
    """
    closed = _closed(text.rstrip())
    return closed if length(closed, utf16=utf16) <= limit else text


def _closed(text: str) -> str:
    line = text.rfind("\n") + 1
    fence, prose_from = _last_fence(f"{text}\n", 0, len(text), None, 2**31)
    if fence is None:
        return text if text and prose_from == len(text) else text[:line] + _close_inline(text[line:])
    if line > fence.start and not text[line:].strip().strip(fence.mark[0]):
        text = text[:line].rstrip()  # the beginning of its end
    return text + fence.closing


def _close_inline(line: str) -> str:
    """Close what one line leaves open: a span of code, and emphasis around it, innermost first."""
    opened: list[str] = []
    at = 0
    while ticks := _TICKS.search(line, at):
        _follow_emphasis(line, at, ticks.start(), opened)
        end = regex.compile(rf"(?<!`){ticks[0]}(?!`)").search(line, ticks.end())
        if end is None:
            line = line.rstrip("`") + ticks[0] if line[ticks.end() :].strip("` ") else line[: ticks.start()]
            break
        at = end.end()
    else:
        _follow_emphasis(line, at, len(line), opened)
    while opened:
        mark = opened.pop()
        line = line.rstrip()
        line = line.removesuffix(mark) if line.endswith(mark) else line + mark  # where nothing stands in it yet
    return line.rstrip()


def _follow_emphasis(line: str, start: int, end: int, opened: list[str]) -> None:
    """Bring `opened`, the emphasis open so far, from `start` to `end` of `line`."""
    for found in _EMPHASIS.finditer(line, start, end):
        mark, before, after = found[0], line[: found.start()][-1:], line[found.end() :][:1]
        if mark in opened and before.strip():
            del opened[opened.index(mark) :]
        elif not after.isspace() and not (mark in "__" and before.isalnum()):
            opened.append(mark)
