"""Where what lies in ``index.dat`` of DCMTK 3.6.2 and later (``QRDB05``) on 64-bit little-endian machines."""

from __future__ import annotations

from typing import NamedTuple

FILE_NAME = "index.dat"
MAGIC = b"QRDB05"

STUDIES = 500
"""Study descriptors in the table, used or not; no more studies exist for DCMTK."""
STUDY_SIZE = 88
TABLE_OFFSET = len(MAGIC)
TABLE_SIZE = STUDIES * STUDY_SIZE
RECORDS_OFFSET = TABLE_OFFSET + TABLE_SIZE
RECORD_SIZE = 8032

STUDY_BYTES = 1 << 30
"""Most bytes that DCMTK lets one study have; at the next store it deletes the oldest images beyond."""
STUDY_IMAGES = 10_000
"""Most images of one study that DCMTK's quota code has room for."""

# In a study descriptor.
STUDY_UID = (0, 65)
STUDY_BYTES_AT = 68
STUDY_IMAGES_AT = 80

# In a record.
FILE_NAME_FIELD = (0, 257)
SOP_CLASS_FIELD = (257, 65)
RECORDED_AT = 328
SIZE_AT = 336
PARAMS_AT = 344
PARAM_SIZE = 16
STATUS_AT = 6877
DESCRIPTION_FIELD = (6878, 129)

NOT_NEW, NEW = 0, 1


class Field(NamedTuple):
    """One text field of a record: keyword, tag, offset, and size with the NUL that ends it.

    Its place in `FIELDS` is the number of its entry in the record's table of parameters.
    """

    keyword: str
    tag: int
    offset: int
    size: int


FIELDS = (
    Field("PatientBirthDate", 0x00100030, 952, 81),
    Field("PatientSex", 0x00100040, 1033, 129),
    Field("PatientName", 0x00100010, 1162, 257),
    Field("PatientID", 0x00100020, 1419, 257),
    Field("PatientBirthTime", 0x00100032, 1676, 129),
    Field("OtherPatientIDs", 0x00101000, 1805, 257),
    Field("OtherPatientNames", 0x00101001, 2062, 257),
    Field("EthnicGroup", 0x00102160, 2319, 65),
    Field("StudyDate", 0x00080020, 2384, 81),
    Field("StudyTime", 0x00080030, 2465, 129),
    Field("StudyID", 0x00200010, 2594, 129),
    Field("StudyDescription", 0x00081030, 2723, 257),
    Field("NameOfPhysiciansReadingStudy", 0x00081060, 2980, 257),
    Field("AccessionNumber", 0x00080050, 3237, 129),
    Field("ReferringPhysicianName", 0x00080090, 3366, 257),
    Field("StudyDescription", 0x00081030, 3623, 257),
    Field("NameOfPhysiciansReadingStudy", 0x00081060, 3880, 257),
    Field("StudyInstanceUID", 0x0020000D, 4137, 65),
    Field("OtherStudyNumbers", 0x00201070, 4202, 97),
    Field("AdmittingDiagnosesDescription", 0x00081080, 4299, 257),
    Field("PatientAge", 0x00101010, 4556, 33),
    Field("PatientSize", 0x00101020, 4589, 129),
    Field("PatientWeight", 0x00101030, 4718, 129),
    Field("Occupation", 0x00102180, 4847, 65),
    Field("SeriesNumber", 0x00200011, 4912, 97),
    Field("SeriesInstanceUID", 0x0020000E, 5009, 65),
    Field("Modality", 0x00080060, 5074, 129),
    Field("InstanceNumber", 0x00200013, 5203, 97),
    Field("SOPInstanceUID", 0x00080018, 5300, 65),
    Field("SeriesDate", 0x00080021, 5365, 81),
    Field("SeriesTime", 0x00080031, 5446, 129),
    Field("SeriesDescription", 0x0008103E, 5575, 257),
    Field("ProtocolName", 0x00181030, 5832, 257),
    Field("OperatorsName", 0x00081070, 6089, 257),
    Field("PerformingPhysicianName", 0x00081050, 6346, 257),
    Field("ContentLabel", 0x00700080, 6603, 17),
    Field("IssuerOfPatientID", 0x00100021, 6620, 257),
    Field("SpecificCharacterSet", 0x00080005, 7007, 1025),
)

DESCRIBING = (
    "ImageComments",
    "ContentDescription",
    "CompletionFlag",
    "CompletionFlagDescription",
    "VerificationFlag",
)
"""What an instance's description is made of, beside its SOP class."""

HEADER_TAGS = tuple(dict.fromkeys([*(field.keyword for field in FIELDS), *DESCRIBING]))
"""Keywords of all attributes that a record wants to know of a header."""
