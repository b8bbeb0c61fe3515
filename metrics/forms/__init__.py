"""Forms of metrics: shape and type of what came in, nothing more."""
