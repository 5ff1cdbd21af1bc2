"""Text that is never shown."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from fileroom.errors import ConfigError

HIDDEN = "********"
"""What stands wherever a secret would."""

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Secret:
    """A password, an access key: text that no ``str``, ``repr``, format or error message shows.

    It is a literal, or names an environment variable or a file, which is read by each `reveal` and not
    before, so that a secret may change while an archive is open, and a configuration that is pickled for
    a worker process holds the name only.

    Two secrets are equal when they were configured alike; nothing is revealed to compare them.
    """

    __slots__ = ("_kind", "_path", "_source")

    def __init__(
        self, source: str, kind: Literal["literal", "env", "file"] = "literal", *, path: str = ""
    ) -> None:
        """Keep where to find the secret.

        Args:
            source: the text itself, the name of an environment variable, or the path of a file.
            kind: which of these.
            path: the dotted TOML path of the option, for error messages.
        """
        self._source = source
        self._kind = kind
        self._path = path

    @classmethod
    def parse(cls, value: object, path: str = "", base: Path = Path()) -> Secret:
        """Return the secret that a value in TOML means.

        ``"text"``, ``{ env = "NAME" }`` or ``{ file = "path" }``, relative to ``base``.

        Raises:
            ConfigError: it is none of these.
        """
        match value:
            case Secret():
                return value
            case str():
                return cls(str(value), path=path)
            case Mapping() if len(value) == 1:
                kind, source = next(iter(value.items()))
                if kind == "env" and isinstance(source, str):
                    return cls(str(source), "env", path=path)
                if kind == "file" and isinstance(source, str | os.PathLike):
                    return cls(str(base / Path(source).expanduser()), "file", path=path)
            case _:
                pass
        raise ConfigError('expected text, { env = "NAME" } or { file = "path" }', path)

    def reveal(self) -> str:
        """Return the text. Of a file, that is its content as UTF-8 without the newline at its end.

        Nor does a byte order mark count, which some editors put in front.

        Raises:
            ConfigError: the environment variable is not set or empty, or the file cannot be read.
        """
        if self._kind == "env":
            return self._environment()
        if self._kind == "file":
            return self._file()
        return self._source

    def _environment(self) -> str:
        value = os.environ.get(self._source, "")
        if not value:
            # What does not look like a name may be a secret in the wrong place.
            name = f"{self._source!r} " if _VARIABLE.fullmatch(self._source) else ""
            raise ConfigError(f"the environment variable {name}is not set, or empty", self._path)
        return value

    def _file(self) -> str:
        try:
            return Path(self._source).read_text(encoding="utf-8-sig").removesuffix("\n").removesuffix("\r")
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise ConfigError(f"the file of this secret cannot be read: {reason}", self._path) from error
        except UnicodeDecodeError:
            # Not chained: the error holds the bytes.
            raise ConfigError("the file of this secret is not UTF-8 text", self._path) from None

    def __eq__(self, other: object) -> bool:
        """Tell whether two secrets were configured alike."""
        if not isinstance(other, Secret):
            return NotImplemented
        return (self._kind, self._source) == (other._kind, other._source)

    def __hash__(self) -> int:
        return hash((self._kind, self._source))

    def __repr__(self) -> str:
        """Show that there is a secret, and nothing of it."""
        return f"Secret({HIDDEN!r})"

    def __str__(self) -> str:
        """Show that there is a secret, and nothing of it."""
        return HIDDEN

    def __format__(self, spec: str) -> str:
        """Format the asterisks."""
        return format(HIDDEN, spec)
