"""Martín on Telegram: python-telegram-bot in front, the core behind. Only this package imports `telegram`."""

import os

# Opts in to the library's next major version: a `RetryAfter` that is a timedelta. Without it each one is a warning.
os.environ.setdefault("PTB_TIMEDELTA", "true")
