from __future__ import annotations

import os
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

import fileroom
from fileroom.testing.datasets import make_instance
from tests.plugins.imaging.presentation_states import state_file

STUDIES = {
    "P-1": ("Müller^Anna", "CT", "Thorax", "20240229", 3),
    "P-2": ("Doe^Jane", "MR", "Head", "20230115", 2),
}


def make_old_pacs(place: Path) -> None:
    """Make another system's database: a table with the images, a row of text and one of nothing."""
    images = [path.read_bytes() for path in sorted((place / "dicom").iterdir())]
    with closing(sqlite3.connect(place / "old-pacs.sqlite")) as connection:
        connection.execute("CREATE TABLE images (id INTEGER PRIMARY KEY, image BLOB)")
        rows = enumerate((*images, b"a letter", None), start=1)
        connection.executemany("INSERT INTO images VALUES (?, ?)", rows)
        connection.commit()
    (place / "old-pacs-url").write_text("sqlite:///old-pacs.sqlite\n")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder, also the home, with what the pages speak of: DICOM files, an area, and others."""
    (tmp_path / "dicom").mkdir()
    for patient_id, (name, modality, description, day, count) in STUDIES.items():
        tags = {"PatientName": name, "StudyDescription": description, "StudyDate": day, "KVP": "120"}
        for number in range(1, count + 1):
            data = make_instance(
                patient_id=patient_id,
                modality=modality,
                instance_number=number,
                tags=tags,
                character_set="ISO_IR 192",
            )
            (tmp_path / "dicom" / f"{modality}-{number}.dcm").write_bytes(data)
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as file:
        file.writestr("one.dcm", make_instance(patient_id="P-3", modality="CR"))
        file.writestr("readme.txt", "no image")
    storage = {"backend": "filesystem", "root": "."}
    with fileroom.open(tmp_path / "area", index={"backend": "linear"}, storage=storage) as area:
        area.ingest(tmp_path / "dicom")
    (tmp_path / "area" / "fileroom.sidecar").unlink()  # as dcmqrscp would have made it
    (tmp_path / "dcmqrscp.cfg").write_text(
        "AETable BEGIN\nACME_STORE area RW (200, 1024mb) ANY\nAETable END\n"
    )
    make_old_pacs(tmp_path)
    images = [path.read_bytes() for path in sorted((tmp_path / "dicom").glob("CT-*.dcm"))]
    (tmp_path / "state.dcm").write_bytes(state_file(*images, parts={"PresentationLUTShape": "INVERSE"}))
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.7\n%%EOF\n")
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    for name in [name for name in os.environ if name.startswith("FILEROOM_")]:
        monkeypatch.delenv(name)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path
