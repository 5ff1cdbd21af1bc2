"""A small host application: the reception of a practice, with Fileroom inside.

It takes in what lies in an inbox, finds studies by the patient's name, files letters with them, and serves
bytes as a web page would ask for them. Run it: ``python examples/embed_in_app.py``. It works on files that
come with pydicom, in a temporary folder.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pydicom

import fileroom
from fileroom.storage import ByteRange

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.resources import Study

SHIPPED = Path(pydicom.__file__).parent / "data" / "test_files"
INBOX = ("CT_small.dcm", "MR_small.dcm", "MR_small_implicit.dcm", "rtplan_truncated.dcm", "README.txt")


class Reception:
    """What the practice does with its archive. Any thread may call any method."""

    def __init__(self, folder: Path) -> None:
        letter = {"number": 1024, "media_type": "text/plain"}
        self._archive = fileroom.open(folder, content_types={"letter": letter})

    def take_in(self, inbox: Path) -> Iterator[str]:
        """Store what lies in the inbox, and remove what is safely stored. Yield a line about each file."""
        for path in sorted(inbox.iterdir()):
            try:
                outcome = self._archive.store(path)
            except fileroom.NotDicomError:
                yield f"{path.name}: left there, it is not DICOM"
                continue
            yield f"{path.name}: {outcome.status}"
            try:
                outcome.check()  # raises unless the very bytes are in the archive, durably
            except fileroom.RejectedError:
                continue
            path.unlink()

    def search(self, name: str) -> list[Study]:
        """Return the studies of patients whose name begins like this, the newest first."""
        return list(self._archive.find("study", PatientName=f"{name}*", order_by="-StudyDate", limit=50))

    def file_letter(self, study: Study, text: str) -> int:
        """Attach a letter, in place of the one we have seen and of no other; return its revision."""
        seen = study.attachments["letter"].revision if "letter" in study.attachments else 0
        return study.attach("letter", text.encode(), if_revision=seen).revision

    def serve(self, id_: str, content_type: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield a range of an attachment, piece by piece, as an HTTP response would send it."""
        with self._archive.get(id_).attachments[content_type].open("rb", ByteRange(start, end)) as file:
            while piece := file.read(64 << 10):
                yield piece

    def close(self) -> None:
        """Close the archive."""
        self._archive.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        inbox = Path(folder) / "inbox"
        inbox.mkdir()
        for name in INBOX:
            shutil.copy(SHIPPED / name, inbox)

        reception = Reception(Path(folder) / "archive")
        print(*reception.take_in(inbox), sep="\n")
        print("still in the inbox:", *sorted(path.name for path in inbox.iterdir()))
        for study in reception.search("compressedsamples"):
            print(study["StudyDate"], study["ModalitiesInStudy"], len(study.instances), "instance")
            for text in ("No finding.", "A correction."):
                print("  letter, revision", reception.file_letter(study, text))
            print("  it says:", b"".join(reception.serve(study.id, "letter")).decode())
            image = study.instances[0]
            print("  bytes 128 to 132:", b"".join(reception.serve(image.id, "dicom", 128, 132)))
        reception.close()


if __name__ == "__main__":
    main()
