"""A small, strict Discord on local sockets: REST and gateway, for the real discord.py to talk to.

Refuses what Discord refuses, with its status, code and headers; keeps a record of everything, so that lost and doubled
messages can be counted. `python -m tests.fakes.discord_server` runs it alone, with the actions below under `/control`.

Longer than a room should be because one wire protocol is easier to check against its documentation in one place.
"""

import argparse
import asyncio
import json
import re
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.discord_gateway import Gateway
from tests.fakes.discord_world import DM, EPHEMERAL, THREADS, Json, World, snowflake, stamp

API = "/api/v10"
TOKEN = "MTIzNDU2Nzg5.local.discord"
CONTENT_SWITCH = 1 << 19  # application flag: message content, in fewer than 100 servers
ACKNOWLEDGE = 3.0  # seconds for the first response to an interaction
TOKEN_LASTS = 15 * 60.0
NAME = re.compile(r"^[-_\w]{1,32}$")
CHOSEN = {"POST": "messages", "PATCH": "edits"}


@dataclass(frozen=True)
class Limits:
    """Discord's flood limits; all off by default."""

    per_channel: bool = False  # 5 messages and 5 edits in 5 seconds, each, in one channel
    in_all: int = 0  # requests in a second; Discord's is 50; 0: no limit
    channel_requests: int = 5
    channel_seconds: float = 5.0


@dataclass
class Fault:
    """What goes wrong with the next `times` requests that `matches` (method, path) picks.

    `how`: "before" (the line is cut and nothing was done), "after" (done, and the line is cut before the answer), a
    status such as 502, "page" (a proxy's 403, in HTML), or seconds of silence before the answer.
    """

    matches: Callable[[str, str], bool]
    how: str | int | float
    times: int = 1


@dataclass(frozen=True)
class Call:
    at: float
    method: str
    path: str
    status: int


@dataclass
class Waiting:
    """An interaction, and what became of it."""

    id: str
    token: str
    payload: Json
    made: float
    response: int = 0  # type of the first response; 0: none yet
    answered_after: float = 0.0
    failed: bool = False  # nobody acknowledged it: "The application did not respond"
    ephemeral: bool = False
    thinking: bool = False
    modal: Json | None = None
    original: str | None = None  # message id
    messages: list[Json] = field(default_factory=list)


class Refusal(Exception):
    def __init__(self, status: int, code: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"message": message, "code": code, **more}


def invalid(field_: str, reason: str) -> Refusal:
    errors = {field_: {"_errors": [{"code": "INVALID", "message": reason}]}}
    return Refusal(400, 50035, "Invalid Form Body", errors=errors)


class DiscordServer:
    """`world` is what exists; `calls`, `versions`, `pinged` and `waiting` are what the bot did."""

    def __init__(self, *, token: str = TOKEN, limits: Limits | None = None, content_allowed: bool = True) -> None:
        self.token = token
        self.limits = limits or Limits()
        self.world = World()
        self.gateway = Gateway(self.world, token=token, content_allowed=content_allowed)
        self.faults: list[Fault] = []
        self.calls: list[Call] = []
        self.versions: dict[str, list[tuple[float, str]]] = {}  # every text a message of the bot ever had
        self.pinged: list[str] = []  # users whom a message of the bot notified
        self.typings: list[tuple[float, str]] = []
        self.commands: list[Json] = []
        self.syncs = 0
        self.uploads: dict[str, bytes] = {}  # files that the bot sent, by name
        self.refused = 0  # answers 429
        self.waiting: dict[str, Waiting] = {}
        self._nonces: dict[tuple[str, str], str] = {}
        self._windows: dict[str, tuple[float, int]] = {}
        self._recent: deque[float] = deque()
        self._changed = asyncio.Event()
        self._runner: web.ServerRunner | None = None
        self.base = ""

    # Life ----------------------------------------------------------------------------------------

    @classmethod
    @asynccontextmanager
    async def open(cls, *, port: int = 0, **options: Any) -> AsyncIterator["DiscordServer"]:
        server = cls(**options)
        await server.start(port)
        try:
            yield server
        finally:
            await server.close()

    async def start(self, port: int = 0) -> None:
        self._runner = web.ServerRunner(web.Server(self._serve, access_log=None), shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port, reuse_address=True)
        await site.start()
        bound = self._runner.addresses[0][1]
        self.base = f"http://127.0.0.1:{bound}"
        self.gateway.url = f"ws://127.0.0.1:{bound}/gateway"

    async def close(self) -> None:
        await self.gateway.close()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def api_base_url(self) -> str:
        return self.base + API

    @property
    def gateway_url(self) -> str:
        return self.gateway.url

    async def wait_for(self, happened: Callable[[], Any], *, within: float = 5.0) -> None:
        """Until `happened()` is true; looked at after every request and event."""
        deadline = time.monotonic() + within
        while not happened():
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("It did not happen in time.")
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), min(left, 0.05))
            except TimeoutError:
                continue

    # What people do ------------------------------------------------------------------------------

    def inject(self, channel: Json, author: Json, content: str, **more: Any) -> Json:
        """Somebody writes. `reply_to` is a message id; every other keyword is a field of the message."""
        if reply_to := more.pop("reply_to", None):
            more = {**self.world.quoting(channel["id"], reply_to), **more}
        message = self.world.write(channel["id"], author, content, **more)
        original = message.get("referenced_message")
        if original and original["author"] not in message["mentions"]:
            message["mentions"].append(original["author"])  # a reply notifies
        self.tell("MESSAGE_CREATE", self.world.as_told(message))
        return message

    def tell(self, event: str, data: Json) -> None:
        self.gateway.tell(event, data)
        self._changed.set()

    def remove(self, message: Json | str) -> None:
        """Somebody deletes a message."""
        id_ = message if isinstance(message, str) else message["id"]
        for channel_id, messages in self.world.messages.items():
            if messages.pop(id_, None):
                self.tell("MESSAGE_DELETE", {"id": id_, "channel_id": channel_id, **self._guild(channel_id)})

    def react(self, message_id: str, user: Json, emoji: str, *, added: bool = True) -> None:
        channel_id = next(id_ for id_, messages in self.world.messages.items() if message_id in messages)
        data: Json = {
            "user_id": user["id"],
            "channel_id": channel_id,
            "message_id": message_id,
            "emoji": {"id": None, "name": emoji},
            "type": 0,
            "burst": False,
            **self._guild(channel_id),
        }
        if added:
            data["message_author_id"] = self.world.messages[channel_id][message_id]["author"]["id"]
            if "guild_id" in data:
                data["member"] = self.world.guilds[data["guild_id"]].members[user["id"]]
        self.tell("MESSAGE_REACTION_ADD" if added else "MESSAGE_REACTION_REMOVE", data)

    def command(
        self, channel: Json, user: Json, name: str, text: str | None = None, *, locale: str = "es-ES"
    ) -> Waiting:
        """Somebody gives one of the bot's commands; refused, as in the client, if it was never registered."""
        known = next(command for command in self.commands if command["name"] == name)
        options = [{"name": "text", "type": 3, "value": text}] if text is not None else []
        data = {"id": known["id"], "name": name, "type": 1, "options": options}
        return self._interact(2, channel, user, data, locale=locale)

    def press(self, channel: Json, user: Json, message: Json, custom_id: str, *, locale: str = "es-ES") -> Waiting:
        """Somebody presses a button that the message has."""
        shown = [button for row in message["components"] for button in row["components"]]
        if custom_id not in {button["custom_id"] for button in shown}:
            raise AssertionError(f"There is no button {custom_id} under the message.")
        data = {"custom_id": custom_id, "component_type": 2}
        return self._interact(3, channel, user, data, locale=locale, message=message)

    def submit(self, channel: Json, user: Json, form: Waiting, text: str, *, locale: str = "es-ES") -> Waiting:
        """Somebody fills in the form that an interaction was answered with."""
        assert form.modal is not None, "No form was opened."
        fields = []
        for part in form.modal["components"]:
            inner = part.get("component") or part["components"][0]
            filled = {"type": 4, "custom_id": inner["custom_id"], "value": text}
            fields.append(
                {"type": 18, "component": filled} if "component" in part else {"type": 1, "components": [filled]}
            )
        data = {"custom_id": form.modal["custom_id"], "components": fields}
        return self._interact(5, channel, user, data, locale=locale, message=form.payload["message"])

    def _interact(self, type_: int, channel: Json, user: Json, data: Json, *, locale: str, **more: Any) -> Waiting:
        payload: Json = {
            "id": snowflake(),
            "application_id": self.world.application_id,
            "type": type_,
            "data": data,
            "channel_id": channel["id"],
            "channel": channel,
            "token": secrets.token_urlsafe(24),
            "version": 1,
            "locale": locale,
            "entitlements": [],
            "attachment_size_limit": 10485760,
            "app_permissions": "0",
            **more,
        }
        if "guild_id" in channel:
            guild = self.world.guilds[channel["guild_id"]]
            member = {**guild.members[user["id"]], "permissions": str(self.world.permissions(guild, user["id"]))}
            payload |= {"guild_id": guild.id, "member": member, "guild_locale": "es-ES", "context": 0}
        else:
            payload |= {"user": user, "context": 1}
        waiting = Waiting(id=payload["id"], token=payload["token"], payload=payload, made=time.monotonic())
        self.waiting[waiting.id] = waiting
        asyncio.get_running_loop().call_later(ACKNOWLEDGE, self._expire, waiting)
        self.tell("INTERACTION_CREATE", payload)
        return waiting

    def _expire(self, waiting: Waiting) -> None:
        waiting.failed = not waiting.response
        self._changed.set()

    # What the bot did ----------------------------------------------------------------------------

    def mine(self, channel: Json | str) -> list[Json]:
        """The bot's messages that stand in a channel, oldest first; not those that one person alone sees."""
        id_ = channel if isinstance(channel, str) else channel["id"]
        me = self.world.me["id"]
        return [message for message in self.world.messages[id_].values() if message["author"]["id"] == me]

    def texts(self, channel: Json | str) -> list[str]:
        return [message["content"] for message in self.mine(channel)]

    def count(self, method: str, part: str = "") -> int:
        return sum(call.method == method and part in call.path for call in self.calls)

    # Requests ------------------------------------------------------------------------------------

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        if path == "/gateway":
            return await self.gateway.serve(request)
        if path.startswith("/attachments/"):
            content, mime = self.world.files.get(path, (b"", ""))
            status, headers = (200, {"Content-Type": mime}) if mime else (404, {})
            return web.Response(status=status, body=content, headers=headers)
        if path.startswith("/control/"):
            return _answer(200, await self._control(path.removeprefix("/control/"), await request.json()))
        method, path = request.method, path.removeprefix(API)
        body = await self._body(request)
        fault = self._fault(method, path)
        if fault is not None and fault.how == "before":
            return self._cut(request)
        if fault is not None and isinstance(fault.how, float):
            await asyncio.sleep(fault.how)
        if fault is not None and fault.how == "page":
            response = web.Response(status=403, text="<html>blocked</html>", content_type="text/html")
        elif fault is not None and isinstance(fault.how, int):
            response = _answer(fault.how, {"message": "trouble", "code": 0})
        else:
            response = self._limited(method, path) or self._do(request, method, path, body)
        self.calls.append(Call(at=time.monotonic(), method=method, path=path, status=response.status))
        self._changed.set()
        if fault is not None and fault.how == "after":
            return self._cut(request)
        return response

    async def _body(self, request: web.BaseRequest) -> Any:
        if not request.can_read_body:
            return {}
        if request.content_type == "multipart/form-data":
            form = await request.post()
            files = [part for part in form.values() if isinstance(part, web.FileField)]
            self.uploads |= {file.filename: file.file.read() for file in files}
            return json.loads(str(form["payload_json"]))
        raw = await request.read()
        return json.loads(raw) if raw else {}

    def _fault(self, method: str, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.times > 0 and fault.matches(method, path):
                fault.times -= 1
                return fault
        return None

    @staticmethod
    def _cut(request: web.BaseRequest) -> web.Response:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)

    def _limited(self, method: str, path: str) -> web.Response | None:
        if path.startswith(("/interactions/", "/webhooks/")):
            return None
        now = time.monotonic()
        if self.limits.in_all:
            while self._recent and now - self._recent[0] >= 1.0:
                self._recent.popleft()
            if len(self._recent) >= self.limits.in_all:
                return self._too_many(1.0 - (now - self._recent[0]), everywhere=True)
            self._recent.append(now)
        bucket = self._bucket(method, path)
        if bucket is None:
            return None
        began, used = self._windows.get(bucket, (now, 0))
        if now - began >= self.limits.channel_seconds:
            began, used = now, 0
        if used >= self.limits.channel_requests:
            return self._too_many(began + self.limits.channel_seconds - now, headers=self._room(bucket, method, now))
        self._windows[bucket] = (began, used + 1)
        return None

    def _bucket(self, method: str, path: str) -> str | None:
        parts = path.split("/")
        if not self.limits.per_channel or len(parts) < 4 or parts[1] != "channels" or parts[3] != "messages":
            return None
        return f"{method}:{parts[2]}" if method in CHOSEN else None

    def _room(self, bucket: str, method: str, now: float) -> dict[str, str]:
        began, used = self._windows[bucket]
        left = max(0.0, began + self.limits.channel_seconds - now)
        return {
            "X-RateLimit-Limit": str(self.limits.channel_requests),
            "X-RateLimit-Remaining": str(max(0, self.limits.channel_requests - used)),
            "X-RateLimit-Reset": f"{time.time() + left:.3f}",
            "X-RateLimit-Reset-After": f"{left:.3f}",
            "X-RateLimit-Bucket": CHOSEN[method],
        }

    def _too_many(
        self, after: float, *, everywhere: bool = False, headers: dict[str, str] | None = None
    ) -> web.Response:
        self.refused += 1
        after = max(0.01, round(after, 3))
        body = {"message": "You are being rate limited.", "retry_after": after, "global": everywhere}
        more = {"Via": "1.1 google", "Retry-After": str(int(after) + 1), **(headers or {})}
        more["X-RateLimit-Scope"] = "global" if everywhere else "user"
        if everywhere:
            more["X-RateLimit-Global"] = "true"
        return _answer(429, body, more)

    def _do(self, request: web.BaseRequest, method: str, path: str, body: Json) -> web.Response:
        parts = path.strip("/").split("/")
        try:
            if (
                parts[0] not in {"interactions", "webhooks"}
                and request.headers.get("Authorization") != f"Bot {self.token}"
            ):
                raise Refusal(401, 0, "401: Unauthorized")
            answer = self._route(method, parts, body, dict(request.query))
        except Refusal as refusal:
            return _answer(refusal.status, refusal.body)
        bucket = self._bucket(method, path)
        headers = self._room(bucket, method, time.monotonic()) if bucket else None
        return web.Response(status=204, headers=headers) if answer is None else _answer(200, answer, headers)

    def _route(self, method: str, parts: list[str], body: Json, query: dict[str, str]) -> Any:
        match [method, *parts]:
            case ["POST", "channels", channel, "messages"]:
                return self._post(channel, body)
            case ["PATCH", "channels", channel, "messages", message]:
                return self._edit(self._mine(channel, message), body)
            case ["POST", "channels", channel, "typing"]:
                self._open_channel(channel)
                self.typings.append((time.monotonic(), channel))
                return None
            case ["POST", "interactions", id_, token, "callback"]:
                return self._respond(id_, token, body)
            case [_, "webhooks", _, token, *rest]:
                return self._webhook(method, token, rest, body)
            case ["GET", "channels", channel, "messages"]:
                return self._history(channel, query)
            case ["GET", "channels", channel, "messages", message]:
                return self._message(channel, message)
            case ["DELETE", "channels", channel, "messages", message]:
                self.remove(self._mine(channel, message))
                return None
            case ["GET", "channels", channel]:
                return self._open_channel(channel)
            case ["GET", "users", "@me"]:
                return self.world.me
            case ["POST", "users", "@me", "channels"]:
                return self.world.open_dm(self.world.users[str(body["recipient_id"])])
            case ["GET", "oauth2", "applications", "@me"] | ["GET", "applications", "@me"]:
                return self.world.application(CONTENT_SWITCH if self.gateway.content_allowed else 0)
            case ["GET", "gateway", "bot"]:
                start = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
                return {"url": self.gateway.url, "shards": 1, "session_start_limit": start}
            case ["GET", "guilds", guild, "members", user] if guild in self.world.guilds:
                member = self.world.guilds[guild].members.get(user)
                if member is None:
                    raise Refusal(404, 10007, "Unknown Member")
                return member
            case ["PUT", "applications", _, "commands"]:
                return self._sync(body)
        raise Refusal(404, 0, "404: Not Found")

    # Channels ------------------------------------------------------------------------------------

    def _guild(self, channel_id: str) -> Json:
        guild_id = self.world.channels[channel_id].get("guild_id")
        return {"guild_id": guild_id} if guild_id else {}

    def _open_channel(self, channel_id: str) -> Json:
        channel = self.world.channels.get(channel_id)
        if channel is None:
            raise Refusal(404, 10003, "Unknown Channel")
        if channel_id in self.world.banned_from:
            raise Refusal(403, 50001, "Missing Access")
        return channel

    def _message(self, channel_id: str, message_id: str) -> Json:
        self._open_channel(channel_id)
        message = self.world.messages[channel_id].get(message_id)
        if message is None:
            raise Refusal(404, 10008, "Unknown Message")
        return message

    def _mine(self, channel_id: str, message_id: str) -> Json:
        message = self._message(channel_id, message_id)
        if message["author"]["id"] != self.world.me["id"]:
            raise Refusal(403, 50005, "Cannot edit a message authored by another user")
        return message

    def _history(self, channel_id: str, query: dict[str, str]) -> list[Json]:
        self._open_channel(channel_id)
        after, before = int(query.get("after", 0)), int(query.get("before", 1 << 63))
        limit = int(query.get("limit", 50))
        if not 1 <= limit <= 100:
            raise invalid("limit", "int value should be between 1 and 100.")
        found = [message for id_, message in self.world.messages[channel_id].items() if after < int(id_) < before]
        return list(reversed(found[:limit] if "after" in query else found[-limit:]))

    def _post(self, channel_id: str, body: Json) -> Json:
        channel = self._open_channel(channel_id)
        if channel_id in self.world.closed:
            raise Refusal(403, 50007, "Cannot send messages to this user")
        if channel["type"] not in {0, DM} | THREADS:
            raise Refusal(400, 50008, "Cannot send messages in a non-text channel")
        nonce = body.get("nonce")
        if nonce is not None and len(str(nonce)) > 25:
            raise invalid("nonce", "Must be 25 or fewer in length.")
        key = (channel_id, str(nonce))
        if nonce is not None and body.get("enforce_nonce") and key in self._nonces:
            return self._message(channel_id, self._nonces[key])
        self._check(body, new=True)
        more = self._reference(channel_id, body)
        message = self._write(channel_id, body, **more)
        if nonce is not None:
            self._nonces[key] = message["id"]
            message = {**message, "nonce": nonce}
        return message

    def _write(self, channel_id: str, body: Json, **more: Any) -> Json:
        flags = int(body.get("flags") or 0)
        attachments = [{**file, "size": 0, "url": "", "proxy_url": ""} for file in body.get("attachments", [])]
        content = body.get("content") or ""
        message: Json
        if flags & EPHEMERAL:  # one person alone sees it: it is in nobody's history
            message = {
                "id": snowflake(),
                "channel_id": channel_id,
                "author": self.world.me,
                "content": content,
                "timestamp": stamp(),
                "edited_timestamp": None,
                "mentions": [],
                "mention_roles": [],
                "attachments": attachments,
                "embeds": [],
                "type": 0,
                "flags": flags,
                "components": body.get("components") or [],
            }
        else:
            components = body.get("components") or []
            fields = {"attachments": attachments, "components": components, **more}
            message = self.world.write(channel_id, self.world.me, content, **fields)
            self._ping(message, body)
            self.tell("MESSAGE_CREATE", self.world.as_told(message))
        self.versions[message["id"]] = [(time.monotonic(), content)]
        return message

    def _ping(self, message: Json, body: Json) -> None:
        allowed = body.get("allowed_mentions")
        everybody = allowed is None or "everyone" in allowed.get("parse", [])
        if everybody and ("@everyone" in message["content"] or "@here" in message["content"]):
            self.pinged.append("@everyone")
        for person in message["mentions"]:
            by_name = allowed is None or "users" in allowed.get("parse", []) or person["id"] in _ids(allowed, "users")
            if by_name:
                self.pinged.append(person["id"])

    def _edit(self, message: Json, body: Json) -> Json:
        self._check({**message, **body}, new=False)
        for key in ("content", "components"):
            if key in body:
                message[key] = body[key] or ([] if key == "components" else "")
        if "attachments" in body:
            message["attachments"] = [{"size": 0, "url": "", "proxy_url": "", **file} for file in body["attachments"]]
        message["edited_timestamp"] = stamp()
        if "content" in body:
            self.versions.setdefault(message["id"], []).append((time.monotonic(), message["content"]))
        if not message["flags"] & EPHEMERAL:
            self.tell("MESSAGE_UPDATE", self.world.as_told(message))
        return message

    def _check(self, body: Json, *, new: bool) -> None:
        content = body.get("content") or ""
        if len(content) > 2000:
            raise invalid("content", "Must be 2000 or fewer in length.")
        if not content.strip() and not body.get("attachments") and not body.get("embeds"):
            raise Refusal(400, 50006, "Cannot send an empty message")
        rows = body.get("components") or []
        if len(rows) > 5:
            raise invalid("components", "Must be between 1 and 5 in length.")
        ids = []
        for row in rows:
            if row["type"] != 1 or not 1 <= len(row["components"]) <= 5:
                raise invalid("components", "Must be between 1 and 5 in length.")
            for button in row["components"]:
                if len(button.get("label") or "") > 80 or not (button.get("label") or button.get("emoji")):
                    raise invalid("label", "Must be between 1 and 80 in length.")
                if not 1 <= len(button["custom_id"]) <= 100:
                    raise invalid("custom_id", "Must be between 1 and 100 in length.")
                ids.append(button["custom_id"])
        if len(ids) != len(set(ids)):
            raise invalid("custom_id", "Component custom id cannot be duplicated")

    def _reference(self, channel_id: str, body: Json) -> Json:
        reference = body.get("message_reference")
        if not reference:
            return {}
        if str(reference["message_id"]) not in self.world.messages[channel_id]:
            if reference.get("fail_if_not_exists", True):
                raise invalid("message_reference", "Unknown message")
            return {}
        return self.world.quoting(channel_id, str(reference["message_id"]))

    # Interactions --------------------------------------------------------------------------------

    def _respond(self, id_: str, token: str, body: Json) -> Json:
        waiting = self.waiting.get(id_)
        if waiting is None or waiting.token != token or waiting.failed:
            raise Refusal(404, 10062, "Unknown interaction")
        if waiting.response:
            raise Refusal(400, 40060, "Interaction has already been acknowledged.")
        data = body.get("data") or {}
        type_ = waiting.payload["type"]
        allowed = {2: {4, 5, 9}, 3: {4, 5, 6, 7, 9}, 5: {4, 5, 6, 7}}[type_]
        if body["type"] not in allowed:
            raise invalid("type", "Interaction response type is not allowed here.")
        if body["type"] == 9:
            self._check_form(data)
            waiting.modal = data
        if body["type"] == 4:
            self._check(data, new=True)
        waiting.response = body["type"]
        waiting.answered_after = time.monotonic() - waiting.made
        waiting.ephemeral = bool(int(data.get("flags") or 0) & EPHEMERAL)
        waiting.thinking = body["type"] == 5
        if body["type"] == 4:
            waiting.original = self._say(waiting, data)["id"]
        answer: Json = {
            "interaction": {
                "id": id_,
                "type": type_,
                "response_message_loading": waiting.thinking,
                "response_message_ephemeral": waiting.ephemeral,
            }
        }
        if waiting.original:
            answer["interaction"]["response_message_id"] = waiting.original
            answer["resource"] = {"type": 4, "message": waiting.messages[0]}
        return answer

    @staticmethod
    def _check_form(form: Json) -> None:
        if not 1 <= len(form["title"]) <= 45 or not 1 <= len(form["custom_id"]) <= 100:
            raise invalid("title", "Must be between 1 and 45 in length.")
        for part in form["components"]:
            inner = part.get("component") or part["components"][0]
            label = part.get("label") or inner.get("label") or ""
            if not 1 <= len(label) <= 45 or len(inner.get("placeholder") or "") > 100:
                raise invalid("label", "Must be between 1 and 45 in length.")

    def _say(self, waiting: Waiting, body: Json) -> Json:
        flags = int(body.get("flags") or 0)
        channel_id = waiting.payload["channel_id"]
        message = self._write(channel_id, {**body, "flags": flags}, webhook_id=self.world.application_id)
        waiting.messages.append(message)
        return message

    def _webhook(self, method: str, token: str, rest: list[str], body: Json) -> Any:
        waiting = next((each for each in self.waiting.values() if each.token == token), None)
        if waiting is None or time.monotonic() - waiting.made > TOKEN_LASTS:
            raise Refusal(401, 50027, "Invalid Webhook Token")
        if not waiting.response:
            raise Refusal(404, 10015, "Unknown Webhook")
        if method == "POST" and not rest:
            self._check(body, new=True)
            if waiting.thinking:  # the first follow-up takes the place of "thinking…", seen by whoever saw that
                return self._think(waiting, body)
            return self._say(waiting, body)
        id_ = rest[1] if len(rest) == 2 and rest[0] == "messages" else ""
        if id_ == "@original" and waiting.thinking:
            if method == "DELETE":
                waiting.thinking = False
                return None
            self._check(body, new=True)
            return self._think(waiting, body)
        id_ = (waiting.original or "") if id_ == "@original" else id_
        message = next((each for each in waiting.messages if each["id"] == id_), None)
        if message is None or (not message["flags"] & EPHEMERAL and id_ not in self._standing(waiting)):
            raise Refusal(404, 10008, "Unknown Message")
        if method == "DELETE":
            waiting.messages.remove(message)
            self.remove(message)
            return None
        return self._edit(message, body) if method == "PATCH" else message

    def _think(self, waiting: Waiting, body: Json) -> Json:
        waiting.thinking = False
        message = self._say(waiting, {**body, "flags": EPHEMERAL if waiting.ephemeral else 0})
        waiting.original = message["id"]
        return message

    def _standing(self, waiting: Waiting) -> dict[str, Json]:
        return self.world.messages[waiting.payload["channel_id"]]

    def _sync(self, commands: Any) -> list[Json]:
        names = [command["name"] for command in commands]
        if len(names) != len(set(names)) or len(names) > 100:
            raise invalid("name", "Application command names must be unique")
        for command in commands:
            described = [command["description"], *(command.get("description_localizations") or {}).values()]
            described += [option["description"] for option in command.get("options", [])]
            if not NAME.match(command["name"]) or command["name"] != command["name"].lower():
                raise invalid("name", "Command name is invalid")
            if not all(1 <= len(text) <= 100 for text in described):
                raise invalid("description", "Must be between 1 and 100 in length.")
        app = self.world.application_id
        self.syncs += 1
        self.commands = [
            {**each, "id": snowflake(), "application_id": app, "version": snowflake()} for each in commands
        ]
        return self.commands

    # Alone in its process ------------------------------------------------------------------------

    async def _control(self, action: str, asked: Json) -> Any:
        """What a program in another process may do: the actions by name, with ids instead of objects."""
        world = self.world
        match action:
            case "open_dm":
                return world.open_dm(world.add_user(asked["name"]))
            case "inject":
                channel = world.channels[asked["channel"]]
                return self.inject(channel, world.users[asked["author"]], asked["content"])
            case "record":
                return {
                    "channels": {id_: self.texts(id_) for id_ in world.channels},
                    "versions": self.versions,
                    "calls": len(self.calls),
                    "refused": self.refused,
                    "now": time.monotonic(),
                }
        return {"error": f"no action {action}"}


def _ids(allowed: Json, kind: str) -> set[str]:
    return {str(id_) for id_ in allowed.get(kind, [])}


def _answer(status: int, body: Any, headers: dict[str, str] | None = None) -> web.Response:
    # discord.py reads JSON only under exactly this type; aiohttp would add the charset.
    content = json.dumps(body).encode()
    return web.Response(status=status, body=content, headers={"Content-Type": "application/json", **(headers or {})})


async def main() -> None:
    parser = argparse.ArgumentParser(description="A local Discord for the real discord.py.")
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--limits", action="store_true", help="5 messages in 5 s a channel, 50 requests/s in all")
    asked = parser.parse_args()
    limits = Limits(per_channel=True, in_all=50) if asked.limits else Limits()
    async with DiscordServer.open(port=asked.port, token=asked.token, limits=limits) as server:
        print(json.dumps({"api_base_url": server.api_base_url, "gateway_url": server.gateway_url}), flush=True)  # noqa: T201
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
