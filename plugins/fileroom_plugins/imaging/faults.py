"""What damage leads to: one documented error, whatever the libraries raise."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from fileroom.plugin import FileroomError, InvalidDatasetError, NotSupportedError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def damage(doing: str) -> Iterator[None]:
    """Turn whatever pydicom, numpy or a decoder raises within into `InvalidDatasetError`.

    Their own text is left out of the message, since it may quote values of a patient.

    Args:
        doing: what is tried, for the message, for example ``"decoding frame 3"``.

    Raises:
        NotSupportedError: there was not enough memory.
        InvalidDatasetError: something other than Fileroom's own errors was raised.
    """
    try:
        yield
    except FileroomError:
        raise
    except MemoryError as error:
        raise NotSupportedError(f"{doing} takes more memory than there is") from error
    except Exception as error:
        raise InvalidDatasetError(f"{doing} failed: the object is damaged") from error
