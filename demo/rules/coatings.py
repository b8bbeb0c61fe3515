"""Fictional Coatings Co (demo): ten pilots at different weeks."""

from datetime import date

from .plans import MetricPlan, PersonPlan, PilotPlan, SitePlan, TenantPlan, VendorPlan, Wording

ON_TIME_LINES = MetricPlan(
    code="scms_on_time_lines",
    name="On-time lines",
    kind="proportion",
    unit="%",
    direction="up",
    comparison="gt",
    target=0.94,
    wordings=(
        Wording(
            from_week=1,
            numerator="Order lines delivered on or before their scheduled date",
            denominator="Order lines scheduled in the week",
        ),
    ),
    dataset="scms-deliveries",
)
LATE_LINES = MetricPlan(
    code="scms_lines_gt14d_late",
    name="Lines more than 14 days late",
    kind="rate",
    unit="lines per week",
    direction="down",
    comparison="lt",
    target=3,
    wordings=(
        Wording(
            from_week=1,
            numerator="Order lines delivered more than 14 days after their scheduled date",
            denominator="Weeks, by the scheduled date",
        ),
    ),
    dataset="scms-deliveries",
    role="guard",
    exposure="week",
    decimals=0,
)
AIR_FREIGHT = MetricPlan(
    code="scms_air_freight_pct_of_value",
    name="Air freight, share of goods value",
    kind="ratio",
    unit="%",
    direction="down",
    comparison="lt",
    target=0.03,
    wordings=(
        Wording(
            from_week=1,
            numerator="Freight in USD of lines sent by air or air charter; words count as 0",
            denominator="Goods value in USD of all lines delivered in the week",
        ),
    ),
    dataset="scms-deliveries",
)
PO_TO_RECEIPT = MetricPlan(
    code="p2p_po_to_receipt_days_consignment",
    name="Purchase order to receipt",
    kind="median",
    unit="days",
    direction="down",
    comparison="lt",
    target=20,
    wordings=(
        Wording(
            from_week=1,
            numerator="Days from the order item's creation to its first goods receipt",
            denominator="Order items first received in the week",
        ),
    ),
    dataset="p2p-po-events",
    season=1,
    # Earlier receipts can only come from orders placed since the log's first day: short ones.
    since=date(2018, 3, 12),
)
SAME_DAY_PO = MetricPlan(
    code="p2p_same_day_po",
    name="Same-day purchase orders",
    kind="proportion",
    unit="%",
    direction="up",
    comparison="gt",
    target=0.90,
    wordings=(
        Wording(
            from_week=1,
            numerator="Requisitions whose order item was created on the same calendar day",
            denominator="Requisitions whose order item was created in the week",
        ),
    ),
    dataset="p2p-po-events",
    # Earlier weeks hold a handful of requisitions each.
    since=date(2018, 9, 3),
)
BLOCK_TO_RELEASE = MetricPlan(
    code="p2p_payment_block_release_days",
    name="Payment block to release",
    kind="median",
    unit="days",
    direction="down",
    comparison="lt",
    target=3,
    wordings=(
        Wording(
            from_week=1,
            numerator="Days from the invoice's first booking to the first removal of its block",
            denominator="Order items whose payment block was first removed in the week",
        ),
    ),
    dataset="p2p-po-events",
    season=10,
)
INVOICE_TO_BOOKING = MetricPlan(
    code="p2p_invoice_to_booking_days",
    name="Invoice to booking",
    kind="median",
    unit="days",
    direction="down",
    comparison="lt",
    target=10,
    wordings=(
        Wording(
            from_week=1,
            numerator="Days from the vendor's first invoice to its first booking, none negative",
            denominator="Order items whose invoice was first booked in the week",
        ),
    ),
    dataset="p2p-po-events",
)
FAIL_RATE = MetricPlan(
    code="secom_fail_rate",
    name="End-of-line fail rate",
    kind="proportion",
    unit="%",
    direction="down",
    comparison="lt",
    target=0.05,
    wordings=(
        Wording(
            from_week=1,
            numerator="In-house line tests that failed",
            denominator="In-house line tests in the week",
        ),
    ),
    dataset="wafer-yield",
)
LOW_POWER_FACTOR = MetricPlan(
    code="steel_low_power_factor_share",
    name="Low power factor, share of quarter hours",
    kind="proportion",
    unit="%",
    direction="down",
    comparison="lt",
    target=0.08,
    wordings=(
        Wording(
            from_week=1,
            numerator="Quarter hours with a lagging power factor below 85 %",
            denominator="Quarter hours of the week outside the light-load tariff band",
        ),
    ),
    dataset="steel-energy",
)
PEAK_SHARE = MetricPlan(
    code="steel_peak_tariff_share",
    name="Peak-tariff share of energy",
    kind="ratio",
    unit="%",
    direction="down",
    comparison="lt",
    target=0.45,
    wordings=(
        Wording(
            from_week=1,
            numerator="kWh in the maximum-load band: 10-17 h",
            denominator="kWh of the week",
        ),
        Wording(
            from_week=5,
            numerator="kWh in the maximum-load band: 10-12, 17-20 and 22-23 h",
            denominator="kWh of the week",
            reason="The supplier's winter tariff moves the hours of the maximum-load band.",
        ),
    ),
    dataset="steel-energy",
)
RECORDED_IN_A_DAY = MetricPlan(
    code="scms_recorded_within_1_day",
    name="Receipts recorded within a day",
    kind="proportion",
    unit="%",
    direction="up",
    comparison="gt",
    target=0.95,
    wordings=(
        Wording(
            from_week=1,
            numerator="Order lines recorded at most one day after delivery",
            denominator="Order lines delivered in the week",
        ),
    ),
    dataset="scms-deliveries",
)

COATINGS = TenantPlan(
    slug="fictional-coatings",
    name="Fictional Coatings Co (demo)",
    currency="EUR",
    zone="Europe/Amsterdam",
    locale="en",
    domain="fictional-coatings.example",
    sites=(
        SitePlan(
            code="paints",
            name="Paint plant",
            zone="Europe/Amsterdam",
            why="p2p-po-events is in local Dutch time",
        ),
        SitePlan(
            code="warehouse",
            name="Distribution centre",
            zone="America/New_York",
            why="scms-deliveries has dates only; chosen: the east coast of the programme's country",
        ),
        SitePlan(
            code="electronics",
            name="Electronics line",
            zone="Europe/Amsterdam",
            why="wafer-yield states no zone; chosen: the tenant's own",
        ),
        SitePlan(
            code="steel",
            name="Steel mill",
            zone="Asia/Seoul",
            why="steel-energy is in local Korean time",
        ),
    ),
    vendors=(
        VendorPlan(code="vendor-a", name="Vendor A (invented)"),
        VendorPlan(code="vendor-b", name="Vendor B (invented)"),
        VendorPlan(code="vendor-c", name="Vendor C (invented)"),
        VendorPlan(code="vendor-d", name="Vendor D (invented)"),
    ),
    people=(
        PersonPlan(
            key="coo", name="COO", roles=("executive", "sponsor"), functions=("operations",)
        ),
        PersonPlan(key="cfo", name="CFO", roles=("executive", "sponsor"), functions=("finance",)),
        PersonPlan(key="cpo", name="CPO", roles=("sponsor",), functions=("operations",)),
        PersonPlan(
            key="vp-supply-chain",
            name="VP supply chain",
            roles=("sponsor",),
            functions=("operations",),
        ),
        PersonPlan(
            key="vp-quality", name="VP quality", roles=("sponsor",), functions=("operations",)
        ),
        PersonPlan(
            key="plant-manager", name="Plant manager", roles=("sponsor",), functions=("operations",)
        ),
        PersonPlan(key="logistics-lead", name="Logistics lead", roles=("lead",)),
        PersonPlan(key="freight-controller", name="Freight controller", roles=("lead",)),
        PersonPlan(key="materials-planner", name="Materials planner", roles=("lead",)),
        PersonPlan(key="purchasing-lead", name="Purchasing lead", roles=("lead",)),
        PersonPlan(
            key="accounts-payable-lead", name="Accounts payable lead", roles=("lead", "owner")
        ),
        PersonPlan(key="test-engineer", name="Test engineer", roles=("lead",)),
        PersonPlan(key="energy-engineer", name="Energy engineer", roles=("lead",)),
        PersonPlan(key="warehouse-lead", name="Warehouse lead", roles=("lead",)),
        PersonPlan(
            key="security-reviewer",
            name="Security reviewer",
            roles=("reviewer",),
            functions=("security",),
        ),
        PersonPlan(
            key="data-steward",
            name="Data steward",
            roles=("reviewer",),
            functions=("data_governance",),
        ),
        PersonPlan(key="shift-operator", name="Shift operator", roles=("operator",)),
        PersonPlan(key="auditor", name="Internal auditor", roles=("reader",)),
        PersonPlan(key="admin", name="System administrator", roles=("admin",)),
    ),
    pilots=(
        PilotPlan(
            code="P01",
            name="Late-delivery early warning",
            use_case="Warns the planner days ahead of order lines that will miss their date.",
            goal="More lines on time, without new long delays.",
            site="warehouse",
            vendor="vendor-a",
            sponsor="coo",
            lead="logistics-lead",
            first_week=date(2013, 12, 9),
            week_now=15,
            metrics=(ON_TIME_LINES, LATE_LINES),
        ),
        PilotPlan(
            code="P02",
            name="Expedite guard",
            use_case="Asks for a second look before goods are sent by air.",
            goal="Less of the goods' value spent on air freight.",
            site="warehouse",
            vendor="vendor-a",
            sponsor="cfo",
            lead="freight-controller",
            first_week=date(2013, 12, 9),
            week_now=14,
            metrics=(AIR_FREIGHT,),
        ),
        PilotPlan(
            code="P03",
            name="Consignment call-off assistant",
            use_case="Proposes when to call off consignment stock and how much.",
            goal="Consignment goods arrive sooner after they are ordered.",
            site="paints",
            vendor="vendor-b",
            sponsor="vp-supply-chain",
            lead="materials-planner",
            first_week=date(2018, 7, 9),
            week_now=14,
            metrics=(PO_TO_RECEIPT,),
        ),
        PilotPlan(
            code="P04",
            name="Requisition auto-release",
            use_case="Releases plain requisitions as orders without a buyer's touch.",
            goal="Requisitions become orders on the day they are made.",
            site="paints",
            vendor="vendor-b",
            sponsor="cpo",
            lead="purchasing-lead",
            first_week=date(2018, 9, 24),
            week_now=14,
            metrics=(SAME_DAY_PO,),
        ),
        PilotPlan(
            code="P05",
            name="Payment-block release routing",
            use_case="Sends each blocked invoice to the person who can release it.",
            goal="Blocked invoices are released sooner.",
            site="paints",
            vendor="vendor-c",
            sponsor="cfo",
            lead="accounts-payable-lead",
            first_week=date(2018, 6, 25),
            week_now=14,
            metrics=(BLOCK_TO_RELEASE,),
        ),
        PilotPlan(
            code="P06",
            name="Invoice capture",
            use_case="Reads invoices and proposes their booking.",
            goal="Invoices are booked sooner after the vendor wrote them.",
            site="paints",
            vendor="vendor-c",
            sponsor="cfo",
            lead="accounts-payable-lead",
            first_week=date(2018, 7, 16),
            week_now=9,
            metrics=(INVOICE_TO_BOOKING,),
        ),
        PilotPlan(
            code="P07",
            name="End-of-line inspection",
            use_case="Predicts from the line's sensors which piece will fail its test.",
            goal="Fewer pieces fail at the end of the line.",
            site="electronics",
            vendor="vendor-d",
            sponsor="vp-quality",
            lead="test-engineer",
            first_week=date(2008, 7, 21),
            week_now=11,
            metrics=(FAIL_RATE,),
        ),
        PilotPlan(
            code="P08",
            name="Power-factor adviser",
            use_case="Advises when to switch compensation so that the power factor stays up.",
            goal="Fewer quarter hours with a low power factor.",
            site="steel",
            vendor="vendor-d",
            sponsor="plant-manager",
            lead="energy-engineer",
            first_week=date(2018, 9, 24),
            week_now=8,
            metrics=(LOW_POWER_FACTOR,),
        ),
        PilotPlan(
            code="P09",
            name="Peak-load shifting",
            use_case="Proposes which loads to move out of the peak tariff.",
            goal="Less of the energy drawn at the peak tariff.",
            site="steel",
            vendor="vendor-d",
            sponsor="plant-manager",
            lead="energy-engineer",
            first_week=date(2018, 10, 1),
            week_now=4,
            metrics=(PEAK_SHARE,),
        ),
        PilotPlan(
            code="P10",
            name="Goods-receipt posting assistant",
            use_case="Prepares the posting of a receipt from the delivery note.",
            goal="Receipts are in the system a day after delivery at the latest.",
            site="warehouse",
            vendor="vendor-a",
            sponsor="coo",
            lead="warehouse-lead",
            first_week=date(2013, 8, 26),
            week_now=7,
            metrics=(RECORDED_IN_A_DAY,),
        ),
    ),
)
