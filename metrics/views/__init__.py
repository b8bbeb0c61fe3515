"""Pages of metrics."""

from .health import health
from .history import metric, metric_list

__all__ = ["health", "metric", "metric_list"]
