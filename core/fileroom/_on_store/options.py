"""What ``[processing]`` says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProcessingOptions:
    """What ``[processing]`` says.

    Attributes:
        on_store: the processors to run on each instance that is stored, in this order.
        timeout: seconds that one object may take; then the process that is at it is ended. 0 is no limit.
        retries: how often an object is tried again after a processor failed at it; never if it took too long,
            or if the processor said that the object is to blame.
        jobs: processes that work; with 0 the archive's own process works, where nothing can be ended, and
            where a decoder that crashes brings all down.

    Raises:
        ValueError: one of them is negative.
    """

    on_store: tuple[str, ...] = ()
    timeout: float = 60.0
    retries: int = 2
    jobs: int = 1

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if min(self.timeout, self.retries, self.jobs) < 0:
            raise ValueError("timeout, retries and jobs cannot be negative")
