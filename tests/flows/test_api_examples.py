"""The examples of docs/api.md, run word for word against a real server."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from common.tenancy.context import tenant
from metrics.actions import definitions, recompute
from metrics.models import Measurement, Metric, Snapshot, Source
from tenants.models import Membership
from tests.conftest import NOW
from tests.live import Live, serving
from tests.tenants import things

PAGE = Path(__file__).parents[2] / "docs" / "api.md"


@pytest.fixture
def live(django_db_setup: None, django_db_blocker: Any) -> Iterator[Live]:
    with django_db_blocker.unblock(), serving() as found:
        with tenant(found.tenant_id):
            Source.objects.create(code="erp", name="ERP")
            Metric.objects.create(
                code="lead-time",
                name="Lead time",
                kind="mean",
                unit="days",
                direction="down",
                zone="Europe/Berlin",
            )
        yield found


def examples(language: str) -> list[str]:
    """Return the page's examples in a language, in order."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)


def run(live: Live, *command: str, at: Path | None = None) -> subprocess.CompletedProcess[str]:
    names = {"WEEKTWELVE_URL": live.url, "WEEKTWELVE_TOKEN": live.token}
    return subprocess.run(
        command,
        env=os.environ | names,
        cwd=at,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def stored(live: Live) -> list[str]:
    with tenant(live.tenant_id):
        return sorted(Measurement.objects.values_list("external_id", flat=True))


@pytest.mark.slow
def test_the_python_example_sends_and_says_what_was_refused(live: Live) -> None:
    code, _ = examples("python")

    done = run(live, sys.executable, "-I", "-c", code)

    assert done.returncode == 0, done.stderr
    assert done.stdout == "3 created [(3, \"There is no metric 'unknown'.\")]\n"
    assert stored(live) == ["order-1", "order-2", "order-3"]
    assert len([line for line in code.splitlines() if line]) <= 20


@pytest.mark.slow
def test_the_curl_line_sends_one_measurement(live: Live) -> None:
    [line] = examples("sh")
    shell, curl = shutil.which("sh"), shutil.which("curl")
    if shell is None or curl is None:
        pytest.skip("curl is not installed on this machine")

    done = run(live, shell, "-c", line)

    assert done.returncode == 0, done.stderr
    assert '"created":1' in done.stdout
    assert f'"tenant":"{live.slug}"' in done.stdout
    assert stored(live) == ["order-1"]


@pytest.mark.slow
def test_the_python_example_of_verdicts_keeps_read_outs_that_are_computed_again(
    live: Live, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with tenant(live.tenant_id):
        by = Membership.objects.select_related("person").get()
    made = things.make(live.tenant_id, "read", lead=by, sponsor=by)
    _, code = examples("python")

    done = run(live, sys.executable, "-I", "-c", code, at=tmp_path)

    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        f"{made.pilot} {made.metric} not_enough_evidence - We cannot say yet: the baseline has only"
        " 5 weeks. More history from the system of record is the cheapest remedy.\n"
    )
    [file] = tmp_path.iterdir()
    assert file.name == f"{made.pilot}-{made.metric}.json"
    call_command("replay", file)
    assert capsys.readouterr().out.startswith("The same: not_enough_evidence, digest ")


@pytest.fixture
def stops(live: Live) -> None:
    """The rates of the page, counted per week and per day."""
    with tenant(live.tenant_id):
        by = Membership.objects.get()
        for per in ("week", "day"):
            definitions.add_metric(
                name=f"Stops a {per}",
                kind="rate",
                unit=f"per_{per}",
                direction="down",
                numerator="stops",
                by=by,
                now=NOW,
            )


@pytest.mark.slow
def test_a_rate_sent_with_its_exposure_reads_what_the_page_says(live: Live, stops: None) -> None:
    [body] = examples("json")
    request = urllib.request.Request(
        f"{live.url}/api/v1/measurements/",
        body.encode(),
        {"Authorization": f"Bearer {live.token}", "Content-Type": "application/json"},
    )

    with urllib.request.urlopen(request, timeout=60) as answer:
        assert json.load(answer)["created"] == 2

    with tenant(live.tenant_id):
        recompute.recompute()
        codes = dict(Metric.objects.values_list("pk", "code"))
        values = {codes[week.metric_id]: week.value for week in Snapshot.objects.all()}
    said = re.findall(r"`(stops-[a-z-]+)` is (\d+)", PAGE.read_text())
    assert values == {code: float(value) for code, value in said} != {}
