"""The command line: each command parses, calls one function, prints.

Answers go to standard output, everything else to standard error. `--help` must come at once: whatever is heavy is
imported by the command that needs it.
"""

from cli.program import app, main

__all__ = ["app", "main"]
