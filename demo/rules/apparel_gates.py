"""What the gates of Fictional Apparel Works (demo) tell, pilot by pilot. Source: docs/demo.md."""

from .functions import take_part
from .gates import (
    MON,
    THU,
    TUE,
    WED,
    CostPlan,
    ErrorPlan,
    GatePlan,
    GateStory,
    NeedPlan,
    RequirementPlan,
    counted,
    drilled,
    four_ways,
    on,
    passed,
    submitted,
)
from .plans import PersonPlan

IT, LAW, FINANCE, TRADE = "it-manager", "legal-counsel", "finance-controller", "merchandising-lead"
REVIEWERS = (
    PersonPlan(
        key=IT,
        name="IT manager",
        roles=("reviewer",),
        functions=("technology", "security", "data_governance"),
    ),
    PersonPlan(
        key=LAW, name="Legal counsel", roles=("reviewer",), functions=("legal", "compliance")
    ),
    PersonPlan(key=FINANCE, name="Finance controller", roles=("reviewer",), functions=("finance",)),
    PersonPlan(
        key=TRADE,
        name="Merchandising lead",
        roles=("reviewer",),
        functions=("sales", "customer_service", "operations"),
    ),
)
SPEAKERS = {
    "operations": TRADE,
    "technology": IT,
    "finance": FINANCE,
    "security": IT,
    "data_governance": IT,
    "legal": LAW,
    "compliance": LAW,
    "sales": TRADE,
    "customer_service": TRADE,
    "privacy": LAW,
    "retention": IT,
    "cross_boundary": LAW,
}
TEAM_DAYS = NeedPlan(
    name="Line records",
    kind="mes",
    gives="Target, output and overtime of each team and day",
    maintainer="line-chief",
    dataset="garment-lines",
    faults="Dates only: nobody can tell the first shift from the second.",
)
BEGINS = "The public records begin with the pilot: nothing of any other season."

BALANCING = GateStory(
    pilot="P-01",
    listed=on(3, MON),
    needs=(TEAM_DAYS,),
    rows_lack=BEGINS,
    errors=(
        ErrorPlan(
            name="Worker sent to a machine not known",
            consequence="safety",
            cost=30_000,
            tolerated="0.01",
            checked_by="Line chief, each move",
        ),
        ErrorPlan(name="Move that gained nothing", consequence="time", cost=200, tolerated="0.08"),
    ),
    readings=counted(on(5, MON), curated=(2, 60), live=(4, 71)),
    modes=four_ways(
        output="the line's board",
        fallback="The line chief places people as before",
        receiver="line-planner",
    ),
    drills=drilled(on(6, MON)),
    costs=(
        CostPlan(
            day=on(7, MON),
            items_per_day=120,
            cost_per_call="8",
            overhead=300_000,
            labour_minutes="15",
            hourly_rate=180,
            errors_before=0,
            errors_after=0,
            signed=on(8, MON),
        ),
    ),
    gates=(
        passed("data", IT, on(5, MON)),
        passed("accuracy", TRADE, on(6, MON)),
        passed("failure", TRADE, on(7, MON)),
        passed("integration", IT, on(6, MON)),
        submitted("cost", FINANCE, on(9, MON)),
        passed("ownership", TRADE, on(4, MON)),
    ),
    functions=take_part(SPEAKERS, "line-planner"),
    requirements=(
        RequirementPlan(
            area="legal",
            text="What the board shows of a worker is not used to pay or to warn.",
            day=on(1, TUE),
            blocking=True,
            settled=on(3, THU),
            state="met",
            evidence="Signed with the workers' committee in week 3.",
        ),
        RequirementPlan(
            area="operations",
            text="No move in the last hour of a shift.",
            day=on(5, WED),
            settled=on(6, TUE),
            state="met",
            evidence="Set in week 6.",
        ),
    ),
)
OVERTIME_PLANNER = GateStory(
    pilot="P-02",
    listed=on(3, MON),
    needs=(
        TEAM_DAYS,
        NeedPlan(
            name="Overtime consents",
            kind="paper",
            gives="Who agreed to work longer",
            maintainer="floor-supervisor",
            updated=1,
            limit_days=182,
        ),
    ),
    rows_lack=BEGINS,
    errors=(
        ErrorPlan(
            name="Overtime planned above the legal limit",
            consequence="safety",
            cost=50_000,
            tolerated="0.01",
            checked_by="Floor supervisor, each plan",
        ),
    ),
    readings=counted(on(5, TUE), curated=(1,), live=(3,), decisions=900),
    modes=four_ways(
        output="the overtime plan",
        fallback="The shift planner writes it by hand",
        receiver="shift-planner",
    ),
    gates=(
        passed("data", IT, on(5, TUE) - 1),
        submitted("accuracy", TRADE, on(6, MON)),
        GatePlan(code="failure", decider=TRADE, begun=on(6, TUE)),
        GatePlan(code="ownership", decider=TRADE, begun=on(5, MON), lacks=("retraining",)),
    ),
    functions=take_part(SPEAKERS, "shift-planner"),
    requirements=(
        RequirementPlan(
            area="legal",
            text="Nobody is planned above 60 hours a week, agreed or not.",
            day=on(1, WED),
            blocking=True,
            settled=on(5, THU),
            state="met",
            evidence="A limit in the plan itself, tried with 12 names.",
        ),
        RequirementPlan(
            area="compliance",
            text="Buyers' audits find who agreed to which overtime.",
            day=on(5, TUE),
            blocking=True,
        ),
    ),
)
CAPTURE = GateStory(
    pilot="P-03",
    listed=on(2, TUE),
    needs=(
        NeedPlan(
            name="Invoice log, uploaded as a file",
            kind="erp",
            gives="When each invoice came and was booked",
            maintainer="booking-clerk",
            dataset="p2p-po-events",
            by_hand=True,
        ),
    ),
    gates=(GatePlan(code="integration", decider=IT, begun=on(2, WED), lacks=("monitored",)),),
    functions=take_part(SPEAKERS, "accounts-payable-lead"),
)

GATES = (BALANCING, OVERTIME_PLANNER, CAPTURE)
