"""Memories in LanceDB, on disk: the table, its columns, and its upkeep. The only package that imports lancedb."""

from memory.lance.table import LanceStore

__all__ = ["LanceStore"]
