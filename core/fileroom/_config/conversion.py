"""Converters: from what TOML, the environment or a keyword argument gives, to what an option's type is.

No error from here repeats a value: a secret may stand under the wrong key.
"""

from __future__ import annotations

import dataclasses
import enum
import os
import types
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from fileroom._hints import did_you_mean
from fileroom.documents import DocumentName
from fileroom.errors import ConfigError
from fileroom.inner import InnerStorage
from fileroom.model import is_public_id
from fileroom.objects import ObjectName
from fileroom.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Collection

Converter: TypeAlias = Callable[[object, str, Path], object]
"""Makes an option of a value, its dotted TOML path, and the folder that relative paths start from."""

Nested: TypeAlias = Callable[[type[Any]], Converter]
"""Makes the converter for a dataclass."""

_FLAGS = {
    "true": True,
    "1": True,
    "yes": True,
    "on": True,
    "false": False,
    "0": False,
    "no": False,
    "off": False,
}


class EnvironmentText(str):
    """The value of an environment variable: text that is read as whatever type its option has."""

    __slots__ = ()


class TypedText(EnvironmentText):
    """What somebody typed for an option at a command: read as an environment variable is."""

    __slots__ = ()


def converter(kind: Any, nested: Nested) -> Converter:  # noqa: ANN401 - a type as an annotation writes it
    """Return the converter for a type.

    Raises:
        TypeError: options cannot be of this type.
    """
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Union or origin is types.UnionType:
        return _union(arguments, nested)
    if origin is Literal:
        return _choice({one: one for one in arguments})
    if origin is tuple and arguments[1:] == (Ellipsis,):
        return _list(converter(arguments[0], nested))
    if origin in (dict, Mapping) and arguments[0] is str:
        return _table(converter(arguments[1], nested))
    return _of_class(kind, nested)


def _of_class(kind: object, nested: Nested) -> Converter:
    if kind in _SCALARS:
        return _SCALARS[kind]
    if isinstance(kind, type) and issubclass(kind, enum.StrEnum):
        return _choice({one.value: one for one in kind})
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return nested(kind)
    raise TypeError(f"options cannot be of type {kind}")


def holds_secret(kind: Any) -> bool:  # noqa: ANN401 - a type as an annotation writes it
    """Tell whether a type is `Secret`, or one that contains it."""
    if kind is Secret or (isinstance(kind, type) and issubclass(kind, Secret)):
        return True
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return any(map(holds_secret, typing.get_type_hints(kind).values()))
    return any(map(holds_secret, typing.get_args(kind)))


def to_path(value: object, path: str, base: Path) -> Path:
    """Return a path, absolute where ``base`` is; ``~`` is the user's home.

    Raises:
        ConfigError: it is no path.
    """
    if isinstance(value, str | os.PathLike) and str(value) and "\0" not in str(value):
        if isinstance(value, TypedText):
            base = Path.cwd()  # where whoever typed it is
        try:
            return base / Path(value).expanduser()
        except RuntimeError as error:
            raise ConfigError("the home folder that ~ stands for is not known", path) from error
    raise expected("a path, as text", value, path)


def expected(what: str, value: object, path: str) -> ConfigError:
    """Return the error for a value of the wrong type."""
    if isinstance(value, EnvironmentText) and not isinstance(value, TypedText):
        variable = "FILEROOM_" + path.replace(".", "__").upper()
        return ConfigError(f"expected {what} in the environment variable {variable}", path)
    return ConfigError(f"expected {what}, not {_kind_of(value)}", path)


def _text(value: object, path: str, _: Path) -> str:
    if isinstance(value, str):
        return str(value)
    raise expected("text", value, path)


def _whole_number(value: object, path: str, _: Path) -> int:
    if type(value) is int:
        return value
    if isinstance(value, EnvironmentText):
        try:
            return int(value)
        except ValueError:
            pass
    raise expected("a whole number", value, path)


def _number(value: object, path: str, _: Path) -> float:
    if isinstance(value, int | float | EnvironmentText) and not isinstance(value, bool):
        try:
            return float(value)
        except ValueError:
            pass
    raise expected("a number", value, path)


def _document(value: object, path: str, base: Path) -> DocumentName:
    """Return the name of a document; a file that somebody typed at a command is where he is."""
    if isinstance(value, TypedText) and to_path(value, path, base).is_file():
        value = str(to_path(value, path, base))
    return DocumentName.parse(value, path, base)


def _secret(value: object, path: str, base: Path) -> Secret:
    """Return a secret, but of what somebody typed at a command: others see it in the list of processes."""
    if isinstance(value, TypedText):
        raise ConfigError(
            'a secret is not typed at a command, where others may see it: configure { file = "path" }', path
        )
    return Secret.parse(value, path, base)


def _object(value: object, path: str, base: Path) -> ObjectName:
    """Return the name of an object; a relative path is one as of any file."""
    if isinstance(value, str | os.PathLike) and str(value) and not is_public_id(str(value)):
        value = to_path(value, path, base)
    return ObjectName.parse(value, path)


def _flag(value: object, path: str, _: Path) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, EnvironmentText) and value.lower() in _FLAGS:
        return _FLAGS[value.lower()]
    raise expected("true or false", value, path)


_SCALARS: Mapping[object, Converter] = {
    str: _text,
    int: _whole_number,
    float: _number,
    bool: _flag,
    Path: to_path,
    Secret: _secret,
    InnerStorage: InnerStorage.parse,
    DocumentName: _document,
    ObjectName: _object,
}


def _choice(choices: Mapping[Any, object]) -> Converter:
    """Return what takes one of some words or numbers; a word in any case, unless case tells two apart."""
    names = [str(one) for one in choices]

    def same(one: object, value: object) -> bool:
        if isinstance(value, str):
            return value == one or (isinstance(value, EnvironmentText) and value == str(one))
        return type(value) is type(one) and value == one

    def alike(one: object, value: object) -> bool:
        return isinstance(value, str) and isinstance(one, str) and value.casefold() == one.casefold()

    def convert(value: object, path: str, _: Path) -> object:
        for fits in (same, alike):
            found = [result for one, result in choices.items() if fits(one, value)]
            if len(found) == 1:
                return found[0]
        hint = did_you_mean(value, names) if isinstance(value, str) else ""
        raise ConfigError(f"expected one of {', '.join(names)}{hint}", path)

    return convert


def _list(item: Converter) -> Converter:
    def convert(value: object, path: str, base: Path) -> tuple[object, ...]:
        if isinstance(value, EnvironmentText):
            value = [EnvironmentText(part.strip()) for part in value.split(",") if part.strip()]
        if not isinstance(value, list | tuple):
            raise expected("a list", value, path)
        return tuple(item(one, f"{path}[{position}]", base) for position, one in enumerate(value))

    return convert


def _table(item: Converter) -> Converter:
    def convert(value: object, path: str, base: Path) -> dict[str, object]:
        if not isinstance(value, Mapping):
            raise expected("a table", value, path)
        return {str(key): item(one, f"{path}.{key}", base) for key, one in value.items()}

    return convert


def _union(kinds: Collection[Any], nested: Nested) -> Converter:
    some = [converter(kind, nested) for kind in kinds if kind is not types.NoneType]
    optional = types.NoneType in kinds

    def convert(value: object, path: str, base: Path) -> object:
        # None never comes from TOML, so errors describe the other types only.
        if value is None and optional:
            return None
        errors = []
        for one in some:
            try:
                return one(value, path, base)
            except ConfigError as error:
                errors.append(error)
        if len(errors) == 1:
            raise errors[0]
        reasons = dict.fromkeys(str(error).removeprefix(f"{path}: ") for error in errors)
        raise ConfigError("; or ".join(reasons), path)

    return convert


def _kind_of(value: object) -> str:
    match value:
        case bool():
            return "true or false"
        case str():
            return ("text" if value else "an empty text") if type(value) is str else "what was given"
        case int() | float():
            return "a number"
        case list() | tuple():
            return "a list"
        case Mapping():
            return "a table"
        case _:
            return type(value).__name__
