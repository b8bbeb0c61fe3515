"""Web, worker and beat refuse unsafe settings and the wrong database role, in words."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from common.tenancy import catalogue, startup
from config import settings as base
from tests.databases import NAMES, administrator, of_database

pytestmark = pytest.mark.slow

PRODUCTION = {
    "PRODUCTION": "1",
    "SECRET_KEY": "a-key-of-this-test-alone-0123456789-0123456789",
    "ALLOWED_HOSTS": "pilots.example",
    "DEBUG": "",
    "DEMO_MODE": "",
    "EMAIL_HOST": "mail.pilots.example",
    "DEFAULT_FROM_EMAIL": "Week Twelve <pilots@pilots.example>",
    "PUBLIC_URL": "https://pilots.example",
}
WEB = [sys.executable, "-W", "ignore", "-c", "import config.wsgi"]
WHOLE = "SELECT pg_get_functiondef('find_api_token'::regproc)"
BACKENDS = "django.core.mail.backends"
OPEN_BUCKET = {
    "BACKEND": "common.bucket.Bucket",
    "OPTIONS": {
        **dict.fromkeys(("bucket", "region", "key_id", "secret"), "x"),
        "endpoint": "http://x",
    },
}
CELERY = [sys.executable, "-m", "celery", "-A", "config"]


@pytest.fixture
def addresses(db: None, database_name: str) -> dict[str, str]:
    return {name: of_database(os.environ[name], database_name) for name in NAMES}


def start(command: list[str], **environ: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, **environ}
    return subprocess.run(
        command, env=environ, capture_output=True, text=True, timeout=60, check=False
    )


def test_production_starts_on_a_sound_database_with_every_view_and_neither_spreadsheets_nor_statistics(
    addresses: dict[str, str],
) -> None:
    # Views are loaded before the web forks; numpy and scipy take more memory than its workers have.
    watched = {"metrics.views", "openpyxl", "celery", "numpy", "scipy"}
    ask = f"import config.wsgi, sys; print(*{watched} & {{*sys.modules}})"

    done = start([sys.executable, "-W", "ignore", "-c", ask], **PRODUCTION, **addresses)

    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.split()) == ["celery", "metrics.views"]


def test_a_migration_loads_no_view(addresses: dict[str, str]) -> None:
    ask = "import manage, sys; sys.argv[1:] = ['migrate', '--plan']; manage.main()"
    said = "; print('config.urls' in sys.modules)"

    done = start([sys.executable, "-W", "ignore", "-c", ask + said], **PRODUCTION, **addresses)

    assert done.stdout.endswith("False\n"), done.stderr


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"DEBUG": True}, "DEBUG is on"),
        ({"DEMO_MODE": True}, "DEMO_MODE is on"),
        ({"SECRET_KEY": base.DEV_SECRET}, "SECRET_KEY is not set"),
        ({"SECRET_KEY": "short"}, "shorter than 32"),
        ({"SECRET_KEY_FALLBACKS": [base.DEV_SECRET]}, "holds the known key"),
        ({"ALLOWED_HOSTS": ["a.example", "*"]}, "lets every host name in"),
        ({"EMAIL_BACKEND": f"{BACKENDS}.console.EmailBackend"}, "EMAIL_HOST names no mail server"),
        ({"EMAIL_BACKEND": f"{BACKENDS}.dummy.EmailBackend"}, "EMAIL_HOST names no mail server"),
        ({"EMAIL_HOST": ""}, "EMAIL_HOST names no mail server"),
        ({"DEFAULT_FROM_EMAIL": "Week Twelve <no-reply@localhost>"}, "names no address of yours"),
        ({"DEFAULT_FROM_EMAIL": "w12@host.localdomain"}, "names no address of yours"),
        ({"DEFAULT_FROM_EMAIL": "Week Twelve"}, "names no address of yours"),
        ({"PUBLIC_URL": ""}, "PUBLIC_URL is no https address"),
        ({"PUBLIC_URL": "https://"}, "PUBLIC_URL is no https address"),
        ({"PUBLIC_URL": "https://[::1"}, "PUBLIC_URL is no https address"),
        ({"PUBLIC_URL": "pilots.example"}, "PUBLIC_URL is no https address"),
        ({"PUBLIC_URL": "http://pilots.example"}, "PUBLIC_URL is no https address"),
        ({"PUBLIC_URL": "https://localhost:8012"}, "PUBLIC_URL is no https address"),
        ({"PUBLIC_URL": "https://127.0.0.1"}, "PUBLIC_URL is no https address"),
        ({"PUBLIC_URL": "https://[::1]:8012"}, "PUBLIC_URL is no https address"),
        ({"STORAGES": base.STORAGES | {"default": OPEN_BUCKET}}, "files would travel in the open"),
        ({"PRODUCTION": False, "SECRET_KEY": base.DEV_SECRET}, "only demo mode may"),
    ],
)
def test_each_unsafe_setting_is_named(settings: Any, change: dict[str, Any], words: str) -> None:
    safe = {"PRODUCTION": True, "DEBUG": False, "DEMO_MODE": False, "SECRET_KEY": "k" * 50}
    mail = {
        "EMAIL_BACKEND": f"{BACKENDS}.smtp.EmailBackend",
        "EMAIL_HOST": "mail.example",
        "DEFAULT_FROM_EMAIL": "Week Twelve <pilots@a.example>",
        "PUBLIC_URL": "https://a.example",
    }
    for name, value in {**safe, **mail, "ALLOWED_HOSTS": ["a.example"]}.items():
        setattr(settings, name, value)
    assert startup.find_setting_faults() == []

    for name, value in change.items():
        setattr(settings, name, value)

    (fault,) = startup.find_setting_faults()
    assert words in fault


def test_production_refuses_all_unsafe_settings_in_one_go(addresses: dict[str, str]) -> None:
    environ = {name: value for name, value in PRODUCTION.items() if name != "PUBLIC_URL"}
    unsafe = {"DEBUG": "1", "SECRET_KEY": base.DEV_SECRET, "ALLOWED_HOSTS": "*", "EMAIL_HOST": ""}

    done = start(WEB, **{**environ, **addresses, **unsafe})

    assert done.returncode == 3, done.stderr
    assert done.stderr.count("Refused to start: ") == 5
    assert "lead to 'http://127.0.0.1:8012'." in done.stderr
    assert (
        "Refused to start: EMAIL_HOST names no mail server: invitations would reach nobody.\n"
    ) in done.stderr


@pytest.mark.parametrize(
    ("command", "role"),
    [
        (WEB, "DATABASE_ADMIN_URL"),
        ([*CELERY, "worker", "--pool=solo"], "DATABASE_OWNER_URL"),
        ([*CELERY, "beat"], "DATABASE_OWNER_URL"),
    ],
    ids=["web as administrator", "worker as owner", "beat as owner"],
)
def test_no_process_starts_with_more_than_the_application_role(
    addresses: dict[str, str], database_name: str, command: list[str], role: str, tmp_path: Path
) -> None:
    stronger = of_database(os.environ[role], database_name)
    # Beat removes a schedule file it cannot read, so it gets a folder of its own.
    own = [*command, "-s", str(tmp_path / "beat")] if "beat" in command else command

    done = start(own, **{**PRODUCTION, **addresses, "DATABASE_URL": stronger})

    assert done.returncode == 3, done.stderr
    assert "Refused to start: " in done.stderr
    assert "owns the" in done.stderr or "superuser" in done.stderr


def test_a_missing_protection_and_a_function_with_another_body_stop_the_web_process(
    addresses: dict[str, str], database_name: str
) -> None:
    force = "ALTER TABLE portfolio_pilot {} ROW LEVEL SECURITY"
    with administrator(database_name) as admin:
        (whole,) = admin.execute(WHOLE).fetchone() or ("",)
        admin.execute(whole.replace("AND a.revoked_at IS NULL", ""))
        admin.execute(force.format("NO FORCE"))
        try:
            done = start(WEB, **PRODUCTION, **addresses)
        finally:
            admin.execute(whole)
            admin.execute(force.format("FORCE"))

    assert done.returncode == 3
    assert done.stderr.count("Refused to start") == 2
    assert "portfolio_pilot: row security is not forced on the owner." in done.stderr
    assert "find_api_token is not what this version's migrations make: run" in done.stderr
    with connection.cursor() as cursor:
        assert catalogue.find_faults(cursor) == []


def test_a_database_that_is_away_is_said_in_one_sentence(addresses: dict[str, str]) -> None:
    away = of_database(addresses["DATABASE_URL"], "no_such_database")

    done = start(WEB, **{**PRODUCTION, **addresses, "DATABASE_URL": away})

    assert done.returncode == 3
    assert "The database cannot be asked" in done.stderr
