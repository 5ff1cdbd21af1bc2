"""Storages within storages: how a plugin that wraps others is configured.

An option of type `InnerStorage` is a table of its own within the backend's: ``backend``, and that backend's
keys.

```toml
[storage]
backend = "cache"

[storage.inner]
backend = "filesystem"
root = "objects"
```
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from fileroom._config.places import place_of
from fileroom.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fileroom.storage import Storage

Opener: TypeAlias = "Callable[[], Storage]"
"""Opens a storage anew at each call."""


class InnerStorage:
    """A storage that is configured, and not open yet.

    Attributes:
        name: the name of its plugin, ``backend`` in TOML.
        options: its other keys, as they were given. May hold secrets.
        distribution: the distribution that is meant, where several offer that name.
        path: the dotted TOML path of its table.
    """

    __slots__ = ("_built", "_opener", "distribution", "name", "options", "path")

    def __init__(
        self,
        name: str,
        options: Mapping[str, object],
        distribution: str | None = None,
        path: str = "",
        opener: Opener | None = None,
    ) -> None:
        self.name = name
        self.options = options
        self.distribution = distribution
        self.path = path
        self._opener = opener
        self._built: object = None

    @classmethod
    def of(cls, opener: Opener) -> InnerStorage:
        """Return one that is opened by ``opener``: for tests, and for hosts without a configuration."""
        return cls("", {}, opener=opener)

    @classmethod
    def parse(cls, value: object, path: str, _: Path) -> InnerStorage:
        """Return what a table means; its keys are checked when its plugin is loaded.

        Raises:
            ConfigError: it is no table, or names no backend.
        """
        if isinstance(value, InnerStorage):
            return value
        if not isinstance(value, Mapping):
            raise ConfigError("expected a table with 'backend' and the options of that backend", path)
        options = {str(key): one for key, one in value.items()}
        name, distribution = options.pop("backend", None), options.pop("distribution", None)
        if not isinstance(name, str) or not name:
            raise ConfigError("missing: the name of a storage", f"{path}.backend")
        if not isinstance(distribution, str | None):
            raise ConfigError("expected text", f"{path}.distribution")
        return cls(str(name), options, distribution, path)

    def opened_by(self, opener: Opener, options: object = None) -> None:
        """Say how it is opened: an archive does, once it has loaded the plugin and checked the options.

        Args:
            opener: opens it.
            options: what the plugin's options dataclass was built as.
        """
        self._opener = opener
        self._built = options

    @property
    def place(self) -> object:
        """What tells where its objects lie from where others' do, without secrets; None if nobody knows.

        The backend's name, and the property ``place`` of its options, where they have one: that tells what
        may change without making it another storage. Otherwise all of them but secrets count. Made of tuples,
        texts, numbers, and absolute paths.
        """
        return None if self._built is None else (self.name, place_of(self._built))

    def open(self) -> Storage:
        """Open the storage; whoever does closes it.

        Raises:
            ConfigError: nobody has said how: its options were not built by an archive.
            FileroomError: what the backend itself raised.
        """
        if self._opener is None:
            raise ConfigError("cannot be opened by itself, but by an archive only", self.path)
        return self._opener()

    def __repr__(self) -> str:
        """Show the backend's name, and none of its options."""
        return f"InnerStorage({self.name!r})"
