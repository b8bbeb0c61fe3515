"""Whether a pilot really moved a metric: the statistics, plain values in, plain values out.

Nothing that serves a page imports this package at its start: numpy and scipy take more memory
than a web worker may have. Jobs and commands import it where they need it.
Source: docs/methods/engine.md and its neighbours.
"""
