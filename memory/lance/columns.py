"""Memories as Arrow columns, and Arrow columns as a shelf. The layout of what lies on disk.

The scope is stored as a digest (see `store.digest`). Imported only once the store is opened, since Arrow takes a while.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]  # it has none
import pyarrow.compute as pc  # type: ignore[import-untyped]
from numpy.typing import NDArray

from memory.language import stems
from memory.records import Memory, Role, Scope
from memory.shelf import Shelf
from memory.store import Vectors, digest

LAYOUT = "1"  # of the columns and of `language.stems`: a change of either means indexing anew
EMBEDDER = b"martin.embedder"
VERSION = b"martin.layout"


def schema(*, dimension: int, embedder: str) -> pa.Schema:
    """The table's. Vectors are float16: half the size, and cosines keep three digits."""
    return pa.schema(
        [
            pa.field("id", pa.int64(), nullable=False),
            pa.field("scope", pa.string(), nullable=False),
            pa.field("conversation", pa.int64(), nullable=False),
            pa.field("assistant", pa.bool_(), nullable=False),
            pa.field("speaker", pa.string(), nullable=False),
            pa.field("person", pa.int64(), nullable=False),  # 0 for nobody known
            pa.field("said_at", pa.float64(), nullable=False),  # seconds since the epoch
            pa.field("session", pa.string(), nullable=False),
            pa.field("text", pa.string(), nullable=False),
            pa.field("stems", pa.string(), nullable=False),  # separated by spaces
            pa.field("vector", pa.list_(pa.float16(), dimension), nullable=False),
        ],
        metadata={EMBEDDER: embedder.encode(), VERSION: LAYOUT.encode()},
    )


def from_memories(memories: Sequence[Memory], vectors: Vectors, columns: pa.Schema) -> pa.Table:
    """Rows to store. `vectors` has one row a memory."""
    halves = pa.array(np.ascontiguousarray(vectors, np.float16).ravel())
    return pa.table(
        {
            "id": [int(one.id) for one in memories],
            "scope": [digest(one.scope) for one in memories],
            "conversation": [int(one.conversation) for one in memories],
            "assistant": [one.role is Role.ASSISTANT for one in memories],
            "speaker": [one.speaker for one in memories],
            "person": [int(one.person or 0) for one in memories],
            "said_at": [one.said_at.timestamp() for one in memories],
            "session": [one.session for one in memories],
            "text": [_storable(one.text) for one in memories],
            "stems": [" ".join(stems(one.text)) for one in memories],
            "vector": pa.FixedSizeListArray.from_arrays(halves, vectors.shape[1]),
        },
        schema=columns,
    )


def _storable(text: str) -> str:
    """Arrow holds UTF-8; half of a surrogate pair, which a broken client can send, has none."""
    return text.encode("utf-8", "replace").decode("utf-8")


def in_order(table: pa.Table) -> pa.Table:
    """Rows as a shelf orders them, in one piece. A row that two writers added is taken once."""
    ids = _numbers(table, "id")
    order = np.lexsort((ids, _numbers(table, "conversation")))
    _, first = np.unique(ids[order], return_index=True)
    order = order[np.sort(first)]
    if len(order) == table.num_rows and (np.diff(order) == 1).all():
        return table.combine_chunks()
    return table.take(pa.array(order)).combine_chunks()


def to_shelf(scope: Scope, rows: pa.Table) -> Shelf:
    """What `scope` holds. `rows` are in order (see `in_order`); the shelf looks into them and copies little."""
    words = pc.split_pattern(rows["stems"], " ").combine_chunks()
    coded = pc.dictionary_encode(words.flatten())
    dimension = rows.schema.field("vector").type.list_size
    vectors = rows["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return Shelf(
        scope=scope,
        ids=_numbers(rows, "id"),
        conversations=_numbers(rows, "conversation"),
        vectors=vectors.reshape(-1, dimension),
        said_at=rows["said_at"].to_numpy(),
        persons=_numbers(rows, "person"),
        assistant=rows["assistant"].to_numpy(),
        speakers=rows["speaker"].to_pylist(),
        sessions=rows["session"].to_pylist(),
        texts=rows["text"].to_pylist(),
        tokens=np.asarray(coded.indices.to_numpy(), dtype=np.int32),
        starts=words.offsets.to_numpy().astype(np.int64),
        vocabulary={stem: code for code, stem in enumerate(coded.dictionary.to_pylist())},
    )


def _numbers(table: pa.Table, column: str) -> NDArray[np.int64]:
    return np.asarray(table[column].to_numpy(), dtype=np.int64)
