"""The API of metrics."""
