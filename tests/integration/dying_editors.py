"""A program that edits documents and dies, again and again, at a step of publishing that chance chooses.

``python -m tests.integration.dying_editors CONFIG TIMES SEED ACKNOWLEDGED``: CONFIG is JSON, the arguments of
`fileroom.open`. What was published is a line of the file ACKNOWLEDGED: name, version and digest. Two edit at
a time. Prints the number of deaths.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import sys
from pathlib import Path
from typing import Any

import fileroom
from fileroom.archive import Archive
from fileroom.documents import DocumentVersion
from fileroom.errors import AlreadyExistsError, DocumentError, NotFoundError
from fileroom.testing.faults import FaultyIndex, FaultyStorage
from tests.integration.deaths import has_died
from tests.integration.document_kinds import KINDS

AT_A_TIME = 2
STEPS = (("storage", "put_many", 4), ("index", "edit", 8), ("storage", "delete", 4))
"""Where to die: the method, and among how many steps."""

NAMES = [f"{number}.list" for number in range(6)]
OVERTAKEN = (AlreadyExistsError, DocumentError, NotFoundError)
"""What an editor is told to whom another came first."""


def main(config: dict[str, Any], times: int, seed: int, acknowledged: Path) -> None:
    """Have editors die, and print how often it came to that."""
    with fileroom.open(**config, register=KINDS) as archive:
        for name in NAMES:
            archive.documents.insert(name, "list", b"")
    deaths = 0
    for number in range(times):
        children = [
            _forked(config, random.Random(f"{seed} {number} {each}"), acknowledged)
            for each in range(AT_A_TIME)
        ]
        deaths += sum(map(has_died, children))
    sys.stdout.write(f"{deaths}\n")


def _forked(config: dict[str, Any], chance: random.Random, acknowledged: Path) -> int:
    child = os.fork()
    if not child:
        status = 1
        try:
            _edit(config, chance, acknowledged)
            status = 0
        finally:
            os._exit(status)
    return child


def _edit(config: dict[str, Any], chance: random.Random, acknowledged: Path) -> None:
    file = os.open(acknowledged, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def acknowledge(*versions: DocumentVersion) -> None:
        for one in versions:
            os.write(file, f"{one.name} {one.version} {one.digest}\n".encode())

    part, method, steps = chance.choice(STEPS)
    with fileroom.open(**config, register=KINDS) as archive:
        wrapper = FaultyIndex if part == "index" else FaultyStorage
        dying = wrapper(getattr(archive, part), {method: chance.randint(1, steps)}, die=True)
        setattr(archive, part, dying)
        for _ in range(4):
            with contextlib.suppress(*OVERTAKEN):
                if chance.random() < 0.3:
                    archive.documents.rollback()  # be it of somebody who lives
                acknowledge(*_publish(archive, chance))


def _publish(archive: Archive, chance: random.Random) -> list[DocumentVersion]:
    name, other = sorted(chance.sample(NAMES, 2))  # so that none refer to each other
    action = chance.random()
    if action < 0.2:
        archive.documents.delete(name)
        return []
    text = f"{other} default.list {'default.list ' * chance.randint(0, 9)}".encode()
    if action < 0.6:
        return [archive.documents.insert(name, "list", text)]
    with archive.documents.edit() as session:
        session.insert(name, "list", text)
        session.insert(other, "list", b" " * chance.randint(0, 99))
        return list(session.publish())


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
