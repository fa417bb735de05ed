"""What went wrong with an object store, in words for whoever runs this server; no key is in them."""

from __future__ import annotations

import re

from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)

_KEYS = "Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
# Other stores use them, too: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_CODES = {
    "InvalidAccessKeyId": f"it does not know the access key. {_KEYS}.",
    "SignatureDoesNotMatch": f"it does not accept the signature. {_KEYS}, and AWS_REGION.",
    "InvalidToken": "it does not accept the session token. Check AWS_SESSION_TOKEN.",
    "ExpiredToken": "the session token has expired. Renew AWS_SESSION_TOKEN.",
    "AccessDenied": "these keys may not do that. Check what they are allowed to do in this bucket.",
    "NoSuchBucket": "there is no such bucket. Check PAGECAST_MEDIA, or create the bucket.",
    "AuthorizationHeaderMalformed": "it lies in another region. Check AWS_REGION.",
    "PermanentRedirect": "it lies in another region. Check AWS_REGION and AWS_ENDPOINT_URL.",
    "RequestTimeTooSkewed": "its clock and ours differ. Set the clock of this machine.",
    "SlowDown": "it is asked too often. This is tried again later.",
    "QuotaExceeded": "it is full. Raise its quota.",
}
# An answer to HEAD has no code, only HTTP's number.
_STATUSES = {
    301: _CODES["PermanentRedirect"],
    400: "it does not accept the request. Check AWS_REGION, and the session token if there is one.",
    401: f"it does not accept the keys. {_KEYS}.",
    403: f"it does not let us. {_KEYS}, and what they are allowed to do in this bucket.",
    404: _CODES["NoSuchBucket"],
    507: _CODES["QuotaExceeded"],
}
_UNREACHED = (
    (NoCredentialsError, f"no keys are set. {_KEYS}."),
    (PartialCredentialsError, f"one of the keys is missing. {_KEYS}."),
    (NoRegionError, "no region is set. Set AWS_REGION."),
    (ReadTimeoutError, "it was too slow to answer. Check that it is well."),
    (SSLError, "its certificate is not trusted. Check AWS_ENDPOINT_URL and AWS_CA_BUNDLE."),
    (ProxyConnectionError, "the proxy does not answer. Check HTTPS_PROXY."),
    (
        (ConnectTimeoutError, EndpointConnectionError, ConnectionClosedError, HTTPClientError),
        "it does not answer. Check that it runs, and AWS_ENDPOINT_URL.",
    ),
)


def explain(error: Exception, operation: str, bucket: str, host: str) -> str:
    """Why an operation on a bucket failed, and what to check. `host` is where the store is, if known."""
    told = error
    if isinstance(error, S3UploadFailedError):
        # It says in one string what the error in it says in parts.
        told = error.__context__ if isinstance(error.__context__, Exception) else error
    where = f"bucket {bucket} at {host}" if host else f"bucket {bucket}"
    return f"The object store failed at “{operation}” in {where}: {_reason(told)}"


def _reason(error: Exception) -> str:
    if isinstance(error, ClientError):
        code = re.sub(r"[^\w.-]", "", str(error.response.get("Error", {}).get("Code", "")))[:50]
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        unknown = "it says so itself. Look into its log."
        return f"{_CODES.get(code) or _STATUSES.get(status, unknown)} (Its answer: {code or status}.)"
    for kinds, words in _UNREACHED:
        if isinstance(error, kinds):
            return words
    return f"the connection failed ({type(error).__name__}). Check that it is well, and AWS_ENDPOINT_URL."
