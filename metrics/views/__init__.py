"""Pages of metrics."""

from .health import health
from .history import metric, metric_list
from .imports import import_file, import_refused, imports

__all__ = ["health", "import_file", "import_refused", "imports", "metric", "metric_list"]
