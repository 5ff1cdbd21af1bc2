"""Devices that are known to burn text into their pixels, and where."""

from __future__ import annotations

import functools
import re
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from fileroom_plugins.deidentify.pixels.rectangles import Rectangle

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydicom import Dataset


@dataclass(frozen=True, slots=True)
class Device:
    """A device, or one kind of its images.

    Attributes:
        name: what reports call it.
        where: keyword to the values that are its own; see `devices.toml`.
        rectangles: where its text is.
    """

    name: str
    where: Mapping[str, tuple[str | int, ...]]
    rectangles: tuple[Rectangle, ...]

    def made(self, dataset: Dataset) -> bool:
        """Say whether an image comes from this device."""
        return all(_matches(keyword, _value(dataset, keyword), own) for keyword, own in self.where.items())


@functools.cache
def known_devices() -> tuple[Device, ...]:
    """Return the table, in its order."""
    text = resources.files(__package__).joinpath("devices.toml").read_text(encoding="utf-8")
    return tuple(
        Device(
            each["name"],
            {keyword: tuple(values) for keyword, values in each["where"].items()},
            tuple(map(Rectangle.parse, each["rectangles"])),
        )
        for each in tomllib.loads(text)["device"]
    )


def devices_of(dataset: Dataset) -> list[Device]:
    """Return the entries of the table that an image matches.

    The most telling come first: those with the most conditions. The places of all of them count, since an
    image that is like two devices may be from either.
    """
    found = [device for device in known_devices() if device.made(dataset)]
    return sorted(found, key=lambda device: -len(device.where))


def _value(dataset: Dataset, keyword: str) -> Any:  # noqa: ANN401 - whatever pydicom has
    meta = getattr(dataset, "file_meta", None)
    return dataset.get(keyword) if meta is None or keyword not in meta else meta.get(keyword)


def _matches(keyword: str, value: Any, own: tuple[str | int, ...]) -> bool:  # noqa: ANN401
    if value is None:
        return False
    if isinstance(own[0], int):
        return any(str(value) == str(each) for each in own)
    text = str(value if isinstance(value, str) else "\\".join(map(str, _several(value)))).casefold()
    if keyword == "Manufacturer":  # GE is in many names
        return any(
            re.search(rf"(?<![^\W_]){re.escape(str(each).casefold())}(?![^\W_])", text) for each in own
        )
    return any(str(each).casefold() in text for each in own)


def _several(value: Any) -> list[Any]:  # noqa: ANN401
    return list(value) if hasattr(value, "__iter__") else [value]
