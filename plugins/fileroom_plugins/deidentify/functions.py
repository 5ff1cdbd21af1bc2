"""De-identification without an archive and without products."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, cast

from pydicom import Dataset

from fileroom.plugin import Document, opened_source
from fileroom_plugins.deidentify.anonymity.kind import AnonymityDocuments
from fileroom_plugins.deidentify.anonymous import asked_profile, remaining
from fileroom_plugins.deidentify.cleaners import as_file
from fileroom_plugins.deidentify.objects import read_object
from fileroom_plugins.deidentify.opening import open_deidentifier, open_pseudonyms

if TYPE_CHECKING:
    from fileroom.plugin import ObjectSource
    from fileroom_plugins.deidentify import Options
    from fileroom_plugins.deidentify.asking import Options as Asked
    from fileroom_plugins.deidentify.deidentifier import Result


def deidentify_one(source: ObjectSource, options: Options) -> Result:
    """De-identify one object; see `fileroom_plugins.deidentify.deidentify`."""
    data = _bytes(source)
    with closing(open_pseudonyms(options)) as pseudonyms:
        return open_deidentifier(options, pseudonyms).apply(data)


def is_anonymous_one(source: ObjectSource, options: Asked) -> bool:
    """See `fileroom_plugins.deidentify.is_anonymous`."""
    if options.document is not None and hasattr(source, "process") and hasattr(source, "open"):
        # An instance, whose archive may have the document.
        given = {one.name: getattr(options, one.name) for one in fields(options)}
        (answer,) = cast("Any", source).process("anonymous", keep=False, **given)
        return bool(json.loads(answer.data)["anonymous"])
    if options.document is not None:
        options = replace(options, document=options.document.found_by(_find))
    profile = asked_profile(options)
    return next(remaining(read_object(_bytes(source), profile.dictionary), profile), None) is None


def _find(name: str, kind: str) -> Document:
    own = AnonymityDocuments().defaults().get(name)
    return Document.load(name, kind) if own is None else Document(name, kind, own)


def _bytes(source: ObjectSource) -> bytes:
    if isinstance(source, bytes):
        return source
    if isinstance(source, Dataset):
        return as_file(source)
    with opened_source(source) as file:
        return file.read()
