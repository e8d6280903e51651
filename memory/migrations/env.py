"""Run the migrations over the connection that `memory.database` hands in. Never opens one itself."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from memory.schema import Utc, Words, metadata


def _render_item(kind: str, item: Any, _autogen: AutogenContext) -> str | Literal[False]:
    """A migration stands by itself: it must not change when our column types do."""
    match kind, item:
        case "type", Utc():
            return "sa.DateTime(timezone=True)"
        case "type", Words(length=None):
            return "sa.Text()"
        case "type", Words(length=length):
            return f"sa.String(length={length})"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,
    render_item=_render_item,
)
with context.begin_transaction():
    context.run_migrations()
