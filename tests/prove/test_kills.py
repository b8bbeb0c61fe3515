"""A hundred SIGKILLs under load: nothing acknowledged is lost or doubled, no weekly figure is wrong.

KILLS_SEED repeats a run (its random choices, not its timing); KILLS_COUNT shortens it.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from datetime import date
from typing import Any

import pytest

from . import clients as api
from .product import Product
from .recomputation import Week, recompute

# How often each is killed in a hundred. Redis keeps nothing on disk: killed, it comes back empty.
SHARES = {
    "web worker": 30,
    "worker child": 25,
    "backend": 20,
    "beat": 5,
    "worker": 5,
    "web": 5,
    "postmaster": 4,
    "supervisor": 3,
    "redis": 3,
}
COUNT = int(os.environ.get("KILLS_COUNT", "100"))
SERVING_AGAIN_SECONDS = 30.0
# A supervisor that was killed is started again by whoever runs the product: here, at once.


def test_nothing_acknowledged_is_lost_and_no_figure_is_wrong_after_a_hundred_kills(
    product: Product,
) -> None:
    seed = int(os.environ.get("KILLS_SEED") or time.time())
    print(f"\nKILLS_SEED={seed}")
    plants = product.make_plants()
    clients = [api.Client(f"c{n}", plant, product.port, seed) for n, plant in enumerate(plants * 2)]

    for client in clients:
        client.start()
    kills, waits = kill_at_random(product, random.Random(seed))
    for client in clients:
        client.stop()
    product.wait_until_serving(120)
    wait_until_worked_off(product)

    report(kills, waits, clients)
    assert [words for client in clients for words in client.wrong] == []
    assert sum(kills.values()) == COUNT
    for number, plant in enumerate(plants):
        stored, replaced = read_measurements(product, plant["id"])
        own = clients[number :: len(plants)]
        assert api.judge(own, stored, replaced) == []
        found = read_snapshots(product, plant["id"])
        from_table = recompute(api.points(stored), plant["zone"])
        from_logs = recompute(api.expected_points(own, stored), plant["zone"])
        assert len(found) > 50
        assert differences(found, from_table) == []
        assert differences(found, from_logs) == []
    assert api.longest_silence(clients) < SERVING_AGAIN_SECONDS


def kill_at_random(
    product: Product, chance: random.Random
) -> tuple[Counter[str], list[tuple[str, float]]]:
    """Kill one process after another; return what was killed, and how long until it served again."""
    kinds = [kind for kind, share in SHARES.items() for _ in range(-(-share * COUNT // 100))]
    chance.shuffle(kinds)
    kills: Counter[str] = Counter()
    waits = []
    for kind in kinds[:COUNT]:
        time.sleep(chance.uniform(0.1, 1.5))
        if not kill_one(product, kind, chance):
            continue
        kills[kind] += 1
        if kind == "supervisor":
            product.start()
        waits.append((kind, product.wait_until_serving(120)))
    return kills, waits


def kill_one(product: Product, kind: str, chance: random.Random) -> bool:
    """Kill one process of a kind, waiting until there is one."""
    for _ in range(300):
        found = product.processes(kind)
        if found and product.kill(chance.choice(found)):
            return True
        time.sleep(0.1)
    raise AssertionError(f"no {kind} within 30 s\n{product.last_words()}")


def wait_until_worked_off(product: Product, seconds: float = 120) -> None:
    """Return when no mark is left: by wake-ups or by the sweep."""
    deadline = time.monotonic() + seconds
    with product.database() as admin:
        while time.monotonic() < deadline:
            row = admin.execute("SELECT count(*) FROM metrics_mark").fetchone()
            if row and row[0] == 0:
                return
            time.sleep(0.2)
    raise AssertionError(f"marks left after {seconds:.0f} s\n{product.last_words()}")


def read_measurements(
    product: Product, tenant_id: int
) -> tuple[list[tuple[str, int, api.Content]], set[tuple[str, int]]]:
    """Return the tenant's measurements, and ids and revisions of those replaced."""
    with product.database() as admin:
        rows = admin.execute(
            "SELECT x.external_id, x.revision, m.code, x.event_at, x.numerator, x.denominator"
            " FROM metrics_measurement x JOIN metrics_metric m ON m.id = x.metric_id"
            " WHERE x.tenant_id = %s",
            [tenant_id],
        ).fetchall()
        replaced = admin.execute(
            "SELECT external_id, revision FROM metrics_measurementrevision WHERE tenant_id = %s",
            [tenant_id],
        ).fetchall()
    return [(name, revision, tuple(rest)) for name, revision, *rest in rows], set(replaced)


def read_snapshots(product: Product, tenant_id: int) -> dict[tuple[str, date], Week]:
    """Return what the product says of each metric-week."""
    with product.database() as admin:
        rows: list[Any] = admin.execute(
            "SELECT m.code, s.week, s.n, s.numerator, s.denominator, s.value, s.low, s.high, s.p50,"
            " s.p95, s.days_reported FROM metrics_snapshot s"
            " JOIN metrics_metric m ON m.id = s.metric_id WHERE s.tenant_id = %s",
            [tenant_id],
        ).fetchall()
    return {(code, week): Week(*rest) for code, week, *rest in rows}


def differences(
    found: dict[tuple[str, date], Week], expected: dict[tuple[str, date], Week]
) -> list[str]:
    """Return each metric-week that is missing, too much, or says something else."""
    wrong = [f"{key} has no snapshot" for key in expected.keys() - found.keys()]
    wrong += [f"{key} has a snapshot and no measurements" for key in found.keys() - expected.keys()]
    for key in found.keys() & expected.keys():
        ours, theirs = vars(found[key]), vars(expected[key])
        for name, value in theirs.items():
            if ours[name] != (value if value is None else pytest.approx(value, rel=1e-12)):
                wrong.append(f"{key} {name}: {ours[name]}, should be {value}")
    return wrong


def report(kills: Counter[str], waits: list[tuple[str, float]], clients: list[api.Client]) -> None:
    """Print what happened, for the log of the proof."""
    print(f"{sum(kills.values())} kills: {dict(kills)}")
    for kind in kills:
        longest = max(seconds for other, seconds in waits if other == kind)
        print(f"  {kind}: serving again after at most {longest:.1f} s")
    answers = sum((client.answers for client in clients), Counter[str]())
    items = sum(len(client.items) for client in clients)
    print(f"{items} items, answers {dict(answers)}")
    print(f"longest time without an acknowledgement: {api.longest_silence(clients):.1f} s")
