"""``fileroom init``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom.cli.command import command
from fileroom.cli.output import print_json, say

if TYPE_CHECKING:
    from fileroom.cli.command import Settings


@command("init", "fileroom init", "fileroom -a /data/images init")
def init(settings: Settings) -> int:
    """Make an empty archive.

    A folder gets a fileroom.toml to edit; a path that ends in .toml is written as that file. An archive that
    is there already stays as it is.
    """
    made = not settings.exists()
    settings.open_or_make().close()
    if settings.json:
        print_json({"archive": settings.archive, "created": made})
    elif made:
        say(f"made an archive at {settings.archive}", f"next: fileroom -a {settings.archive} import PATH...")
    else:
        say(f"there is an archive at {settings.archive} already: nothing was changed")
    return 0
