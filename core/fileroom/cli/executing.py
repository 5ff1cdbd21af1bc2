"""Who does the work of a bulk command: this process, others of this machine, or other machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from fileroom.cli.failures import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LOCAL = "local"
"""The executor of this machine."""


def executor_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say who is to work."""
    for option in (
        click.option(
            "--scheduler", metavar="URL", help="The executor's scheduler, for example tcp://dask:8786."
        ),
        click.option("--executor", metavar="NAME", help="Have workers do it, of the executor dask or local."),
    ):
        function = option(function)
    return function


def executor_tables(executor: str | None, scheduler: str | None) -> Mapping[str, Mapping[str, Any]]:
    """Return what the options say as configuration, to open the archive with.

    ``--jobs``, where it was typed, is the number of processes of the executor of this machine.

    Raises:
        UsageProblem: they make no sense together.
    """
    if executor is None:
        if scheduler is not None:
            raise UsageProblem("--scheduler is for an executor: name it, for example with --executor dask")
        return {}
    options: dict[str, Any] = {} if scheduler is None else {"scheduler": scheduler}
    if jobs := typed_jobs():
        if executor != LOCAL:
            raise UsageProblem(
                f"--jobs counts processes of this machine: {executor} works with as many as it has"
            )
        options["jobs"] = jobs
    return {"plugins": {executor: options}} if options else {}


def typed_jobs() -> int | None:
    """Return ``--jobs``, or None where its default holds."""
    context = click.get_current_context()
    if context.get_parameter_source("jobs") is click.core.ParameterSource.DEFAULT:
        return None
    jobs: int = context.params["jobs"]
    return jobs
