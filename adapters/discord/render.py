"""What Martín says, as Discord shows it: its Markdown, its buttons, its form. Pure but for discord.py's own values.

Buttons carry all they mean in their `custom_id`, so that they work after a restart. Knows no connection.
"""

import io
import re
from collections.abc import Callable

import discord

from bot.i18n import say
from bot.messages import Choice, File, OutboundMessage

LIMIT = 2000  # code points in one message
VOTE_GOOD = "martin:vote:good"
VOTE_BAD = "martin:vote:bad"
CHOICE = "martin:do:"
CORRECTION = "martin:correct:"
FORM = "martin:form:"
CORRECTION_TEXT = "martin:correction"

_FENCE = re.compile(r"^\s{0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r"^#{4,6}[ \t]+(.+?)[ \t]*#*$")
_RULE = re.compile(r"^ {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$")
_IMAGE = re.compile(r"!(\[[^\]\n]*\]\([^)\n]+\))")
_TABLE_RULE = re.compile(r"^\s*\|?\s*:?-{3,}:?\s*(\|\s*:?-{3,}:?\s*)+\|?\s*$")


def text(markdown: str) -> str:
    """CommonMark as Discord reads it: never longer than the limit if `markdown` is not.

    Discord knows most of it. It shows deep headings, rules, pictures and tables as raw signs: those become bold lines,
    a drawn line, links, and code blocks (where there is room for the fence).
    """
    lines = _outside_fences(markdown.split("\n"), _line)
    return _fence_tables(lines, room=LIMIT - len("\n".join(lines)))


def _line(line: str) -> str:
    if heading := _HEADING.match(line):
        return f"**{heading[1].strip('*')}**"
    if _RULE.match(line):
        return "───"
    return _IMAGE.sub(r"\1", line)


def _outside_fences(lines: list[str], change: Callable[[str], str]) -> list[str]:
    changed, fence = [], ""
    for line in lines:
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and line.strip() == mark[1]:
                fence = ""
            changed.append(line)
        elif mark:
            fence = mark[1]
            changed.append(line)
        else:
            changed.append(change(line))
    return changed


def _fence_tables(lines: list[str], *, room: int) -> str:
    done: list[str] = []
    fenced, index = False, 0
    while index < len(lines):
        line = lines[index]
        if _FENCE.match(line):
            fenced = not fenced
        is_table = not fenced and "|" in line and index + 1 < len(lines) and _TABLE_RULE.match(lines[index + 1])
        if not is_table or room < len("```\n\n```"):
            done.append(line)
            index += 1
            continue
        end = index
        while end < len(lines) and "|" in lines[end]:
            end += 1
        done += ["```", *lines[index:end], "```"]
        room -= len("```\n\n```")
        index = end
    return "\n".join(done)


def buttons(message: OutboundMessage) -> discord.ui.View | None:
    """👍/👎 and the choices under a message; None where there are none.

    The view is stopped, so that discord.py keeps none of them: presses arrive as interactions, whoever sent them.
    """
    if not message.votable and not message.choices:
        return None
    view = discord.ui.View(timeout=None)
    for choice in message.choices[:20]:
        view.add_item(_button(choice))
    if message.votable:
        row = None if not message.choices else 4
        view.add_item(discord.ui.Button(emoji="👍", custom_id=VOTE_GOOD, row=row))
        view.add_item(discord.ui.Button(emoji="👎", custom_id=VOTE_BAD, row=row))
    view.stop()
    return view


def _button(choice: Choice) -> discord.ui.Button[discord.ui.View]:
    return discord.ui.Button(label=choice.label[:80], custom_id=f"{CHOICE}{choice.command}"[:100])


def invitation(*, message_id: str, language: str) -> discord.ui.View:
    """A button that opens the form, for those who voted with a reaction: only a press can open one."""
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label=say(language, "discord-invitation-button"), custom_id=f"{FORM}{message_id}"))
    view.stop()
    return view


def files(sent: tuple[File, ...]) -> list[discord.File]:
    """At most ten, which is what one message carries."""
    return [discord.File(io.BytesIO(file.content), filename=file.name) for file in sent[:10]]


def correction_form(*, message_id: str, language: str) -> discord.ui.Modal:
    """The form that a 👎 opens. Stopped for the same reason as the buttons."""
    form = discord.ui.Modal(
        title=say(language, "discord-correction-title"), custom_id=f"{CORRECTION}{message_id}", timeout=None
    )
    field: discord.ui.TextInput[discord.ui.Modal] = discord.ui.TextInput(
        style=discord.TextStyle.paragraph,
        custom_id=CORRECTION_TEXT,
        placeholder=say(language, "discord-correction-placeholder"),
        required=True,
        max_length=LIMIT,
    )
    form.add_item(discord.ui.Label(text=say(language, "discord-correction-label"), component=field))
    form.stop()
    return form
