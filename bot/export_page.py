"""A person's export as a page to read: one HTML file that needs nothing else, no script and no network.

Pure. Everything in it that somebody wrote is escaped.
"""

from datetime import datetime, tzinfo
from html import escape
from itertools import groupby

from bot.i18n import say, supported
from memory.export import ExportedTurn, PersonExport, Row

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #8884 }
table { border-collapse: collapse } td { padding: .15rem 1rem .15rem 0; vertical-align: top }
p.turn { margin: .6rem 0; padding: .5rem .8rem; border-radius: .8rem; background: #8881; white-space: pre-wrap;
  overflow-wrap: anywhere }
p.mine { background: #2a7fff22; margin-left: 3rem } small { opacity: .7 }
"""


def page(export: PersonExport, *, language: str, zone: tzinfo, name: str) -> bytes:
    """The HTML in UTF-8. `zone` is that in which times are shown, `name` what Martín is called."""
    return _Page(export, supported(language), zone, name).render().encode()


class _Page:
    def __init__(self, export: PersonExport, language: str, zone: tzinfo, name: str) -> None:
        self._export = export
        self._language = language
        self._zone = zone
        self._name = name

    def render(self) -> str:
        export = self._export
        title = self._say("title", name=self._name)
        parts = [
            f"<h1>{escape(title)}</h1>",
            f"<p>{escape(self._say('intro', at=self._when(export.exported_at), count=len(export.turns)))}</p>",
            self._table("settings", [export.person]),
            self._table("accounts", export.accounts),
            self._table("grants", export.grants),
            self._table("votes", export.votes),
            self._table("corrections", export.corrections),
            self._table("usage", export.usage),
            self._table("codes", export.codes),
            self._table("audit", export.audit),
            *self._conversations(),
        ]
        head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
        viewport = '<meta name="viewport" content="width=device-width, initial-scale=1">'
        body = "\n".join(filter(None, parts))
        opening = f'<!doctype html>\n<html lang="{self._language}"><head>{head}{viewport}</head>'
        return f"{opening}<body>\n{body}\n</body></html>\n"

    def _conversations(self) -> list[str]:
        titles = {place["id"]: place["title"] or place["platform"] for place in self._export.conversations}
        return [
            f"<h2>{escape(str(titles.get(number, number)))}</h2>\n" + "\n".join(map(self._turn, turns))
            for number, turns in groupby(self._export.turns, key=lambda turn: turn.conversation)
        ]

    def _turn(self, turn: ExportedTurn) -> str:
        who = (turn.speaker or self._say("you")) if turn.mine else self._name
        side = "turn mine" if turn.mine else "turn"
        head = f"{escape(who)} · {escape(self._when(turn.said_at))}"
        return f'<p class="{side}"><small>{head}</small>\n{escape(turn.text)}</p>'

    def _table(self, key: str, rows: list[Row]) -> str:
        if not rows:
            return ""
        lines = (
            "<tr>"
            + "".join(f"<td>{escape(f'{column}: {self._shown(value)}')}</td>" for column, value in row.items())
            + "</tr>"
            for row in rows
        )
        return f"<h2>{escape(self._say(key))}</h2><table>{''.join(lines)}</table>"

    def _shown(self, value: object) -> str:
        return self._when(value) if isinstance(value, datetime) else str(value)

    def _when(self, moment: datetime) -> str:
        return f"{moment.astimezone(self._zone):%Y-%m-%d %H:%M}"

    def _say(self, key: str, **values: object) -> str:
        return say(self._language, f"data-export-{key}", **values)
