"""Options: frozen dataclasses filled from TOML tables.

A plugin declares what can be configured as a frozen dataclass; `build_options` makes one of a table. The
type of a field is ``str``, ``int``, ``float``, ``bool``, `pathlib.Path`, `Secret`, `InnerStorage`,
`DocumentName`, `ObjectName`, a ``Literal``, a ``StrEnum``, ``tuple[T, ...]``, ``dict[str, T]``, a union of
these (``| None`` is one), or another such dataclass. Types are resolved at run time, so none may be imported
under ``TYPE_CHECKING``.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from fileroom._config.conversion import EnvironmentText, TypedText, converter, expected, holds_secret, to_path
from fileroom._hints import did_you_mean
from fileroom.documents import DocumentName
from fileroom.errors import ConfigError
from fileroom.inner import InnerStorage
from fileroom.objects import ObjectName
from fileroom.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fileroom._config.conversion import Converter
    from fileroom.documents import Reader
    from fileroom.objects import Opener

__all__ = [
    "DocumentName",
    "EnvironmentText",
    "InnerStorage",
    "ObjectName",
    "Secret",
    "TypedText",
    "build_options",
    "check_options",
    "document_names",
    "inner_storages",
    "object_names",
    "secret_fields",
    "with_named",
]

T = TypeVar("T")


def build_options(cls: type[T], table: Mapping[str, object], path: str, base: Path) -> T:
    """Make an options dataclass of a table.

    Values have the option's type, as TOML has types: ``"1"`` and ``true`` are no numbers, but a whole number
    will do for a ``float``. `EnvironmentText` is converted: ``true``, ``1``, ``yes`` or ``on`` for a bool,
    commas between the items of a list. Relative paths, those of defaults too, start at ``base``; ``~`` is
    the user's home. A ``ValueError`` from the dataclass's own ``__post_init__`` becomes a `ConfigError`.

    Args:
        cls: a frozen dataclass; see the module's description for the types of its fields.
        table: key to value, as read from TOML, from the environment or from keyword arguments.
        path: the table's dotted TOML path, for error messages.
        base: an absolute folder.

    Raises:
        ConfigError: unknown keys, wrong types, missing keys: all that is wrong with the table in one error,
            which repeats no value, since a secret may stand under the wrong key.
        TypeError: the dataclass itself is not usable; see `check_options`.
    """
    converters = _converters(cls)
    wrong = [
        ConfigError(f"unknown key{did_you_mean(key, converters)}", _join(path, key))
        for key in table
        if key not in converters
    ]
    values: dict[str, object] = {}
    for field in _fields(cls):
        where = _join(path, field.name)
        try:
            if field.name in table:
                values[field.name] = converters[field.name](table[field.name], where, base)
            elif _required(field):
                wrong.append(ConfigError("missing, and there is no default", where))
            elif isinstance(field.default, Path):
                values[field.name] = to_path(field.default, where, base)
        except ConfigError as error:
            wrong.append(error)
    if wrong:
        raise _together(wrong, path)
    try:
        return cls(**values)
    except ValueError as error:
        raise ConfigError(str(error), path) from error


def check_options(cls: object) -> None:
    """Make sure that `build_options` can make this class.

    Raises:
        TypeError: it is no frozen dataclass, or the type of a field is not supported; says which.
    """
    if not (isinstance(cls, type) and dataclasses.is_dataclass(cls)):
        raise TypeError("options must be a dataclass")
    if not cls.__dataclass_params__.frozen:  # type: ignore[attr-defined]  # every dataclass has it
        raise TypeError(f"options must be a frozen dataclass: @dataclass(frozen=True) class {cls.__name__}")
    _converters(cls)


def secret_fields(cls: type[Any]) -> frozenset[str]:
    """Return the names of an options dataclass's fields that are, or hold, a `Secret`."""
    return frozenset(name for name, kind in _types(cls).items() if holds_secret(kind))


def inner_storages(options: object) -> list[InnerStorage]:
    """Return the inner storages among an options dataclass's values, those in lists and tables too."""
    return list(_values_of(InnerStorage, options))


def document_names(options: object) -> list[DocumentName]:
    """Return the names of documents among an options dataclass's values, those in lists and tables too."""
    return list(_values_of(DocumentName, options))


def object_names(options: object) -> list[ObjectName]:
    """Return the names of objects among an options dataclass's values, those in lists and tables too."""
    return list(_values_of(ObjectName, options))


def _values_of(kind: type[T], options: object) -> Iterator[T]:
    if isinstance(options, kind):
        yield options
    values: Iterable[object] = ()
    if dataclasses.is_dataclass(options) and not isinstance(options, type):
        values = [getattr(options, field.name) for field in _fields(options)]
    elif isinstance(options, Mapping):
        values = options.values()
    elif isinstance(options, tuple):
        values = options
    for value in values:
        yield from _values_of(kind, value)


def with_named(options: T, reader: Reader, opener: Opener) -> T:
    """Return an options dataclass whose names of documents and objects, in lists and tables too, can be read.

    Args:
        options: the options.
        reader: finds a document by its name or path, and its kind.
        opener: opens the DICOM file of an instance by its public id.
    """
    found: Any = _with_named(options, reader, opener)
    return cast("T", found)


def _with_named(value: Any, reader: Reader, opener: Opener) -> Any:  # noqa: ANN401 - whatever options may be
    if isinstance(value, DocumentName):
        return value.found_by(reader)
    if isinstance(value, ObjectName):
        return value.found_by(opener)
    if isinstance(value, tuple):
        return tuple(_with_named(one, reader, opener) for one in value)
    if isinstance(value, Mapping):
        return {key: _with_named(one, reader, opener) for key, one in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        values = {field.name: getattr(value, field.name) for field in _fields(value)}
        return dataclasses.replace(
            value, **{key: _with_named(one, reader, opener) for key, one in values.items()}
        )
    return value


def _fields(cls: Any) -> list[dataclasses.Field[Any]]:  # noqa: ANN401 - a dataclass, which has no type
    return [field for field in dataclasses.fields(cls) if field.init]


def _required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _types(cls: type[Any]) -> dict[str, Any]:
    try:
        hints = typing.get_type_hints(cls)
    except NameError as error:
        raise TypeError(
            f"the types of {cls.__name__} cannot be resolved: {error}; import them at run time, "
            "not under TYPE_CHECKING"
        ) from error
    return {field.name: hints[field.name] for field in _fields(cls)}


def _converters(cls: type[Any]) -> dict[str, Converter]:
    converters = {}
    for name, kind in _types(cls).items():
        try:
            converters[name] = converter(kind, _nested)
        except TypeError as error:
            raise TypeError(f"{cls.__name__}.{name}: {error}") from None
    return converters


def _nested(cls: type[Any]) -> Converter:
    _converters(cls)  # so that an unusable class is found before there is a value for it

    def convert(value: object, path: str, base: Path) -> object:
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping):
            raise expected("a table", value, path)
        return build_options(cls, value, path, base)

    return convert


def _together(errors: list[ConfigError], path: str) -> ConfigError:
    if len(errors) == 1:
        return errors[0]
    listed = "".join(f"\n  {error}" for error in errors)
    return ConfigError(f"{len(errors)} things are wrong:{listed}", path)


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
