"""Pages of metrics."""

from .history import metric, metric_list

__all__ = ["metric", "metric_list"]
