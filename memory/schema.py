"""The tables, once. Migrations in `memory/migrations` bring a database here from any released version.

Nothing SQLite-only: PostgreSQL runs the same definitions. Times are UTC; enums are stored by value.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only for INTEGER


class Utc(TypeDecorator[datetime]):
    """An aware UTC datetime, in databases that know time zones and in those that do not."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without a zone cannot be stored.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[str]):
    """What people, platforms and models write, cut to `length` characters if there is one.

    Without what cannot be stored: PostgreSQL has no NUL, and UTF-8 no half of a surrogate pair.
    """

    impl = Text
    cache_ok = True

    def __init__(self, length: int | None = None) -> None:
        super().__init__()
        self.length = length

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        return Text() if self.length is None else String(self.length)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return value.replace("\0", "").encode("utf-8", "replace").decode()[: self.length]


# Who ---------------------------------------------------------------------------------------------

people = Table(
    "people",
    metadata,
    Column("id", Id, primary_key=True),
    Column("created_at", Utc, nullable=False),
    Column("language", String(8), nullable=False, default="", server_default=""),  # chosen or detected; empty: not yet
    Column("language_chosen", Boolean, nullable=False, default=False, server_default="0"),
    Column("remembers", Boolean, nullable=False, default=True, server_default="1"),  # /privacy remember on|off
    Column("learns", Boolean, nullable=False, default=False, server_default="0"),  # /privacy learn on|off: training
    Column("persona", Words, nullable=False, default="", server_default=""),  # /persona: how Martín speaks to them
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("platform", String(32), nullable=False),
    Column("user_id", String(128), nullable=False),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False, index=True),
    Column("name", Words(256), nullable=False, default="", server_default=""),  # as last shown
    Column("is_bot", Boolean, nullable=False, default=False, server_default="0"),
    Column("seen_at", Utc, nullable=False),
    UniqueConstraint("platform", "user_id"),
)

# What a person, group, server or role may do. `kind` is "person", "chat", "server" or "role"; `subject` is
# "platform:id", for a person that of one account, so that linking moves it; `role` is "admin", "allowed" or "banned".
grants = Table(
    "grants",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("subject", String(256), nullable=False),
    Column("role", String(16), nullable=False),
    Column("granted_by", Id, ForeignKey("people.id"), nullable=True),
    Column("granted_at", Utc, nullable=False),
    UniqueConstraint("kind", "subject", "role"),
)

# One-time codes. `purpose` is "pair" (a stranger's, an admin approves it), "admin" (the first start's) or "link"
# (joins two accounts). Only the digest of the code is kept, and its first letters: they find the row that a wrong code
# was aimed at, so that its tries can be counted.
codes = Table(
    "codes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("purpose", String(8), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("selector", String(8), nullable=False, default="", server_default="", index=True),
    Column("holder", String(256), nullable=False, default="", server_default="", index=True),  # account; one code each
    Column("person_id", Id, ForeignKey("people.id"), nullable=True),
    Column("chat", Text, nullable=False, default="", server_default=""),  # JSON: whom to tell of it, and where
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("tries", Integer, nullable=False, default=0, server_default="0"),
)

usage = Table(
    "usage",
    metadata,
    Column("person_id", Id, ForeignKey("people.id"), primary_key=True),
    Column("day", Date, primary_key=True),  # in the configured time zone
    Column("messages", Integer, nullable=False, default=0, server_default="0"),
)

# What was said -----------------------------------------------------------------------------------

conversations = Table(
    "conversations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", String(400), nullable=False, unique=True),  # Chat.key
    Column("platform", String(32), nullable=False),
    Column("chat_id", String(128), nullable=False),
    Column("thread_id", String(128), nullable=False, default="", server_default=""),
    Column("kind", String(16), nullable=False),
    Column("title", Words(256), nullable=False, default="", server_default=""),
    Column("server_id", String(128), nullable=False, default="", server_default=""),
    Column("listens", Boolean, nullable=False, default=False, server_default="0"),  # a group's admin turned it on
    Column(
        "starts_after", Id, nullable=False, default=0, server_default="0"
    ),  # /new: turns up to this id are not shown
    Column("persona", Words, nullable=False, default="", server_default=""),
    Column("created_at", Utc, nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", Id, primary_key=True),
    Column("conversation_id", Id, ForeignKey("conversations.id"), nullable=True, index=True),  # NULL once refused
    Column("platform", String(32), nullable=False),
    Column("chat_id", String(128), nullable=False),
    Column("message_id", String(128), nullable=False),
    Column("state", String(16), nullable=False),  # InboxState
    Column(
        "payload", Text, nullable=False, default="", server_default=""
    ),  # JSON of the message; empty once refused or done
    Column("received_at", Utc, nullable=False),
    Column("finished_at", Utc, nullable=True),
    Column("joined_to", Id, nullable=True),  # answered together with this inbox row
    UniqueConstraint("platform", "chat_id", "message_id"),
    Index("ix_inbox_state", "state"),
)

# Martín's own messages on a platform, one row a piece of a reply. Written before the platform is asked.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Id, primary_key=True),
    Column("inbox_id", Id, ForeignKey("inbox.id"), nullable=True),  # NULL: a notice that answers nothing
    Column("conversation_id", Id, ForeignKey("conversations.id"), nullable=False),
    Column("exchange_id", Id, ForeignKey("exchanges.id"), nullable=True, index=True),
    Column("piece", Integer, nullable=False),
    Column("purpose", String(16), nullable=False),  # Purpose
    Column("nonce", String(32), nullable=False, unique=True),
    Column("message_id", String(128), nullable=True),  # NULL until the platform has told it
    Column(
        "payload", Text, nullable=False, default="", server_default=""
    ),  # JSON of the message; empty while it grows, and once delivered
    Column("state", String(16), nullable=False),  # DeliveryState
    Column("created_at", Utc, nullable=False),
    UniqueConstraint("inbox_id", "piece"),
    Index("ix_deliveries_state", "state"),
    Index("ix_deliveries_conversation_id_message_id", "conversation_id", "message_id"),
)

turns = Table(
    "turns",
    metadata,
    Column("id", Id, primary_key=True),  # grows with time within a conversation; the memory's id too
    Column("conversation_id", Id, ForeignKey("conversations.id"), nullable=False),
    Column("scope", String(300), nullable=False),  # str(Scope)
    Column("role", String(16), nullable=False),
    Column("account_id", Id, ForeignKey("accounts.id"), nullable=True),  # NULL: Martín, or an imported stranger
    Column("person_id", Id, ForeignKey("people.id"), nullable=True, index=True),
    Column("speaker", Words(256), nullable=False, default="", server_default=""),  # the name shown at the time
    Column("text", Words, nullable=False),
    Column("said_at", Utc, nullable=False),
    Column("message_id", String(128), nullable=False, default="", server_default=""),
    Column("reply_to", String(128), nullable=False, default="", server_default=""),
    Column("source", String(80), nullable=False, default="chat", server_default="chat"),  # or "import:DIGEST"
    Column("external_id", String(128), nullable=True),  # the imported file's own id of it: imports are idempotent by it
    Column("session", String(64), nullable=False, default="", server_default=""),
    Column(
        "memorable", Boolean, nullable=False, default=True, server_default="1"
    ),  # False: recalled text, errors, commands
    Column("replaced", Boolean, nullable=False, default=False, server_default="0"),  # by a /retry: no longer shown
    Column("indexed_at", Utc, nullable=True),  # when LanceDB had it
    UniqueConstraint("source", "external_id"),
    Index("ix_turns_conversation_id_id", "conversation_id", "id"),
    Index("ix_turns_scope_id", "scope", "id"),
    Index("ix_turns_indexed_at", "memorable", "indexed_at"),
    sqlite_autoincrement=True,  # the id of a forgotten turn is never given again
)

exchanges = Table(
    "exchanges",
    metadata,
    Column("id", Id, primary_key=True),
    Column("conversation_id", Id, ForeignKey("conversations.id"), nullable=False, index=True),
    Column("input_turn_id", Id, ForeignKey("turns.id"), nullable=False, index=True),
    Column("response_turn_id", Id, ForeignKey("turns.id"), nullable=True, index=True),
    Column("person_id", Id, ForeignKey("people.id"), nullable=True, index=True),  # who asked
    Column("provider", String(16), nullable=False, default="", server_default=""),
    Column("model", Words(256), nullable=False, default="", server_default=""),
    Column("adapter", Words(128), nullable=False, default="", server_default=""),
    Column("consents", Boolean, nullable=False, default=False, server_default="0"),  # to training, as it stood then
    Column("outcome", String(16), nullable=False),  # Outcome
    Column("started_at", Utc, nullable=False),
    Column("recall_ms", Integer, nullable=True),
    Column("first_token_ms", Integer, nullable=True),
    Column("total_ms", Integer, nullable=True),
)

# Turns that were in the prompt of an answer: what it could cite.
recalled = Table(
    "recalled",
    metadata,
    Column("exchange_id", Id, ForeignKey("exchanges.id"), primary_key=True),
    Column("turn_id", Id, ForeignKey("turns.id"), primary_key=True, index=True),
    Column("rank", Integer, nullable=False),
)

votes = Table(
    "votes",
    metadata,
    Column("exchange_id", Id, ForeignKey("exchanges.id"), primary_key=True),
    Column("person_id", Id, ForeignKey("people.id"), primary_key=True, index=True),
    Column("verdict", String(8), nullable=False),
    Column("voted_at", Utc, nullable=False),
)

corrections = Table(
    "corrections",
    metadata,
    Column("id", Id, primary_key=True),
    Column("exchange_id", Id, ForeignKey("exchanges.id"), nullable=False, index=True),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False, index=True),
    Column("text", Words, nullable=False),
    Column("consents", Boolean, nullable=False, default=False, server_default="0"),
    Column("said_at", Utc, nullable=False),
)

# The house itself --------------------------------------------------------------------------------

# What was done by whom, never what was said: forgetting, grants, model changes.
audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Utc, nullable=False, index=True),
    Column("person_id", Id, nullable=True),  # no foreign key: it outlives the person's rows
    Column("action", String(64), nullable=False),
    Column("detail", Words(256), nullable=False, default="", server_default=""),
)

# Small facts that must survive a restart: the chosen model, the store's embedder, a platform's last seen id.
facts = Table(
    "facts",
    metadata,
    Column("key", String(128), primary_key=True),
    Column("value", Words, nullable=False),
)

job_runs = Table(
    "job_runs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("job", String(64), nullable=False),
    Column("due_at", Utc, nullable=False),  # the tick it answers: one run each
    Column("started_at", Utc, nullable=False),
    Column("finished_at", Utc, nullable=True),
    Column("state", String(16), nullable=False),
    Column("report", Text, nullable=False, default="", server_default=""),  # JSON
    UniqueConstraint("job", "due_at"),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", String(128), nullable=False),
    Column("expires_at", Utc, nullable=False),
)
