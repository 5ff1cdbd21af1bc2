"""The rules of the standard that are checked here: their stable names, and where they are written.

Constraint documents have rules besides, under names of their own. Names are kept from release to release; a
rule that goes is named in the change log.
"""

from __future__ import annotations

from dataclasses import dataclass

from fileroom_plugins.conformance.messages import Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        name: ``<area>/<what is wrong>``.
        severity: of its messages.
        says: what is wrong where there is a message.
        source: the part and section of the standard.
    """

    name: str
    severity: Severity
    says: str
    source: str


_all: list[Rule] = []


def _rule(name: str, severity: Severity, says: str, source: str) -> Rule:
    _all.append(Rule(name, severity, says, source))
    return _all[-1]


_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO

# The file.
FILE_NO_META = _rule("file/no-meta", _E, "There is no preamble and no file meta information", "PS3.10 7.1")
FILE_META_VERSION = _rule(
    "file/meta-version", _E, "The File Meta Information Version is not 0001H", "PS3.10 7.1"
)
FILE_META_MISSING = _rule(
    "file/meta-missing", _E, "A type 1 attribute of the file meta information is missing", "PS3.10 7.1"
)
FILE_META_LENGTH = _rule(
    "file/meta-length", _E, "The group length of the file meta information is wrong or missing", "PS3.10 7.1"
)
FILE_META_ENCODING = _rule(
    "file/meta-encoding", _E, "The file meta information is not in explicit VR little endian", "PS3.10 7.1"
)
FILE_META_ELEMENT = _rule(
    "file/meta-element", _E, "An attribute of group 0002 stands in the data set", "PS3.10 7.1"
)
FILE_SOP_MISMATCH = _rule(
    "file/sop-mismatch",
    _E,
    "The Media Storage SOP Class or Instance UID is not that of the data set",
    "PS3.10 7.1",
)
FILE_SYNTAX = _rule(
    "file/transfer-syntax",
    _E,
    "The transfer syntax is unknown, or not the one the data set is written in",
    "PS3.5 10, PS3.6 A",
)
FILE_LARGE = _rule("file/not-checked", _W, "A part of the object was not checked: it is too large", "")
FILE_NOT_EVALUATED = _rule(
    "file/not-evaluated", _E, "The object is too damaged to evaluate the rules of documents", ""
)

# How elements are written.
TRUNCATED = _rule("encoding/truncated", _E, "The file, sequence or item ends within an element", "PS3.5 7.1")
DEPTH = _rule("encoding/depth", _E, "The sequences are nested deeper than is followed", "PS3.5 7.5")
ODD_LENGTH = _rule("encoding/odd-length", _E, "The length of a value is odd", "PS3.5 7.1.1")
ORDER = _rule("encoding/order", _E, "The elements are not in ascending order of their tags", "PS3.5 7.1")
DUPLICATE = _rule("encoding/duplicate", _E, "A tag occurs twice", "PS3.5 7.1")
PADDING = _rule("encoding/padding", _E, "A value is padded with the wrong byte", "PS3.5 6.2")
UNDEFINED_LENGTH = _rule(
    "encoding/undefined-length", _E, "A length is undefined that may not be", "PS3.5 7.1"
)
ITEM = _rule("encoding/item", _E, "There is something else where an item or a delimiter belongs", "PS3.5 7.5")
DELIMITER = _rule("encoding/delimiter", _E, "The length of a delimiter is not zero", "PS3.5 7.5.2")
IMPLICIT_VR = _rule(
    "encoding/implicit-vr", _E, "An element is in implicit VR amid explicit ones", "PS3.5 7.1"
)
UNKNOWN_VR = _rule("encoding/unknown-vr", _E, "The VR is none of the standard's", "PS3.5 6.2")
VR_MISMATCH = _rule("encoding/vr-mismatch", _E, "The VR is not the one of the data dictionary", "PS3.6 6")
RESERVED = _rule("encoding/reserved", _W, "The two reserved bytes after a VR are not zero", "PS3.5 7.1.2")
UN_KNOWN = _rule("encoding/un-known", _I, "The VR is UN though the data dictionary has one", "PS3.5 6.2.2")
GROUP_LENGTH = _rule("encoding/group-length", _W, "A group length is wrong", "PS3.5 7.2")
BAD_TAG = _rule("encoding/tag", _E, "A tag of a group that no data set may have", "PS3.5 7.1, 7.8")
PRIVATE_CREATOR = _rule(
    "encoding/private-creator", _E, "A private element has no private creator", "PS3.5 7.8.1"
)

# The data dictionary.
UNKNOWN = _rule("dictionary/unknown", _W, "The tag is standard, and not in the data dictionary", "PS3.6 6")
RETIRED = _rule("dictionary/retired", _I, "The attribute is retired", "PS3.6 6")

# Values.
VR_LENGTH = _rule("vr/length", _E, "A value is longer or shorter than its VR allows", "PS3.5 6.2")
VR_CHARACTERS = _rule("vr/characters", _E, "A value has characters that its VR does not allow", "PS3.5 6.2")
VR_FORMAT = _rule("vr/format", _E, "A value is not written as its VR demands", "PS3.5 6.2")
VR_RANGE = _rule("vr/range", _E, "A number is out of the range of its VR", "PS3.5 6.2")
VM = _rule(
    "vr/multiplicity", _E, "An attribute has more or fewer values than the data dictionary allows", "PS3.6 6"
)
PN_RETIRED_FORM = _rule("vr/name-form", _I, "A person's name has no components", "PS3.5 6.2.1")

# Unique identifiers.
UID_FORMAT = _rule("uid/format", _E, "A UID is malformed", "PS3.5 9.1")
UID_ROOT = _rule(
    "uid/root", _E, "A UID begins with arcs that nobody has registered", "PS3.5 9.1, ISO/IEC 9834-1"
)
UID_REUSED = _rule("uid/reused", _E, "One UID identifies two different things", "PS3.5 9")
UID_UNKNOWN = _rule("uid/unknown", _W, "A UID under DICOM's own root is none of the standard's", "PS3.6 A")

# Character sets.
CHARSET_TERM = _rule(
    "charset/term", _E, "The Specific Character Set has a value that is no defined term", "PS3.3 C.12.1.1.2"
)
CHARSET_COMBINATION = _rule(
    "charset/combination",
    _E,
    "The values of Specific Character Set do not go together",
    "PS3.3 C.12.1.1.2",
)
CHARSET_UNDECLARED = _rule(
    "charset/undeclared", _E, "A text has bytes of a character set that is not declared", "PS3.5 6.1"
)
CHARSET_UNDECODABLE = _rule(
    "charset/undecodable", _E, "A text cannot be decoded as it is declared", "PS3.5 6.1"
)

# The information object.
NO_SOP_CLASS = _rule(
    "iod/no-sop-class", _E, "There is no SOP Class UID, so nobody knows what the object is", "PS3.3 C.12.1"
)
UNKNOWN_IOD = _rule(
    "iod/unknown", _W, "The SOP class is standard, and its IOD is not known here", "PS3.4 B.5"
)
PRIVATE_IOD = _rule("iod/private", _I, "The SOP class is private: no IOD to check against", "PS3.2 3.11")
MODULE_MISSING = _rule("iod/module-missing", _E, "A mandatory module is missing altogether", "PS3.3 A.1.3")
TYPE_1_MISSING = _rule("iod/type-1-missing", _E, "An attribute of type 1 is missing", "PS3.5 7.4.1")
TYPE_1_EMPTY = _rule("iod/type-1-empty", _E, "An attribute of type 1 has no value", "PS3.5 7.4.1")
TYPE_1C_MISSING = _rule(
    "iod/type-1c-missing", _E, "An attribute of type 1C is missing where its condition holds", "PS3.5 7.4.2"
)
TYPE_1C_EMPTY = _rule(
    "iod/type-1c-empty", _E, "An attribute of type 1C is there without a value", "PS3.5 7.4.2"
)
TYPE_2_MISSING = _rule("iod/type-2-missing", _E, "An attribute of type 2 is missing", "PS3.5 7.4.3")
TYPE_2C_MISSING = _rule(
    "iod/type-2c-missing", _E, "An attribute of type 2C is missing where its condition holds", "PS3.5 7.4.4"
)
NOT_ALLOWED = _rule(
    "iod/not-allowed", _E, "An attribute is there though its condition forbids it", "PS3.5 7.4"
)
NOT_IN_IOD = _rule(
    "iod/not-in-iod", _I, "The IOD does not have the attribute: a standard extended SOP class", "PS3.2 3.11"
)
ENUMERATED = _rule("iod/enumerated-value", _E, "A value is none of the enumerated values", "PS3.3 5.4")
DEFINED_TERM = _rule("iod/defined-term", _W, "A value is none of the defined terms", "PS3.3 5.4")
VALUE_RANGE = _rule(
    "iod/value-range", _E, "A number is out of the range that the attribute allows", "PS3.3 C"
)
ITEM_COUNT = _rule("iod/item-count", _E, "A sequence has more or fewer items than it may have", "PS3.3 C")
EVIDENCE = _rule(
    "iod/evidence",
    _E,
    "A report refers to an instance that its evidence sequences do not list",
    "PS3.3 C.17.2.3",
)
CONSISTENCY = _rule("iod/consistency", _E, "The attributes contradict each other", "PS3.3 C")

# Functional groups.
GROUPS_FRAMES = _rule(
    "groups/frames", _E, "There are not as many per-frame items as frames", "PS3.3 C.7.6.16"
)
GROUPS_BOTH = _rule("groups/both", _E, "A functional group is both shared and per frame", "PS3.3 C.7.6.16")
GROUPS_MISSING = _rule("groups/missing", _E, "A mandatory functional group is missing", "PS3.3 A")
GROUPS_SOME = _rule(
    "groups/some-frames", _E, "A functional group is there for some frames only", "PS3.3 C.7.6.16"
)

# Pixels.
PIXEL_LENGTH = _rule(
    "pixel/length",
    _E,
    "The length of the pixel data is not what rows, columns, samples, bits and frames make",
    "PS3.5 8",
)
PIXEL_BITS = _rule(
    "pixel/bits", _E, "The bits allocated, bits stored and high bit do not fit together", "PS3.5 8.1.1"
)
PIXEL_SAMPLES = _rule(
    "pixel/samples",
    _E,
    "The samples per pixel do not fit the photometric interpretation",
    "PS3.3 C.7.6.3.1.2",
)
PIXEL_PHOTOMETRIC = _rule(
    "pixel/photometric",
    _E,
    "The photometric interpretation is none of the transfer syntax",
    "PS3.5 8.2",
)
PIXEL_ENCAPSULATION = _rule(
    "pixel/encapsulation",
    _E,
    "The pixel data is encapsulated where it may not be, or the other way round",
    "PS3.5 A.4",
)
PIXEL_VR = _rule(
    "pixel/vr", _E, "The VR of the pixel data is not what its encoding demands", "PS3.5 A.2, A.4"
)
PIXEL_FRAGMENTS = _rule("pixel/fragments", _E, "There are fewer fragments than frames", "PS3.5 A.4")
PIXEL_OFFSETS = _rule("pixel/offsets", _E, "The basic offset table is not one of these frames", "PS3.5 A.4")
PIXEL_CODESTREAM = _rule(
    "pixel/codestream", _W, "A fragment does not begin as its transfer syntax demands", "PS3.5 A.4"
)
PIXEL_PALETTE = _rule("pixel/palette", _E, "A palette's data do not fit its descriptor", "PS3.3 C.7.6.3.1.5")
LUT = _rule("pixel/lut", _E, "A lookup table's data do not fit its descriptor", "PS3.3 C.11")
OVERLAY_LENGTH = _rule(
    "overlay/length", _E, "The overlay data is shorter than its rows and columns make", "PS3.3 C.9.2"
)

RULES: tuple[Rule, ...] = tuple(_all)
"""All rules, by area."""
