"""The command string of pictures: ``fileFormat=JFIF fixedScale=75 100``.

The language is that of ``process()`` and ``processCopy()`` of Oracle Multimedia, with operators of its own
for what DICOM adds. `parse` reads a string, `operators.OPERATORS` is the table that it reads by.
"""

from __future__ import annotations

from fileroom_plugins.imaging.commands.operators import OPERATORS, Applies, Operator
from fileroom_plugins.imaging.commands.parsing import Command, parse

__all__ = ["OPERATORS", "Applies", "Command", "Operator", "parse"]
