"""Fictional Apparel Works (demo): three pilots in another time zone and currency."""

from datetime import date

from .apparel_gates import FINANCE, GATES, IT, REVIEWERS
from .around import APPAREL_AROUND
from .coatings import INVOICE_TO_BOOKING
from .fields import APPAREL_FIELDS
from .plans import (
    MetricPlan,
    PersonPlan,
    PilotPlan,
    SitePlan,
    TenantPlan,
    VendorPlan,
    Wording,
)

TARGET_ATTAINMENT = MetricPlan(
    code="garment_target_attainment",
    name="Target attainment",
    kind="proportion",
    unit="share",
    direction="up",
    comparison="gt",
    target=0.80,
    wordings=(
        Wording(
            from_week=1,
            numerator="Team-days whose productivity reached its target",
            denominator="Team-days in the week",
        ),
    ),
    dataset="garment-lines",
    transaction="Day of a team",
    happened="Date of the day",
)
OVERTIME = MetricPlan(
    code="garment_overtime_min_per_worker_day",
    name="Overtime per worker and day",
    kind="ratio",
    unit="minutes",
    direction="down",
    comparison="lt",
    target=100,
    wordings=(
        Wording(
            from_week=1,
            numerator="Minutes of overtime of all teams",
            denominator="Workers of all teams, once a day",
        ),
    ),
    dataset="garment-lines",
    transaction="Day of a team",
    happened="Date of the day",
    decimals=0,
)

APPAREL = TenantPlan(
    slug="fictional-apparel",
    name="Fictional Apparel Works (demo)",
    currency="BDT",
    zone="Asia/Dhaka",
    locale="en",
    domain="fictional-apparel.example",
    sites=(
        SitePlan(
            code="sewing",
            name="Sewing floor",
            zone="Asia/Dhaka",
            why="garment-lines is from a factory in Bangladesh; dates only",
        ),
        SitePlan(
            code="office",
            name="Head office",
            zone="Asia/Dhaka",
            why="p2p-po-events replayed by its local wall clock in this tenant's zone",
        ),
    ),
    vendors=(
        VendorPlan(code="vendor-a", name="Vendor A (invented)"),
        VendorPlan(code="vendor-e", name="Vendor E (invented)"),
    ),
    people=(
        PersonPlan(
            key="factory-manager",
            name="Factory manager",
            roles=("executive", "sponsor"),
            functions=("operations",),
        ),
        PersonPlan(
            key="hr-director",
            name="HR director",
            roles=("sponsor",),
            functions=("operations",),
        ),
        PersonPlan(
            key="cfo",
            name="CFO",
            roles=("executive", "sponsor"),
            functions=("finance",),
        ),
        PersonPlan(key="line-planner", name="Line planner", roles=("lead",)),
        PersonPlan(key="shift-planner", name="Shift planner", roles=("lead",)),
        PersonPlan(key="accounts-payable-lead", name="Accounts payable lead", roles=("lead",)),
        *REVIEWERS,
        PersonPlan(key="line-chief", name="Line chief"),
        PersonPlan(key="floor-supervisor", name="Floor supervisor"),
        PersonPlan(key="booking-clerk", name="Booking clerk"),
        PersonPlan(key="auditor", name="Internal auditor", roles=("reader",)),
        PersonPlan(key="admin", name="System administrator", roles=("admin",)),
    ),
    pilots=(
        PilotPlan(
            code="P-01",
            name="Line-balancing assistant",
            use_case="Proposes who works at which machine so that no step waits.",
            goal="More teams reach their target of the day.",
            site="sewing",
            vendor="vendor-e",
            sponsor="factory-manager",
            lead="line-planner",
            operator="line-chief",
            deputy="floor-supervisor",
            budget=3_000_000,
            first_week=date(2014, 12, 29),
            week_now=10,
            metrics=(TARGET_ATTAINMENT,),
        ),
        PilotPlan(
            code="P-02",
            name="Overtime planner",
            use_case="Plans overtime by the orders that need it.",
            goal="Less overtime for each worker.",
            site="sewing",
            vendor="vendor-e",
            sponsor="hr-director",
            lead="shift-planner",
            operator="line-chief",
            deputy="floor-supervisor",
            budget=1_800_000,
            first_week=date(2014, 12, 29),
            week_now=7,
            metrics=(OVERTIME,),
        ),
        PilotPlan(
            code="P-03",
            name="Invoice capture",
            use_case="Reads invoices and proposes their booking.",
            goal="Invoices are booked sooner after the vendor wrote them.",
            site="office",
            vendor="vendor-a",
            sponsor="cfo",
            lead="accounts-payable-lead",
            operator="booking-clerk",
            deputy="floor-supervisor",
            budget=2_400_000,
            by_hand=True,
            first_week=date(2018, 9, 24),
            week_now=3,
            metrics=(INVOICE_TO_BOOKING,),
        ),
    ),
    gates=GATES,
    signs=FINANCE,
    fields=APPAREL_FIELDS,
    answers_for_data=IT,
    around=APPAREL_AROUND,
)
