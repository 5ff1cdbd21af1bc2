"""SQL databases, as indexes and storages share them: one module per database system, one way to open any.

An index and a storage may lie side by side in one database. The names of a storage's tables begin with
`STORAGE_TABLES`, those of an index do not; each makes its own tables, and leaves the other's alone.
"""

STORAGE_TABLES = "storage_"
