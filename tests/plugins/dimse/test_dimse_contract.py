from __future__ import annotations

from collections.abc import Iterator

import pytest

from fileroom.sending import Sender
from fileroom.testing.sender import Peer, SenderContract
from fileroom_plugins.dimse import Options
from fileroom_plugins.dimse.sender import DimseSender
from tests.plugins.dimse.peers import acceptor


class TestDimse(SenderContract):
    @pytest.fixture
    def sender(self) -> Sender:
        return DimseSender(Options(timeout=10), "KIT")

    @pytest.fixture
    def peer(self) -> Iterator[Peer]:
        with acceptor() as peer:
            yield peer
