"""Connecting to a server with boto3."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from fileroom.plugin import ConfigError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from fileroom.plugin import Secret
    from fileroom_plugins.storage_s3 import Options

_READERS = 32
"""Connections beside those of requests, for files that are open: they keep theirs while they are read."""


def connect(options: Options) -> S3Client:
    """Return a client; no request is made.

    Requests are made again by `fileroom_plugins.storage_s3.bucket`, so not by botocore. Checksums beside the
    one of the signature, which covers the bytes (SHA-256), are left out: many servers lack them, and rclone
    answers a range with that of the whole object.

    Raises:
        ConfigError: a secret or the bundle of certificates cannot be found.
        botocore.exceptions.BotoCoreError: botocore does not like the options, or what is in its own files.
    """
    if options.ca_bundle is not None and not options.ca_bundle.is_file():
        raise ConfigError("there is no such file", "storage.ca_bundle")
    session = boto3.session.Session(
        aws_access_key_id=options.access_key_id,
        aws_secret_access_key=_revealed(options.secret_access_key),
        aws_session_token=_revealed(options.session_token),
        region_name=options.region,
    )
    config = Config(
        connect_timeout=options.connect_timeout,
        read_timeout=options.read_timeout,
        max_pool_connections=options.concurrency + _READERS,
        parameter_validation=False,  # ours are well-formed, and looking costs a tenth of a small request
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        retries={"total_max_attempts": 1, "mode": "standard"},
        s3={"addressing_style": options.addressing_style},
        signature_version="s3v4",
        tcp_keepalive=True,
        user_agent=f"fileroom boto3/{boto3.__version__}",  # building botocore's own takes a tenth of a put
    )
    verify: bool | str = options.verify if options.ca_bundle is None else str(options.ca_bundle)
    # None lets botocore look for a bundle in AWS_CA_BUNDLE.
    return session.client(
        "s3", endpoint_url=options.endpoint_url, verify=None if verify is True else verify, config=config
    )


def _revealed(secret: Secret | None) -> str | None:
    return None if secret is None else secret.reveal()
