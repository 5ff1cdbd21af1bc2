"""Processing what was stored, behind the store path; see `fileroom.on_store`."""
