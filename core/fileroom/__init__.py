"""Fileroom: a DICOM archive framework."""
