"""What the demo tells around its pilots: other programmes, what changes for people, candidates.

All of it is invented and says so. Source: docs/demo.md.
"""

from __future__ import annotations

from dataclasses import dataclass

ASSUMED = "Assumed for the demo."


@dataclass(frozen=True, kw_only=True)
class ProgrammePlan:
    """Another programme at a site. weeks: from and to, counted from the week of loading, 0 for it."""

    name: str
    kind: str
    site: str
    roles: tuple[str, ...]
    weeks: tuple[int, int | None]


@dataclass(frozen=True, kw_only=True)
class LoadPlan:
    """What somebody decided about a pilot that stacks on much else."""

    pilot: str
    word: str
    reason: str
    by: str


@dataclass(frozen=True, kw_only=True)
class ChangePlan:
    """What changes for people around a pilot.

    role, people: whose work it is, and of how many. changes: for them. trained: of those people.
    concern, answer: what worries them, and what they were told; without an answer it is open.
    before, after: the process. foundation: first week and number of weeks of the work on the data,
    the weeks of the pilot.
    """

    pilot: str
    role: str
    people: int
    changes: str
    trained: int
    concern: str
    answer: str = ""
    before: str
    after: str
    foundation: tuple[int, int] = (-5, 8)


@dataclass(frozen=True, kw_only=True)
class CandidatePlan:
    """A workflow that might become a pilot; the figures in the order of `FIGURES`, None if unknown.

    gates: how each looks, one letter each: c clear, w work, s stops, - nobody looked.
    """

    name: str
    site: str
    use_case: str
    figures: tuple[int | None, int | None, int | None, int | None, str | None, int | None]
    gates: str
    consulted: tuple[str, ...]
    advice: str


@dataclass(frozen=True, kw_only=True)
class AroundPlan:
    """What one manufacturer tells around its pilots."""

    programmes: tuple[ProgrammePlan, ...] = ()
    loads: tuple[LoadPlan, ...] = ()
    changes: tuple[ChangePlan, ...] = ()
    candidates: tuple[CandidatePlan, ...] = ()


PROMISE = "Figures of this pilot judge the tool, never a person"
PROMISE_TEXT = (
    "They are shown by site and week. Nobody's pay, rank or rota follows from them. " + ASSUMED
)

COATINGS_AROUND = AroundPlan(
    programmes=(
        ProgrammePlan(
            name="Warehouse system, second roll-out",
            kind="wms",
            site="warehouse",
            roles=("Planners", "Dispatchers"),
            weeks=(-20, 10),
        ),
        ProgrammePlan(
            name="ERP roll-out, purchasing",
            kind="erp",
            site="paints",
            roles=("Buyers", "Booking clerks"),
            weeks=(0, 30),
        ),
        ProgrammePlan(
            name="Lean wave 3",
            kind="lean",
            site="paints",
            roles=("Shift leads",),
            weeks=(0, 12),
        ),
        ProgrammePlan(
            name="New reports for accounts payable",
            kind="bi",
            site="paints",
            roles=("Booking clerks",),
            weeks=(1, None),
        ),
    ),
    loads=(
        LoadPlan(
            pilot="P-06",
            word="go",
            reason="The roll-out reaches the booking clerks once this pilot is read out. "
            + ASSUMED,
            by="coo",
        ),
    ),
    changes=(
        ChangePlan(
            pilot="P-01",
            role="Planners",
            people=6,
            changes="They call suppliers of flagged lines first.",
            trained=6,
            concern="Who is to blame when a flagged line is late all the same?",
            answer="Nobody: the flag tells where to look, the planner decides.",
            before="Planners read the whole open-order list on Mondays.",
            after="Planners work the flagged lines daily and the list once a month.",
        ),
        ChangePlan(
            pilot="P-02",
            role="Dispatchers",
            people=9,
            changes="They answer a question before goods go by air.",
            trained=7,
            concern="It holds up what is really urgent.",
            answer="A dispatcher may send at once and say why afterwards.",
            before="Whoever packs decides for air freight.",
            after="Air freight above the limit is confirmed by a second person.",
        ),
        ChangePlan(
            pilot="P-03",
            role="Materials planners",
            people=4,
            changes="They check proposals instead of counting racks.",
            trained=4,
            concern="Our experience counts for nothing.",
            answer="Every override is read weekly and changes the limits.",
            before="Racks are counted on Fridays and called off by telephone.",
            after="Proposals are checked daily and called off in the system.",
        ),
        ChangePlan(
            pilot="P-05",
            role="Accounts payable clerks",
            people=5,
            changes="They release what is routed to them.",
            trained=3,
            concern="Blocks pile up at whoever answers fastest.",
            before="Blocked invoices wait in one shared list.",
            after="Each blocked invoice is at one named person.",
        ),
        ChangePlan(
            pilot="P-06",
            role="Booking clerks",
            people=8,
            changes="They check bookings instead of typing them.",
            trained=8,
            concern="Eight of us are too many once it types.",
            answer="Nobody leaves for it; two move to clearing, as they asked.",
            before="Invoices are typed from paper.",
            after="Captured invoices are checked beside the picture.",
        ),
        ChangePlan(
            pilot="P-07",
            role="Line inspectors",
            people=12,
            changes="They test what is flagged by hand.",
            trained=5,
            concern="A piece it misses is on us.",
            before="Every tenth piece is tested.",
            after="Flagged pieces and every twentieth are tested.",
        ),
        ChangePlan(
            pilot="P-09",
            role="Shift leads of the furnace",
            people=6,
            changes="They move loads out of the peak when told.",
            trained=0,
            concern="Moved loads cost us the night shift's plan.",
            before="Loads follow the rolling plan alone.",
            after="Loads that can wait follow the tariff.",
            foundation=(1, 4),
        ),
        ChangePlan(
            pilot="P-10",
            role="Goods-receipt clerks",
            people=7,
            changes="They confirm a prepared posting.",
            trained=7,
            concern="It posts what never arrived.",
            answer="Nothing is posted without a clerk's confirmation.",
            before="Receipts are posted from the delivery notes in the evening.",
            after="Receipts are confirmed at the gate.",
        ),
    ),
    candidates=(
        CandidatePlan(
            name="Safety stock of slow movers",
            site="warehouse",
            use_case="Proposes safety stocks of parts that move less than once a month.",
            figures=(24_000, 310_000, 45_000, 130_000, "0.60", 48_000),
            gates="wccwcc",
            consulted=("finance", "operations", "technology"),
            advice=f"Finance: count capital, not space. {ASSUMED}",
        ),
        CandidatePlan(
            name="Order confirmations read by machine",
            site="paints",
            use_case="Compares suppliers' confirmations with what was ordered.",
            figures=(180_000, 260_000, 30_000, 150_000, "0.22", 36_000),
            gates="ccwwcw",
            consulted=("finance", "security"),
            advice=f"Security: mail boxes are read with a technical account. {ASSUMED}",
        ),
        CandidatePlan(
            name="Colour matching from photographs",
            site="paints",
            use_case="Proposes a recipe from a photograph of a customer's part.",
            figures=(9_000, 520_000, 120_000, 240_000, "3.50", 90_000),
            gates="swwccw",
            consulted=("sales",),
            advice=f"Sales: customers would pay for it. No two cameras see one colour. {ASSUMED}",
        ),
        CandidatePlan(
            name="Answers to customers' questions",
            site="paints",
            use_case="Drafts answers to questions about deliveries.",
            figures=(60_000, 70_000, 35_000, 60_000, "0.90", 40_000),
            gates="cwwccc",
            consulted=("customer_service", "privacy", "legal"),
            advice=f"Privacy: names are masked before they leave the plant. {ASSUMED}",
        ),
        CandidatePlan(
            name="Maintenance orders by vibration",
            site="steel",
            use_case="Proposes a maintenance order before a bearing fails.",
            figures=(None, 400_000, 80_000, None, None, None),
            gates="w-----",
            consulted=("operations",),
            advice=f"Operations: three of nine drives have sensors. {ASSUMED}",
        ),
    ),
)

APPAREL_AROUND = AroundPlan(
    programmes=(
        ProgrammePlan(
            name="Modular lines, phase 2",
            kind="lean",
            site="sewing",
            roles=("Line chiefs",),
            weeks=(-8, 16),
        ),
    ),
    changes=(
        ChangePlan(
            pilot="P-01",
            role="Line chiefs",
            people=14,
            changes="They move workers between lines on advice.",
            trained=11,
            concern="Teams lose their bonus when people move.",
            before="Line chiefs agree among themselves in the morning.",
            after="Line chiefs decide on a proposal at ten and at two.",
        ),
    ),
    candidates=(
        CandidatePlan(
            name="Marker planning",
            site="sewing",
            use_case="Proposes cutting plans with less waste.",
            figures=(12_000, 5_200_000, 900_000, 2_600_000, "35", 800_000),
            gates="ccwwcc",
            consulted=("finance", "operations"),
            advice=f"Operations: cutters check each plan. {ASSUMED}",
        ),
    ),
)
