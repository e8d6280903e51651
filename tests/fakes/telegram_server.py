# ruff: noqa: N802  methods carry the names of Telegram's
"""A strict Telegram Bot API server on a real socket, which keeps a record of everything.

Started in the process (`async with TelegramServer() as server`) or as a program
(`python -m tests.fakes.telegram_server --port 8081`), where `POST /control/NAME` with a JSON object calls the method
NAME below with those arguments and `GET /control/record` tells all that happened.

Updates are delivered at least once: until a later `getUpdates` moves the offset past them, or the webhook answers 200.
The words of each refusal are Telegram's.
"""

import argparse
import asyncio
import contextlib
import json
import time
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import web

from tests.fakes.telegram_rules import (
    CAPTION_LIMIT,
    MESSAGE_LIMIT,
    FloodLimits,
    Refused,
    bad,
    check_markup,
    checked_text,
)

TOKEN = "7000000001:AAEmadeUpTokenOfTheLocalServer00000"
BOT: dict[str, Any] = {
    "id": 7000000001,
    "is_bot": True,
    "first_name": "Martín",
    "username": "martin_test_bot",
    "can_join_groups": True,
    "can_read_all_group_messages": False,
    "supports_inline_queries": False,
}
ANA: dict[str, Any] = {"id": 101, "is_bot": False, "first_name": "Ana", "username": "ana", "language_code": "es"}

_JSON = {"content-type": "application/json"}


@dataclass(kw_only=True)
class Version:
    """What a message read from some moment on."""

    text: str
    entities: list[dict[str, Any]]
    markup: dict[str, Any] | None
    at: float  # time.time(), comparable across processes


@dataclass(kw_only=True)
class Sent:
    """One message of the bot's, with all its edits."""

    chat: int
    id: int
    method: str
    versions: list[Version]
    reply_to: int | None = None
    thread: int | None = None
    file: tuple[str, bytes] | None = None  # name, content
    deleted: bool = False

    @property
    def text(self) -> str:
        return self.versions[-1].text

    @property
    def markup(self) -> dict[str, Any]:
        return self.versions[-1].markup or {}


@dataclass(kw_only=True)
class Draft:
    chat: int
    draft_id: int
    text: str
    at: float


@dataclass(kw_only=True)
class _Pending:
    update: dict[str, Any]
    posted: bool = field(default=False)


class TelegramServer:
    """See the module. Attributes may be read and set freely from a test.

    Attributes:
        sent: the bot's messages, in the order they were taken.
        drafts: what `sendMessageDraft` showed, likewise.
        calls, refusals: how often each method was called; how often each error code was answered.
        limits: flood limits, or None to take everything.
        has_drafts: whether the server knows `sendMessageDraft`; otherwise 404, as an older one.
    """

    def __init__(self, *, limits: FloodLimits | None = None, has_drafts: bool = True, port: int = 0) -> None:
        self.limits = limits
        self.has_drafts = has_drafts
        self.sent: list[Sent] = []
        self.drafts: list[Draft] = []
        self.actions: list[tuple[int, str, float]] = []
        self.answers: dict[str, str] = {}  # callback query id → the text answered
        self.commands: dict[str, list[dict[str, Any]]] = {}  # "scope/language" → commands
        self.reactions: dict[tuple[int, int], list[dict[str, Any]]] = {}
        self.administrators: dict[int, set[int]] = defaultdict(set)
        self.calls: Counter[str] = Counter()
        self.refusals: Counter[int] = Counter()
        self.flooded: Counter[int] = Counter()  # chat → 429s
        self.files: dict[str, tuple[bytes, int]] = {}  # file id → content, claimed size
        self.blocked: set[int] = set()
        self.migrated: dict[int, int] = {}
        self.webhook: dict[str, Any] = {}
        self.bot = dict(BOT)
        self.acknowledged: set[int] = set()  # update ids
        self._inbound: dict[tuple[int, int], dict[str, Any]] = {}
        self._by_id: dict[tuple[int, int], Sent] = {}
        self._chats: set[int] = set()
        self._pending: dict[int, _Pending] = {}
        self._failures: dict[str, deque[str]] = defaultdict(deque)
        self._next_update = 1
        self._next_message = 1
        self._poll = 0
        self._changed = asyncio.Condition()
        self._port = port
        self._runner: web.ServerRunner | None = None
        self._session: aiohttp.ClientSession | None = None
        self._posting: set[asyncio.Task[None]] = set()
        self._posts = asyncio.Semaphore(40)

    # Life -------------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self._runner = web.ServerRunner(web.Server(self._serve, access_log=None), shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, backlog=1024)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._posting:
            task.cancel()
        await asyncio.gather(*self._posting, return_exceptions=True)
        if self._session:
            await self._session.close()
        self._poll += 1
        await self._tell()
        if self._runner:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def meet(self, *chats: int) -> None:
        """The bot has these chats already, without anybody having written in them here."""
        self._chats.update(chats)

    # What people do ---------------------------------------------------------------------------------------------

    async def inject(
        self,
        text: str | None = None,
        *,
        chat: int = ANA["id"],
        user: dict[str, Any] | None = None,
        **fields: Any,
    ) -> int:
        """Somebody writes. A negative `chat` is a group. `fields` go into the message as they are. Returns its id."""
        sender = user or ({**ANA, "id": chat} if chat > 0 else ANA)
        message: dict[str, Any] = {
            "message_id": self._message_id(),
            "from": sender,
            "chat": self._chat(chat, sender),
            "date": int(time.time()),
        }
        if text is not None:
            message["text"] = text
            if text.startswith("/") and "entities" not in fields:
                message["entities"] = [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}]
        reply_to = fields.pop("reply_to", None)
        if reply_to is not None:
            message["reply_to_message"] = self._told(chat, reply_to)
        message.update(fields)
        self._inbound[chat, message["message_id"]] = message
        await self.inject_raw({"message": message})
        found: int = message["message_id"]
        return found

    async def press(self, message: int, data: str, *, chat: int = ANA["id"], user: dict[str, Any] | None = None) -> str:
        """Somebody presses a button (or, `data` being none of the message's, pretends to). Returns the query's id."""
        query = f"{self._next_update}000"
        await self.inject_raw(
            {
                "callback_query": {
                    "id": query,
                    "from": user or ({**ANA, "id": chat} if chat > 0 else ANA),
                    "message": self._told(chat, message),
                    "chat_instance": "1",
                    "data": data,
                }
            }
        )
        return query

    async def react(self, message: int, *emoji: str, chat: int = ANA["id"], before: tuple[str, ...] = ()) -> None:
        """Somebody's reactions to a message become `emoji`."""

        def listed(kinds: tuple[str, ...]) -> list[dict[str, str]]:
            return [{"type": "emoji", "emoji": kind} for kind in kinds]

        user = {**ANA, "id": chat} if chat > 0 else ANA
        await self.inject_raw(
            {
                "message_reaction": {
                    "chat": self._chat(chat, user),
                    "message_id": message,
                    "user": user,
                    "date": int(time.time()),
                    "old_reaction": listed(before),
                    "new_reaction": listed(emoji),
                }
            }
        )

    async def inject_raw(self, update: dict[str, Any]) -> int:
        """Queue any update, well-formed or not. Returns its id."""
        number = self._next_update
        self._next_update += 1
        pending = _Pending(update={"update_id": number, **update})
        self._pending[number] = pending
        if self.webhook:
            self._post(pending)
        await self._tell()
        return number

    # What goes wrong --------------------------------------------------------------------------------------------

    async def fail(self, method: str, kind: str, times: int = 1) -> None:
        """Make the next `times` calls of `method` fail.

        `kind` is "drop_before" (the connection closes, nothing done), "drop_after" (done, then closed), "502",
        "garbage" (no JSON), "429:SECONDS", "400:DESCRIPTION", "403:DESCRIPTION" or "delay:SECONDS" (then it succeeds).
        """
        self._failures[method].extend([kind] * times)

    async def block(self, chat: int) -> None:
        self.blocked.add(chat)

    async def delete(self, chat: int, message: int) -> None:
        """The message disappears, as when the person deletes it."""
        self._by_id[chat, message].deleted = True

    async def set_limits(self, **limits: Any) -> None:
        """`set_limits()` switches Telegram's limits on, `set_limits(off=True)` off."""
        self.limits = None if limits.pop("off", False) else FloodLimits(**limits)

    async def set_drafts(self, on: bool) -> None:
        self.has_drafts = on

    def add_file(self, file_id: str, content: bytes, *, claimed: int | None = None) -> None:
        self.files[file_id] = (content, len(content) if claimed is None else claimed)

    # What happened ----------------------------------------------------------------------------------------------

    def shown(self, chat: int = ANA["id"]) -> list[Sent]:
        """The bot's messages that stand in `chat`."""
        return [message for message in self.sent if message.chat == chat and not message.deleted]

    async def wait_for(self, condition: Callable[[], Any], *, seconds: float = 10) -> None:
        """Until `condition` holds; it is asked after every call.

        Raises:
            TimeoutError: it never did.
        """
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(condition)

    def record(self) -> dict[str, Any]:
        """All that happened, as JSON would have it."""
        return {
            "sent": [
                {
                    "chat": message.chat,
                    "id": message.id,
                    "method": message.method,
                    "reply_to": message.reply_to,
                    "deleted": message.deleted,
                    "versions": [{"text": version.text, "at": version.at} for version in message.versions],
                }
                for message in self.sent
            ],
            "drafts": [{"chat": draft.chat, "text": draft.text, "at": draft.at} for draft in self.drafts],
            "calls": dict(self.calls),
            "refusals": {str(code): count for code, count in self.refusals.items()},
            "unacknowledged": len(self._pending),
        }

    # The wire ---------------------------------------------------------------------------------------------------

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        if path.startswith("/control/"):
            return await self._control(request, path.removeprefix("/control/"))
        if path.startswith(f"/file/bot{TOKEN}/"):
            content = self.files.get(path.rpartition("/")[2])
            return web.Response(body=content[0]) if content else web.Response(status=404)
        token, _, method = path.removeprefix("/bot").partition("/")
        if not path.startswith("/bot") or ":" not in token:
            return _refusal(Refused(404, "Not Found"))
        if token != TOKEN:
            return _refusal(Refused(401, "Unauthorized"))
        self.calls[method] += 1
        failure = self._failures[method].popleft() if self._failures[method] else ""
        parameters = await _parameters(request)
        kind, _, detail = failure.partition(":")
        if kind == "delay":
            await asyncio.sleep(float(detail))
        elif kind == "drop_before":
            return _drop(request)
        elif kind == "502":
            return web.Response(status=502, text="<html><h1>502 Bad Gateway</h1></html>", content_type="text/html")
        elif kind == "garbage":
            return web.Response(text="¿?")
        try:
            if kind in ("400", "403"):
                raise Refused(int(kind), detail)
            if kind == "429":
                raise Refused(429, f"Too Many Requests: retry after {detail}", retry_after=int(detail))
            result = await self._method(method)(parameters)
        except Refused as refused:
            self.refusals[refused.code] += 1
            if refused.code == 429:
                self.flooded[int(parameters.get("chat_id") or 0)] += 1
            await self._tell()
            return _refusal(refused)
        await self._tell()
        if kind == "drop_after":
            return _drop(request)
        return web.Response(body=json.dumps({"ok": True, "result": result}).encode(), headers=_JSON)

    async def _control(self, request: web.BaseRequest, name: str) -> web.Response:
        if name == "record":
            return web.json_response(self.record())
        if name not in (
            "inject",
            "inject_raw",
            "press",
            "react",
            "fail",
            "block",
            "delete",
            "set_limits",
            "set_drafts",
        ):
            return web.Response(status=404)
        return web.json_response(await getattr(self, name)(**await request.json()))

    def _method(self, name: str) -> Callable[[dict[str, Any]], Awaitable[Any]]:
        found: Callable[[dict[str, Any]], Awaitable[Any]] | None = getattr(self, f"_do_{name}", None)
        if found is None or (name == "sendMessageDraft" and not self.has_drafts):
            raise Refused(404, "Not Found: method not found")
        return found

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    # Methods of the Bot API -------------------------------------------------------------------------------------

    async def _do_getMe(self, _: dict[str, Any]) -> dict[str, Any]:
        return self.bot

    async def _do_getUpdates(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        if self.webhook:
            raise Refused(
                409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the "
                "webhook first",
            )
        offset = int(asked.get("offset") or 0)
        for number in [number for number in self._pending if number < offset]:
            del self._pending[number]
            self.acknowledged.add(number)
        self._poll += 1
        mine = self._poll
        try:
            async with asyncio.timeout(float(asked.get("timeout") or 0)), self._changed:
                self._changed.notify_all()
                await self._changed.wait_for(lambda: self._pending or self._poll != mine)
        except TimeoutError:
            pass
        if self._poll != mine:
            raise Refused(
                409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
            )
        limit = int(asked.get("limit") or 100)
        return [pending.update for pending in list(self._pending.values())[:limit]]

    async def _do_setWebhook(self, asked: dict[str, Any]) -> bool:
        self.webhook = {"url": asked["url"], "secret": asked.get("secret_token", "")} if asked.get("url") else {}
        for pending in self._pending.values():
            if self.webhook and not pending.posted:
                self._post(pending)
        return True

    async def _do_deleteWebhook(self, _: dict[str, Any]) -> bool:
        self.webhook = {}
        return True

    async def _do_getWebhookInfo(self, _: dict[str, Any]) -> dict[str, Any]:
        return {
            "url": self.webhook.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": len(self._pending),
        }

    async def _do_sendMessage(self, asked: dict[str, Any]) -> dict[str, Any]:
        chat = self._target(asked)
        text, entities = checked_text(
            asked.get("text", ""), asked.get("entities"), asked.get("parse_mode"), limit=MESSAGE_LIMIT
        )
        return self._take("sendMessage", chat, asked, text, entities)

    async def _do_sendDocument(self, asked: dict[str, Any]) -> dict[str, Any]:
        return self._take_file("sendDocument", "document", asked)

    async def _do_sendPhoto(self, asked: dict[str, Any]) -> dict[str, Any]:
        return self._take_file("sendPhoto", "photo", asked)

    async def _do_sendMessageDraft(self, asked: dict[str, Any]) -> bool:
        chat = self._target(asked, charged=False)
        if chat < 0:
            raise bad("PEER_ID_INVALID")
        if not int(asked.get("draft_id") or 0):
            raise bad("draft_id must be non-zero")
        text, _ = checked_text(
            asked.get("text", ""),
            asked.get("entities"),
            asked.get("parse_mode"),
            limit=MESSAGE_LIMIT,
            may_be_empty=True,
        )
        if self.limits and self.limits.drafts_count:
            self.limits.charge(chat, time.monotonic())
        self.drafts.append(Draft(chat=chat, draft_id=int(asked["draft_id"]), text=text, at=time.time()))
        return True

    async def _do_editMessageText(self, asked: dict[str, Any]) -> dict[str, Any]:
        text, entities = checked_text(
            asked.get("text", ""), asked.get("entities"), asked.get("parse_mode"), limit=MESSAGE_LIMIT
        )
        return self._edit(asked, text, entities)

    async def _do_editMessageReplyMarkup(self, asked: dict[str, Any]) -> dict[str, Any]:
        return self._edit(asked, None, [])

    async def _do_deleteMessage(self, asked: dict[str, Any]) -> bool:
        self._own(self._target(asked, charged=False), asked, "message to delete not found").deleted = True
        return True

    async def _do_sendChatAction(self, asked: dict[str, Any]) -> bool:
        self.actions.append((self._target(asked, charged=False), asked["action"], time.time()))
        return True

    async def _do_answerCallbackQuery(self, asked: dict[str, Any]) -> bool:
        if asked["callback_query_id"] in self.answers:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        self.answers[asked["callback_query_id"]] = asked.get("text", "")
        return True

    async def _do_setMessageReaction(self, asked: dict[str, Any]) -> bool:
        chat = self._target(asked, charged=False)
        self.reactions[chat, int(asked["message_id"])] = asked.get("reaction") or []
        return True

    async def _do_setMyCommands(self, asked: dict[str, Any]) -> bool:
        scope = asked.get("scope") or {"type": "default"}
        for command in asked["commands"]:
            if not 1 <= len(command["command"]) <= 32 or not command["command"].replace("_", "").isalnum():
                raise bad("BOT_COMMAND_INVALID")
            if not 1 <= len(command["description"]) <= 256:
                raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
        if scope["type"] == "chat":
            self._known(int(scope["chat_id"]))
        name = scope["type"] + (f":{scope['chat_id']}" if "chat_id" in scope else "")
        self.commands[f"{name}/{asked.get('language_code', '')}"] = asked["commands"]
        return True

    async def _do_getChatMember(self, asked: dict[str, Any]) -> dict[str, Any]:
        user = int(asked["user_id"])
        administers = user in self.administrators[int(asked["chat_id"])]
        return {
            "status": "creator" if administers else "member",
            "user": {"id": user, "is_bot": False, "first_name": "?"},
            **({"is_anonymous": False} if administers else {}),
        }

    async def _do_getFile(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["file_id"] not in self.files:
            raise bad("wrong file_id or the file is temporarily unavailable")
        size = self.files[asked["file_id"]][1]
        if size > 20 * 1024 * 1024:
            raise bad("file is too big")
        return {
            "file_id": asked["file_id"],
            "file_unique_id": asked["file_id"],
            "file_size": size,
            "file_path": f"files/{asked['file_id']}",
        }

    # How methods are carried out --------------------------------------------------------------------------------

    def _target(self, asked: dict[str, Any], *, charged: bool = True) -> int:
        """The chat a call goes to, known, open, and with room under the flood limits."""
        chat = int(asked["chat_id"])
        self._known(chat)
        if chat in self.migrated:
            raise Refused(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=self.migrated[chat],
            )
        if chat in self.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        if charged and self.limits:
            self.limits.charge(chat, time.monotonic())
        return chat

    def _known(self, chat: int) -> None:
        if chat not in self._chats and chat not in self.migrated.values():
            raise bad("chat not found")

    def _own(self, chat: int, asked: dict[str, Any], missing: str) -> Sent:
        number = int(asked["message_id"])
        if (chat, number) in self._inbound:
            raise bad("message can't be edited")
        message = self._by_id.get((chat, number))
        if message is None or message.deleted:
            raise bad(missing)
        return message

    def _take_file(self, method: str, name: str, asked: dict[str, Any]) -> dict[str, Any]:
        chat = self._target(asked)
        caption, entities = checked_text(
            asked.get("caption", ""),
            asked.get("caption_entities"),
            asked.get("parse_mode"),
            limit=CAPTION_LIMIT,
            may_be_empty=True,
        )
        file = asked[name]
        if isinstance(file, str) and file.startswith("attach://"):
            file = asked[file.removeprefix("attach://")]
        if not isinstance(file, tuple) or not file[1]:
            raise bad("file must be non-empty")
        return self._take(method, chat, asked, caption, entities, file=file)

    def _take(
        self,
        method: str,
        chat: int,
        asked: dict[str, Any],
        text: str,
        entities: list[dict[str, Any]],
        *,
        file: tuple[str, bytes] | None = None,
    ) -> dict[str, Any]:
        markup = asked.get("reply_markup")
        check_markup(markup or {})
        reply = asked.get("reply_parameters") or {}
        reply_to = reply.get("message_id")
        if reply_to is not None and not self._exists(chat, int(reply_to)):
            if not reply.get("allow_sending_without_reply"):
                raise bad("message to be replied not found")
            reply_to = None
        message = Sent(
            chat=chat,
            id=self._message_id(),
            method=method,
            versions=[Version(text=text, entities=entities, markup=markup, at=time.time())],
            reply_to=int(reply_to) if reply_to is not None else None,
            thread=int(asked["message_thread_id"]) if asked.get("message_thread_id") else None,
            file=file,
        )
        self.sent.append(message)
        self._by_id[chat, message.id] = message
        return self._told(chat, message.id)

    def _edit(self, asked: dict[str, Any], text: str | None, entities: list[dict[str, Any]]) -> dict[str, Any]:
        chat = self._target(asked)
        message = self._own(chat, asked, "message to edit not found")
        markup = asked.get("reply_markup")
        check_markup(markup or {})
        last = message.versions[-1]
        if text is None:
            text, entities = last.text, last.entities
        if (text, entities, markup) == (last.text, last.entities, last.markup):
            raise bad(
                "message is not modified: specified new message content and reply markup are exactly the same as a "
                "current content and reply markup of the message"
            )
        message.versions.append(Version(text=text, entities=entities, markup=markup, at=time.time()))
        return self._told(chat, message.id)

    def _exists(self, chat: int, number: int) -> bool:
        return (chat, number) in self._inbound or (chat, number) in self._by_id

    def _told(self, chat: int, number: int) -> dict[str, Any]:
        """A message as the Bot API tells it."""
        if (chat, number) in self._inbound:
            return {key: value for key, value in self._inbound[chat, number].items() if key != "reply_to_message"}
        message = self._by_id[chat, number]
        told: dict[str, Any] = {
            "message_id": number,
            "from": self.bot,
            "chat": self._chat(chat, ANA),
            "date": int(message.versions[0].at),
            "text": message.text,
        }
        if message.versions[-1].entities:
            told["entities"] = message.versions[-1].entities
        if "inline_keyboard" in message.markup:
            told["reply_markup"] = message.markup
        return told

    def _chat(self, chat: int, user: dict[str, Any]) -> dict[str, Any]:
        self._chats.add(chat)
        if chat > 0:
            return {"id": chat, "type": "private", "first_name": user.get("first_name", "")}
        return {"id": chat, "type": "supergroup", "title": "El grupo"}

    def _message_id(self) -> int:
        self._next_message += 1
        return self._next_message

    # The webhook ------------------------------------------------------------------------------------------------

    def _post(self, pending: _Pending) -> None:
        pending.posted = True
        task = asyncio.create_task(self._post_until_taken(pending.update))
        self._posting.add(task)
        task.add_done_callback(self._posting.discard)

    async def _post_until_taken(self, update: dict[str, Any]) -> None:
        assert self._session is not None
        while self.webhook:
            headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook["secret"]} if self.webhook["secret"] else {}
            try:
                async with self._posts, self._session.post(self.webhook["url"], json=update, headers=headers) as answer:
                    if answer.status == 200:
                        self._pending.pop(update["update_id"], None)
                        self.acknowledged.add(update["update_id"])
                        await self._tell()
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)


async def _parameters(request: web.BaseRequest) -> dict[str, Any]:
    """Query, form, multipart or JSON: the Bot API takes them all. Values that are JSON are read."""
    found: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        found.update(await request.json())
    elif request.body_exists:
        for key, value in (await request.post()).items():
            found[key] = (value.filename, value.file.read()) if isinstance(value, web.FileField) else value
    for key in ("entities", "caption_entities", "reply_markup", "reply_parameters", "commands", "scope", "reaction"):
        if isinstance(found.get(key), str):
            found[key] = json.loads(found[key])
    return found


def _refusal(refused: Refused) -> web.Response:
    body: dict[str, Any] = {"ok": False, "error_code": refused.code, "description": refused.description}
    if refused.parameters:
        body["parameters"] = refused.parameters
    return web.Response(status=refused.code, body=json.dumps(body).encode(), headers=_JSON)


def _drop(request: web.BaseRequest) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _main(port: int, *, limits: bool, drafts: bool) -> None:
    async with TelegramServer(limits=FloodLimits() if limits else None, has_drafts=drafts, port=port) as server:
        print(json.dumps({"url": server.url, "token": TOKEN}), flush=True)  # noqa: T201  its one line of output
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--limits", action="store_true", help="Telegram's flood limits")
    parser.add_argument("--no-drafts", action="store_true")
    arguments = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_main(arguments.port, limits=arguments.limits, drafts=not arguments.no_drafts))
