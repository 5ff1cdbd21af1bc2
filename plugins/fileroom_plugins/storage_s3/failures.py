"""What the failures of requests mean: whether they may pass, and what an operator can do about them.

The codes are those of the Amazon S3 API Reference, "Error responses", and what Ceph and MinIO add.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from botocore import exceptions as boto
from urllib3.exceptions import HTTPError

from fileroom.plugin import ConfigError, FileroomError, StorageError, StorageFullError

FAILURES = (boto.ClientError, boto.BotoCoreError, HTTPError, OSError)
"""Whatever a request, or reading its answer, raises."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What a failure means.

    Attributes:
        advice: what happened, and what to do, for an operator.
        passes: whether the same request may succeed a moment later, and may be made again without harm.
        error: the class of the error to raise when it did not pass.
    """

    advice: str
    passes: bool = False
    error: type[FileroomError] = StorageError


_BUSY = Failure("the server is overloaded or in trouble: try again later, or lower concurrency", passes=True)
_BROKEN = Failure("the bytes did not arrive as they were sent: look for a bad network or proxy", passes=True)
_CONFLICT = Failure("something else was changing the same object: try again", passes=True)
_DENIED = Failure("access denied: the credentials lack a permission that docs/s3.md lists, or have expired")
_CLOCK = Failure("the clocks of this machine and the server disagree: set them (NTP)")
_KEY = Failure("the server does not know the access key: check access_key_id")
_TOKEN = Failure("the session token is wrong or has expired: get new credentials")
_REGION = Failure("the bucket is in another region, or at another endpoint: check region and endpoint_url")
_FULL = Failure("no space left, or over a quota: free some space or raise the quota", error=StorageFullError)
_ENCRYPTION = Failure(
    "the server cannot use the encryption key: check sse, sse_kms_key_id and the key's policy"
)
_ARCHIVED = Failure("the object is in an archive: restore it there first, and use another storage_class")
_LARGE = Failure("the object is too large for the server: raise part_size, up to what the server takes")

_CODES = {
    "AccessDenied": _DENIED,
    "AccountProblem": _DENIED,
    "AllAccessDisabled": _DENIED,
    "AuthorizationHeaderMalformed": _REGION,
    "BadDigest": _BROKEN,
    "BandwidthLimitExceeded": _BUSY,
    "ConditionalRequestConflict": _CONFLICT,
    "EntityTooLarge": _LARGE,
    "ExpiredToken": _TOKEN,
    "IllegalLocationConstraintException": _REGION,
    "IncompleteBody": _BROKEN,
    "InsufficientCapacity": _FULL,
    "InternalError": _BUSY,
    "InvalidAccessKeyId": _KEY,
    "InvalidBucketName": Failure("the server takes no bucket of this name: check bucket"),
    "InvalidObjectState": _ARCHIVED,
    "InvalidRegionName": _REGION,
    "InvalidStorageClass": Failure("the server does not have this storage class: check storage_class"),
    "InvalidToken": _TOKEN,
    "KMS.DisabledException": _ENCRYPTION,
    "KMS.NotFoundException": _ENCRYPTION,
    "KMS.InvalidStateException": _ENCRYPTION,
    "KMSKeyNotFound": _ENCRYPTION,
    "NoSuchBucket": Failure("there is no such bucket: create it, or check bucket and endpoint_url"),
    "NoSuchKey": Failure("the object is not there"),
    "NoSuchUpload": Failure("the server has forgotten the upload: does somebody abort uploads under way?"),
    "OperationAborted": _CONFLICT,
    "PermanentRedirect": _REGION,
    "PreconditionFailed": Failure("there is another object under the same name"),
    "QuotaExceeded": _FULL,
    "RequestTimeTooSkewed": _CLOCK,
    "RequestTimeout": _BUSY,
    "ServiceUnavailable": _BUSY,
    "SignatureDoesNotMatch": Failure("the secret does not belong to the access key: check secret_access_key"),
    "SlowDown": _BUSY,
    "StorageFull": _FULL,
    "Throttling": _BUSY,
    "TokenRefreshRequired": _TOKEN,
    "TooManyRequests": _BUSY,
    "XAmzContentSHA256Mismatch": _BROKEN,
    "XMinioStorageFull": _FULL,
}
_STATUSES = {
    301: _REGION,
    403: _DENIED,
    429: _BUSY,
    500: _BUSY,
    502: _BUSY,
    503: _BUSY,
    504: _BUSY,
    507: _FULL,
}
_REFUSALS = (400, 403)
_MOST_SKEW = 15 * 60  # seconds (Amazon S3 API Reference, "Signature Version 4")
_UNREACHABLE = Failure("the server cannot be reached: check endpoint_url, the network, proxies", passes=True)
_SLOW = Failure("the server did not answer in time: check the network, or raise read_timeout", passes=True)
_CUT = Failure("the connection broke: check the network and proxies", passes=True)
_CERTIFICATE = Failure("no trusted connection could be made: check the server's certificate and ca_bundle")
_NO_CREDENTIALS = Failure(
    "no credentials were found: set access_key_id and secret_access_key, or what boto3 looks for",
    error=ConfigError,
)
_DRIVERS: tuple[tuple[type[Exception], Failure], ...] = (
    (boto.NoCredentialsError, _NO_CREDENTIALS),
    (boto.PartialCredentialsError, _NO_CREDENTIALS),
    (boto.TokenRetrievalError, _TOKEN),
    (boto.CredentialRetrievalError, _TOKEN),
    (boto.SSLError, _CERTIFICATE),
    (boto.InvalidRegionError, Failure("not a region: check region", error=ConfigError)),
    (
        boto.ParamValidationError,
        Failure("not a name that a bucket can have: check bucket", error=ConfigError),
    ),
    (boto.ProxyConnectionError, Failure("the proxy cannot be reached: check HTTPS_PROXY", passes=True)),
    (boto.ConnectTimeoutError, _UNREACHABLE),
    (boto.EndpointConnectionError, _UNREACHABLE),
    (boto.ReadTimeoutError, _SLOW),
    (boto.HTTPClientError, _CUT),
    (boto.IncompleteReadError, _CUT),
    (HTTPError, _CUT),
    (OSError, _CUT),
)


def failure_of(error: Exception) -> Failure:
    """Return what a failure means, one of `FAILURES`."""
    if isinstance(error, boto.ClientError):
        code, status = code_of(error), _status(error)
        if status in _REFUSALS and _clocks_differ(error):  # some say AccessDenied, and a HEAD has no code
            return _CLOCK
        unknown = Failure(f"the server refused it ({code or 'no reason given'}, HTTP {status})")
        return _CODES.get(code) or _STATUSES.get(status, unknown)
    unknown = Failure(f"boto3 could not make the request ({type(error).__name__})")
    return next((failure for kind, failure in _DRIVERS if isinstance(error, kind)), unknown)


def code_of(error: BaseException | None) -> str:
    """Return the server's code for a failure, or for the cause of an error of ours; empty if it gave none.

    An answer without a body has its status for a code.
    """
    if isinstance(error, FileroomError):
        error = error.__cause__
    if not isinstance(error, boto.ClientError):
        return ""
    return str(error.response.get("Error", {}).get("Code", ""))


def _status(error: boto.ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _clocks_differ(error: boto.ClientError) -> bool:
    """Say whether the server's answer bears a time for which ours could not have signed the request."""
    told = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
    try:
        theirs = parsedate_to_datetime(told).timestamp()
    except ValueError:
        return False
    return abs(theirs - time.time()) > _MOST_SKEW
