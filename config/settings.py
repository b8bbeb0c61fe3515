"""Settings of Week Twelve: one file, read from the environment.

What each variable means for an operator: docs/operations.md, "Settings".
"""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config import servers
from config.celery import app as celery_app  # noqa: F401  # every process sends its jobs by it

BASE_DIR = Path(__file__).resolve().parent.parent
# At the size of a verdict more threads only wait for each other, and the last digits of its sums
# would depend on their number. numpy reads this when it is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
DEV_SECRET = "only-for-this-machine"  # noqa: S105  # refused outside demo mode at start


def _value(name: str, default: str = "") -> str:
    """Return a setting from the environment, or from the file that NAME_FILE points to."""
    path = os.environ.get(f"{name}_FILE")
    return Path(path).read_text().strip() if path else os.environ.get(name, default)


def _flag(name: str) -> bool:
    return _value(name).lower() in {"1", "true", "yes", "on"}


# Without addresses in the environment, those of the embedded servers running for this folder.
_embedded = {} if os.environ.get("DATABASE_URL") else (servers.find_addresses() or {})


def _address(name: str) -> str:
    return _value(name) or _embedded.get(name, "")


def _database(url: str, **options: Any) -> dict[str, Any]:
    """Turn a PostgreSQL address into Django's settings."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    if parts.scheme not in {"", "postgres", "postgresql"}:
        raise ImproperlyConfigured(f"'{parts.scheme}' is not the address of a PostgreSQL server.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "weektwelve",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", "") or parts.hostname or "",
        "PORT": query.pop("port", "") or (str(parts.port) if parts.port else ""),
        "OPTIONS": {**query, **options},
    }


WEB = os.environ.get("WEEKTWELVE_PROCESS") == "web"
_pool: dict[str, Any] = (
    {
        "pool": {
            "min_size": 1,
            "max_size": int(_value("DATABASE_POOL", "8")),
            # With the database away a request learns it soon, and the first one after tries anew.
            "timeout": 5,
            "reconnect_timeout": 5,
        }
    }
    if WEB
    else {}
)

DATABASES = {
    "default": _database(_address("DATABASE_URL") or "postgresql://w12_app@/weektwelve", **_pool),
    "owner": _database(_address("DATABASE_OWNER_URL") or "postgresql://w12_owner@/weektwelve"),
    "platform": _database(
        _address("DATABASE_PLATFORM_URL") or "postgresql://w12_platform@/weektwelve"
    ),
}
DATABASES["default"]["ENGINE"] = "common.tenancy.pooled"
DATABASES["default"]["CONN_HEALTH_CHECKS"] = not WEB  # the pool looks after its own
DATABASES["default"]["CONN_MAX_AGE"] = 0 if WEB else None
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True
DATABASE_ROUTERS = ["common.tenancy.router.OwnerMigrates"]
# Statements are prepared on the server from their second run on, so that it plans them once for a
# connection: half of what a page costs it. Switch off behind PgBouncer older than 1.21.
DATABASES["default"]["OPTIONS"] |= {
    "server_side_binding": True,
    "prepare_threshold": None if _flag("DATABASE_NO_PREPARE") else 2,
}
REDIS_URL = _address("REDIS_URL") or "redis://127.0.0.1:6379/0"

DEBUG = _flag("DEBUG")
DEMO_MODE = _flag("DEMO_MODE")
SECRET_KEY = _value("SECRET_KEY", DEV_SECRET)
SECRET_KEY_FALLBACKS = [key for key in _value("SECRET_KEY_FALLBACKS").split(",") if key]
PRODUCTION = _flag("PRODUCTION")
ALLOWED_HOSTS = [h for h in _value("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]").split(",") if h]
CSRF_TRUSTED_ORIGINS = [o for o in _value("CSRF_TRUSTED_ORIGINS").split(",") if o]
if PRODUCTION and DEMO_MODE:
    # Here already, so that no command loads the demo into a company's database either.
    sys.stderr.write(
        "Refused to start: DEMO_MODE lets anybody in as a persona: not with PRODUCTION.\n"
    )
    raise SystemExit(3)
# The proxy in front sets X-Forwarded-Proto and adds the caller to X-Forwarded-For.
BEHIND_PROXY = _flag("BEHIND_PROXY")
PUBLIC_URL = _value("PUBLIC_URL", "http://127.0.0.1:8012")

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "template_partials",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "rest_framework",
    "drf_spectacular",
    "common",
    "audit",
    "tenants",
    "portfolio",
    "metrics",
    "gates",
    "demo",
]
MIDDLEWARE = [
    "common.middleware.RequestClock",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "common.middleware.KeepPrivate",
    "common.middleware.PlainCookies",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "tenants.middleware.OpenTenant",
    "common.middleware.SayNotTaken",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "tenants.shell.context",
            ],
            "builtins": ["template_partials.templatetags.partials"],
        },
    }
]

AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/accounts/login/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_ADAPTER = "tenants.accounts.SignInAdapter"
ACCOUNT_FORMS = {
    "login": "tenants.forms.SignInForm",
    "reset_password": "tenants.forms.ForgotPasswordForm",
    "reset_password_from_key": "tenants.forms.NewPasswordForm",
    "change_password": "tenants.forms.ChangePasswordForm",
    "set_password": "tenants.forms.FirstPasswordForm",
}
# An admin names the address and the first password comes through it, so nothing is left to verify.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_PREVENT_ENUMERATION = True
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if BEHIND_PROXY else 0
# Sign-in limits are counted in PostgreSQL: all web processes share them, and they hold without Redis.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "tenants_limit",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Week Twelve: "

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_NAME = "__Host-session" if PRODUCTION else "w12_session"
CSRF_COOKIE_NAME = "__Host-csrftoken" if PRODUCTION else "w12_csrf"
CSRF_FAILURE_VIEW = "common.outdated.refuse"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = PRODUCTION
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_REFERRER_POLICY = "same-origin"
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$"]
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
STATIC_URL = "/static/"
STATIC_ROOT = Path(_value("STATIC_ROOT") or BASE_DIR / "staticfiles")
STATICFILES_DIRS = [BASE_DIR / "static"]
_FOLDER = {
    "BACKEND": "django.core.files.storage.FileSystemStorage",
    "OPTIONS": {
        "location": _value("FILES_ROOT") or BASE_DIR / ".data" / "files",
        "file_permissions_mode": 0o600,
        "directory_permissions_mode": 0o700,
    },
}
_BUCKET = {
    "BACKEND": "common.bucket.Bucket",
    "OPTIONS": {
        option: _value(f"FILES_BUCKET{suffix}")
        for option, suffix in (
            ("bucket", ""),
            ("region", "_REGION"),
            ("endpoint", "_ENDPOINT"),
            ("key_id", "_KEY_ID"),
            ("secret", "_SECRET"),
        )
    },
}
STORAGES: dict[str, dict[str, Any]] = {
    # Files that people brought; never below STATIC_ROOT, and read by their owner alone.
    "default": _BUCKET if _value("FILES_BUCKET") else _FOLDER,
    "staticfiles": {
        # Names with hashes need `collectstatic`, which tests of pages do without.
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if _flag("PLAIN_STATIC")
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_AUTOREFRESH = _flag("PLAIN_STATIC")
WHITENOISE_USE_FINDERS = _flag("PLAIN_STATIC")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
EMAIL_HOST = _value("EMAIL_HOST")
# Without a mail server mails are printed, which is for development alone: production refuses it.
EMAIL_BACKEND = _value(
    "EMAIL_BACKEND", f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
)
EMAIL_PORT = int(_value("EMAIL_PORT", "25"))
EMAIL_HOST_USER = _value("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = _value("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = _flag("EMAIL_USE_TLS")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = _value("DEFAULT_FROM_EMAIL", "Week Twelve <no-reply@localhost>")

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 0.5, "socket_timeout": 5}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "metrics.sweep_marks",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "check": {
        "task": "metrics.check_snapshots",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "read_outs": {
        "task": "metrics.sweep_read_outs",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "feeds": {
        "task": "metrics.sweep_feeds",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "gates": {
        "task": "gates.sweep",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "files": {
        "task": "gates.sweep_files",
        # By the clock: an interval of a day begins anew whenever beat starts, and never ends by day.
        "schedule": crontab(hour="*/6", minute=17),
        "options": {"expires": 21_600},
    },
    "retraining": {
        "task": "gates.sweep_triggers",
        "schedule": crontab(minute=47),
        "options": {"expires": 3600},
    },
    "kept": {
        "task": "metrics.check_read_outs",
        "schedule": crontab(hour=3, minute=41),
        "options": {"expires": 3600},
    },
    "welcomes": {
        "task": "tenants.sweep_welcomes",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "reviews": {
        "task": "portfolio.sweep_reviews",
        "schedule": crontab(minute=29),
        "options": {"expires": 3600},
    },
    "briefs": {
        "task": "portfolio.sweep_briefs",
        "schedule": crontab(minute="*/15"),  # every zone's 06:00 is a quarter of an hour in UTC
        "options": {"expires": 900},
    },
    "digests": {
        "task": "tenants.sweep_digests",
        "schedule": crontab(minute="3-59/15"),  # after the briefs, so that both are read together
        "options": {"expires": 900},
    },
    "reminders": {
        "task": "gates.sweep_reminders",
        "schedule": crontab(minute=53),
        "options": {"expires": 3600},
    },
    "expired": {
        "task": "metrics.sweep_expired",
        "schedule": crontab(minute=17),  # of the clock: a beat that starts often still gets there
        "options": {"expires": 3600},
    },
    "heartbeat": {
        "task": "tenants.beat_heart",
        "schedule": 10.0,
        "last_run_at": datetime.fromtimestamp(0, UTC),  # due as soon as beat starts
        "options": {"expires": 10},
    },
}

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "common.problems.handle",
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Week Twelve API",
    "DESCRIPTION": "Pilots, metrics, measurements, weekly figures and verdicts of one manufacturer.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SORT_OPERATION_PARAMETERS": False,
    "POSTPROCESSING_HOOKS": ["common.openapi.complete"],
}
# Requests a minute, counted in Redis: of one token, of one tenant, and from one address without a
# live token.
API_RATE_TOKEN = int(_value("API_RATE_TOKEN", "60000"))
API_RATE_TENANT = int(_value("API_RATE_TENANT", "120000"))
API_RATE_UNKNOWN = int(_value("API_RATE_UNKNOWN", "600"))
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": _value("LOG_LEVEL", "WARNING")},
}
