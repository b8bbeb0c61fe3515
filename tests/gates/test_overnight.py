"""Evidence that ends overnight reopens its gate by a real beat's message and a real worker.

The worker is another process with the clock of the machine: what it finds was passed days ago.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from celery import current_app
from celery.beat import Scheduler
from django.db import connections
from django.utils.html import strip_tags

from common.tenancy.context import tenant
from config.servers.embedded import running
from config.servers.processes import end
from gates import actions, queries
from gates.models import GateDecision
from gates.rules.states import Code, State
from portfolio.actions.parties import set_party
from portfolio.models import Part, Pilot
from tenants.actions.people import change_person
from tenants.models import Membership, Notification
from tests.conftest import signed_in
from tests.gates import company
from tests.gates.company import Company
from tests.gates.plant import bring_one, name, whole_pilot
from tests.plant import Plant, today

GATE = Code.OWNERSHIP
PASSED_AGO = timedelta(days=5)
# How many days ago the evidence counted for the last time, by pilot: nobody looked since.
ENDED = {"Ended overnight": 1, "Looked at two days late": 3, "Counts still": -1}
# A pilot whose operator had the last day yesterday, said when the gate was passed already.
LEFT = "Operator left overnight"


@dataclass(frozen=True)
class Night:
    """A company whose pilots passed the gate on evidence that ends."""

    company: Company
    pilots: dict[str, Pilot]

    def states(self) -> dict[str, State]:
        with tenant(self.company.acme):
            now = datetime.now(UTC)
            return {
                name: queries.get_seen(pilot, GATE, now=now).state
                for name, pilot in self.pilots.items()
            }


@pytest.fixture(scope="module")
def night(django_db_setup: None, django_db_blocker: Any) -> Iterator[Night]:
    with django_db_blocker.unblock():
        found = company.found("overnight")
        day = today()
        with time_machine.travel(datetime.now(UTC) - PASSED_AGO), tenant(found.acme):
            plant = company.plant_of(found)
            pilots = {words: whole_pilot(plant, words) for words in ENDED}
            for words, pilot in pilots.items():
                pass_until(plant, pilot, day - timedelta(days=ENDED[words]))
            pilots[LEFT] = whole_pilot(plant, LEFT)
            let_leave(plant, pilots[LEFT], day - timedelta(days=1))
        yield Night(found, pilots)
        connections["owner"].close()


def pass_until(plant: Plant, pilot: Pilot, last: Any) -> None:
    """Pass the gate on evidence that counts until a day."""
    name(plant, pilot, GATE)
    bring_one(plant, pilot, GATE, "retraining", expires_on=last)
    actions.submit_gate(pilot=pilot, code=GATE, step=1, by=plant.cast.lead, now=plant.now)
    actions.pass_gate(pilot=pilot, code=GATE, step=2, by=plant.cast.reviewer, now=plant.now)


def let_leave(plant: Plant, pilot: Pilot, last: Any) -> None:
    """Pass the gate with another operator than the other pilots have, who then says a last day."""
    person = plant.cast.reader.person
    set_party(
        pilot=pilot,
        part=Part.OPERATOR,
        person=person,
        hours_per_week=6,
        by=plant.cast.lead,
        now=plant.now,
    )
    pass_until(plant, pilot, last + timedelta(days=20))
    kept = {"name": person.name, "email": person.email, "job_title": "", "function": ""}
    change_person(person=person, version=1, leaves_on=last, by=plant.cast.admin, **kept)


@contextmanager
def working(database: str) -> Iterator[str]:
    """Run a worker of the product with a broker of its own; return the broker's address."""
    with tempfile.TemporaryDirectory(prefix="w12-night-") as folder:
        Path(folder).chmod(0o711)
        with running(Path(folder), durable=False, postgres=False) as servers:
            names = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_PLATFORM_URL")
            moved = {one: os.environ[one].replace("/weektwelve", f"/{database}") for one in names}
            environ = {**os.environ, **moved, "REDIS_URL": servers.redis_url, "DEMO_MODE": "1"}
            command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-c", "1"]
            worker = subprocess.Popen(
                [*command, "--without-mingle", "--without-gossip"],
                env=environ,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            try:
                yield servers.redis_url.replace("unix://", "redis+socket://", 1)
            finally:
                end(worker, signal.SIGTERM, seconds=8)


def beat(broker: str) -> None:
    """Send what beat sends when a look at the gates is due."""
    scheduler = Scheduler(app=current_app)
    scheduler.update_from_dict(current_app.conf.beat_schedule)
    with current_app.connection(broker) as connection:
        producer = current_app.amqp.Producer(connection)
        scheduler.apply_async(scheduler.schedule["gates"], producer=producer, advance=False)


def wait_for(night: Night, state: State, *, pilots: int) -> None:
    """Wait until some pilots' gates are in a state."""
    until = time.monotonic() + 60
    while list(night.states().values()).count(state) < pilots:
        assert time.monotonic() < until, night.states()
        time.sleep(0.2)


def read(member: Membership, path: str) -> str:
    page = signed_in(member).get(path).content.decode()
    return " ".join(strip_tags(page).split())


@pytest.mark.slow
def test_a_worker_reopens_what_ended_overnight_or_two_days_before_it_looks_and_tells_everybody(
    night: Night, database_name: str
) -> None:
    before = night.states()
    with working(database_name) as broker:
        beat(broker)
        wait_for(night, State.REOPENED, pilots=3)

    found = night.company
    assert set(before.values()) == {State.PASSED}
    assert night.states() == {
        "Ended overnight": State.REOPENED,
        "Looked at two days late": State.REOPENED,
        "Counts still": State.PASSED,
        LEFT: State.REOPENED,
    }
    titles = {
        f"The gate Ownership of {name} is open again"
        for name in (LEFT, *(one for one, days in ENDED.items() if days > 0))
    }
    with tenant(found.acme):
        steps = GateDecision.objects.filter(gate__code=GATE, verb="reopen")
        assert [one.member_id for one in steps] == [None] * 3
        why = {one.gate.pilot.name: one.reason for one in steps}
        left = why.pop(LEFT)
        assert "The last day of Reader was" in left
        assert all("Its evidence has expired." in one for one in why.values())
        for member in (found.lead, found.sponsor, found.reviewer):
            lines = Notification.objects.filter(member_id=member.pk, title__endswith="open again")
            assert {one.title for one in lines} == titles
            assert len(lines) == 3
    board = read(found.coo, f"/t/{found.slug}/")
    assert "3 gates were sent back or opened again: by whom and why" in board
    for words in ("Ownership, Ended overnight", "Ownership, Looked at two days late"):
        said = board[board.index(words) :][:300]
        assert "Reopened. Week Twelve:" in said
        assert "Its evidence has expired." in said
    said = board[board.index(f"Ownership, {LEFT}") :][:300]
    assert "The last day of Reader was" in said
    inbox = read(found.sponsor, f"/t/{found.slug}/inbox/")
    assert all(title in inbox for title in titles)
