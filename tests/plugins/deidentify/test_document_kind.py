"""Anonymity documents keep the promises of a kind of documents."""

import pytest

from fileroom.documents import DocumentKind
from fileroom.testing.documents import DocumentKindContract
from fileroom_plugins.deidentify.anonymity.kind import AnonymityDocuments


class TestAnonymityDocuments(DocumentKindContract):
    @pytest.fixture
    def kind(self) -> DocumentKind:
        return AnonymityDocuments()
