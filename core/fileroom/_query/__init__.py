"""How `fileroom.query_parse` reads keys and values."""
