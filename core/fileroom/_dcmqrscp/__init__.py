"""How a ``dcmqrscp.cfg`` is taken apart; see `fileroom.dcmqrscp`."""
