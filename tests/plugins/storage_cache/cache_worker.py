"""A process that puts and reads through a cache until it is killed, and tells which keys were acknowledged.

python cache_worker.py FOLDER SEED back|through
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

from fileroom.storage import ByteRange, PutItem
from fileroom.testing.storage_case import new_key, sample
from fileroom_plugins.storage_cache.storage import CacheStorage
from fileroom_plugins.storage_filesystem.storage import FilesystemStorage

SIZES = (0, 300, 70_000, 400_000)
MAX_BYTES = 12 << 20


def open_cache(folder: Path, *, write_back: bool) -> CacheStorage:
    """Open the cache in a folder."""
    return CacheStorage(
        lambda: FilesystemStorage(folder / "behind"),
        folder / "cache",
        max_bytes=MAX_BYTES,
        write_back=write_back,
    )


def data_of(key: str) -> bytes:
    """Return the bytes of an object, which its key tells."""
    number = int(key[:8], 16)
    return sample(SIZES[number % len(SIZES)], number % 250)


def tell(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def main() -> None:
    folder, seed, way = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    chance = random.Random(seed)
    cache = open_cache(folder, write_back=way == "back")
    known: list[str] = []
    while True:
        keys = [new_key() for _ in range(chance.randrange(1, 8))]
        data = [data_of(key) for key in keys]
        sources = [one if chance.random() < 0.5 else iter([one]) for one in data]
        items = [PutItem(key, source) for key, source in zip(keys, sources, strict=True)]
        tell(*(one.locator for one in cache.put_many(items)))
        known += keys
        for key in chance.choices(known, k=3):
            assert cache.read_ranges(key, [ByteRange()])[0] == data_of(key)
        if chance.random() < 0.3:
            for path in (folder / "cache" / "copies").glob("*/*"):
                path.unlink(missing_ok=True)
                break
        if chance.random() < 0.2:
            gone = known.pop(chance.randrange(len(known)))
            tell(f"-{gone}")
            cache.delete([gone])


if __name__ == "__main__":
    main()
