"""Products as files: ``-o FILE`` and ``-o FOLDER``."""

from __future__ import annotations

import hashlib
import io
import mimetypes
import os
import re
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from fileroom.cli.failures import CommandError
from fileroom.errors import FileroomError, InvalidDatasetError
from fileroom.header import HeaderReader
from fileroom.tags import TagSet

if TYPE_CHECKING:
    from fileroom._executing.products import Item
    from fileroom.cli.items import Chosen
    from fileroom.processing import Product

DICOM = "application/dicom"
"""The media type of DICOM objects, which are named by their UIDs."""

SUFFIXES = {DICOM: ".dcm", "application/dicom+json": ".json", "application/dicom+xml": ".xml"}
"""Media type to what names of files end in, for those that are known to few systems."""

_UID = re.compile(r"[0-9]+(\.[0-9]+)*")


class Writer:
    """Writes products to where ``-o`` says; a file appears whole or not at all.

    DICOM objects are named by their SOP Instance UID, and so is what was made along with one: the name of the
    original may tell who the patient is. Other products are named by the file, or by the id of the resource,
    that they were made of. No file is written over but the one that ``-o`` itself names; one that is there
    with the same bytes is left as it is, so that a command can be run again.

    Args:
        output: a file, for one product of one object; else a folder, which is made where it is missing.
        chosen: the objects that products are made of.

    Attributes:
        output: the file or folder.
        is_folder: which of them it is.
    """

    def __init__(self, output: Path, chosen: Chosen) -> None:
        self.is_folder = output.is_dir() or not chosen.single or str(output).endswith(("/", os.sep))
        if self.is_folder and not output.is_dir() and mimetypes.guess_type(output.name)[0] is not None:
            raise CommandError("-o names a file, and there are several objects: name a folder")
        self.output = output
        if self.is_folder:
            try:
                output.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise CommandError(f"-o: {output} cannot be made: {error.strerror}") from error

    def write(self, item: Item, products: tuple[Product, ...]) -> list[Path]:
        """Write the products of one object; return the files.

        Raises:
            CommandError: a file cannot be written; or there are several, and ``-o`` names one file.
            InvalidDatasetError: a DICOM object cannot be read.
        """
        if not self.is_folder and len(products) > 1:
            raise CommandError("-o names one file, and there are several: name a folder")
        new = next((_name_of(one) for one in products if _is_dicom(one)), "")
        stem = new or stem_of(item)
        return [self._write(item, one, stem) for one in products]

    def _write(self, item: Item, product: Product, stem: str) -> Path:
        target = self._free(_file_name(product, stem), product.data) if self.is_folder else self.output
        if self.is_folder and target.exists():
            return target
        if item.id is None and target.exists() and target.samefile(item.name):
            raise CommandError("-o names the very file that is read: it would be lost; name another")
        try:
            write_whole(target.resolve(), product.data)
        except OSError as error:
            raise CommandError(f"-o: {target.name} cannot be written: {error.strerror}") from error
        return target

    def _free(self, name: str, data: bytes) -> Path:
        """Return a path in the folder that nothing has yet, or that has these very bytes."""
        path = self.output / name
        count = 1
        while path.exists() and not _holds(path, data):
            count += 1
            path = self.output / f"{Path(name).stem}-{count}{Path(name).suffix}"
        return path


def stem_of(item: Item) -> str:
    """Return what files of what is made of an object are called, without the suffix; a UID's end is none."""
    path = Path(item.name)
    return item.id or (path.name if path.suffix[1:].isdigit() else path.stem)


def write_whole(target: Path, data: bytes) -> None:
    """Write a file that appears whole or not at all; what is no file, such as a pipe, is written to.

    Raises:
        OSError: it cannot be written.
    """
    if target.exists() and not target.is_file():
        with target.open("wb") as opened:
            opened.write(data)
        return
    temporary = target.with_name(f".{uuid.uuid4().hex}.part")
    try:
        temporary.write_bytes(data)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _is_dicom(product: Product) -> bool:
    return product.media_type == DICOM


def _file_name(product: Product, stem: str) -> str:
    if _is_dicom(product):
        return f"{_name_of(product)}.dcm"
    kind = product.media_type.partition(";")[0]
    suffix = product.suffix or SUFFIXES.get(kind) or mimetypes.guess_extension(kind) or ".bin"
    return f"{stem}{suffix}"


def _name_of(product: Product) -> str:
    """Return an object's UID, if it is one: what else it calls itself may be a path, or tell of a patient."""
    uid = sop_instance_uid(product.data)
    return uid if _UID.fullmatch(uid) else hashlib.sha256(product.data).hexdigest()[:32]


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False


def sop_instance_uid(data: bytes) -> str:
    """Return the SOP Instance UID of a DICOM file; of a palette too, say, which belongs to no study.

    Raises:
        InvalidDatasetError: it has none, or cannot be read.
    """
    try:
        return HeaderReader(TagSet.with_extra({})).read(data).identity.sop_instance_uid
    except FileroomError:
        pass  # an identity has more parts than this one
    from pydicom import dcmread  # noqa: PLC0415 - slow, and seldom needed

    try:
        found = dcmread(io.BytesIO(data), stop_before_pixels=True, specific_tags=["SOPInstanceUID"])
        return str(found.SOPInstanceUID)
    except Exception as error:  # pydicom raises whatever the damage leads to
        raise InvalidDatasetError("what was made is no DICOM object that could be named") from error
