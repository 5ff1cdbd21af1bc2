"""DICOM's own tables of what objects hold (PS3.3), for every plugin that asks.

Which information object definition (IOD) a SOP class has, which modules an IOD has, and which attributes a
module has, of which type, sequences to any depth::

    iod = iod_of("1.2.840.10008.5.1.4.1.1.2")
    iod.name                                       # "ct-image"
    iod.attribute_type((0x0010_0010,))             # "2": Patient's Name
    iod.attribute_type((0x0008_1140, 0x0008_1150)) # "1": in Referenced Image Sequence

The tables are those of highdicom (see ``NOTICE``), made compact by ``scripts/standard_tables.py``, and are
read when they are first asked for. They hold neither conditions nor values, and of functional groups only
the attributes, not which of them an IOD demands.
"""

from fileroom_plugins.standard.iods import Iod, ModuleUse, iod_of, iods
from fileroom_plugins.standard.modules import Attribute, Level, level, module, modules, repeating

__all__ = [
    "Attribute",
    "Iod",
    "Level",
    "ModuleUse",
    "iod_of",
    "iods",
    "level",
    "module",
    "modules",
    "repeating",
]
