"""The contract kit for indexes: every promise of `fileroom.index` as a test.

Run it on a backend by subclassing, with one fixture:

```python
class TestMyIndex(IndexContract):
    @pytest.fixture
    def open_index(self, tmp_path):
        return lambda tags: MyIndex(tmp_path / "index", tags)
```
"""

from __future__ import annotations

from fileroom.testing.index_archive import ArchiveContract
from fileroom.testing.index_changes import ChangesContract, StatisticsContract
from fileroom.testing.index_concurrency import ConcurrencyContract
from fileroom.testing.index_edit import AttachmentContract, EditContract
from fileroom.testing.index_find import ComputedContract, FindContract
from fileroom.testing.index_history import LogContract, ReceiptContract, RevisionContract
from fileroom.testing.index_labelled import LabelledContract
from fileroom.testing.index_metadata import LabelContract, MetadataContract
from fileroom.testing.index_mirror import MirrorContract
from fileroom.testing.index_overwrite import OverwriteContract, StampContract
from fileroom.testing.index_paging import OrderContract, PageContract
from fileroom.testing.index_read import ReadContract, ReopenContract, WalkContract
from fileroom.testing.index_refresh import CompleteContract, RefreshContract
from fileroom.testing.index_relocate import RelocateContract
from fileroom.testing.index_remove import RemoveContract
from fileroom.testing.index_restore import RestoreContract, WithoutHistoryContract
from fileroom.testing.index_store import StoreContract
from fileroom.testing.index_units import PlansContract, UnitContract
from fileroom.testing.index_upkeep import AgeContract, CompactContract, VouchContract
from fileroom.testing.index_waiting import WaitContract


class IndexContract(
    StoreContract,
    OverwriteContract,
    StampContract,
    LabelledContract,
    AttachmentContract,
    MetadataContract,
    LabelContract,
    EditContract,
    ArchiveContract,
    RemoveContract,
    ChangesContract,
    StatisticsContract,
    FindContract,
    ComputedContract,
    OrderContract,
    PageContract,
    ReadContract,
    WalkContract,
    ReopenContract,
    RefreshContract,
    CompleteContract,
    RestoreContract,
    RevisionContract,
    LogContract,
    ReceiptContract,
    WithoutHistoryContract,
    MirrorContract,
    RelocateContract,
    AgeContract,
    VouchContract,
    CompactContract,
    ConcurrencyContract,
    WaitContract,
    UnitContract,
    PlansContract,
):
    """All promises of the index contract. A subclass provides the fixture ``open_index``."""
