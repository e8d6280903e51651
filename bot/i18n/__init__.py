"""Every string a person sees, from the Fluent files beside this one.

`en/` and `es/` hold files of the same names; all files of a language make one bundle. Knows no platform: what it gives
back is Markdown.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from fluent.runtime import FluentBundle, FluentResource

LANGUAGES = ("es", "en")

_HERE = Path(__file__).parent


class MissingText(LookupError):
    """A key that no Fluent file has, or an argument that it needs and did not get: a fault of ours, never a user's."""


@cache
def _bundle(language: str) -> FluentBundle:
    bundle = FluentBundle([language], use_isolating=False)
    for path in sorted((_HERE / language).glob("*.ftl")):
        bundle.add_resource(FluentResource(path.read_text(encoding="utf-8")))
    return bundle


def supported(language: str, *, default: str = "es") -> str:
    """The language of ours that `language` ("es-AR", "EN", "") asks for, else `default`."""
    short = language.lower().replace("_", "-").partition("-")[0]
    return short if short in LANGUAGES else default


def say(language: str, key: str, **values: object) -> str:
    """The text `key` in `language`, with its values put in.

    Raises:
        MissingText: no such key, or a value is missing.
    """
    bundle = _bundle(supported(language))
    if not bundle.has_message(key):
        raise MissingText(f"No Fluent message {key!r} in {language!r}.")
    pattern = bundle.get_message(key).value
    if pattern is None:
        raise MissingText(f"Fluent message {key!r} has no value in {language!r}.")
    args: Mapping[str, object] = values
    text, errors = bundle.format_pattern(pattern, dict(args))
    if errors:
        raise MissingText(f"Fluent message {key!r} in {language!r}: {errors[0]}")
    return str(text)
