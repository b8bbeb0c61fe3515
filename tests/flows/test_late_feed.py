"""A feed whose clock falls behind, over sync traffic alone: alert, stale mark, and its gate open again.

The clock stands at each arrival, ten days ago and later; only the clock of the source is behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from common.tenancy.context import tenant
from common.tenancy.tasks import HEADER
from gates.rules.states import Code
from gates.tasks import reopen_pilot
from metrics.tasks import judge_feeds, recompute
from portfolio.models import Pilot
from tenants.models import Membership
from tests.api import Api
from tests.conftest import Cast, signed_in
from tests.gates.plant import passed, whole_pilot
from tests.gates.walker import begun
from tests.plant import Plant
from tests.portfolio.test_board import text

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HOME = "/t/acme/"
SIX = f"{HOME}pilots/P-01/gates/"
GATE = f"{SIX}integration/"
METRIC = "Late orders on time"
STALE = f"Figures of {METRIC} from ERP arrive late."
LATE = (
    f"{METRIC} from ERP is late: 95 of 100 figures within 55 minutes in 7 days, allowed 15 minutes."
)


@contextmanager
def at(now: datetime) -> Iterator[None]:
    with time_machine.travel(now, tick=False):
        yield


@dataclass
class Line:
    """A plant whose ERP sends over the API; now: where the clock stands."""

    cast: Cast
    pilot: Pilot
    plant: Plant
    now: datetime

    def wait(self, time: timedelta) -> None:
        self.now += time

    def arrive(self, minutes_behind: Iterable[int]) -> None:
        """Let the ERP send one figure for each delay, and let the jobs look as they do."""
        items = [
            {
                "metric": "late-orders-on-time",
                "event_at": (self.now - minutes * MINUTE).isoformat(),
                "source": "erp",
                "external_id": f"{self.now:%d %H:%M} {number}",
                "numerator": 9,
                "denominator": 10,
            }
            for number, minutes in enumerate(minutes_behind)
        ]
        with at(self.now):
            answer = Api(self.cast.api).post("measurements/", {"measurements": items})
            assert answer.json()["created"] == len(items), answer.json()
        self.wait(2 * MINUTE)
        self.work(recompute)
        self.work(judge_feeds)
        self.work(reopen_pilot, pilot_id=str(self.pilot.pk))

    def work(self, task: Any, **given: str) -> None:
        """Do a job of the company, as its worker would."""
        with at(self.now):
            task.push_request(headers={HEADER: self.cast.acme})
            try:
                task(**given)
            finally:
                task.pop_request()

    def read(self, who: Membership, path: str = HOME) -> str:
        with at(self.now):
            return text(signed_in(who).get(path))

    def step(self, who: Membership, verb: str, number: int) -> int:
        with at(self.now):
            client, address = signed_in(who), f"{GATE}{verb}/"
            answer = client.post(address, begun(client, address) | {"version": number})
        return int(answer.status_code)


def begin(cast: Cast) -> Line:
    """Bring a pilot whose ERP sends in time through its gate of integration."""
    now = (datetime.now(UTC) - 10 * DAY).replace(minute=30, second=0, microsecond=0)
    with at(now), tenant(cast.acme):
        plant = Plant(cast)
        line = Line(cast, whole_pilot(plant), plant, now)
    for _ in range(4):
        line.wait(HOUR)
        line.arrive([1, 2, 3, 4, 5])
    with at(line.now), tenant(cast.acme):
        plant.now = line.now
        passed(plant, line.pilot, Code.INTEGRATION)
    return line


@pytest.mark.slow
def test_a_source_whose_clock_falls_behind_opens_its_gate_again_until_a_week_was_in_time(
    cast: Cast,
) -> None:
    line = begin(cast)
    before = line.read(cast.coo)

    line.wait(HOUR)
    line.arrive([45, 50, 55, 55])
    line.wait(HOUR)
    board, gate = line.read(cast.coo), line.read(cast.reader, GATE)
    inbox = line.read(cast.lead, f"{HOME}inbox/")
    early = line.step(cast.lead, "submit", 4)

    # The short time of the feed is over, the week that the gate asks for is not.
    line.wait(DAY)
    line.arrive([1, 2, 3, 4, 5])
    next_day, gate_next_day = line.read(cast.coo), line.read(cast.reader, GATE)
    still_early = line.step(cast.lead, "submit", 4)

    line.wait(7 * DAY)
    line.arrive([1, 2, 3, 4, 5])
    week_after = line.read(cast.reader, SIX)
    steps = [line.step(cast.lead, "submit", 4), line.step(cast.reviewer, "pass", 5)]
    line.work(reopen_pilot, pilot_id=str(line.pilot.pk))
    after, gate_after = line.read(cast.coo), line.read(cast.reader, GATE)

    assert STALE not in before
    assert "opened again" not in before

    assert STALE in board
    assert "What Late orders shows is stale: the newest figures may be missing." in board
    reopened = f"Integration, Late orders Reopened. Week Twelve: “They arrive in time: {LATE}”"
    assert f"{reopened} Not met: “They arrive in time”." in board
    assert "Reopened" in gate
    assert LATE in gate
    alert = "arrives late: 95 of 100 figures within 55 minutes, it may be 15 minutes"
    assert f"{METRIC} from ERP {alert}" in inbox
    assert "The gate Integration of Late orders is open again" in inbox

    assert STALE not in next_day
    assert reopened in next_day
    assert LATE in gate_next_day
    assert (early, still_early) == (422, 422)

    assert "Integration Reopened Every criterion is met." in week_after
    assert steps == [302, 302]
    assert "opened again" not in after
    assert "95 of 100 figures within 5 minutes in 7 days, allowed 15 minutes." in gate_after
