"""Settings: one file for every machine; machines differ by environment variables only (see .env.example)."""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from panjin_traffic import env

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var")))

# --- Security -------------------------------------------------------------------------------------------------------
DEBUG = env.flag("DJANGO_DEBUG", False)
SECRET_KEY = env.secret("SECRET_KEY", VAR_DIR / "secret_key")
ALLOWED_HOSTS = env.text("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in env.text("CSRF_TRUSTED_ORIGINS", " ").strip().split(",") if origin]
HTTPS = env.flag("HTTPS", False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600  # one shift; the next officer at the desk signs in anew
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        # Leaflet and ECharts place elements by style attributes; scripts stay without exception.
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "connect-src": ["'self'"],
        "font-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

# --- Apps -----------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "panjin_traffic",
    "datacenter",
    "taxi",
    "complaints",
    # No autodiscovery: django-leaflet's admin would ask for GDAL, which the house does without.
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "channels",
    "csp",
    "django_htmx",
    "leaflet",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "datacenter.accounts.middleware.ScopeMiddleware",
    "datacenter.accounts.middleware.LoginRequiredMiddleware",
    "datacenter.api.RefusalMiddleware",
]

ROOT_URLCONF = "panjin_traffic.urls"
ASGI_APPLICATION = "panjin_traffic.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "datacenter.accounts.context.office",
            ],
            "builtins": ["datacenter.templatetags.office"],
        },
    }
]


# --- Servers --------------------------------------------------------------------------------------------------------
# Three roles (DESIGN §7): the owner migrates, the web is bound by row-level security, ingest writes for every county.
DATABASE_ROLE = env.text("DATABASE_ROLE", "owner")


def _database(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or 5432),
        # A shard's worker stores thirty batches a second, a web process answers as often: to connect anew for each was
        # a third of PostgreSQL's work. Commands connect once.
        "CONN_MAX_AGE": 0 if DATABASE_ROLE == "owner" else 600,
        "CONN_HEALTH_CHECKS": DATABASE_ROLE == "web",
        "OPTIONS": {"connect_timeout": 5, "options": "-c timezone=UTC"},
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }


DATABASE_URL = env.text("DATABASE_URL", "")
_ROLE_URLS = {
    "owner": DATABASE_URL,
    "web": env.text("DATABASE_WEB_URL", ""),
    "ingest": env.text("DATABASE_INGEST_URL", ""),
}
if DATABASE_ROLE not in _ROLE_URLS:
    raise env.EnvironmentFault(f"DATABASE_ROLE={DATABASE_ROLE!r} is none of owner, web, ingest")
# Commands that need no database (decode, simulate) run without one.
DATABASES = {"default": _database(_ROLE_URLS[DATABASE_ROLE])} if _ROLE_URLS[DATABASE_ROLE] else {}
# The names that rights are granted to after each migration (datacenter/accounts/grants.py).
DATABASE_USERS = {role: unquote(urlsplit(url).username or "") for role, url in _ROLE_URLS.items() if url}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.text("REDIS_URL", "redis://127.0.0.1:6379/0")
REDIS_PREFIX = env.text("REDIS_PREFIX", "panjin")
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": f"{REDIS_PREFIX}:channels"},
    }
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": f"{REDIS_PREFIX}:cache",
    }
}

BIND_HOST = env.text("BIND_HOST", "127.0.0.1")
WEB_PORT = env.number("WEB_PORT", 8000)
TERMINAL_PORT = env.number("TERMINAL_PORT", 7611)
MEDIA_PORT = env.number("MEDIA_PORT", 7612)
MEDIA_ADDRESS = env.text("MEDIA_ADDRESS", "127.0.0.1")
EXCHANGE_PORT = env.number("EXCHANGE_PORT", 7613)
INGEST_SHARDS = env.number("INGEST_SHARDS", 2)
GATEWAYS = env.number("GATEWAYS", 1)

# --- Accounts -------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "datacenter.User"
AUTHENTICATION_BACKENDS = ["datacenter.accounts.backend.Backend"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# --- Detection ------------------------------------------------------------------------------------------------------
# How the city's own plates begin: others that nobody has registered are from elsewhere (外地车).
LOCAL_PLATES = tuple(env.text("LOCAL_PLATES", "辽L").split(","))

# --- Cases ----------------------------------------------------------------------------------------------------------
# When deadlines in working hours run (办公时间).
OFFICE_HOURS = env.office_hours("OFFICE_HOURS", "08:30-12:00,13:30-18:00")

# --- Tracks and their archive ---------------------------------------------------------------------------------------
TRACK_HOT_DAYS = env.number("TRACK_HOT_DAYS", 8)
if TRACK_HOT_DAYS < 2:
    raise env.EnvironmentFault(f"TRACK_HOT_DAYS={TRACK_HOT_DAYS} is too few: use 2 or more, days end at midnight")
ARCHIVE_URL = env.text("ARCHIVE_URL", "")
ARCHIVE_COPY_URL = env.text("ARCHIVE_COPY_URL", "")
ARCHIVE_FILE_ROWS = env.number("ARCHIVE_FILE_ROWS", 4_000_000)
if ARCHIVE_FILE_ROWS < 1:
    raise env.EnvironmentFault(f"ARCHIVE_FILE_ROWS={ARCHIVE_FILE_ROWS} is not a number of rows: use 1 or more")

# --- Cases ----------------------------------------------------------------------------------------------------------
ANCHOR_DIR = Path(env.text("ANCHOR_DIR", "") or VAR_DIR / "anchors")

# --- Taxis -----------------------------------------------------------------------------------------------------------
TAXI_JUDGE_AFTER_S = env.number("TAXI_JUDGE_AFTER_S", 1800)
TAXI_JUDGE_PATIENCE_S = env.number("TAXI_JUDGE_PATIENCE_S", 86_400)

# --- Notices --------------------------------------------------------------------------------------------------------
NOTICE_KEEP_DAYS = env.number("NOTICE_KEEP_DAYS", 180)
if NOTICE_KEEP_DAYS < 1:
    raise env.EnvironmentFault(f"NOTICE_KEEP_DAYS={NOTICE_KEEP_DAYS} is too few: use 1 or more")
NOTICE_LINK_BASE = env.text("NOTICE_LINK_BASE", "").rstrip("/")
NOTICE_TIMEOUT_S = env.number("NOTICE_TIMEOUT_S", 5)
NOTICE_WEBHOOK_URL = env.text("NOTICE_WEBHOOK_URL", "")
NOTICE_WEBHOOK_SECRET = env.text("NOTICE_WEBHOOK_SECRET", "")
if NOTICE_WEBHOOK_URL and not NOTICE_WEBHOOK_URL.startswith(("https://", "http://")):
    raise env.EnvironmentFault(f"NOTICE_WEBHOOK_URL={NOTICE_WEBHOOK_URL!r} is no address: use https://…")
if NOTICE_WEBHOOK_URL and len(NOTICE_WEBHOOK_SECRET) < 16:
    raise env.EnvironmentFault("NOTICE_WEBHOOK_SECRET is too short: its receiver must know us by 16 characters or more")
EMAIL_HOST = env.text("EMAIL_HOST", "")
EMAIL_PORT = env.number("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = env.flag("EMAIL_USE_SSL", False)
if EMAIL_USE_TLS and EMAIL_USE_SSL:
    raise env.EnvironmentFault("EMAIL_USE_TLS and EMAIL_USE_SSL exclude each other: set one")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("EMAIL_FROM", "notices@localhost")

# --- Hotline --------------------------------------------------------------------------------------------------------
CALL_PLATFORM_SECRET = env.text("CALL_PLATFORM_SECRET", "")
if CALL_PLATFORM_SECRET and len(CALL_PLATFORM_SECRET) < 16:
    raise env.EnvironmentFault("CALL_PLATFORM_SECRET is too short: the call platform signs with 16 characters or more")
CALL_PLATFORM_WINDOW_S = env.number("CALL_PLATFORM_WINDOW_S", 300)
CALL_RECORDING_HOSTS = tuple(
    host.strip().lower() for host in env.text("CALL_RECORDING_HOSTS", "").split(",") if host.strip()
)
CALL_RECORDING_MAX_MB = env.number("CALL_RECORDING_MAX_MB", 200)
RATING_KEY = env.secret("RATING_KEY", VAR_DIR / "rating_key")

# --- Language, time, files ------------------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"  # what pages show; rows are UTC
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static_root"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("tabler", BASE_DIR / "node_modules/@tabler/core/dist"),
    ("tabler-icons", BASE_DIR / "node_modules/@tabler/icons-webfont/dist"),
    ("leaflet-npm", BASE_DIR / "node_modules/leaflet/dist"),
    ("htmx", BASE_DIR / "node_modules/htmx.org/dist"),
    ("echarts", BASE_DIR / "node_modules/echarts/dist"),
    ("noto-sans-sc", BASE_DIR / "node_modules/@expo-google-fonts/noto-sans-sc/400Regular"),
]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
MEDIA_ROOT = VAR_DIR / "media"
METER_MODEL = env.text("METER_MODEL", "")
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
UPLOAD_MOST_BYTES = 100 * 1024 * 1024  # nine files of ten megabytes are the most that any form takes
FILE_UPLOAD_HANDLERS = [
    "panjin_traffic.uploads.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# --- API ------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.CursorPagination",
    "PAGE_SIZE": 50,
    "EXCEPTION_HANDLER": "datacenter.api.render_error",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Panjin traffic",
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",  # the page's scripts are packaged: no request leaves the house
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
}

# --- Celery ---------------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_TRANSPORT_OPTIONS = {"global_keyprefix": f"{REDIS_PREFIX}:celery:", "visibility_timeout": 3600}
CELERY_TASK_SERIALIZER = "msgpack"
CELERY_ACCEPT_CONTENT = ["msgpack", "json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BEAT_SCHEDULER = "panjin_traffic.beat:LayoutScheduler"
CELERY_DB_REUSE_MAX = 10_000  # tasks on one connection; CONN_MAX_AGE ends it sooner
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # Valkey may be restarting: wait, don't die
CELERY_TIMEZONE = "Asia/Shanghai"

# --- Map ------------------------------------------------------------------------------------------------------------
LEAFLET_CONFIG = {
    "DEFAULT_CENTER": (41.09, 122.02),
    "DEFAULT_ZOOM": 11,
    "MIN_ZOOM": 8,
    "MAX_ZOOM": 18,
    "TILES": [],  # the base map is drawn from the project's own files: no request leaves the house
    "ATTRIBUTION_PREFIX": "",
    "RESET_VIEW": False,
    "SCALE": "metric",
}

# --- Logging --------------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {"celery.app.trace": {"level": "WARNING"}, "django.server": {"level": "WARNING"}},
}

os.environ.setdefault("PROMETHEUS_DISABLE_CREATED_SERIES", "1")
