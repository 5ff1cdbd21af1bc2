"""DICOM objects of what is none yet: images, films' frames, PDF and CDA documents."""

from __future__ import annotations

from fileroom_plugins.imaging.capture.documents import encapsulate_cda, encapsulate_pdf
from fileroom_plugins.imaging.capture.rasters import capture_file, capture_frames

__all__ = ["capture_file", "capture_frames", "encapsulate_cda", "encapsulate_pdf"]
