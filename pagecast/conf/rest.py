"""How the API reads, answers and describes itself."""

from typing import Any

from corsheaders.defaults import default_headers

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "pagecast.api.authentication.BearerToken",
        "pagecast.api.authentication.AdminSession",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["pagecast.api.permissions.Editors"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["pagecast.api.parsers.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "pagecast.api.pagination.StrictPagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "pagecast.api.errors.handle",
    "DEFAULT_METADATA_CLASS": "pagecast.api.metadata.Metadata",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
REST_KNOX: dict[str, Any] = {"TOKEN_TTL": None, "AUTH_HEADER_PREFIX": "Bearer"}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Pagecast",
    "DESCRIPTION": "Pages of films, sound and text, and how often each was seen.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    # Enumerations stay where they are: the one of `content_type` differs from kind to kind.
    "POSTPROCESSING_HOOKS": ["pagecast.api.schema.tighten"],
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "REDOC_UI_SETTINGS": {
        "theme": {"typography": {"fontFamily": "sans-serif", "headings": {"fontFamily": "sans-serif"}}}
    },
    "SERVERS": [{"url": "/"}],
}

# What clients of resumable uploads send and read, also from other sites.
UPLOAD_HEADERS = [
    *("tus-resumable", "upload-length", "upload-offset", "upload-metadata", "upload-checksum"),
    *("upload-concat", "upload-defer-length", "x-http-method-override"),
]
CORS_ALLOW_HEADERS = [*default_headers, *UPLOAD_HEADERS]
CORS_EXPOSE_HEADERS = [
    *("Location", "Tus-Resumable", "Tus-Version", "Tus-Extension", "Tus-Max-Size", "Tus-Checksum-Algorithm"),
    *("Upload-Offset", "Upload-Length", "Upload-Expires", "Upload-Metadata", "Upload-Concat"),
]
