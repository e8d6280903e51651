"""The commands: `/start`, `/help`, … One registry; every platform renders the same list."""
