"""The gateway half of the local Discord: sessions over web sockets, compressed, identified, resumed.

Strict about tokens and intents, as Discord is (https://discord.com/developers/docs/events/gateway). Knows the world's
shapes; knows no REST.
"""

import asyncio
import json
import secrets
import zlib
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.fakes.discord_world import Json, World

MESSAGE_CONTENT = 1 << 15
PRIVILEGED = MESSAGE_CONTENT | 1 << 1 | 1 << 8
KNOWN = (1 << 26) - 1
# Which intent lets an event through: (in a server, in a direct chat).
NEEDED = {
    "MESSAGE_CREATE": (1 << 9, 1 << 12),
    "MESSAGE_UPDATE": (1 << 9, 1 << 12),
    "MESSAGE_DELETE": (1 << 9, 1 << 12),
    "MESSAGE_REACTION_ADD": (1 << 10, 1 << 13),
    "MESSAGE_REACTION_REMOVE": (1 << 10, 1 << 13),
    "THREAD_CREATE": (1 << 0, 1 << 0),
    "GUILD_CREATE": (1 << 0, 1 << 0),
}
HEARTBEAT_MS = 41250
REPLAYED = 1000  # events that a session can be told again
FLUSHED = b"\x00\x00\xff\xff"


@dataclass(eq=False)
class Session:
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    intents: int = 0
    seq: int = 0
    told: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=REPLAYED))
    socket: "Socket | None" = None


class Socket:
    """One web socket: what is sent on it leaves in order, compressed where the client asked for it."""

    def __init__(self, ws: web.WebSocketResponse, line: asyncio.Transport | None, *, compressed: bool) -> None:
        self.ws = ws
        self._line = line
        self._deflate = zlib.compressobj() if compressed else None
        self._queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._writer = asyncio.create_task(self._write())

    def send(self, text: str) -> None:
        self._queue.put_nowait(text)

    async def _write(self) -> None:
        while (text := await self._queue.get()) is not None:
            try:
                if self._deflate is None:
                    await self.ws.send_str(text)
                else:
                    data = self._deflate.compress(text.encode()) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
                    await self.ws.send_bytes(data)
            except (ConnectionError, RuntimeError):
                return

    def cut(self) -> None:
        if self._line is not None:
            self._line.abort()

    async def finish(self) -> None:
        self._queue.put_nowait(None)
        await self._writer


class Gateway:
    def __init__(self, world: World, *, token: str, content_allowed: bool) -> None:
        self.world = world
        self.token = token
        self.content_allowed = content_allowed  # the portal's switch "Message Content Intent"
        self.url = ""  # where sessions are resumed
        self.refuses = False  # connections are closed at once: the gateway is down
        self.identified = 0
        self.resumed = 0
        self.intents: list[int] = []  # asked for, by each IDENTIFY
        self.sessions: dict[str, Session] = {}

    @property
    def connected(self) -> bool:
        return any(session.socket for session in self.sessions.values())

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        if self.refuses:
            return web.Response(status=503)
        ws = web.WebSocketResponse(compress=False)
        await ws.prepare(request)
        socket = Socket(ws, request.transport, compressed=request.query.get("compress") == "zlib-stream")
        socket.send(json.dumps({"op": 10, "d": {"heartbeat_interval": HEARTBEAT_MS}}))
        session: Session | None = None
        try:
            async for frame in ws:
                if frame.type is not WSMsgType.TEXT:
                    continue
                payload = json.loads(frame.data)
                match payload["op"]:
                    case 1:
                        socket.send('{"op":11}')
                    case 2:
                        session = await self._identify(socket, payload["d"])
                    case 6:
                        session = await self._resume(socket, payload["d"])
                    case _:
                        pass  # presence and the like change nothing here
        finally:
            if session is not None and session.socket is socket:
                session.socket = None
            await socket.finish()
        return ws

    async def _identify(self, socket: Socket, asked: Json) -> Session | None:
        intents = int(asked["intents"])
        self.intents.append(intents)
        if asked["token"] != self.token:
            await socket.ws.close(code=4004, message=b"Authentication failed.")
            return None
        if intents & ~KNOWN:
            await socket.ws.close(code=4013, message=b"Invalid intent(s).")
            return None
        if intents & PRIVILEGED & ~(MESSAGE_CONTENT if self.content_allowed else 0):
            await socket.ws.close(code=4014, message=b"Disallowed intent(s).")
            return None
        self.identified += 1
        session = Session(intents=intents, socket=socket)
        self.sessions = {session.id: session}  # one shard: a new session ends the old one
        unavailable = [{"id": id_, "unavailable": True} for id_ in self.world.guilds]
        self._tell(
            session,
            "READY",
            {
                "v": 10,
                "user": self.world.me,
                "guilds": unavailable,
                "session_id": session.id,
                "resume_gateway_url": self.url,
                "application": {"id": self.world.application_id, "flags": 0},
            },
        )
        for guild in self.world.guilds.values() if intents & NEEDED["GUILD_CREATE"][0] else ():
            self._tell(session, "GUILD_CREATE", self.world.guild_payload(guild))
        return session

    async def _resume(self, socket: Socket, asked: Json) -> Session | None:
        session = self.sessions.get(asked["session_id"])
        missed = session and (session.seq == asked["seq"] or any(seq == asked["seq"] + 1 for seq, _ in session.told))
        if session is None or asked["token"] != self.token or not missed:
            socket.send('{"op":9,"d":false}')
            return None
        self.resumed += 1
        session.socket = socket
        for seq, text in list(session.told):
            if seq > asked["seq"]:
                socket.send(text)
        self._tell(session, "RESUMED", {})
        return session

    def tell(self, event: str, data: Json) -> None:
        """Say it to every session whose intents let it hear."""
        for session in self.sessions.values():
            in_server, in_direct = NEEDED.get(event, (0, 0))
            needed = in_server if "guild_id" in data else in_direct
            if needed and not session.intents & needed:
                continue
            self._tell(session, event, self._censored(session, data) if event.startswith("MESSAGE_CREATE") else data)

    def _censored(self, session: Session, data: Json) -> Json:
        # Without the privileged intent, a bot reads direct messages, its own, and those that mention it.
        me = self.world.me["id"]
        readable = (
            session.intents & MESSAGE_CONTENT
            or "guild_id" not in data
            or data["author"]["id"] == me
            or any(person["id"] == me for person in data["mentions"])
        )
        return data if readable else {**data, "content": "", "attachments": [], "components": [], "embeds": []}

    def _tell(self, session: Session, event: str, data: Any) -> None:
        session.seq += 1
        text = f'{{"op":0,"t":"{event}","s":{session.seq},"d":{json.dumps(data)}}}'
        session.told.append((session.seq, text))
        if session.socket is not None:
            session.socket.send(text)

    # Trouble -------------------------------------------------------------------------------------

    def drop(self, *, resumable: bool = True) -> None:
        """Cut every connection without a word."""
        for session in list(self.sessions.values()):
            if session.socket is not None:
                session.socket.cut()
                session.socket = None
        if not resumable:
            self.sessions.clear()

    def ask_to_reconnect(self) -> None:
        """What Discord does before it restarts a machine."""
        for session in self.sessions.values():
            if session.socket is not None:
                session.socket.send('{"op":7,"d":null}')

    async def close(self) -> None:
        for session in self.sessions.values():
            if session.socket is not None:
                await session.socket.ws.close(code=1001)
