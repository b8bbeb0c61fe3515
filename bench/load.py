"""Clients over HTTP in processes of their own, nice to the server: `run` starts them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from . import data


@dataclass(frozen=True, kw_only=True)
class Load:
    """What one client does: the same page over and over, or ever new measurements.

    size: items a request; 0 for pages. most: requests at most. hours: how far back items lie.
    """

    port: int
    path: str
    seconds: float
    cookie: str = ""
    token: str = ""
    metrics: list[str] = field(default_factory=list)
    size: int = 0
    most: int = 100_000


@dataclass(frozen=True)
class Answers:
    """What came back: requests a second over all clients, and latencies in ms, sorted."""

    rate: float
    latencies: list[float]
    statuses: dict[str, int]

    def share(self, part: float) -> float:
        """Return the latency that this part of requests stayed within."""
        return self.latencies[min(int(len(self.latencies) * part), len(self.latencies) - 1)]


def run(load: Load, clients: int) -> Answers:
    """Let so many clients work side by side; all begin together once their bodies are made."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.load"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(clients)
    ]
    for process in processes:
        assert process.stdin
        process.stdin.write(json.dumps(vars(load)) + "\n")
        process.stdin.flush()
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    rate, latencies, statuses = 0.0, [], {}
    for process in processes:
        said, _ = process.communicate(timeout=load.seconds + 60)
        found = json.loads(said)
        rate += len(found["latencies"]) / found["seconds"]
        latencies += found["latencies"]
        for status, count in found["statuses"].items():
            statuses[status] = statuses.get(status, 0) + count
    return Answers(rate, sorted(latencies), statuses)


class Connection:
    """One connection kept open, as little work around it as possible."""

    def __init__(self, port: int) -> None:
        self.address = ("127.0.0.1", port)
        self.open()

    def open(self) -> None:
        self.socket = socket.create_connection(self.address, timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def ask(self, request: bytes) -> str:
        """Send a request and read the whole answer; return its status.

        A connection that the server closed while it was idle is opened anew, as any client does.
        """
        try:
            return self._ask(request)
        except ConnectionError:
            self.socket.close()
            self.open()
            return self._ask(request)

    def _ask(self, request: bytes) -> str:
        self.socket.sendall(request)
        while b"\r\n\r\n" not in self.buffer:
            self._read()
        head, _, rest = self.buffer.partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
        self.buffer = rest
        while len(self.buffer) < length:
            self._read()
        self.buffer = self.buffer[length:]
        status = lines[0].split()[1].decode()
        if b"connection: close" in lines:
            self.socket.close()
            self.open()
        return status

    def _read(self) -> None:
        got = self.socket.recv(262_144)
        if not got:
            raise ConnectionError("the server closed the connection")
        self.buffer += got


def requests_of(load: Load) -> Callable[[int], bytes]:
    """Return what to send by number; bodies of writes are made before the clock starts."""
    if not load.size:
        page = f"GET {load.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {load.cookie}\r\n\r\n"
        return lambda number: page.encode()
    made, prefix = [], uuid4().hex[:8]
    at = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    for number in range(load.most):
        items = []
        for place in range(number * load.size, (number + 1) * load.size):
            hours = 1 + place // len(load.metrics) % 4_000
            items.append(
                data.item(
                    load.metrics[place % len(load.metrics)],
                    f"{prefix}-{place}",
                    at - timedelta(hours=hours),
                    numerator=40 + place % 1_000 / 100,
                )
            )
        body = data.body(items)
        head = (
            f"POST {load.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {load.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made.__getitem__


def main() -> None:
    """Be one client."""
    os.nice(5)
    load = Load(**json.loads(sys.stdin.readline()))
    request, connection = requests_of(load), Connection(load.port)
    print("ready", flush=True)
    sys.stdin.readline()
    latencies: list[float] = []
    statuses: dict[str, int] = {}
    began = last = time.perf_counter()
    while len(latencies) < load.most and last - began < load.seconds:
        status = connection.ask(request(len(latencies)))
        now = time.perf_counter()
        latencies.append((now - last) * 1e3)
        last = now
        statuses[status] = statuses.get(status, 0) + 1
    answer: dict[str, Any] = {"latencies": latencies, "statuses": statuses, "seconds": last - began}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
