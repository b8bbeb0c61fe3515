"""In a process of its own: how far the memory rises while one large batch is stored."""

from __future__ import annotations

import gc
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import django


def resident(which: str) -> int:
    """Return VmRSS or VmHWM of this process in bytes (Linux)."""
    found = re.search(rf"{which}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) * 1024


def main(tenant_id: int, path: str) -> None:
    """Store a small batch, reset the peak, store the one in the file, print the rise in MiB."""
    django.setup()
    from common.tenancy.context import tenant
    from metrics import wire
    from metrics.actions import sync

    def store(body: bytes) -> int:
        with tenant(tenant_id):
            outcome = sync.record_measurements(
                wire.decode_json(body),
                actor="system:bench",
                channel="api",
                now=datetime.now(UTC),
                default_zone="UTC",
            )
        return outcome.created

    store(b'{"measurements":[]}')
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    rest = resident("VmRSS")
    assert store(Path(path).read_bytes()) == 10_000
    print((resident("VmHWM") - rest) / 2**20)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
