"""Every setting of Pagecast. What a user may set is read from the environment; the rest is decided here."""

from pathlib import Path

from . import cache, databases, logs, looks, rest, security, theme
from .environment import (
    at_least,
    boolean,
    broker,
    database,
    host_of,
    location,
    media,
    modules,
    networks,
    one_of,
    origins,
    own_folder,
    read,
    time_zone,
    token,
)
from .hosts import LOCAL
from .secret import secret_key

PACKAGE = Path(__file__).resolve().parent.parent

# --- What a user may set -------------------------------------------------------------------------------

PAGECAST_DATA = read(
    "PAGECAST_DATA", "data", own_folder, "The folder for the database, the files and the secret key."
)
PAGECAST_ORIGIN = read(
    "PAGECAST_ORIGIN",
    "",
    origins,
    "The address under which people reach this server, such as https://pages.example.org; several with "
    "commas. Sets allowed hosts, trusted origins and secure cookies. Empty: this machine only.",
)
PAGECAST_TRUSTED_PROXIES = read(
    "PAGECAST_TRUSTED_PROXIES",
    "127.0.0.0/8,::1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7",
    networks,
    "Addresses and networks, with commas, of the proxies that are believed when they say for whom they ask "
    "(X-Forwarded-For, X-Forwarded-Host). Empty: none.",
)
PAGECAST_CORS_ORIGINS = read(
    "PAGECAST_CORS_ORIGINS",
    "",
    origins,
    "Origins of other sites from which editors may use the API in a browser; several with commas.",
)
DATABASE = read(
    "DATABASE_URL", "", database, "postgresql://user:password@host/name. Empty: SQLite in the data folder."
)
REDIS_URL = read(
    "REDIS_URL",
    "",
    broker,
    "redis://host:6379/0. Hands background work to `pagecast work`. Empty: none is needed.",
)
_MEDIA = read(
    "PAGECAST_MEDIA", "", lambda raw: media(raw or str(PAGECAST_DATA / "media")),
    "The folder for filed media, or a bucket: s3://bucket/prefix, with keys and endpoint from "
    "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL, AWS_REGION. "
    "Empty: media/ in the data folder.",
)  # fmt: skip
PAGECAST_ACCEL = read(
    "PAGECAST_ACCEL",
    "",
    location,
    "The internal location by which an nginx in front sends the files of the media folder, such as "
    "/internal-media/ (X-Accel-Redirect). Empty: Pagecast sends them.",
)
PAGECAST_MAX_UPLOAD_BYTES = read(
    "PAGECAST_MAX_UPLOAD_BYTES", str(5 * 2**30), at_least(1), "The largest file that is taken, in bytes."
)
PAGECAST_DOCUMENTS_BYTES = read(
    "PAGECAST_DOCUMENTS_BYTES",
    str(64 * 2**20),
    at_least(0),
    "How much memory each server process takes for pages that are ready to be sent, in bytes.",
)
TIME_ZONE = read("PAGECAST_TIME_ZONE", "UTC", time_zone, "The time zone of the admin, such as Europe/Moscow.")
LANGUAGE_CODE = read(
    "PAGECAST_LANGUAGE",
    "en",
    one_of("en", "ru"),
    "The language for browsers that ask for none that is spoken here.",
)
PAGECAST_LOG_FORMAT = read(
    "PAGECAST_LOG_FORMAT", "console", one_of("console", "json"), "How log lines are written: console or json."
)
PAGECAST_METRICS_TOKEN = read(
    "PAGECAST_METRICS_TOKEN",
    "",
    token,
    "Lets a Prometheus on another machine read /metrics (Authorization: Bearer …). Empty: this machine only.",
)
PAGECAST_LOG_REQUESTS = read(
    "PAGECAST_LOG_REQUESTS",
    "false",
    boolean,
    "Whether each request that Django answers gets its log lines: edits, the admin, the site.",
)
PAGECAST_APPS = read(
    "PAGECAST_APPS",
    "",
    modules,
    "Django apps of your own, such as ones with new kinds of content; several with commas.",
)
PAGECAST_SITE_TITLE = read(
    "PAGECAST_SITE_TITLE", "Pagecast", looks.title, "What the site is called, and the admin, too."
)
PAGECAST_SITE_LOGO = read(
    "PAGECAST_SITE_LOGO",
    "",
    looks.logo,
    "The file of a picture for the head of the site: SVG, PNG, JPEG or WebP, 200 KB at most. Empty: none.",
)
PAGECAST_SITE_ACCENT = read(
    "PAGECAST_SITE_ACCENT",
    "#7c3aed",
    looks.colour,
    "The colour of links and buttons, as #rrggbb; made darker or lighter where it could not be read.",
)
PAGECAST_SITE_FOOTER = read(
    "PAGECAST_SITE_FOOTER", "", looks.prose, "What stands at the foot of every page of the site, as Markdown."
)
PAGECAST_THEME = read(
    "PAGECAST_THEME", "", lambda raw: looks.theme(raw, PAGECAST_DATA / "theme"),
    "The folder with templates/ and static/ that go before those of the site (docs/site.md). "
    "Empty: theme/ in the data folder, if it is there.",
)  # fmt: skip
SECRET_KEY = read(
    "PAGECAST_SECRET_KEY", "", lambda raw: raw or secret_key(PAGECAST_DATA),
    "Signs sessions. Empty: one is made at the first start and kept in the data folder.",
)  # fmt: skip

# --- Django --------------------------------------------------------------------------------------------

DEBUG = False
ROOT_URLCONF = "pagecast.conf.urls"
WSGI_APPLICATION = None
APPEND_SLASH = True
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    *PAGECAST_APPS,
    "pagecast.conf",
    "pagecast.cli",
    "pagecast.api",
    "pagecast.site",
    "pagecast.pages",
    "pagecast.media",
    "pagecast.counting",
    "pagecast.chores",
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_structlog",
    "polymorphic",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
]

MIDDLEWARE = [
    "pagecast.conf.middleware.OverTLS",
    "pagecast.conf.static.StaticFiles",
    "pagecast.conf.middleware.PagePolicy",
    *(["pagecast.conf.middleware.RequestLog"] if PAGECAST_LOG_REQUESTS else []),
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "pagecast.conf.middleware.SlashForReaders",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "pagecast.conf.middleware.DatabaseAway",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": looks.inside(PAGECAST_THEME, "templates"),
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Database ------------------------------------------------------------------------------------------

DATABASES = {"default": databases.database(DATABASE, PAGECAST_DATA)}

# --- Background work: embedded, or by Celery when there is a broker -------------------------------------

PAGECAST_QUEUE = "pagecast.conf.celery.send" if REDIS_URL else ""
CELERY_BROKER_URL = REDIS_URL

# --- Ready documents, shared by the server processes when there is a Redis ------------------------------

CACHES = cache.caches(REDIS_URL)

# --- Files ---------------------------------------------------------------------------------------------

MEDIA_URL = "/media/"
PAGECAST_BUCKET = None if isinstance(_MEDIA, Path) else _MEDIA
MEDIA_ROOT = _MEDIA if isinstance(_MEDIA, Path) else PAGECAST_DATA / "media"
PAGECAST_STAGING = PAGECAST_DATA / "staging"
FILE_UPLOAD_HANDLERS = ["pagecast.media.handlers.StagingUploadHandler"]
# The fields of a form beside its files: a text of any length is a field, too.
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 2**20
# The form of a page with thousands of contents has a few fields for each.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 50_000

STATIC_URL = "/static/"
STATICFILES_DIRS = looks.inside(PAGECAST_THEME, "static")
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600

# --- Who may come in -----------------------------------------------------------------------------------

# conf/proxies.py gives each request the scheme and the host of one of the origins: no header is asked.
ALLOWED_HOSTS = [*map(host_of, PAGECAST_ORIGIN), *LOCAL]
CSRF_TRUSTED_ORIGINS = PAGECAST_ORIGIN
CSRF_FAILURE_VIEW = "pagecast.conf.failures.csrf_failure"
SECURE_PROXY_SSL_HEADER = None
# Of several origins some may be without TLS: then middleware.OverTLS decides for each request.
_IS_ENCRYPTED = [origin.startswith("https://") for origin in PAGECAST_ORIGIN]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = bool(_IS_ENCRYPTED) and all(_IS_ENCRYPTED)
SECURE_HSTS_SECONDS = 31_536_000 if any(_IS_ENCRYPTED) else 0
SECURE_REFERRER_POLICY = "same-origin"
CORS_ALLOWED_ORIGINS = PAGECAST_CORS_ORIGINS
CORS_URLS_REGEX = r"^/api/.*$"
CORS_ALLOW_HEADERS, CORS_EXPOSE_HEADERS = rest.CORS_ALLOW_HEADERS, rest.CORS_EXPOSE_HEADERS

AUTHENTICATION_BACKENDS = security.AUTHENTICATION_BACKENDS
AUTH_PASSWORD_VALIDATORS = security.AUTH_PASSWORD_VALIDATORS
globals().update(security.AXES)
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

# --- Languages -----------------------------------------------------------------------------------------

LANGUAGES = [("en", "English"), ("ru", "Русский")]
LANGUAGE_COOKIE_AGE = 31_536_000
LANGUAGE_COOKIE_SAMESITE = "Lax"
# The first one wins: our own words, then those that the admin's theme does not bring.
LOCALE_PATHS = [PACKAGE / "locale", PACKAGE / "conf" / "locale"]

# --- API -----------------------------------------------------------------------------------------------

REST_FRAMEWORK, REST_KNOX = rest.REST_FRAMEWORK, rest.REST_KNOX
SPECTACULAR_SETTINGS = rest.SPECTACULAR_SETTINGS

# --- Admin ---------------------------------------------------------------------------------------------

UNFOLD = theme.UNFOLD | {"SITE_TITLE": PAGECAST_SITE_TITLE, "SITE_HEADER": PAGECAST_SITE_TITLE}

# --- Logs ----------------------------------------------------------------------------------------------

# The name that a request has by then, before Django: conf/requests.py.
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = True
_SECRETS = [SECRET_KEY, PAGECAST_METRICS_TOKEN, REDIS_URL, DATABASE.get("PASSWORD")]
LOGGING = logs.configuration(PAGECAST_LOG_FORMAT, _SECRETS)
LOGGING["loggers"] |= security.LOGGERS
