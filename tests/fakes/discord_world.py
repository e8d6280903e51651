"""A small Discord's people, places and messages, in the shapes that Discord's API v10 gives them.

Everything is kept as the JSON that goes over the wire. Knows no socket: see `discord_server`.
"""

import itertools
import time
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

EPOCH_MS = 1420070400000  # Discord's ids count from 2015
DM, TEXT, PUBLIC_THREAD, PRIVATE_THREAD, FORUM = 1, 0, 11, 12, 15
THREADS = {PUBLIC_THREAD, PRIVATE_THREAD}
EPHEMERAL = 64
MANAGE_GUILD, ADMINISTRATOR = 1 << 5, 1 << 3
EVERYDAY = 1 << 10 | 1 << 11 | 1 << 16  # see, write, read history

_numbers = itertools.count()


def snowflake() -> str:
    """A new id that says when it was made, as Discord's do."""
    return str((int(time.time() * 1000) - EPOCH_MS) << 22 | next(_numbers) & 0x3FFFFF)


def stamp() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000000+00:00", time.gmtime())


@dataclass
class Guild:
    id: str
    name: str
    owner_id: str
    roles: list[Json]
    members: dict[str, Json] = field(default_factory=dict)


class World:
    """Made by the tests, shown by the server. Ids are strings of digits throughout."""

    def __init__(self) -> None:
        self.application_id = snowflake()
        self.me = self.add_user("Martín", bot=True, id_=self.application_id)
        self.guilds: dict[str, Guild] = {}
        self.channels: dict[str, Json] = {}
        self.messages: dict[str, dict[str, Json]] = {}  # by channel, then by id, oldest first
        self.direct: dict[str, str] = {}  # user to channel
        self.closed: set[str] = set()  # direct channels of people who take no messages
        self.banned_from: set[str] = set()  # channels the bot may no longer see
        self.files: dict[str, tuple[bytes, str]] = {}  # path to content and type

    def add_user(self, name: str, *, bot: bool = False, id_: str | None = None) -> Json:
        user = {
            "id": id_ or snowflake(),
            "username": name.lower(),
            "global_name": name,
            "discriminator": "0",
            "avatar": None,
            "bot": bot,
        }
        self.users = getattr(self, "users", {})
        self.users[user["id"]] = user
        return user

    def add_guild(self, name: str = "Taller") -> Guild:
        """A server with the bot in it, and the role that Discord gives each bot."""
        id_ = snowflake()
        mine = snowflake()
        roles = [
            _role(id_, "@everyone", EVERYDAY),
            {**_role(mine, "Martín", EVERYDAY), "managed": True, "tags": {"bot_id": self.me["id"]}},
        ]
        guild = self.guilds[id_] = Guild(id=id_, name=name, owner_id=snowflake(), roles=roles)
        self.join(guild, self.me, roles=(mine,))
        return guild

    def add_role(self, guild: Guild, name: str, *, permissions: int = EVERYDAY) -> str:
        role = _role(snowflake(), name, permissions)
        guild.roles.append(role)
        return str(role["id"])

    def join(self, guild: Guild, user: Json, *, roles: tuple[str, ...] = (), nick: str | None = None) -> None:
        guild.members[user["id"]] = {
            "user": user,
            "nick": nick,
            "roles": list(roles),
            "joined_at": stamp(),
            "deaf": False,
            "mute": False,
            "flags": 0,
        }

    def add_channel(self, guild: Guild, name: str = "general", *, type_: int = TEXT) -> Json:
        return self._add_channel(
            {
                "id": snowflake(),
                "type": type_,
                "guild_id": guild.id,
                "name": name,
                "position": len(self.channels),
                "permission_overwrites": [],
                "last_message_id": None,
                **({"available_tags": [], "default_reaction_emoji": None} if type_ == FORUM else {}),
            }
        )

    def add_thread(self, parent: Json, name: str = "hilo", *, private: bool = False, archived: bool = False) -> Json:
        return self._add_channel(
            {
                "id": snowflake(),
                "type": PRIVATE_THREAD if private else PUBLIC_THREAD,
                "guild_id": parent["guild_id"],
                "parent_id": parent["id"],
                "owner_id": self.me["id"],
                "name": name,
                "last_message_id": None,
                "message_count": 0,
                "member_count": 1,
                "thread_metadata": {"archived": archived, "auto_archive_duration": 1440, "archive_timestamp": stamp()},
            }
        )

    def open_dm(self, user: Json) -> Json:
        if user["id"] in self.direct:
            return self.channels[self.direct[user["id"]]]
        channel = self._add_channel({"id": snowflake(), "type": DM, "recipients": [user], "last_message_id": None})
        self.direct[user["id"]] = channel["id"]
        return channel

    def _add_channel(self, channel: Json) -> Json:
        self.channels[channel["id"]] = channel
        self.messages[channel["id"]] = {}
        return channel

    def add_file(self, name: str, content: bytes, mime: str, *, base: str, claimed: int | None = None) -> Json:
        """An attachment, downloadable under `base`. `claimed` is what Discord says of its size."""
        id_ = snowflake()
        path = f"/attachments/{id_}/{name}"
        self.files[path] = (content, mime)
        return {
            "id": id_,
            "filename": name,
            "content_type": mime,
            "size": len(content) if claimed is None else claimed,
            "url": f"{base}{path}",
            "proxy_url": f"{base}{path}",
        }

    # Messages ------------------------------------------------------------------------------------

    def write(self, channel_id: str, author: Json, content: str, **more: Any) -> Json:
        """Keep a message. `more` overrides or adds fields of the payload."""
        channel = self.channels[channel_id]
        message: Json = {
            "id": snowflake(),
            "channel_id": channel_id,
            "author": author,
            "content": content,
            "timestamp": stamp(),
            "edited_timestamp": None,
            "tts": False,
            "mention_everyone": False,
            "mentions": [self.users[id_] for id_ in _mentioned(content) if id_ in self.users],
            "mention_roles": _mentioned_roles(content),
            "attachments": [],
            "embeds": [],
            "pinned": False,
            "type": 0,
            "flags": 0,
            "components": [],
            **more,
        }
        channel["last_message_id"] = message["id"]
        self.messages[channel_id][message["id"]] = message
        return message

    def quoting(self, channel_id: str, message_id: str) -> Json:
        """The fields of a reply: the reference, and the message as it is now (null: deleted)."""
        original = self.messages[channel_id].get(message_id)
        reference = {"type": 0, "message_id": message_id, "channel_id": channel_id}
        return {"type": 19, "message_reference": reference, "referenced_message": original}

    def as_told(self, message: Json) -> Json:
        """The message as the gateway tells it: with its server and its author's membership."""
        channel = self.channels[message["channel_id"]]
        guild_id = channel.get("guild_id")
        if guild_id is None:
            return message
        told = {**message, "guild_id": guild_id}
        member = self.guilds[guild_id].members.get(message["author"]["id"])
        if member and "webhook_id" not in message:
            told["member"] = {key: value for key, value in member.items() if key != "user"}
        return told

    # Shapes --------------------------------------------------------------------------------------

    def guild_payload(self, guild: Guild) -> Json:
        inside = [channel for channel in self.channels.values() if channel.get("guild_id") == guild.id]
        active = [thread for thread in inside if thread["type"] in THREADS]
        return {
            "id": guild.id,
            "name": guild.name,
            "owner_id": guild.owner_id,
            "roles": guild.roles,
            "members": [guild.members[self.me["id"]]],
            "member_count": len(guild.members),
            "channels": [channel for channel in inside if channel["type"] not in THREADS],
            "threads": [thread for thread in active if not thread["thread_metadata"]["archived"]],
            "emojis": [],
            "stickers": [],
            "features": [],
            "preferred_locale": "es-ES",
            "unavailable": False,
            "large": False,
        }

    def permissions(self, guild: Guild, user_id: str) -> int:
        if user_id == guild.owner_id:
            return ADMINISTRATOR | EVERYDAY
        held = {guild.id, *guild.members[user_id]["roles"]}
        total = 0
        for role in guild.roles:
            if role["id"] in held:
                total |= int(role["permissions"])
        return total

    def application(self, flags: int) -> Json:
        return {
            "id": self.application_id,
            "name": "Martín",
            "icon": None,
            "description": "",
            "bot_public": True,
            "bot_require_code_grant": False,
            "owner": self.me,
            "verify_key": "",
            "flags": flags,
            "interactions_endpoint_url": None,
        }


def _role(id_: str, name: str, permissions: int) -> Json:
    return {
        "id": id_,
        "name": name,
        "permissions": str(permissions),
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "position": 0 if name == "@everyone" else 1,
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }


def _mentioned(content: str) -> list[str]:
    found = []
    for part in content.split("<@")[1:]:
        id_ = part.partition(">")[0].removeprefix("!")
        if id_.isdigit():
            found.append(id_)
    return found


def _mentioned_roles(content: str) -> list[str]:
    return [id_ for part in content.split("<@&")[1:] if (id_ := part.partition(">")[0]).isdigit()]
