"""A prompt as the chat messages that every provider takes: system first, then turns in order.

What people wrote is data. A template's own tokens in it are broken up, so that nobody ends a turn or speaks as the
system by typing `<|im_start|>`; and in company each turn carries its speaker's label, which a nickname cannot copy.
"""

import re
from dataclasses import dataclass, field

from bot.model import Prompt
from memory.records import Author, Role, Turn

# Control tokens of ChatML, Llama 2 to 4, Mistral, Gemma, DeepSeek (full-width bars), Command R, Phi; Qwen's thoughts
# and tool calls. Where two characters tell one they do; the rest are named.
_CONTROL = re.compile(
    r"""<(?=[|｜])
      | <(?=/?\w{1,32}[|｜]>)
      | <(?=<\s*/?SYS>>)
      | <(?=/?(?:s|bos|eos|unk|pad|mask|sop|eop|think|thinking|tool_calls?|tool_response|tool_outputs?)>)
      | <(?=(?:start|end)_of_\w{1,16}>)
      | <(?=/?(?:unused|reserved|extra_id_)\w{0,16}>)
      | \[(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|IMG|IMG_BREAK|IMG_END|ARGS
              |CALL_ID|THINK|PREFIX|MIDDLE|SUFFIX|gMASK|BOS|EOS|MODEL_SETTINGS)\])
    """,
    re.VERBOSE | re.IGNORECASE,
)
_LABEL = re.compile(r"\[([^\[\]\n]{0,80}#[^\[\]\n]{1,80})\]")
_NOT_IN_A_NAME = re.compile(r"[\[\]#()<>|{}\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
_NAME_LENGTH = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMessage:
    role: str  # "system", "user", "assistant"
    content: str
    images: tuple[bytes, ...] = field(default=(), repr=False)


def rendered(prompt: Prompt, *, images: bool) -> list[ChatMessage]:
    """The prompt as messages, roles alternating after the system's, as some templates insist.

    Turns of one role in a row are joined, and a conversation that Martín began is given a user's "…" before it. Without
    `images` the model takes none, and they stay out.
    """
    messages: list[ChatMessage] = []
    for turn in prompt.turns:
        content = _content(turn, labelled=prompt.speaker_labels)
        pictures = turn.images if images and turn.role is Role.USER else ()
        if messages and messages[-1].role == turn.role:
            before = messages.pop()
            content, pictures = f"{before.content}\n{content}", before.images + pictures
        messages.append(ChatMessage(role=turn.role.value, content=content, images=pictures))
    if messages and messages[0].role == Role.ASSISTANT:
        messages.insert(0, ChatMessage(role=Role.USER.value, content="…"))
    if prompt.system:
        messages.insert(0, ChatMessage(role="system", content=defused(prompt.system)))
    return messages


def defused(text: str) -> str:
    """`text` with no template's control token in it; a space after the first character breaks each. Idempotent.

    Half a surrogate pair, which some platforms let through, becomes a question mark: no server can read it.
    """
    return _CONTROL.sub(lambda match: match[0] + " ", whole(text))


def whole(text: str) -> str:
    """`text` as UTF-8 can carry it."""
    return text.encode("utf-8", errors="replace").decode("utf-8")


def speaker_label(author: Author) -> str:
    """`[Ana#12]`: the name of the moment, and the number that stays. No name can hold what a label is told by."""
    name = " ".join(_NOT_IN_A_NAME.sub(" ", author.name).split())[:_NAME_LENGTH].strip() or "?"
    number = str(int(author.person)) if author.person is not None else str(author.account)
    return f"[{name}#{number}]"


def _content(turn: Turn, *, labelled: bool) -> str:
    text = defused(turn.text)
    if not labelled or turn.role is not Role.USER or turn.author is None:
        return text
    # A label typed inside a message would put the lines after it into another's mouth.
    spoken = _LABEL.sub(r"(\1)", text)
    return f"{speaker_label(turn.author)} {spoken}"
