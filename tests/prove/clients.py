"""API clients under load: they send, correct and repeat, and keep their own log of answers."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from .recomputation import Point

FIRST_DAY = datetime(2026, 2, 23, tzinfo=UTC)
HOURS = 12 * 7 * 24  # twelve weeks that hold the change of the clocks of both plants
BATCH = 40
PAUSE_SECONDS = 0.06
Content = tuple[str, datetime, float, float]  # metric, instant, numerator, denominator


@dataclass
class Item:
    """What one client knows of one of its measurements.

    acknowledged: by revision, what the product said it stored. open: sent without an answer.
    """

    acknowledged: dict[int, Content] = field(default_factory=dict)
    open: dict[int, Content] = field(default_factory=dict)


@dataclass
class Request:
    """A body as it was or will be sent: the items' ids, revisions and contents."""

    items: list[tuple[str, int, Content]]


class Client(threading.Thread):
    """Sends new items, corrections that move weeks, and exact repeats, to one tenant.

    A request without an answer is sent again until it has one, as clients do; some are given up, so
    that their items may be stored or not.
    """

    def __init__(self, name: str, plant: dict[str, Any], port: int, seed: int) -> None:
        super().__init__(name=name, daemon=True)
        self.plant, self.port = plant, port
        self.random = random.Random(f"{seed}/{name}")
        self.items: dict[str, Item] = {}
        self.sent: list[Request] = []
        self.answers: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.answered_at: list[float] = []
        self._stopping = threading.Event()
        self._web: http.client.HTTPConnection | None = None

    def run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._one_request()
                self._stopping.wait(self.random.uniform(0, 2 * PAUSE_SECONDS))
        except Exception as problem:  # noqa: BLE001  # judged by the test, not by the thread
            self.wrong.append(f"{self.name} broke: {problem!r}")

    def stop(self) -> None:
        """Finish the request under way and end."""
        self._stopping.set()
        self.join(60)
        assert not self.is_alive()
        if self._web:
            self._web.close()

    def _one_request(self) -> None:
        choice = self.random.random()
        if choice < 0.2 and self.sent:
            self._send(self.random.choice(self.sent), repeated=True)
            return
        corrects = choice < 0.45 and len(self.items) > BATCH
        request = Request(self._corrections() if corrects else self._new())
        for name, revision, content in request.items:
            self.items.setdefault(name, Item()).open[revision] = content
        gives_up = self.random.random() < 0.3
        while not self._send(request):
            if gives_up or self._stopping.is_set():
                return
            time.sleep(0.1)
        self.sent.append(request)

    def _new(self) -> list[tuple[str, int, Content]]:
        start = len(self.items)
        return [(f"{self.name}-{start + n}", 0, self._content()) for n in range(BATCH)]

    def _corrections(self) -> list[tuple[str, int, Content]]:
        """Return newer revisions of own items: other figures, most of them in another week."""
        corrected = []
        for name in self.random.sample(sorted(self.items), BATCH):
            item = self.items[name]
            known = item.acknowledged | item.open
            metric = known[max(known)][0]
            corrected.append((name, max(known) + 1, self._content(metric)))
        return corrected

    def _content(self, metric: str | None = None) -> Content:
        """Return a random figure; quarters, so that sums are exact in any order."""
        chance = self.random
        metric = metric or chance.choice(["mean", "median", "proportion", "ratio", "rate"])
        # The last weeks get few items, so that corrections empty some of them.
        hours = min(chance.randrange(HOURS), chance.randrange(HOURS))
        at = FIRST_DAY + timedelta(hours=hours, minutes=chance.randrange(60))
        denominator = float(chance.randint(1, 40))
        numerator = chance.randint(0, int(denominator) * 4) / 4
        if metric == "rate":
            # A week tells its exposure with every item or with none: every third week does.
            week = at.astimezone(ZoneInfo(self.plant["zone"])).isocalendar().week
            denominator = 0.0 if week % 3 else denominator
        return metric, at, numerator, denominator

    def _send(self, request: Request, repeated: bool = False) -> bool:
        """Send once; return whether it was acknowledged, and note what the answer claims."""
        body = json.dumps({"measurements": [_wire(*item) for item in request.items]})
        try:
            status, answer = self._post(body)
        except (OSError, http.client.HTTPException) as problem:
            self.answers[type(problem).__name__] += 1
            return False
        self.answers[str(status)] += 1
        if status != 200:
            if status < 500:
                self.wrong.append(f"{status}: {answer[:300]!r}")
            return False
        self.answered_at.append(time.monotonic())
        said = json.loads(answer)
        if said["rejected"] or said["created"] + said["superseded"] + said["unchanged"] != len(
            request.items
        ):
            self.wrong.append(f"answered {said} for {len(request.items)} items")
        if repeated and said["unchanged"] != len(request.items):
            self.wrong.append(f"a repeat changed something: {said}")
        for name, revision, content in request.items:
            self.items[name].open.pop(revision, None)
            self.items[name].acknowledged[revision] = content
        return True

    def _post(self, body: str) -> tuple[int, bytes]:
        if self._web is None:
            self._web = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            self._web.request(
                "POST",
                "/api/v1/measurements/",
                body,
                {
                    "Authorization": f"Bearer {self.plant['token']}",
                    "Content-Type": "application/json",
                },
            )
            answer = self._web.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            self._web.close()
            self._web = None
            raise


def longest_silence(clients: list[Client]) -> float:
    """Return the longest time, in seconds, in which no client got a measurement acknowledged."""
    moments = sorted(at for client in clients for at in client.answered_at)
    return max(later - sooner for sooner, later in pairwise(moments))


def _wire(name: str, revision: int, content: Content) -> dict[str, Any]:
    metric, at, numerator, denominator = content
    item: dict[str, Any] = {
        "metric": metric,
        "event_at": at.isoformat(),
        "source": "erp",
        "external_id": name,
        "revision": revision,
    }
    if metric == "median":
        return item | {"value": numerator, "denominator": denominator}
    return item | {"numerator": numerator, "denominator": denominator}


def judge(
    clients: list[Client], stored: list[tuple[str, int, Content]], replaced: set[tuple[str, int]]
) -> list[str]:
    """Compare the table with the clients' logs; return what is lost, doubled or wrong, in words.

    stored: external id, revision and content of each row. replaced: ids and revisions kept as
    replaced.
    """
    wrong = []
    rows = Counter(name for name, _, _ in stored)
    wrong += [f"{name} is stored {count} times" for name, count in rows.items() if count > 1]
    table = {name: (revision, content) for name, revision, content in stored}
    for client in clients:
        for name, item in client.items.items():
            wrong += _judge_item(name, item, table.pop(name, None), replaced)
    wrong += [f"{name} was never sent" for name in table]
    return wrong


def _judge_item(
    name: str,
    item: Item,
    row: tuple[int, Content] | None,
    replaced: set[tuple[str, int]],
) -> list[str]:
    known, newest = item.acknowledged | item.open, max(item.acknowledged, default=None)
    if row is None:
        return [] if newest is None else [f"{name} revision {newest} was acknowledged and is lost"]
    revision, content = row
    if newest is not None and revision < newest:
        return [f"{name} stands at revision {revision}, {newest} was acknowledged"]
    if known.get(revision) != content:
        return [f"{name} revision {revision} says {content}, sent was {known.get(revision)}"]
    lost = [r for r in item.acknowledged if r < revision and (name, r) not in replaced]
    # A revision that arrived after a newer one never stood, so only the first chain is kept.
    in_order = [r for r in lost if not any(o < r for o in item.open)]
    return [f"{name} revision {r} was replaced and not kept" for r in in_order]


def points(stored: list[tuple[str, int, Content]]) -> list[Point]:
    """Return rows as the second computation takes them."""
    return [Point(*content) for _, _, content in stored]


def expected_points(clients: list[Client], stored: list[tuple[str, int, Content]]) -> list[Point]:
    """Return what the clients' logs say must count; where a request was given up, what stands."""
    table = {name: content for name, _, content in stored}
    found = []
    for client in clients:
        for name, item in client.items.items():
            if item.open and max(item.open) > max(item.acknowledged, default=-1):
                if name in table:
                    found.append(Point(*table[name]))
            else:
                found.append(Point(*item.acknowledged[max(item.acknowledged)]))
    return found
