"""How `fileroom.header` reads: quickly where it is sure, carefully where it is not."""
