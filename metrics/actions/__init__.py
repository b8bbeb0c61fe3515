"""Writes of metrics: definitions, measurements and the recompute."""
