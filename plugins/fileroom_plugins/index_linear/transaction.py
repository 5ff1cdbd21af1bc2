"""One transaction, in JSON's terms: what a line of the sidecar holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeAlias

if TYPE_CHECKING:
    from fileroom.model import TagValue

Json: TypeAlias = "list[Any]"


class Shown(NamedTuple):
    """What ``index.dat`` is to show of an instance, beside what its row holds.

    Attributes:
        tags: those that only ``index.dat`` holds.
        was: the mark of what its slot held before; 0 for nothing.
        recorded: when it arrived, in Unix time.
        new: whether it is new.
    """

    tags: dict[str, TagValue]
    was: int
    recorded: float
    new: bool


@dataclass(slots=True)
class Transaction:
    """What one transaction changed, in JSON's terms.

    Attributes:
        rows: rows as they are now (`fileroom_plugins.index_linear.rows`).
        gone: ids of rows that are no more, children first.
        changes: what was logged.
        arrived: the last number in the order of arrival.
        sequence: the last sequence of the log.
        complete: the extra tags that every instance was read for.
        cleared: records of ``index.dat`` that are to be free, with the mark of what they showed.
        headers: by id of an instance that ``index.dat`` is to show, what its row does not hold.
        own: what hangs on the archive itself, if that changed.
        vouched: whether all that was ever committed, and not removed, is known.
    """

    rows: list[Json] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    changes: list[Json] = field(default_factory=list)
    arrived: int = 0
    sequence: int = 0
    complete: list[Json] = field(default_factory=list)
    cleared: list[Json] = field(default_factory=list)
    headers: dict[str, Shown] = field(default_factory=dict)
    own: Json = field(default_factory=list)
    vouched: bool = False

    @classmethod
    def of(cls, content: dict[str, Any]) -> Self:
        """Return the transaction that a line holds.

        Raises:
            TypeError: it does not hold one.
        """
        transaction = cls(**content)
        transaction.headers = {id_: Shown(*shown) for id_, shown in transaction.headers.items()}
        return transaction

    @property
    def shows(self) -> bool:
        """Whether ``index.dat`` changes with it."""
        return bool(self.cleared or self.headers)
