"""The demo's story: two manufacturers, their people, pilots and metrics, and how its dates move.

Every figure is a real public one (data/sources.toml); everything else here is invented and says
so: no AI pilot took place. Source: docs/demo.md.
"""

from .apparel import APPAREL
from .coatings import COATINGS
from .plans import (
    HISTORY_WEEKS,
    WEEK,
    MetricPlan,
    PersonPlan,
    PilotPlan,
    SitePlan,
    TenantPlan,
    VendorPlan,
    Wording,
    monday,
    shift,
    today_at,
)

TENANTS = (COATINGS, APPAREL)
REPLAY_NOTE = "Replay of public data, no AI pilot took place."

__all__ = [
    "APPAREL",
    "COATINGS",
    "HISTORY_WEEKS",
    "REPLAY_NOTE",
    "TENANTS",
    "WEEK",
    "MetricPlan",
    "PersonPlan",
    "PilotPlan",
    "SitePlan",
    "TenantPlan",
    "VendorPlan",
    "Wording",
    "monday",
    "shift",
    "today_at",
]
