"""House rules at the door: what may come in, what must be complete, what is corrected on the way."""

from __future__ import annotations

from dataclasses import dataclass, field

from fileroom.plugin import ExtensionPlugin, hookimpl


@dataclass(frozen=True, slots=True)
class Options:
    """The keys of ``[plugins.admission]``. What is not configured is not checked.

    Attributes:
        modalities: values of Modality that are accepted; others are rejected.
        sop_classes: SOP Class UIDs that are accepted; others are rejected.
        require: keywords of main tags that must have a value; objects without are quarantined.
        set: keyword to value, written into every object that has another. An object that is changed is held
            in memory two to three times while it is: allow for the largest. A multiple value has
            backslashes. The original bytes are not kept.
    """

    modalities: tuple[str, ...] = ()
    sop_classes: tuple[str, ...] = ()
    require: tuple[str, ...] = ()
    set: dict[str, str] = field(default_factory=dict)


def _open(options: Options) -> object:
    from fileroom_plugins.admission.rules import Admission  # noqa: PLC0415 - when needed

    return Admission(options)


@hookimpl
def fileroom_extension() -> ExtensionPlugin:
    """Offer the intervention."""
    return ExtensionPlugin("admission", Options, _open, "Accepts, completes or refuses what is to be stored")
