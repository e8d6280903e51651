"""The files and other things that come with a Telegram message. Pure; downloads nothing."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from bot.messages import Attachment, AttachmentKind

_VOICE = ("voice", "audio", "video_note")
_OTHER = ("animation", "video", "sticker", "document")
_BARE = ("location", "venue", "contact", "poll", "dice", "story", "game", "checklist")  # nothing to download
_TEXT_MIMES = ("application/json", "application/xml", "application/toml", "application/x-yaml", "application/yaml")
_TEXT_SUFFIXES = (
    *(".txt", ".md", ".rst", ".tex", ".srt", ".log", ".diff", ".patch"),
    *(".csv", ".tsv", ".json", ".jsonl", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".xml", ".html", ".css", ".sql"),
    *(
        ".py",
        ".js",
        ".ts",
        ".rb",
        ".go",
        ".rs",
        ".java",
        ".kt",
        ".c",
        ".h",
        ".cpp",
        ".hpp",
        ".cs",
        ".php",
        ".pl",
        ".sh",
    ),
)


def attachments(message: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """What `message` carries beside its text; at most one thing, as Telegram sends them."""
    if message.get("photo"):
        photo = max(message["photo"], key=lambda size: int(size.get("width", 0)) * int(size.get("height", 0)))
        return (_attachment(photo, AttachmentKind.IMAGE, name="photo.jpg", mime="image/jpeg"),)
    for field in _VOICE:
        if message.get(field):
            return (_attachment(message[field], AttachmentKind.VOICE, name=field),)
    for field in _OTHER:
        if message.get(field):
            return (_attachment(message[field], _kind(message[field]), name=field),)
    for field in _BARE:
        if message.get(field):
            return (Attachment(kind=AttachmentKind.OTHER, name=field, mime="", size=0, ref=""),)
    return ()


def _attachment(file: Mapping[str, Any], kind: AttachmentKind, *, name: str, mime: str = "") -> Attachment:
    return Attachment(
        kind=kind,
        name=_word(file.get("file_name") or name),
        mime=_word(file.get("mime_type") or mime),
        size=max(0, int(file.get("file_size") or 0)),
        ref=_word(file["file_id"]),
    )


def _kind(file: Mapping[str, Any]) -> AttachmentKind:
    mime = _word(file.get("mime_type") or "")
    suffix = PurePosixPath(_word(file.get("file_name") or "")).suffix.lower()
    if mime.startswith("image/") and "svg" not in mime:
        return AttachmentKind.IMAGE
    if mime.startswith("text/") or mime in _TEXT_MIMES or suffix in _TEXT_SUFFIXES:
        return AttachmentKind.TEXT
    return AttachmentKind.OTHER


def _word(text: object) -> str:
    return str(text).encode("utf-8", "replace").decode().replace("\0", "")
