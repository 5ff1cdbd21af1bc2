"""What ``[processing]`` says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProcessingOptions:
    """What ``[processing]`` says.

    Attributes:
        on_store: the processors to run on each instance that is stored, in this order.
        timeout: seconds that one object may take; then the process that is at it is ended. 0 is no limit.
        retries: how often an object is tried again at which a processor failed, unless it took too long, or
            said that the object is to blame.
        jobs: processes that work; 0 works in the archive's own process, where nothing can be ended, and where
            a decoder that crashes takes all along.

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
