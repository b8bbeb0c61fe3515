"""Server-drawn SVG charts: plain Python, no framework, classes instead of styles."""

from common.charts.between import between_chart
from common.charts.limits import Limits, xmr_limits
from common.charts.points import Baseline, Mark, Measured, Target, WeekPoint
from common.charts.spark import sparkline
from common.charts.strip import Phase, week_strip
from common.charts.table import WeekRow, week_rows
from common.charts.weekly import Size, weekly_chart
from common.charts.weeks import Newest, filled_weeks, is_over, newest

__all__ = [
    "Baseline",
    "Limits",
    "Mark",
    "Measured",
    "Newest",
    "Phase",
    "Size",
    "Target",
    "WeekPoint",
    "WeekRow",
    "between_chart",
    "filled_weeks",
    "is_over",
    "newest",
    "sparkline",
    "week_rows",
    "week_strip",
    "weekly_chart",
    "xmr_limits",
]
