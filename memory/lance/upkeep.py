"""What a LanceDB table needs done to it: physical deletion, and indices once it has grown. See `lance`, whose it is."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lancedb import AsyncTable

INDEX_AFTER = 2_000  # rows: below, a scan is as fast


async def delete(table: "AsyncTable", where: str) -> int:
    """Delete so that compaction has nothing to decide: whoever stays moves out of the fragment first (an update
    writes rows anew), and a fragment that loses all its rows is dropped with its file.

    A crash between the two steps leaves everything as it was seen before.
    """
    hit = await table.query().where(where).select(["_rowaddr"]).to_arrow()
    for fragment in sorted({address >> 32 for address in hit["_rowaddr"].to_pylist()}):
        here = f"_rowaddr >= {fragment << 32} AND _rowaddr < {(fragment + 1) << 32}"
        await table.update(where=f"{here} AND NOT ({where})", updates_sql={"scope": "scope"})
    deleted: Any = await table.delete(where)  # its stub lacks the count
    return int(deleted.num_deleted_rows)


async def index(table: "AsyncTable", *, large: int) -> None:
    """Make what indices the table has grown to need."""
    from lancedb.index import Bitmap, BTree

    if await table.count_rows() < INDEX_AFTER:
        return
    for column, config in (("id", BTree()), ("scope", Bitmap()), ("person", BTree())):
        if not await has_index(table, column):
            await table.create_index(column, config=config)
    if await has_index(table, "stems") or await table.count_rows() <= large:
        return
    if await _largest(table) > large:
        await index_words(table)


async def _largest(table: "AsyncTable") -> int:
    """How many rows the largest scope has."""
    scopes = (await table.query().select(["scope"]).to_arrow())["scope"]
    return max((count["counts"] for count in scopes.value_counts().to_pylist()), default=0)


async def index_words(table: "AsyncTable") -> None:
    from lancedb.index import FTS

    # `stems` is analysed already, in both languages.
    words = FTS(base_tokenizer="whitespace", stem=False, remove_stop_words=False, ascii_folding=False)
    await table.create_index("stems", config=words, replace=True)


async def has_index(table: "AsyncTable", column: str) -> bool:
    return any(index.columns == [column] for index in await table.list_indices())
