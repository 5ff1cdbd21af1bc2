from __future__ import annotations

from collections.abc import Iterator

import pytest

from fileroom.sending import Sender
from fileroom_plugins.dimse import Options
from fileroom_plugins.dimse.sender import DimseSender


@pytest.fixture
def sender() -> Iterator[Sender]:
    sender = DimseSender(Options(connect_timeout=10, timeout=10), "FILEROOM")
    yield sender
    sender.close()


@pytest.fixture
def hasty() -> Sender:
    """A sender with little patience."""
    return DimseSender(Options(connect_timeout=0.5, timeout=0.5), "FILEROOM")
