"""Small facts that must survive a restart: the chosen model, a platform's last seen id, the store's embedder."""

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from memory.database import Database, insert_new
from memory.schema import facts


class Facts:
    """Named values, over one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, key: str) -> str | None:
        async with self._database.reading() as connection:
            value: str | None = await connection.scalar(select(facts.c.value).where(facts.c.key == key))
            return value

    async def write(self, key: str, value: str | None) -> None:
        """Keep `value` under `key`; None removes it."""

        async def work(connection: AsyncConnection) -> None:
            if value is None:
                await connection.execute(delete(facts).where(facts.c.key == key))
                return
            await connection.execute(
                insert_new(connection, facts)
                .values(key=key, value=value)
                .on_conflict_do_update(index_elements=["key"], set_={"value": value})
            )

        await self._database.write(work)
