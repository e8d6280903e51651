"""What a file that somebody sent becomes: text in the turn, a picture for the model, or a clear answer why not.

Pure: the bytes are handed in. What a file is, its own bytes say; the platform's word (kind, size) only decides whether
to download it. Nothing is ever unpacked or decoded as a picture here, so no bomb goes off. The only module that imports
charset_normalizer.
"""

import codecs
import re

from bot.errors import AttachmentRefused
from bot.i18n import say
from bot.messages import Attachment, AttachmentKind

LIMITS = {AttachmentKind.TEXT: 1_000_000, AttachmentKind.IMAGE: 10_000_000}  # bytes; nothing else is downloaded
WORDS = 6_000  # what leaves a small model room to answer; the rest of a file is not read
NAME_LENGTH = 80

_SAMPLE = 64_000  # bytes that tell an unknown encoding
_TOO_SHORT = 32  # bytes that do not
_BOMS = (  # UTF-32 first: its mark begins as UTF-16's does
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")
_BINARY = (
    *_PICTURES,
    b"%PDF-",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"\x7fELF",
    b"7z\xbc\xaf",
    b"Rar!\x1a",
    b"BZh",
    b"\xfd7zXZ",
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffd]")  # \x1b is none: logs have colours
_CONTROL_SHARE = 0.01
_WORD = re.compile(r"\S{1,64}")  # a line of base64 is many words
_FENCE = re.compile(r"`{3,}")
_NOT_IN_A_NAME = re.compile(r"[^\w .,()+-]+")


class NotText(AttachmentRefused):
    """It calls itself text and is not."""

    key = "attachments-not-text"


class NotPicture(AttachmentRefused):
    """It calls itself a picture and is none that models take."""

    key = "attachments-not-picture"


def refusal(attachment: Attachment, *, language: str, takes_images: bool) -> str:
    """Why `attachment` is not worth a download, for the person who sent it; "" where it is."""
    name, limit = _shown(attachment), LIMITS.get(attachment.kind)
    if attachment.kind is AttachmentKind.VOICE:
        return say(language, "attachments-voice")
    if limit is None:
        return say(language, "attachments-unsupported", name=name)
    if attachment.kind is AttachmentKind.IMAGE and not takes_images:
        return say(language, "attachments-no-eyes")
    if attachment.size > limit:
        return say(language, "attachments-too-large", name=name, limit=limit / 1_000_000)
    return ""


def read(attachment: Attachment, content: bytes, *, language: str, words: int = WORDS) -> str:
    """The text file `content` as Markdown for the turn: its name, and at most `words` of it in a code block.

    Takes up to 20 ms for the largest file.

    Raises:
        NotText: it is something else, whatever it is called.
    """
    text = _decoded(content).strip()
    if not text:
        return say(language, "attachments-empty", name=_shown(attachment))
    cut = _end_of_word(text, words)
    fence = "`" * (1 + max([2, *(len(run) for run in _FENCE.findall(text))]))
    lines = [say(language, "attachments-file", name=_shown(attachment)), fence, text[:cut].rstrip(), fence]
    if cut < len(text):
        lines.append(say(language, "attachments-cut", words=words))
    return "\n".join(lines)


def picture(content: bytes) -> bytes:
    """`content`, once its first bytes say that it is a PNG, JPEG, GIF or WebP.

    Raises:
        NotPicture: they do not.
    """
    webp = content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    if not webp and not content.startswith(_PICTURES):
        raise NotPicture("The first bytes are no PNG, JPEG, GIF or WebP.", hint="Send it as one of these.")
    return content


def _decoded(content: bytes) -> str:
    encoding = _encoding(content)
    text = content.decode(encoding, errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    if len(_CONTROL.findall(text)) > _CONTROL_SHARE * len(text):
        raise NotText(f"Decoded as {encoding}, it is full of what no text holds.", hint="Send a text file.")
    return _CONTROL.sub("", text)


def _encoding(content: bytes) -> str:
    """The encoding `content` is in: by its mark, else UTF-8 if it can be, else the likeliest.

    Raises:
        NotText: none is likely.
    """
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return encoding
    if content.startswith(_BINARY):
        raise NotText("It begins as a picture, a document or an archive does.", hint="Send a text file.")
    try:
        content.decode()
    except UnicodeDecodeError:
        pass
    else:
        return "utf-8"
    if len(content) < _TOO_SHORT and b"\0" not in content:
        return "cp1252"
    from charset_normalizer import from_bytes  # here: seldom needed, and the terminal's prompt waits for imports

    likely = from_bytes(content[:_SAMPLE])
    best = likely.best()
    if best is None:
        raise NotText("It is in no encoding that makes text of it.", hint="Send it in UTF-8.")
    # Western text often ties between code pages that differ in letters it does not use: then the Western one is meant.
    return "cp1252" if any(each.encoding == "cp1252" for each in likely) else best.encoding


def _end_of_word(text: str, words: int) -> int:
    for number, found in enumerate(_WORD.finditer(text), start=1):
        if number == words:
            return found.end()
    return len(text)


def _shown(attachment: Attachment) -> str:
    """The file's name, with nothing in it that could be markup or a command to a model."""
    return " ".join(_NOT_IN_A_NAME.sub(" ", attachment.name).split())[:NAME_LENGTH] or "?"
