"""From options to what does the work."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fileroom.plugin import ConfigError, InvalidValueError, NotSupportedError
from fileroom_plugins.deidentify.cleaners import pixel_cleaner
from fileroom_plugins.deidentify.deidentifier import Deidentifier
from fileroom_plugins.deidentify.dictionary import KNOWN, DataDictionary
from fileroom_plugins.deidentify.keyed import Days, KeyedPseudonyms, is_uid
from fileroom_plugins.deidentify.standard_profile import CODES, Option, standard_profile
from fileroom_plugins.standard.definitions import read_definitions

if TYPE_CHECKING:
    from fileroom.plugin import Document, DocumentName
    from fileroom_plugins.deidentify import Options
    from fileroom_plugins.deidentify.cleaners import PixelCleaner
    from fileroom_plugins.deidentify.profile import Profile
    from fileroom_plugins.deidentify.pseudonyms import Pseudonyms


def open_pseudonyms(options: Options) -> Pseudonyms:
    """Return what gives pseudonyms; it is to be closed.

    Raises:
        ConfigError: the key, the root, the days or the database cannot be used.
        CatalogError: the database failed.
        MissingDependencyError: the mapping needs a package that is not installed.
    """
    key = options.key.reveal().encode() if options.key is not None else None
    least, most = options.days
    try:
        keyed = KeyedPseudonyms(key, uid_root=options.uid_root, days=Days(least, most))
    except InvalidValueError as error:
        raise ConfigError(str(error), "plugins.deidentify") from error
    if options.mapping is None or key is None:
        return keyed
    from fileroom_plugins.deidentify.mapping import MappedPseudonyms  # noqa: PLC0415 - SQLAlchemy is slow

    return MappedPseudonyms(options.mapping.reveal(), key, keyed)


def open_deidentifier(options: Options, pseudonyms: Pseudonyms) -> Deidentifier:
    """Return what de-identifies by these options.

    Raises:
        ConfigError: an option does not exist, or has a value that cannot be.
        DocumentError: a document is wrong.
        NotFoundError: there is no such document.
        NotSupportedError: recognizable visual features are to be cleaned, which nothing here can do.
        MissingDependencyError: cleaning pixels needs a package that is not installed.
    """
    if options.new_sop_instance_uid and not is_uid(options.new_sop_instance_uid):
        raise ConfigError(
            "expected a UID, and none of the standard's own", "plugins.deidentify.new_sop_instance_uid"
        )
    profile = _profile(options)
    if CODES[Option.CLEAN_RECOGNIZABLE_VISUAL_FEATURES] in profile.codes:
        raise NotSupportedError(
            "clean-recognizable-visual-features: no installed plugin makes faces unrecognizable; leave the "
            "option out, or take images apart that show a head"
        )
    cleaner = None
    if options.rectangles and CODES[Option.CLEAN_PIXEL_DATA] not in profile.codes:
        raise ConfigError(
            "they are for the option clean-pixel-data, which is not asked for: nothing would be blackened",
            "plugins.deidentify.rectangles",
        )
    if CODES[Option.CLEAN_PIXEL_DATA] in profile.codes:
        cleaner = _pixel_cleaner(options)
    return Deidentifier(
        profile,
        pseudonyms,
        clean_pixels=cleaner,
        new_sop_instance_uid=options.new_sop_instance_uid,
        check=options.check,
    )


def profile_of_document(document: Document | None, dictionary: DataDictionary = KNOWN) -> Profile:
    """Return the profile of an anonymity document, or the Basic Profile.

    Args:
        document: the document.
        dictionary: what the dictionaries know.

    Raises:
        DocumentError: the document is wrong.
    """
    if document is None:
        return replace(standard_profile(), dictionary=dictionary)
    from fileroom_plugins.deidentify.anonymity.kind import profile_of  # noqa: PLC0415 - only who has one

    return profile_of(document, dictionary)


def read_dictionary(standard: DocumentName | None, private: DocumentName | None) -> DataDictionary:
    """Return what the dictionaries know, with what a standard and a private one define.

    Raises:
        DocumentError: a document is wrong.
        NotFoundError: there is no such document.
    """
    return DataDictionary(read_definitions(standard, private))


def _profile(options: Options) -> Profile:
    dictionary = read_dictionary(options.standard_dictionary, options.private_dictionary)
    if options.document is not None:
        return profile_of_document(options.document.read("anonymity"), dictionary)
    try:
        return replace(standard_profile(options.options), dictionary=dictionary)
    except InvalidValueError as error:
        raise ConfigError(str(error), "plugins.deidentify.options") from error


def _pixel_cleaner(options: Options) -> PixelCleaner:
    from fileroom_plugins.deidentify.pixels.rectangles import Rectangle  # noqa: PLC0415 - only who needs it

    try:
        rectangles = [Rectangle.parse(text) for text in options.rectangles]
    except ValueError as error:
        raise ConfigError(str(error), "plugins.deidentify.rectangles") from error
    return pixel_cleaner(rectangles, options.unknown_pixels)
