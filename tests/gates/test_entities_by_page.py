"""Everything that somebody writes down is created, changed and put away on a page, by some role.

Each row of the tables is one thing, walked over HTTP as a person walks: from its list by a link to the
form, with the answers that the form itself begins with and those of the row, and back. What is never
changed or put away says why instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from common.tenancy.context import tenant
from metrics.actions import fields
from metrics.models import FieldNeed
from portfolio.actions import load
from portfolio.models import Pilot
from tests.conftest import Cast, signed_in
from tests.gates.plant import whole_pilot
from tests.gates.walker import FIRST, SECOND, Walker, Way
from tests.plant import Plant, today

PILOT, SETTINGS, COMPANY = "/t/acme/pilots/P-01/", "/t/acme/settings/", "/t/acme/"
DAY, LATER = today().isoformat(), (today() + timedelta(days=60)).isoformat()
# Why there is nothing on a page that changes it, or puts it away.
NEWER = "kept as it was written: what is different is written anew, beside it"
VERSIONS = "each save is a version; the newest counts, earlier ones stay to be seen"
STAYS = "a decision by name stays; another one is taken after it"


@dataclass(frozen=True)
class Why:
    """Why something is not done on a page."""

    words: str


@dataclass(frozen=True)
class Row:
    """One thing: its name, who writes it, where it is listed, and how it comes, changes and goes.

    page: of the thing itself, where it has one besides its form.
    """

    name: str
    role: str
    home: str
    create: Way
    change: Way | Why
    leave: Way | Why
    page: str = ""


def of(home: str, **answers: Any) -> Way:
    return Way(home, answers)


ERROR = {
    "name": "Late order missed",
    "consequence": "customer",
    "cost": "400",
    "cost_basis": "estimated",
    "tolerated": "2",
    "checked_by": "Planner, QP-7",
}
GATE = f"{PILOT}gates/data/"
PROOF = f"{GATE}criteria/production_data/"
BACK = of(f"{GATE}evidence/{{key}}/withdraw/", reason="The wrong one.")
LINE = {"phase_class": "run", "title": "Licences", "planned_money": "9"}
CANDIDATE = f"{COMPANY}candidates/"
PROGRAMMES = f"{COMPANY}programmes/"
FIELD = f"{SETTINGS}fields/{{field}}/"
PLACE = f"{FIELD}places/{{key}}/"
FINANCE = f"{PILOT}functions/finance/"
TABLE = [
    # What gates ask
    Row(
        "criterion of a gate",
        "admin",
        f"{SETTINGS}gates/data/",
        of(f"{SETTINGS}gates/data/new/", text="The council agreed", reason="In May."),
        of(f"{SETTINGS}gates/data/criteria/{{key}}/", text="It agreed", reason="Shorter."),
        of(f"{SETTINGS}gates/data/criteria/{{key}}/retire/", reason="Done."),
    ),
    # Evidence
    Row(
        "evidence: a link",
        "lead",
        GATE,
        of(PROOF, kind="link", title="Contract", url="https://docs.plant.example/c"),
        Why(NEWER),
        BACK,
    ),
    Row(
        "evidence: a note",
        "lead",
        GATE,
        of(PROOF, kind="note", title="Minutes", text="All agreed."),
        Why(NEWER),
        BACK,
    ),
    Row(
        "evidence: a file",
        "lead",
        GATE,
        of(PROOF, kind="file", title="Sources", file=("sources.csv", b"source,fault\nERP,late\n")),
        Why(NEWER),
        BACK,
    ),
    Row(
        "evidence: a number",
        "lead",
        f"{PILOT}gates/accuracy/",
        of(f"{PILOT}gates/accuracy/criteria/costly_missed/", title="Count", value="0"),
        Why(NEWER),
        of(f"{PILOT}gates/accuracy/evidence/{{key}}/withdraw/", reason="The wrong one."),
    ),
    Row(
        "adviser of a gate",
        "lead",
        GATE,
        of(f"{GATE}advisers/new/", adviser=FIRST),
        Why("nothing of it can be different: another adviser is named beside"),
        of(f"{GATE}advisers/{{key}}/remove/"),
    ),
    # Errors and failures
    Row(
        "class of error",
        "lead",
        f"{PILOT}errors/",
        of(f"{PILOT}errors/new/", **{**ERROR, "name": "Wrong plant"}),
        of(f"{PILOT}errors/{{key}}/", name="Wrong site"),
        of(f"{PILOT}errors/{{key}}/archive/"),
    ),
    Row(
        "reading",
        "lead",
        f"{PILOT}errors/",
        Way(
            f"{PILOT}readings/new/",
            {
                "dataset": "live",
                "first_day": DAY,
                "last_day": DAY,
                "decisions": "1777",
                "source": "Order book",
                "errors_*": "0",
            },
        ),
        Why(NEWER),
        of(f"{PILOT}readings/{{key}}/withdraw/", reason="Counted twice."),
    ),
    Row(
        "way to fail",
        "lead",
        f"{PILOT}failures/",
        of(f"{PILOT}failures/new/", name="It stalls", kind="late"),
        of(f"{PILOT}failures/{{key}}/", name="It halts", receiver=FIRST),
        of(f"{PILOT}failures/{{key}}/archive/"),
    ),
    Row(
        "drill",
        "lead",
        f"{PILOT}failures/",
        of(f"{PILOT}failures/{{mode}}/drills/new/", ran_on=DAY, held="yes", seen="Ok."),
        Why(NEWER),
        of(f"{PILOT}drills/{{key}}/withdraw/", reason="It was of another."),
    ),
    # Cost, people, retraining
    Row(
        "cost model",
        "lead",
        f"{PILOT}cost/",
        of(f"{PILOT}cost/edit/", cost_per_call="0.03", note="Prices rose."),
        of(f"{PILOT}cost/edit/", cost_per_call="0.04", note="And again."),
        Why(VERSIONS),
    ),
    Row(
        "operator",
        "lead",
        f"{PILOT}people/",
        of(f"{PILOT}people/", part="operator", person=SECOND, hours_per_week="5"),
        of(f"{PILOT}people/", part="operator", person=SECOND, hours_per_week="7"),
        of(f"{PILOT}people/{{key}}/end/"),
    ),
    Row(
        "deputy",
        "lead",
        f"{PILOT}people/",
        of(f"{PILOT}people/", part="deputy_operator", person=SECOND, hours_per_week="5"),
        of(f"{PILOT}people/", part="deputy_operator", person=SECOND, hours_per_week="7"),
        of(f"{PILOT}people/{{key}}/end/"),
    ),
    Row(
        "retraining trigger",
        "lead",
        f"{PILOT}retraining/",
        of(
            f"{PILOT}retraining/new/",
            metric=FIRST,
            side="lt",
            threshold="12",
            receiver=FIRST,
            task="Train it with the new season.",
        ),
        of(f"{PILOT}retraining/{{key}}/", task="Train it with last month."),
        of(f"{PILOT}retraining/{{key}}/archive/"),
    ),
    # Data
    Row(
        "source of the pilot",
        "lead",
        f"{PILOT}sources/",
        of(f"{PILOT}sources/new/", name="Dispatch board", kind="paper", gives="Promised dates"),
        of(f"{PILOT}sources/{{key}}/", name="Whiteboard"),
        of(f"{PILOT}sources/{{key}}/end/"),
    ),
    Row(
        "rule of times",
        "lead",
        f"{COMPANY}metrics/scrap/timestamps/",
        of(
            f"{COMPANY}metrics/scrap/timestamps/erp/",
            transaction_type="Receipt",
            event_field="Received",
            entry_field="Posted",
        ),
        of(f"{COMPANY}metrics/scrap/timestamps/erp/", event_field="Counted"),
        of(f"{COMPANY}metrics/scrap/timestamps/erp/end/"),
    ),
    Row(
        "field",
        "admin",
        f"{SETTINGS}fields/",
        of(f"{SETTINGS}fields/new/", name="Due date", meaning="As promised.", owner=FIRST),
        of(f"{SETTINGS}fields/{{key}}/edit/", meaning="As confirmed."),
        of(f"{SETTINGS}fields/{{key}}/archive/"),
        page=f"{SETTINGS}fields/{{key}}/",
    ),
    Row(
        "what a source means by a field",
        "admin",
        FIELD,
        of(
            f"{FIELD}places/new/",
            source="erp",
            meaning="In workdays",
            stand="same",
            said_by="The planner",
        ),
        of(PLACE, meaning="In days of work"),
        of(f"{PLACE}end/"),
    ),
    Row(
        "conflict of a field",
        "admin",
        FIELD,
        of(
            f"{FIELD}places/new/",
            source="erp",
            meaning="As ordered",
            stand="differs",
            cannot="Nobody knows how",
            said_by="The planner",
        ),
        of(f"{PLACE}settle/", outcome="accepted", reason="Used nowhere else."),
        Why("how it was settled stays with its reason; it is ended once it is no conflict"),
    ),
    Row(
        "field that the pilot needs",
        "lead",
        f"{PILOT}fields/",
        of(f"{PILOT}fields/new/", field=FIRST, used_for="Ranks lines"),
        of(f"{PILOT}fields/{{key}}/", used_for="Ranks orders"),
        of(f"{PILOT}fields/{{key}}/end/"),
    ),
    Row(
        "value: a location",
        "admin",
        f"{SETTINGS}values/",
        of(f"{SETTINGS}values/new/", source="erp", what="location", value="PL09", site=FIRST),
        of(f"{SETTINGS}values/{{key}}/", value="PL10"),
        of(f"{SETTINGS}values/{{key}}/archive/"),
    ),
    Row(
        "value: a unit",
        "admin",
        f"{SETTINGS}values/",
        of(
            f"{SETTINGS}values/new/",
            source="erp",
            what="unit",
            value="Vomhundert",
            agreed="%",
            factor="1",
        ),
        of(f"{SETTINGS}values/{{key}}/", value="vH"),
        of(f"{SETTINGS}values/{{key}}/archive/"),
    ),
    Row(
        "snapshot of data",
        "lead",
        f"{PILOT}snapshots/",
        of(
            f"{PILOT}snapshots/new/",
            source="WMS copy",
            taken_on=DAY,
            row_count="10",
            first_day=DAY,
            last_day=DAY,
            issues="Dates are of entry.",
        ),
        Why(NEWER),
        of(f"{PILOT}snapshots/{{key}}/withdraw/", reason="The wrong copy."),
    ),
    # Functions, phases, reviews
    Row(
        "function in the pilot",
        "lead",
        f"{PILOT}functions/",
        of(FINANCE, member=FIRST, due_week="3", lead_weeks="2"),
        of(FINANCE, due_week="4"),
        of(FINANCE, outcome="not_needed", note="Nothing is paid here."),
    ),
    Row(
        "requirement",
        "lead",
        f"{PILOT}requirements/",
        of(f"{PILOT}requirements/new/", area="security", text="Log each call", found_on=DAY),
        of(f"{PILOT}requirements/{{key}}/", text="Log all calls"),
        of(f"{PILOT}requirements/{{key}}/", state="dropped", evidence="No calls are made."),
    ),
    Row(
        "review of a week",
        "lead",
        f"{PILOT}",
        of(f"{PILOT}review/", status=FIRST, sentence="It moved."),
        of(f"{PILOT}review/", sentence="It moved a lot."),
        Why("what was said of a week stays said; it is written better, not taken away"),
    ),
    Row(
        "exception of a phase",
        "coo",
        f"{PILOT}phases/",
        of(f"{PILOT}phases/deploy/except/", reason="The fair is in May."),
        Why(STAYS),
        of(f"{PILOT}phases/deploy/take-back/", reason="The fair is off."),
    ),
    # Money, load, candidates
    Row(
        "line of the budget",
        "lead",
        f"{PILOT}budget/",
        of(f"{PILOT}budget/new/", **LINE),
        of(f"{PILOT}budget/{{key}}/", title="Two licences"),
        of(f"{PILOT}budget/{{key}}/archive/"),
    ),
    Row(
        "other programme",
        "lead",
        PROGRAMMES,
        of(
            f"{PROGRAMMES}new/",
            name="New MES",
            kind="mes",
            site=FIRST,
            roles="Fitters",
            starts_on=DAY,
        ),
        of(f"{PROGRAMMES}{{key}}/", name="Newer MES"),
        of(f"{PROGRAMMES}{{key}}/archive/"),
    ),
    Row(
        "decision about the load",
        "coo",
        f"{PILOT}load/",
        of(f"{PILOT}load/decide/", word="wait", reason="After the roll-out."),
        of(f"{PILOT}load/decide/", word="go", reason="It ends in May."),
        Why(STAYS),
    ),
    Row(
        "candidate",
        "lead",
        CANDIDATE,
        of(f"{CANDIDATE}new/", name="Invoices", site=FIRST),
        of(f"{CANDIDATE}{{key}}/", name="Credit notes"),
        of(f"{CANDIDATE}{{key}}/archive/"),
    ),
]
# The change plan: what each kind asks besides its title. Process changes and work on the data's
# foundation are kinds of it.
PLAN: dict[str, dict[str, str]] = {
    "promise": {},
    "role": {"text": "They plan by the list."},
    "training": {"who": "Planners", "people_needed": "4"},
    "concern": {"who": "Planners"},
    "message": {"who": "The shift"},
    "process": {"before": "By phone", "after": "By the list"},
    "foundation": {"starts_on": DAY, "due_on": LATER},
}
TABLE += [
    Row(
        f"change plan: {kind}",
        "lead",
        f"{PILOT}change/",
        of(f"{PILOT}change/new/{kind}/", title=f"First {kind}", **more),
        of(f"{PILOT}change/{{key}}/", title=f"Other {kind}"),
        of(f"{PILOT}change/{{key}}/archive/"),
    )
    for kind, more in PLAN.items()
]


@pytest.fixture(scope="module")
def made(shared: Cast, django_db_blocker: Any) -> tuple[Plant, Pilot, dict[str, str]]:
    """A pilot of which everything is written down, beside four programmes, and keys of its things."""
    with django_db_blocker.unblock(), tenant(shared.acme):
        plant = Plant(shared)
        pilot = whole_pilot(plant)
        plant.send(plant.metric("Scrap", code="scrap"), weeks=2)
        for number in range(4):
            load.add_programme(
                name=f"Programme {number}",
                kind="erp",
                site=plant.site,
                roles=["Planners"],
                starts_on=plant.today,
                ends_on=None,
                by=shared.lead,
            )
        known = {
            "field": str(FieldNeed.objects.get().field_id),
            "mode": str(pilot.failure_modes.first().pk),
        }
        fields.add_field(
            name="Stock", meaning="On hand", unit="", owner=shared.admin, by=shared.admin
        )
        return plant, pilot, known


@pytest.fixture
def plant(made: tuple[Plant, Pilot, dict[str, str]], cast: Cast) -> Plant:
    return deepcopy(made[0])


def named(way: Way, keys: Mapping[str, str]) -> Way:
    return Way(placed(way.address, keys), way.answers)


def placed(address: str, keys: Mapping[str, str]) -> str:
    for name, key in keys.items():
        address = address.replace(f"{{{name}}}", key)
    return address


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_it_is_created_changed_and_put_away_on_a_page(
    row: Row, plant: Plant, made: tuple[Plant, Pilot, dict[str, str]]
) -> None:
    known = made[2]
    walker = Walker(signed_in(getattr(plant.cast, row.role)))
    home = placed(row.home, known)
    keyed = [
        placed(way.address, known)
        for way in (row.change, row.leave)
        if isinstance(way, Way) and "{key}" in way.address
    ]
    # The page of the thing itself, where its list leads to that and not to its form.
    pattern = row.page or (keyed[0] if keyed else "")

    before = walker.keys([home], pattern) if pattern else set()
    bare = walker.words(home)
    walker.go([home], named(row.create, known))
    created = walker.words(home)
    assert created != bare

    for way in (row.change, row.leave):
        if isinstance(way, Why):
            continue
        keys, own = dict(known), [row.page] if row.page else []
        if pattern:
            [keys["key"]] = walker.keys([home], pattern) - before
        if isinstance(row.change, Way) and way is row.leave:
            own.append(row.change.address)
        walker.go([home, *(placed(one, keys) for one in own)], named(way, keys))
        changed = walker.words(home)
        assert changed != created
        created = changed


def test_what_is_not_done_on_a_page_says_why() -> None:
    reasons = {
        (row.name, end): way.words
        for row in TABLE
        for end, way in (("changed", row.change), ("put away", row.leave))
        if isinstance(way, Why)
    }

    assert all(reasons.values())
    assert not [row.name for row in TABLE if isinstance(row.create, Why)]
