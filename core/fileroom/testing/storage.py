"""The contract kit for storages: every promise of `fileroom.storage` as a test.

Run it on a backend by subclassing, with one fixture:

```python
class TestMyStorage(StorageContract):
    @pytest.fixture
    def open_storage(self, tmp_path):
        return lambda: MyStorage(tmp_path / "objects")
```

One promise cannot be seen from outside: that what `Storage.put_many` returned survives a loss of power. Prove
it by recording the order of your own calls: bytes synced before they are visible, names before returning.

PYTEST_DONT_REWRITE: explaining how megabytes differ takes pytest minutes, under ``-v`` and on CI.
"""

from __future__ import annotations

from fileroom.testing.storage_atomic import AtomicContract
from fileroom.testing.storage_concurrency import ConcurrencyContract
from fileroom.testing.storage_hints import HintsContract, UrlContract
from fileroom.testing.storage_list import DeleteContract, ListContract, UnfinishedContract
from fileroom.testing.storage_put import PutContract
from fileroom.testing.storage_read import OpenContract, RangesContract, StatContract
from fileroom.testing.storage_restart import LocalPathContract, RestartContract
from fileroom.testing.storage_splice import SpliceContract
from fileroom.testing.storage_splice_sources import SpliceSourcesContract
from fileroom.testing.storage_splicing_at_once import SplicingAtOnceContract
from fileroom.testing.storage_tiers import TierContract


class StorageContract(
    PutContract,
    AtomicContract,
    OpenContract,
    RangesContract,
    StatContract,
    DeleteContract,
    ListContract,
    UnfinishedContract,
    TierContract,
    LocalPathContract,
    RestartContract,
    ConcurrencyContract,
    HintsContract,
    SpliceContract,
    SpliceSourcesContract,
    SplicingAtOnceContract,
    UrlContract,
):
    """All promises of the storage contract. A subclass provides the fixture ``open_storage``."""
