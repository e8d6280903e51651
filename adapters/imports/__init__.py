"""Readers for exported histories, and the one function that imports with them."""

from adapters.imports.importing import Imported, ImportProgress, ImportReport, Indexer, import_file

__all__ = ["ImportProgress", "ImportReport", "Imported", "Indexer", "import_file"]
