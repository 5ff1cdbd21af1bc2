"""Pictures of DICOM images and of ordinary ones, as a command string says: `render`."""

from __future__ import annotations

from fileroom_plugins.imaging.rendering.picture import Picture, render

__all__ = ["Picture", "render"]
