"""Whole requests over HTTP: two gunicorn workers, PostgreSQL's defaults, fifty manufacturers."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from statistics import median
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from . import data
from .load import Answers, Load
from .load import run as drive
from .processes import CHECKOUT, Web, pss_mib, spent, web
from .stage import Stage
from .tables import Goal, Report, at_least, at_most

TENANTS = 50
LONG_WEEKS = 250


def run(stage: Stage, report: Report) -> None:
    """Measure pages, writes, the rival, growth, a stopped Redis, start and migration."""
    plant, long_plant = stage.plant("board"), stage.plant("long", weeks=LONG_WEEKS)
    stage.fill_up(TENANTS)
    cookies = {one.slug: sign_in(one) for one in (plant, long_plant)}
    cookie = cookies[plant.slug]
    starting(stage, report, plant, cookie)
    with web(f"/t/{plant.slug}/", cookie) as served:
        pages(stage, report, served, plant, long_plant, cookies)
        writes(stage, report, served, plant)
        report.section("A web worker after load")
        sizes = [pss_mib(pid) for pid in served.workers()]
        report.line("PSS of a worker", sizes, "MiB", at_most(100, 130))
        ten_times_tenants(stage, report, served, plant, cookie)
        without_redis(stage, report, served, plant, cookie)


def sign_in(plant: data.Plant) -> str:
    """Return the cookie of a signed-in member."""
    from django.conf import settings
    from django.test import Client

    from tenants.models import User

    client = Client()
    user = User.objects.get(email=plant.email)
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def starting(stage: Stage, report: Report, plant: data.Plant, cookie: str) -> None:
    """Time the start of the web process and a migration from nothing."""
    starts = []
    for _ in range(2 if stage.quick else 3):
        with web(f"/t/{plant.slug}/", cookie, "config.settings") as served:
            starts.append(served.first_200)
    migrations = [migrate_afresh(stage, number) for number in range(1 if stage.quick else 3)]
    report.section("Start and migration")
    report.line("web: start to the first board", starts, "s", at_most(1.5, 3))
    report.line("migrate an empty database", migrations, "s", at_most(5, 15))


def migrate_afresh(stage: Stage, number: int) -> float:
    """Migrate a new database; return the seconds of the whole command."""
    from config.servers.bootstrap import bootstrap

    names = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_PLATFORM_URL")
    urls = {
        name: urlunsplit(urlsplit(stage.addresses[name])._replace(path=f"/fresh_{number}"))
        for name in names
    }
    bootstrap(
        stage.addresses["DATABASE_ADMIN_URL"],
        app_url=urls[names[0]],
        owner_url=urls[names[1]],
        platform_url=urls[names[2]],
    )
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--database=owner", "--verbosity=0"],
        cwd=CHECKOUT,
        env=os.environ | urls | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        check=True,
    )
    took = time.perf_counter() - began
    stage.admin.execute(f"DROP DATABASE fresh_{number}")
    return took


def seconds(stage: Stage) -> float:
    """Return how long each client works at a time."""
    return 1.0 if stage.quick else 2.0


def pages(
    stage: Stage,
    report: Report,
    served: Web,
    plant: data.Plant,
    long_plant: data.Plant,
    cookies: dict[str, str],
) -> None:
    """The board: latency for one client, pages a second for four, and ten times the history."""

    def load(which: data.Plant, page: str = "") -> Load:
        path = f"/t/{which.slug}/{page}"
        return Load(port=served.port, path=path, seconds=seconds(stage), cookie=cookies[which.slug])

    def cost(one: Load) -> tuple[Answers, float, float]:
        """Return the answers to one client, and ms of CPU a page: worker with backend, backend."""
        before = served.cpu(stage.admin)
        answers = checked(drive(one, 1))
        after, workers = served.cpu(stage.admin), served.workers()
        backends = {pid: used for pid, used in after.items() if pid not in workers}
        count = len(answers.latencies) / 1e3
        return answers, spent(before, after) / count, spent(before, backends) / count

    drive(load(plant), 4)  # both workers warm
    usual, long, four, cpu, empty = [], [], [], [], []
    for turn in range(stage.rounds):
        order = [(plant, usual), (long_plant, long)]
        for which, found in order if turn % 2 else order[::-1]:
            answers, both, backend = cost(load(which))
            found.append(answers)
            if which is plant:
                cpu.append((both, backend))
        four.append(checked(drive(load(plant), 4)))
        empty.append(cost(load(plant, "inbox/"))[1])
    _, body = served.get(f"/t/{plant.slug}/", cookies[plant.slug])
    report.section(f"The board over HTTP, {stage.tenants()} tenants, 12 pilots x 6 metrics")
    report.line(
        "1 client: half of the pages within", [a.share(0.5) for a in usual], "ms", at_most(10, 20)
    )
    report.line(
        "1 client: 95 % of the pages within", [a.share(0.95) for a in usual], "ms", at_most(15, 30)
    )
    report.line("1 client: CPU of worker and backend", [both for both, _ in cpu], "ms")
    report.line("4 clients", [a.rate for a in four], "pages/s", at_least(180, 130))
    report.line("4 clients: half of the pages within", [a.share(0.5) for a in four], "ms")
    report.line("4 clients: 95 % of the pages within", [a.share(0.95) for a in four], "ms")
    report.line("the page, uncompressed", [len(body) / 1e3], "kB", at_most(90, 120))
    report.line(
        f"{LONG_WEEKS} weeks of history in place of 25, times as long",
        [b.share(0.5) / a.share(0.5) for a, b in zip(usual, long, strict=True)],
        "",
        at_most(1.10, 1.25),
    )
    both, backend, frame = (median(found) for found in (*zip(*cpu, strict=True), empty))
    report.note(
        f"The board: {both:.1f} ms of CPU, of it the backend {backend:.1f}. An empty inbox takes"
        f" {frame:.1f} (session, person, tenant, the frame of every page); the rest is 72 metrics:"
        " their rows, what each lacks, sparklines and template."
    )


def checked(answers: Answers) -> Answers:
    """Make sure that nothing but 200 came back."""
    assert set(answers.statuses) == {"200"}, answers.statuses
    return answers


# By contender: the answers of each round, and its CPU in us a row.
Rounds = dict[str, list[tuple[Answers, float]]]


def writes(stage: Stage, report: Report, served: Web, plant: data.Plant) -> None:
    """Single measurements and thousands, and the rival's thousands between them."""
    ours, theirs = "/api/v1/measurements/", "/peer/measurements/"

    def load(path: str, size: int, most: int) -> Load:
        return Load(
            port=served.port,
            path=path,
            seconds=seconds(stage),
            token=plant.token,
            metrics=plant.metrics,
            size=size,
            most=most,
        )

    found: Rounds = {}

    def measure(name: str, what: Load, clients: int) -> None:
        stage.admin.execute("DELETE FROM metrics_mark")  # as if workers had kept up
        before = served.cpu(stage.admin)
        answers = checked(drive(what, clients))
        items = len(answers.latencies) * what.size
        cpu = spent(before, served.cpu(stage.admin)) / items * 1e6
        found.setdefault(name, []).append((answers, cpu))

    contenders = [
        ("one, 1 client", load(ours, 1, 4_000), 1),
        ("one, 4 clients", load(ours, 1, 2_000), 4),
        ("1 000, 1 client", load(ours, 1_000, 150), 1),
        ("1 000, 4 clients", load(ours, 1_000, 60), 4),
        ("DRF one, 1 client", load(theirs, 1, 2_000), 1),
        ("DRF 1 000, 1 client", load(theirs, 1_000, 40), 1),
    ]
    for _, what, clients in contenders:
        drive(what, clients)
    for turn in range(stage.rounds):
        for name, what, clients in contenders if turn % 2 else contenders[::-1]:
            measure(name, what, clients)
    report_writes(report, found)


def report_writes(report: Report, found: Rounds) -> None:
    """Print how fast measurements were stored, and how many times as fast as by the rival."""
    rates: dict[str, tuple[int, Goal | None, Goal | None]] = {
        "one, 1 client": (1, at_least(600, 450), at_most(1_200, 2_000)),
        "one, 4 clients": (1, at_least(1_000, 750), None),
        "1 000, 1 client": (1_000, None, at_most(20)),
        "1 000, 4 clients": (1_000, at_least(50_000, 25_000), None),
        "DRF one, 1 client": (1, None, None),
        "DRF 1 000, 1 client": (1_000, None, None),
    }
    report.section("Measurements over HTTP", "CPU of both workers and their backends together")
    for name, (size, rate, cpu) in rates.items():
        report.line(f"{name}: stored", [a.rate * size for a, _ in found[name]], "rows/s", rate)
        report.line(f"{name}: CPU", [c for _, c in found[name]], "us a row", cpu)
        report.line(f"{name}: half within", [a.share(0.5) for a, _ in found[name]], "ms")
        report.line(f"{name}: 95 % within", [a.share(0.95) for a, _ in found[name]], "ms")
    for size, ours_name, theirs_name, goal in (
        (1, "one, 1 client", "DRF one, 1 client", None),
        (1_000, "1 000, 1 client", "DRF 1 000, 1 client", at_least(5, 4)),
    ):
        pairs = list(zip(found[theirs_name], found[ours_name], strict=True))
        report.line(
            f"times DRF over HTTP at {size}, by CPU", [t[1] / o[1] for t, o in pairs], "", goal
        )
        report.line(
            f"times DRF over HTTP at {size}, by wall",
            [o[0].rate / t[0].rate for t, o in pairs],
            "",
        )
    single = median(cpu for _, cpu in found["one, 1 client"])
    busy = median(a.rate * cpu for a, cpu in found["one, 4 clients"]) / 1e6
    report.note(
        f"One measurement a request: {single:.0f} us of CPU in worker and backend; with 4 clients both"
        f" keep {busy:.1f} of {os.cpu_count()} cores busy, the clients and the disk's fsync take the rest."
    )


def ten_times_tenants(
    stage: Stage, report: Report, served: Web, plant: data.Plant, cookie: str
) -> None:
    """The same board with ten times the tenants beside it."""
    load = Load(port=served.port, path=f"/t/{plant.slug}/", seconds=seconds(stage), cookie=cookie)
    few = [checked(drive(load, 1)).share(0.5) for _ in range(stage.rounds)]
    stage.fill_up(TENANTS * (2 if stage.quick else 10))
    drive(load, 1)
    many = [checked(drive(load, 1)).share(0.5) for _ in range(stage.rounds)]
    report.section(f"The board among {stage.tenants()} tenants in place of {TENANTS}")
    report.line(f"among {TENANTS}: half of the pages within", few, "ms")
    report.line(f"among {stage.tenants()}: half of the pages within", many, "ms")
    ratios = [b / median(few) for b in many]
    report.line("times as long", ratios, "", at_most(1.10, 1.25))
    report.fact("platform console over all tenants", "not built yet")


def without_redis(
    stage: Stage, report: Report, served: Web, plant: data.Plant, cookie: str
) -> None:
    """Stop Redis; measurements are taken and pages open all the same."""
    import redis

    client: Any = redis.Redis.from_url(stage.addresses["REDIS_URL"])
    os.kill(client.info("server")["process_id"], 15)
    time.sleep(0.5)
    stage.admin.execute("DELETE FROM metrics_mark")
    counts = (
        "SELECT (SELECT count(*) FROM metrics_measurement), (SELECT count(*) FROM metrics_mark)"
    )
    before = stage.admin.execute(counts).fetchone()
    load = Load(
        port=served.port,
        path="/api/v1/measurements/",
        seconds=seconds(stage),
        token=plant.token,
        metrics=plant.metrics,
        size=1,
        most=1_000,
    )
    answers = drive(load, 1)
    after = stage.admin.execute(counts).fetchone()
    assert before
    assert after
    board = Load(port=served.port, path=f"/t/{plant.slug}/", seconds=1.0, cookie=cookie)
    opened = drive(board, 1)
    sent = len(answers.latencies)
    stored, marked = after[0] - before[0], after[1] - before[1]
    report.section("Redis stopped")
    words = ", ".join(f"{count} x {status}" for status, count in answers.statuses.items())
    report.fact("answers to measurements", words, holds=set(answers.statuses) == {"200"})
    report.fact(
        "rows and marks stored",
        f"{stored} and {marked} of {sent}",
        holds=stored == sent and marked >= sent,
    )
    report.line("95 % of the measurements answered within", [answers.share(0.95)], "ms")
    words = ", ".join(f"{count} x {status}" for status, count in opened.statuses.items())
    report.fact("board", words, holds=set(opened.statuses) == {"200"})
