"""Run the migrations over the connection that `memory.database` hands in. Never opens one itself."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from memory.schema import Utc, metadata


def _render_item(kind: str, item: Any, _autogen: AutogenContext) -> str | Literal[False]:
    """A migration stands by itself: it must not change when our column types do."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Utc) else False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,
    render_item=_render_item,
)
with context.begin_transaction():
    context.run_migrations()
