"""Objects whose pixels were cleaned are as sound as before, by a validator of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from fileroom_plugins.deidentify import Options, deidentify
from tests.plugins.deidentify.samples import SHIPPED
from tests.plugins.deidentify.test_iods_stay_valid import errors, needs_validator

FEW = {
    "CT_small.dcm",
    "MR_small_RLE.dcm",
    "MR_small_jp2klossless.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "JPGExtended.dcm",
    "examples_ybr_color.dcm",
    "examples_palette.dcm",
    "SC_rgb_jpeg_gdcm.dcm",
    "SC_rgb_rle_2frame.dcm",
}


@needs_validator
@pytest.mark.slow
@pytest.mark.parametrize("path", [path for path in SHIPPED if path.name in FEW], ids=lambda path: path.name)
def test_cleaned_pixels_make_no_new_errors(path: Path, tmp_path: Path) -> None:
    options = Options(options=("clean-pixel-data",), rectangles=("1 1 9 9",))
    output = tmp_path / "made.dcm"
    output.write_bytes(deidentify(path, options).data)
    assert errors(output) <= errors(path)
