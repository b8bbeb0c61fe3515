"""Each of the six gates cannot be passed for a reason of its own, which an executive reads on the board."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from common.tenancy.context import tenant
from gates import actions
from gates.rules.states import KINDS, Code
from tests.browser.pages import Visitor, shoot
from tests.browser.test_commitment import session
from tests.browser.test_foundation import send_refused
from tests.gates import company
from tests.gates.plant import bring, name, whole_pilot
from tests.gates.test_production import FAILS

PILOT = "Late orders"
# What goes of each gate in FAILS, as its criterion says it.
REASONS = {
    Code.DATA: "“Tested on data as production writes it”",
    Code.ACCURACY: "“Costly errors that nobody caught on live data”",
    Code.FAILURE: "“Each way to fail was tried in a drill, and the fallback held”",
    Code.INTEGRATION: "“Somebody is told when they stop”",
    Code.COST: "“Finance signed it”, “It still pays at three times the unit cost, or Finance accepts"
    " that it does not”",
    Code.OWNERSHIP: "“A named operator has hours for it every week”",
}


@dataclass(frozen=True)
class Desk:
    """A company of which one pilot lacks one thing at each gate, and sessions of two of its people."""

    board: str
    gates: str
    executive: dict[str, str]
    lead: dict[str, str]


@pytest.fixture(scope="module")
def desk(committed: None) -> Desk:
    found = company.found("reasons")
    with tenant(found.acme):
        plant = company.plant_of(found)
        pilot = whole_pilot(plant, PILOT)
        for code in Code:
            name(plant, pilot, code)
            bring(plant, pilot, code)
            FAILS[code](plant, pilot)
        actions.look_at(pilot=pilot, now=plant.now)
    board = f"/t/{found.slug}/"
    return Desk(
        board, f"{board}pilots/{pilot.code}/gates/", session(found.coo), session(found.lead)
    )


def test_a_gate_that_lacks_something_is_not_submitted(visitor: Visitor, desk: Desk) -> None:
    visitor.expect("422")
    page = visitor.open(desk.gates, cookies=desk.lead)

    for code in Code:
        page.goto(f"{desk.gates}{code}/submit/")
        send_refused(page)


@pytest.mark.parametrize(("width", "script"), [(1440, True), (390, False)])
def test_an_executive_reads_on_the_board_why_each_of_six_gates_cannot_be_passed(
    visitor: Visitor, desk: Desk, width: int, script: bool
) -> None:
    page = visitor.open(desk.board, cookies=desk.executive, width=width, script=script)
    page.get_by_text("6 gates are under way: what each lacks").click()

    for code, reason in REASONS.items():
        gate = f"{KINDS[code].name}, {PILOT}"
        line = page.get_by_role("listitem").filter(has=page.get_by_role("link", name=gate))
        assert line.is_visible()
        assert line.inner_text().split("\n")[1:] == [f"In progress. Not met: {reason}."]
    shoot(page, f"reasons-{width}")
    page.get_by_role("link", name=f"{KINDS[Code.COST].name}, {PILOT}").click()

    page.get_by_text("Finance has not signed version 2.").first.wait_for()
