"""Profiles: which rule each attribute falls under."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from fileroom_plugins.deidentify.actions import Action, Rule
from fileroom_plugins.deidentify.dictionary import KNOWN, DataDictionary, is_known, private_vr_of
from fileroom_plugins.standard import repeating

_FIRST_OF_DATASETS = 0x0008_0000
_NOT_OF_DATASETS = Rule(Action.REMOVE, "not of datasets")
_KEPT = Rule(Action.KEEP, "default")
_UNDEFINED = Rule(Action.REMOVE, "undefined")
_PRIVATE = Rule(Action.REMOVE, "private")


class MethodCode(NamedTuple):
    """A code of what was done (PS3.16 CID 7050): value and meaning in the coding scheme DCM."""

    value: str
    meaning: str


@dataclass(frozen=True)
class Profile:
    """What is done with every attribute there may be.

    What belongs to messages, files and directories, groups 0000 to 0007, goes wherever it stands in a dataset
    (PS3.5 section 7.1). Otherwise the first of these that has a rule for an attribute decides:

    1. ``paths``: an attribute at one place; tags from the dataset's through those of sequences down.
    2. ``private``: a private attribute by its creator and by its tag with the block's two digits zero, for
       example ``("ACME 1.1", 0x0009_0001)``.
    3. ``tags``: a standard attribute by its tag, at any depth; repeating groups by the first, 5000 and 6000.
       A tag whose element is 0 stands for all of its group.
    4. ``vrs``: any attribute, private ones too, by its VR.
    5. ``undefined_private`` and ``undefined``: what the dictionaries do not know; ``private`` attributes and
       standard ones in turn.
    6. ``any_private`` and ``other``.

    Attributes:
        name: what it is called in reports and in De-identification Method, at most 64 characters.
        codes: for De-identification Method Code Sequence.
        keeps_longitude: whether dates tell the time between events: ``UNMODIFIED``, ``MODIFIED`` or
            ``REMOVED``, as Longitudinal Temporal Information Modified (0028,0303) has it.
        dictionary: what the dictionaries know.
        speaks_of_added: whether ``other`` is meant for what only documents define, too; the Basic Profile was
            made for the standard's attributes, and has no word about any other.
    """

    name: str
    tags: Mapping[int, Rule] = field(default_factory=dict)
    paths: Mapping[tuple[int, ...], Rule] = field(default_factory=dict)
    private: Mapping[tuple[str, int], Rule] = field(default_factory=dict)
    vrs: Mapping[str, Rule] = field(default_factory=dict)
    other: Rule = _KEPT
    undefined: Rule = _UNDEFINED
    any_private: Rule = _PRIVATE
    undefined_private: Rule | None = None
    codes: tuple[MethodCode, ...] = ()
    keeps_longitude: str = "REMOVED"
    dictionary: DataDictionary = KNOWN
    speaks_of_added: bool = True

    def rule(self, path: tuple[int, ...], vr: str) -> Rule:
        """Return the rule for a standard attribute.

        Args:
            path: the tags from the dataset's through those of sequences down to the attribute.
            vr: the attribute's VR.
        """
        if path[-1] < _FIRST_OF_DATASETS:
            return _NOT_OF_DATASETS
        tag = repeating(path[-1])
        tags = self.tags
        found = self.paths.get(path) or tags.get(tag) or tags.get(tag & 0xFFFF_0000) or self.vrs.get(vr)
        if found:
            return found
        known = self.dictionary.is_known(tag) if self.speaks_of_added else is_known(tag)
        return self.other if known else self.undefined

    def retains(self, path: tuple[int, ...]) -> bool:
        """Say whether a rule that names a standard attribute keeps it, and not one for what no rule names.

        Args:
            path: as for `rule`.
        """
        rule = self.paths.get(path) or self.tags.get(repeating(path[-1]))
        return rule is not None and rule.action in {Action.KEEP, Action.CLEAN}

    def private_rule(self, path: tuple[int, ...], vr: str, creator: str) -> Rule:
        """Return the rule for a private attribute.

        Args:
            path: as for `rule`; private tags in it have their block's two digits zero.
            vr: the attribute's VR.
            creator: the block's private creator; empty where there is none.
        """
        tag = path[-1] & 0xFFFF_00FF
        safe = self.private.get((creator, tag))
        if safe and safe.vr and not _may_be(vr, safe.vr, creator, tag):
            safe = None
        meant = self.dictionary.private_vr_of(creator, tag) if vr == "UN" else vr
        found = self.paths.get(path) or safe or self.vrs.get(meant) or self.vrs.get(vr)
        if found:
            return found
        if self.undefined_private and not self.dictionary.is_known_private(creator, tag):
            return self.undefined_private
        return self.any_private


def _may_be(vr: str, demanded: str, creator: str, tag: int) -> bool:
    """Say whether an attribute can be one that is demanded to have a VR.

    Dictionaries differ over a few, and what was implicit VR has the dictionary's here.
    """
    if vr == "UN":
        return demanded != "SQ"  # what is in it cannot be seen
    return vr in {demanded, private_vr_of(creator, tag)}
