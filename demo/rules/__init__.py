"""The demo's story: two manufacturers, their people, pilots and metrics, and how its dates move.

Every figure is a real public one (data/sources.toml); everything else here is invented and says
so: no AI pilot took place. Source: docs/demo.md.
"""

from collections.abc import Mapping

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
    "is_missing",
    "monday",
    "shift",
    "today_at",
]


def is_missing(standing: Mapping[str, bool]) -> bool:
    """Say whether the demo is to be loaded by itself: nobody else is here, a part is not there.

    standing: whether each tenant that exists has pilots, by slug. A load that was killed may have
    left a demo tenant without any.
    """
    slugs = {plan.slug for plan in TENANTS}
    return standing.keys() <= slugs and not all(standing.get(slug) for slug in slugs)
