"""What stands on pages once a target is agreed, asked for no more, or held by a locked baseline."""

from __future__ import annotations

from django.urls import reverse

from common.tenancy.context import tenant
from metrics.actions import targets
from metrics.models import PilotMetric
from tests.conftest import Cast, signed_in
from tests.plant import Plant
from tests.portfolio.test_board import text
from tests.portfolio.test_editing_pages import initial

ASKED = "A target for On-time lines in Late orders waits for your agreement"


def test_an_inbox_line_that_is_settled_says_how(cast: Cast) -> None:
    with tenant(cast.acme):
        acme = Plant(cast)
        pilot = acme.pilot(lead=cast.lead, sponsor=cast.sponsor)
        row = acme.aim(pilot, acme.metric(), agreed=False)
    sponsor = signed_in(cast.sponsor)
    asked = text(sponsor.get("/t/acme/inbox/"))
    with tenant(cast.acme):
        row = targets.change_target(
            row=row,
            version=row.version,
            role="primary",
            comparison="gt",
            target=0.95,
            units_per_week=None,
            value_per_unit=None,
            by=cast.admin,
        )
        targets.agree_target(row=row, version=row.version, by=cast.sponsor, now=acme.now)

    settled = text(sponsor.get("/t/acme/inbox/"))

    assert ASKED in asked
    assert f"{ASKED} Done." in settled
    assert f"{ASKED} No longer asked." in settled


def test_under_a_locked_baseline_a_target_page_offers_money_only(cast: Cast) -> None:
    with tenant(cast.acme):
        Plant(cast).whole(locked=True)
        row = PilotMetric.objects.get()
    address = reverse("target_edit", args=["acme", "P-01", row.pk])
    lead = signed_in(cast.lead)

    page = lead.get(address)
    answers = initial(lead, address) | {"units_per_week": "100", "value_per_unit": "40"}
    saved = lead.post(address, answers)

    assert "Week 12 is judged against it, so role and target stay as they were agreed" in text(page)
    assert "An administrator can replace the baseline, with a reason" in text(page)
    assert f'href="{reverse("baseline", args=["acme", "P-01", row.pk])}"' in page.content.decode()
    assert "The sponsor agrees the target" not in text(page)
    assert "withdraws the agreement" not in text(page)
    assert "Retire" not in text(page)
    for name in ("role", "comparison", "target"):
        assert f'<input type="hidden" name="{name}"' in page.content.decode()
    assert saved.status_code == 302
    with tenant(cast.acme):
        row.refresh_from_db()
        assert (row.units_per_week, row.value_per_unit, row.target) == (100, 40, 0.94)
        assert row.agreed_at is not None
