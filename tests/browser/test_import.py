"""A lead imports a file by clicks alone."""

from __future__ import annotations

import io
from collections.abc import Iterator
from uuid import uuid4

import openpyxl
import pytest
from django.conf import settings

from common.tenancy.context import tenant
from metrics.actions import recompute
from metrics.models import Measurement, Metric, Source
from portfolio.models import Site
from tenants import actions as tenants
from tenants.rules import Role
from tests.browser.pages import Visitor, axe, shoot, sideways
from tests.conftest import _member, signed_in
from tests.plant import let_lead


@pytest.fixture
def works(site: str) -> Iterator[tuple[int, str, dict[str, str]]]:
    """A committed tenant with a metric, and the session of its lead."""
    name = uuid4().hex[:8]
    slug = f"import-{name}"
    tenant_id = tenants.create_tenant(
        slug=slug, name="Import Works", currency="EUR", zone="Europe/Berlin"
    )
    with tenant(tenant_id):
        lead = _member(f"import-{name}", Role.LEAD)
        Source.objects.create(code="erp", name="ERP")
        Metric.objects.create(
            code="lead-time",
            name="Lead time",
            kind="mean",
            unit="days",
            direction="down",
            zone="Europe/Berlin",
        )
        let_lead(lead, site=Site.objects.create(code="north", name="North", zone="Europe/Berlin"))
        cookie = signed_in(lead).cookies[settings.SESSION_COOKIE_NAME].value
    yield tenant_id, slug, {settings.SESSION_COOKIE_NAME: cookie}
    with tenant(tenant_id):
        recompute.recompute()


def workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["Date", "Value"], ["02.03.2026", "4,5"], ["03/04/2026", 5], ["04.03.2026", "5 h"]):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_a_file_is_read_tried_and_imported(
    visitor: Visitor, works: tuple[int, str, dict[str, str]], width: int, theme: str
) -> None:
    tenant_id, slug, cookies = works
    page = visitor.open(f"/t/{slug}/import/", cookies=cookies, width=width, theme=theme)
    assert axe(page) == []
    file = {"name": "figures.xlsx", "mimeType": "application/zip", "buffer": workbook()}
    page.get_by_label("File", exact=True).set_input_files(files=[file])  # type: ignore[list-item]
    page.get_by_role("button", name="Read the file").click()

    assert page.get_by_text("Choose the metric").is_visible()
    page.get_by_label("Metric of rows that name none").select_option("lead-time")
    page.get_by_role("button", name="Read it this way").click()
    assert page.get_by_role("heading", name="2 of 3 rows can be imported").is_visible()
    assert page.get_by_text("is not in the metric's unit").first.is_visible()
    shoot(page, f"import-{width}-{theme}")
    assert sideways(page) == []
    assert axe(page) == []
    page.get_by_role("button", name="Import 2 rows").click()

    assert page.get_by_role("heading", name="figures.xlsx was imported").is_visible()
    assert sideways(page) == []
    assert axe(page) == []
    with tenant(tenant_id):
        assert Measurement.objects.count() == 2
