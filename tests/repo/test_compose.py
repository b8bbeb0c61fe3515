"""The deployment files: valid by the specification, and true to the promises of the docs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
PROCESSES = ("web", "worker", "beat", "migrate", "roles")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def check(path: Path) -> subprocess.CompletedProcess[str]:
    """Check a file against the compose specification's schema, which the checker carries."""
    command = [
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.compose-spec",
        str(path),
    ]
    return subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_compose_file_follows_the_specification() -> None:
    done = check(ROOT / "docker-compose.yml")

    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_a_misspelt_key_would_be_found(tmp_path: Path) -> None:
    broken = tmp_path / "docker-compose.yml"
    text = (ROOT / "docker-compose.yml").read_text()
    broken.write_text(text.replace("healthcheck:", "healthchek:", 1))

    assert check(broken).returncode != 0


@pytest.mark.parametrize("service", PROCESSES)
def test_every_process_runs_read_only_and_without_capabilities(
    compose: dict[str, Any], service: str
) -> None:
    found = compose["services"][service]

    assert (found["read_only"], found["cap_drop"]) == (True, ["ALL"])


@pytest.mark.parametrize("service", ["web", "worker", "beat"])
def test_serving_processes_know_the_application_role_only(
    compose: dict[str, Any], service: str
) -> None:
    found = compose["services"][service]["secrets"]

    assert found == ["secret_key", "database_url", "email_host_password"]


@pytest.mark.parametrize("service", ["web", "worker", "beat"])
def test_serving_processes_know_the_mail_server(compose: dict[str, Any], service: str) -> None:
    found = compose["services"][service]["environment"]

    assert found["EMAIL_HOST"].startswith("${EMAIL_HOST:?")
    assert found["DEFAULT_FROM_EMAIL"].startswith("${DEFAULT_FROM_EMAIL:?")
    assert {name for name in found if name.startswith("EMAIL_")} == {
        "EMAIL_HOST",
        "EMAIL_PORT",
        "EMAIL_USE_TLS",
        "EMAIL_HOST_USER",
        "EMAIL_HOST_PASSWORD_FILE",
    }


def test_every_process_is_given_the_secrets_that_its_settings_read(compose: dict[str, Any]) -> None:
    for service, found in compose["services"].items():
        read = (
            {
                value.removeprefix("/run/secrets/")
                for name, value in found["environment"].items()
                if name.endswith("_FILE")
            }
            if "environment" in found
            else set()
        )
        assert read <= set(found.get("secrets", [])), service
    assert compose["secrets"].keys() == {
        name for found in compose["services"].values() for name in found.get("secrets", [])
    }


def test_pages_and_jobs_share_the_folder_of_files_of_the_image(compose: dict[str, Any]) -> None:
    folder = re.search(r"FILES_ROOT=(\S+)", (ROOT / "Dockerfile").read_text())

    assert folder
    for service in ("web", "worker"):
        assert compose["services"][service]["volumes"] == [f"files:{folder[1]}"]
    assert "files" in compose["volumes"]


def test_no_secret_stands_in_the_file(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            if re.search("SECRET|PASSWORD|DATABASE", name):
                assert value.startswith("/run/secrets/"), name


def test_the_folder_of_the_secrets_enters_neither_the_image_nor_the_repository(
    compose: dict[str, Any],
) -> None:
    folders = {Path(one["file"]).parent.as_posix() for one in compose["secrets"].values()}
    outside_image = (ROOT / ".dockerignore").read_text().splitlines()
    outside_git = (ROOT / ".gitignore").read_text().splitlines()

    assert folders
    for folder in folders:
        assert folder in outside_image
        assert f"/{folder}/" in outside_git


def test_servers_have_volumes_and_health_checks(compose: dict[str, Any]) -> None:
    for service in ("postgres", "redis"):
        found = compose["services"][service]
        assert found["healthcheck"]["test"]
        assert found["volumes"]
    assert compose["services"]["postgres"]["image"].startswith("postgres:18")


def test_the_database_counts_as_up_only_where_others_reach_it(compose: dict[str, Any]) -> None:
    """The server that runs while a new cluster is made answers on the socket, not by address."""
    command = compose["services"]["postgres"]["healthcheck"]["test"]

    assert command[command.index("-h") + 1] == "127.0.0.1"


def test_the_image_ends_as_an_ordinary_user() -> None:
    users = re.findall(r"^USER (\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)

    assert users[-1] not in {"root", "0"}
