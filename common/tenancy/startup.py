"""The last look before work begins: web, worker and beat refuse to start on unsafe ground.

Management commands are free: `migrate` and `bootstrap_roles` are how the ground is made safe.
"""

import sys
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.db import Error, connection

from . import catalogue

REFUSED = 3  # gunicorn stops instead of trying again when a worker ends with this


def refuse_unsafe_start() -> None:
    """End the process, with one sentence a fault, unless settings and database are safe."""
    faults = find_setting_faults() or find_database_faults()
    if faults:
        for fault in faults:
            # Celery catches the usual stderr for its log; these words are for whoever started it.
            print(f"Refused to start: {fault}", file=sys.__stderr__, flush=True)
        raise SystemExit(REFUSED)


def find_setting_faults() -> list[str]:
    """Return what the settings allow that they must not, one sentence each."""
    own_secret = settings.SECRET_KEY != settings.DEV_SECRET
    if not settings.PRODUCTION:
        if own_secret or settings.DEMO_MODE or settings.DEBUG:
            return []
        return ["SECRET_KEY is not set; only demo mode may use the known one."]
    faults = {
        "DEBUG is on in production.": settings.DEBUG,
        "DEMO_MODE is on in production: anybody could sign in as anybody.": settings.DEMO_MODE,
        "SECRET_KEY is not set; the known one signs sessions for everybody.": not own_secret,
        "SECRET_KEY is shorter than 32 characters.": own_secret and len(settings.SECRET_KEY) < 32,
        "SECRET_KEY_FALLBACKS holds the known key.": settings.DEV_SECRET
        in settings.SECRET_KEY_FALLBACKS,
        "ALLOWED_HOSTS lets every host name in.": "*" in settings.ALLOWED_HOSTS,
        "EMAIL_HOST names no mail server: invitations would reach nobody.": not _sends_mail(),
        "DEFAULT_FROM_EMAIL names no address of yours: mail servers drop what comes from"
        f" '{settings.DEFAULT_FROM_EMAIL}'.": not _names_sender(),
        "PUBLIC_URL is no https address of another machine: the links in mails would lead to"
        f" '{settings.PUBLIC_URL}'.": not _leads_here(),
        "FILES_BUCKET_ENDPOINT is no https address: files would travel in the open.": not _sealed(),
    }
    return [words for words, is_so in faults.items() if is_so]


def _sealed() -> bool:
    """Say whether files on their way to a bucket cannot be read by others."""
    endpoint = settings.STORAGES["default"]["OPTIONS"].get("endpoint")
    return not endpoint or endpoint.startswith("https://")


def _sends_mail() -> bool:
    """Say whether mails leave this machine; Django's other backends print, keep or drop them."""
    backend = settings.EMAIL_BACKEND
    if backend == "django.core.mail.backends.smtp.EmailBackend":
        return bool(settings.EMAIL_HOST)
    return not backend.startswith("django.core.mail.backends.")


def _names_sender() -> bool:
    """Say whether mails name a sender outside this machine."""
    _, at, domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].lower().rpartition("@")
    return bool(at and domain) and not _is_this_machine(domain)


def _leads_here() -> bool:
    """Say whether people elsewhere come here by the links in mails, and encrypted."""
    try:
        address = urlsplit(settings.PUBLIC_URL)
    except ValueError:  # half an IPv6 address
        return False
    host = address.hostname or ""
    return address.scheme == "https" and bool(host) and not _is_this_machine(host)


def _is_this_machine(host: str) -> bool:
    """Say whether a host, in small letters, is a name or an address of whoever asks."""
    own_names = (".localhost", ".localdomain")
    return host in {"localhost", "::1"} or host.startswith("127.") or host.endswith(own_names)


def find_database_faults() -> list[str]:
    """Return what is wrong with the barrier in the database, one sentence each."""
    try:
        with connection.cursor() as cursor:
            return catalogue.find_faults(cursor)
    except Error as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        return [f"The database cannot be asked: {lines[-1].strip()}."]
    finally:
        # Nothing of this connection may be shared with the processes forked after it.
        connection.close()
