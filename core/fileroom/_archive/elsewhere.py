"""Work that is done by workers: who they are, how they open the archive, and whether it is the same one."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from fileroom._executing.archives import Opening
from fileroom.content_types import DICOM
from fileroom.errors import ExecutorError, NotFoundError, NotSupportedError
from fileroom.reports import IN_ARCHIVE
from fileroom.retention import QuotaOptions

if TYPE_CHECKING:
    from fileroom._executing.taking import Taken
    from fileroom.archive import Archive
    from fileroom.config import Config
    from fileroom.executing import Executor

_LOOKED_AT = 16  # instances; one that is found will do, and others may have been deleted meanwhile


def workers_of(archive: Archive, executor: Executor | str, config: Config) -> tuple[Executor, Opening]:
    """Return the executor that is meant, and how its workers open the archive for a new run.

    The tables of what workers have no use for, or do not have, are left out of the configuration.

    Raises:
        NotSupportedError: the host passed plugins, which exist in its process only.
        ConfigError, PluginError, ExecutorError: the executor cannot be had.
    """
    if archive.plugins.confined:
        raise NotSupportedError(
            "workers cannot use plugins that were passed with register=: install those, and name them in the "
            "configuration; or do without an executor"
        )
    unknown = set(archive.plugins.passed)
    if isinstance(executor, str):
        unknown.add(executor)
        executor = archive.plugins.executor(executor)
    return executor, Opening(config.forgetting(unknown), uuid.uuid4().hex)


class SameArchive:
    """Makes sure that workers store into the archive that this process has open.

    The same configuration may mean another archive on another machine: a folder that is not shared, a
    database on "localhost". So what the first answer of each machine tells of is looked for here; but not
    under a quota, which may have let it go already.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._known: set[str] = set()

    def __call__(self, taken: Taken) -> None:
        """Look at an answer.

        Raises:
            ExecutorError: the worker's archive is another one.
        """
        ids = [one.id for one in taken.outcomes if one.id is not None and one.status in IN_ARCHIVE]
        if not ids or taken.host in self._known or self._archive.config.quota != QuotaOptions():
            return
        for one in self._archive.index.details(ids[:_LOOKED_AT]):
            for attachment in one.attachments if one else ():
                if attachment.content_type == DICOM.number and self._is_here(attachment.locator):
                    self._known.add(taken.host)
                    return
        raise ExecutorError(
            f"a worker on {taken.host} stores into another archive than this one: index and storage must be "
            "the same for all machines, such as a database server and an object store"
        )

    def _is_here(self, locator: str) -> bool:
        try:
            self._archive.storage.stat(locator)
        except NotFoundError:
            return False
        return True
