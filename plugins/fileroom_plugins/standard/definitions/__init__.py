"""What documents define beyond the standard: attributes, private attributes and UIDs, for every plugin.

A house writes standard dictionaries, private dictionaries and UID documents; their kinds are registered by
the plugin ``metadata``. What they say is read here, so that it counts wherever something is looked up::

    known = read_definitions(options.standard_dictionary, options.private_dictionary, options.uids)
    known.attribute(0x0009_1001, "ACME 1.1")   # Definition(vr="DS", name="Dose", vm="1", retired=False)
    known.uids.get("1.2.3.4")                  # Uid(name="ACME Raw Data Storage", …), or None

What PS3.6 and lists of vendors' attributes say themselves is not in here: callers know these, and say what
goes before what.
"""

from fileroom_plugins.standard.definitions.attributes import (
    PRIVATE_DICTIONARY,
    STANDARD_DICTIONARY,
    VRS,
    read_private_dictionary,
    read_standard_dictionary,
)
from fileroom_plugins.standard.definitions.patterns import Definition, Dictionary, TagPattern
from fileroom_plugins.standard.definitions.reading import (
    Definitions,
    built_in,
    read_definitions,
)
from fileroom_plugins.standard.definitions.uids import UIDS, Uid, read_uids

__all__ = [
    "PRIVATE_DICTIONARY",
    "STANDARD_DICTIONARY",
    "UIDS",
    "VRS",
    "Definition",
    "Definitions",
    "Dictionary",
    "TagPattern",
    "Uid",
    "built_in",
    "read_definitions",
    "read_private_dictionary",
    "read_standard_dictionary",
    "read_uids",
]
