"""The configuration file that ``fileroom init`` writes."""

from __future__ import annotations

_STARTER = """\
# The configuration of a Fileroom archive. Relative paths start at this file's folder.
# A line that is commented out shows the default. Environment variables override this file:
# FILEROOM_STORAGE__ROOT is `root` under [storage].

[index]
backend = "sqlite"
# path = "index.sqlite"

# DICOM attributes to index beside the main tags, by keyword.
[index.extra_tags]
# patient = []
# study = []
# series = []
# instance = []

[storage]
backend = "filesystem"
# root = "storage"
# A secret of a backend is never written here, but named:
#     secret_access_key = { env = "S3_SECRET" }    or    { file = "secret.txt" }

[ingest]
# What becomes of an instance that is there already: "never", "always" or "if-changed".
# overwrite = "never"
# Plugins that may refuse, replace or set aside an object before it is stored, in this order.
# before_store = []
# digest = "md5"

# How much the archive may hold: what is too much goes, the oldest first. Without these lines, nothing goes.
[quota]
# max_studies = 200
# Of one study, b, kb, mb or gb:
# max_bytes = "1gb"

# Who this archive is on a DICOM network, and which peers it knows.
[network]
# ae_title = "FILEROOM"
# port = 104
# max_pdu = 16384
# max_associations = 16
# sender = "dimse"
# What peers may do: "R" (search and retrieve), "W" (store) or "RW".
# access = "RW"
# peers = ["ANY"]

# A name for a peer:  workstation = { ae_title = "WS1", host = "ws1.example.org", port = 104 }
[network.hosts]

# A name for several of them:  "Workstations" = ["workstation"]
[network.vendors]

# Plugins to load beside the two backends; their options go into [plugins.<name>].
[plugins]
# enable = []
# disable = []

# Names for your own attachments, for numbers from 1024 to 65535, for example
#     report = { number = 1024, media_type = "application/pdf" }
[content_types]

# Damaged objects are set aside here.
[quarantine]
# path = "quarantine"
"""


def starter_toml() -> str:
    """Return a commented TOML file that configures nothing but defaults, for people to edit."""
    return _STARTER
