"""Who decides gates at Fictional Coatings Co (demo) and speaks for its functions, and its sources."""

from .gates import (
    FRI,
    THU,
    FunctionPlan,
    NeedPlan,
    on,
)
from .plans import PersonPlan

REVIEWERS = tuple(
    PersonPlan(key=key, name=name, roles=("reviewer",), functions=(function,))
    for key, name, function in (
        ("security-reviewer", "Security reviewer", "security"),
        ("data-steward", "Data steward", "data_governance"),
        ("quality-manager", "Quality manager", "operations"),
        ("operations-manager", "Operations manager", "operations"),
        ("it-manager", "IT manager", "technology"),
        ("financial-controller", "Financial controller", "finance"),
        ("legal-counsel", "Legal counsel", "legal"),
        ("compliance-officer", "Compliance officer", "compliance"),
        ("sales-manager", "Sales manager", "sales"),
        ("customer-service-manager", "Customer service manager", "customer_service"),
    )
)
DATA, QUALITY, RUNNING, IT, FINANCE = (
    "data-steward",
    "quality-manager",
    "operations-manager",
    "it-manager",
    "financial-controller",
)
SPEAKERS = {
    "operations": RUNNING,
    "technology": IT,
    "finance": FINANCE,
    "security": "security-reviewer",
    "data_governance": DATA,
    "legal": "legal-counsel",
    "compliance": "compliance-officer",
    "sales": "sales-manager",
    "customer_service": "customer-service-manager",
    "privacy": "legal-counsel",
    "retention": DATA,
    "cross_boundary": "compliance-officer",
}
ABROAD = FunctionPlan(
    area="cross_boundary",
    by="compliance-officer",
    member="compliance-officer",
    day=on(1, THU),
    outcome="conditions",
    note="Order lines of the American warehouse are read in Europe: no name of a person among them.",
    lead_weeks=5,
)
CUSTOMERS = FunctionPlan(
    area="customer_service",
    by="customer-service-manager",
    member="customer-service-manager",
    day=on(1, FRI),
    outcome="conditions",
    note="A customer hears of a late line from us first, not from a machine.",
)
SCMS = NeedPlan(
    name="Delivery history",
    kind="wms",
    gives="Scheduled, delivered and recorded dates of each order line",
    maintainer="dispatch-supervisor",
    dataset="scms-deliveries",
    faults="Some lines were recorded before they were delivered.",
)
P2P = NeedPlan(
    name="Purchase-to-pay log",
    kind="erp",
    gives="When each step of an order or invoice was taken",
    maintainer="booking-clerk",
    dataset="p2p-po-events",
    faults="Some events stand there twice.",
)
METER = NeedPlan(
    name="Energy meter",
    kind="mes",
    gives="Energy and power factor of each quarter hour",
    maintainer="control-room-operator",
    dataset="steel-energy",
    faults="The rows of midnight carry the date of the day that ends there.",
)
HALF_LOG = "The public log holds less than a year, so it knows nothing of the other season."
