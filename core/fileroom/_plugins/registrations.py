"""What registration hooks return, checked before anybody relies on it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from fileroom._loader import blame
from fileroom.options import check_options
from fileroom.plugin import (
    API,
    DocumentsPlugin,
    ExecutorPlugin,
    ExtensionPlugin,
    FeedPlugin,
    IndexPlugin,
    ProcessorPlugin,
    SenderPlugin,
    StoragePlugin,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fileroom._loader import Found

Registration: TypeAlias = (
    "IndexPlugin | StoragePlugin | ProcessorPlugin | SenderPlugin"
    " | ExecutorPlugin | FeedPlugin | DocumentsPlugin | ExtensionPlugin"
)

TYPES: Mapping[str, type[Registration]] = {
    "index": IndexPlugin,
    "storage": StoragePlugin,
    "processor": ProcessorPlugin,
    "sender": SenderPlugin,
    "executor": ExecutorPlugin,
    "feed": FeedPlugin,
    "documents": DocumentsPlugin,
    "extension": ExtensionPlugin,
}
RESERVED = {"index": ("backend", "distribution", "extra_tags"), "storage": ("backend", "distribution")}
"""Keys that are Fileroom's own in a backend's table; in the other plugins' it is ``distribution``."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A valid registration, and whose it is.

    Attributes:
        found: the plugin, of known kind. What a host passed goes by the registration's name.
        registration: what its hook returned.
    """

    found: Found
    registration: Registration

    @property
    def key(self) -> tuple[str, str]:
        """Its kind and the name by which users call what it offers."""
        return self.found.kind, self.registration.name


def check(found: Found, kind: str, value: object) -> Offer:
    """Make an offer of what a registration hook returned.

    Raises:
        PluginLoadError: it is not valid; the message says whose it is and why.
    """
    expected = TYPES[kind]
    hook = f"fileroom_{kind}"
    if not isinstance(value, expected):
        raise blame(found, f"{hook} returned {type(value).__name__}, and not {expected.__name__}")
    name: object = value.name
    api: object = value.api
    if not (isinstance(name, str) and name):
        raise blame(found, f"{hook} returned no name")
    if kind != "processor" and name != found.name and not found.passed:
        raise blame(found, f"{hook} calls it {name!r}; the entry point's name must be the same")
    if not (isinstance(api, int) and 1 <= api <= API):
        raise blame(found, f"it is written for API {api!r}, and this is {API}: upgrade fileroom")
    if not callable(value.open):
        raise blame(found, f"{hook} returned an `open` that cannot be called")
    _check_options(found, kind, value.options)
    return Offer(replace(found, kind=kind, name=name if found.passed else found.name), value)


def _check_options(found: Found, kind: str, options: Any) -> None:  # noqa: ANN401 - anything, until checked
    try:
        check_options(options)
    except TypeError as error:
        raise blame(found, str(error)) from error
    for name in RESERVED.get(kind, ("distribution",)):
        if name in options.__dataclass_fields__:
            raise blame(found, f"the option {name!r} of {options.__name__} is a reserved key: rename it")
