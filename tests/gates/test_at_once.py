"""Two who decide a gate at the same moment: real transactions in two threads, one decision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html import unescape
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections
from django.utils.html import strip_tags

from audit.models import AuditEvent
from common.tenancy.context import tenant
from gates.models import GateDecision
from gates.rules.states import Code
from tests.conftest import signed_in
from tests.gates import company
from tests.gates.company import Company
from tests.gates.plant import submitted, whole_pilot
from tests.gates.walker import begun
from tests.plant import today

pytestmark = pytest.mark.slow
STEPS = {
    "pass": ("reviewer", {}),
    "send-back": ("reviewer", {"reason": "Whose hours?"}),
    "waive": ("coo", {"reason": "It stands still."}),
}
DECIDED = ["GATE_PASSED", "GATE_SENT_BACK", "GATE_WAIVED"]
SAID = {
    "pass": "By now Reviewer passed it",
    "send-back": "By now Reviewer sent it back: “Whose hours?”",
    "waive": "By now Coo waived it until",
}


@pytest.fixture(scope="module")
def home(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[Company, str]]:
    """A company of which one pilot's gates can be decided, and the address of its gates."""
    with django_db_blocker.unblock():
        found = company.found("at-once")
        with tenant(found.acme):
            plant = company.plant_of(found)
            pilot = whole_pilot(plant)
            for code in (Code.FAILURE, Code.COST, Code.OWNERSHIP):
                submitted(plant, pilot, code)
        yield found, f"/t/{found.slug}/pilots/{pilot.code}/gates/"
        connections["owner"].close()


def both(sends: list[Callable[[], Any]]) -> list[Any]:
    """Send two requests from two threads that start together; return the answers in order."""
    ready = Barrier(len(sends))

    def one(send: Callable[[], Any]) -> Any:
        ready.wait()
        try:
            return send()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(sends)) as pool:
        return list(pool.map(one, sends))


@pytest.mark.parametrize(
    ("code", "steps"),
    [
        (Code.FAILURE, ["pass", "pass"]),
        (Code.COST, ["pass", "send-back"]),
        (Code.OWNERSHIP, ["pass", "waive"]),
    ],
)
def test_of_two_who_decide_at_once_one_does_and_the_other_reads_what_was_decided(
    home: tuple[Company, str], code: Code, steps: list[str]
) -> None:
    found, gates = home
    until = (today() + timedelta(days=30)).isoformat()

    def sender(step: str) -> Callable[[], Any]:
        member, answers = STEPS[step]
        client = signed_in(getattr(found, member))
        address = f"{gates}{code}/{step}/"
        form = begun(client, address) | {"until": until, **answers}
        return lambda: client.post(address, form)

    replies = both([sender(step) for step in steps])

    assert sorted(reply.status_code for reply in replies) == [302, 409]
    won = steps[[reply.status_code for reply in replies].index(302)]
    lost = next(reply for reply in replies if reply.status_code == 409)
    said = " ".join(unescape(strip_tags(lost.content.decode())).split())
    assert SAID[won] in said
    with tenant(found.acme):
        taken = GateDecision.objects.filter(gate__code=code, number__gt=1)
        assert [(one.number, one.verb) for one in taken] == [(2, won.replace("-", "_"))]
        told = AuditEvent.objects.filter(action__in=DECIDED, payload__gate=code)
        assert told.count() == 1
