"""Every error Fileroom raises, as one tree.

::

    FileroomError
    ├── ConfigError                    configuration: unknown key, wrong type, missing value
    ├── PluginError                    somebody's plugin; says whose
    │   ├── PluginNotFoundError        no installed distribution offers that name
    │   ├── PluginLoadError            importing or registering it failed
    │   ├── PluginConflictError        two distributions offer one name
    │   └── MissingDependencyError     an extra is not installed
    ├── QueryError                     a search that makes no sense
    │   └── KeyNotIndexedError         a search key the index does not hold
    ├── InvalidDatasetError            damaged or incomplete DICOM
    │   └── NotDicomError              not DICOM at all
    ├── NotFoundError                  no such resource, attachment, object, quarantined file
    ├── AlreadyExistsError             the key, name or revision is taken
    │   └── RevisionError              somebody else changed it first
    ├── DocumentError                  a rule, mapping or dictionary that cannot be used; says the line
    ├── InvalidValueError              a label, name, range or value that cannot be; also a ValueError
    ├── NotSupportedError              this backend, by its capabilities, cannot
    ├── RejectedError                  an intervention refused it
    ├── StorageError                   the storage failed
    │   └── StorageFullError           no space left, or over quota
    ├── CatalogError                   the index failed
    │   └── SchemaError                the index was written by another version
    ├── NetworkError                   a peer cannot be reached, refuses, or breaks off
    ├── ExecutorError                  what runs tasks elsewhere cannot be reached, or cannot run them
    │   └── TaskLostError              all workers died that a task was given to
    ├── FeedError                      a place that objects are taken from cannot be read
    └── IntegrityError                 bytes are not those that the index means

Drivers' own errors are translated where they leave a backend (``raise … from``), so that a host
application needs to know this module only. A message names the object and what to do next, and
never holds a patient's name, identifier or date.
"""

from __future__ import annotations


class FileroomError(Exception):
    """The root: ``except fileroom.FileroomError`` catches all that Fileroom raises."""


class ConfigError(FileroomError):
    """The configuration is wrong.

    Attributes:
        path: the dotted TOML path of the offending key, for example ``storage.root``.
    """

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path


class PluginError(FileroomError):
    """A plugin failed.

    Attributes:
        plugin: the plugin's entry-point name.
        distribution: the distribution that ships it, or an empty string where none is known.
    """

    def __init__(self, message: str, plugin: str, distribution: str = "") -> None:
        super().__init__(message)
        self.plugin = plugin
        self.distribution = distribution

    def __reduce__(self) -> tuple[type[PluginError], tuple[str, str, str]]:
        return type(self), (str(self), self.plugin, self.distribution)


class PluginNotFoundError(PluginError):
    """No installed distribution registers a plugin under that name."""


class PluginLoadError(PluginError):
    """A plugin could not be imported, or what it registered is not valid."""


class PluginConflictError(PluginError):
    """Two distributions register one name, and the configuration does not say which is meant."""


class MissingDependencyError(PluginError):
    """A plugin needs packages that are not installed; the message names the extra to install."""


class QueryError(FileroomError):
    """A search is not well formed: unknown keyword, malformed range, wrong level."""


class KeyNotIndexedError(QueryError):
    """A search key is not in the index.

    Attributes:
        keyword: the DICOM keyword that was asked for.
    """

    def __init__(self, keyword: str, message: str) -> None:
        super().__init__(message)
        self.keyword = keyword

    def __reduce__(self) -> tuple[type[KeyNotIndexedError], tuple[str, str]]:
        return type(self), (self.keyword, str(self))


class InvalidDatasetError(FileroomError):
    """A DICOM object is damaged or incomplete: no UIDs, truncated, not parsable."""


class NotDicomError(InvalidDatasetError):
    """The bytes are not DICOM at all."""


class NotFoundError(FileroomError):
    """There is no such resource, attachment, stored object or quarantined file."""


class AlreadyExistsError(FileroomError):
    """The storage key, name or attachment is taken, and nothing was overwritten."""


class RevisionError(AlreadyExistsError):
    """An optimistic revision check failed: the value was changed by somebody else first."""


class InvalidValueError(FileroomError, ValueError):
    """A label, metadata name or value, byte range or storage key is not one that can be."""


class DocumentError(FileroomError):
    """A document, such as a rule or a mapping, cannot be used as it is.

    Attributes:
        document: its name.
        line: the line on which it is wrong, from 1; 0 where it is wrong as a whole.
    """

    def __init__(self, message: str, document: str, line: int = 0) -> None:
        super().__init__(f"{document}:{line}: {message}" if line else f"{document}: {message}")
        self.document = document
        self.line = line
        self._message = message

    def __reduce__(self) -> tuple[type[DocumentError], tuple[str, str, int]]:
        return type(self), (self._message, self.document, self.line)


class NotSupportedError(FileroomError):
    """The backend or processor cannot do this, by its declared capabilities."""


class RejectedError(FileroomError):
    """An intervention refused the object."""


class StorageError(FileroomError):
    """The storage backend failed; nothing half-written is visible."""


class StorageFullError(StorageError):
    """The storage has no space left, or its quota is used up."""


class CatalogError(FileroomError):
    """The index backend failed; the transaction had no effect."""


class SchemaError(CatalogError):
    """The index was written by a newer version of Fileroom, or is not an index at all."""


class NetworkError(FileroomError):
    """A peer on the network cannot be reached, refuses, breaks off, or does not answer in time."""


class ExecutorError(FileroomError):
    """An executor cannot be reached, has no workers, or these cannot run what they are sent."""


class TaskLostError(ExecutorError):
    """A task was given up: worker after worker died with it, and it may well be what kills them.

    Attributes:
        overdue: no worker died, but the one that had it was ended, for it took longer than it may.
    """

    def __init__(self, message: str, *, overdue: bool = False) -> None:
        super().__init__(message)
        self.overdue = overdue

    def __reduce__(self) -> tuple[object, tuple[str, bool]]:
        return _lost, (str(self), self.overdue)


def _lost(message: str, overdue: bool) -> TaskLostError:  # noqa: FBT001 - called by pickle
    return TaskLostError(message, overdue=overdue)


class FeedError(FileroomError):
    """A feed's place, such as another system's database, cannot be reached or read."""


class IntegrityError(FileroomError):
    """Stored bytes differ from the digest that was recorded of them, or are another instance's."""
