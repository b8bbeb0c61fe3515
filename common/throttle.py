"""Counting requests against limits, atomically, in Redis.

Counters are fixed windows: one script raises all of them in one step, so that no two processes
read the same count. Without Redis nothing is counted and nothing waits: a failure opens a circuit
for a few seconds, in which no request asks again.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger(__name__)

WINDOW_SECONDS = 60
TIMEOUT_SECONDS = 0.1
PAUSE_SECONDS = 5.0

# A key that lost its expiry (a crash between two commands is impossible here, a restored dump is
# not) gets a new one, so that no limit lasts for ever.
SCRIPT = """
local answer = {}
for i, key in ipairs(KEYS) do
    local count = redis.call('INCR', key)
    local left = redis.call('PTTL', key)
    if left < 0 then
        redis.call('PEXPIRE', key, ARGV[1])
        left = tonumber(ARGV[1])
    end
    answer[2 * i - 1] = count
    answer[2 * i] = left
end
return answer
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """How often one thing may happen within a window: its counter's key, and the most."""

    key: str
    most: int


@dataclass(frozen=True, slots=True)
class Quota:
    """What is left of the tightest limit: the most, the rest, and seconds until the window ends."""

    most: int
    rest: int
    reset_seconds: int
    exceeded: bool

    def headers(self) -> dict[str, str]:
        """Return the quota as response headers; with Retry-After when it is exceeded."""
        found = {
            "RateLimit-Limit": str(self.most),
            "RateLimit-Remaining": str(self.rest),
            "RateLimit-Reset": str(self.reset_seconds),
        }
        return found | {"Retry-After": str(self.reset_seconds)} if self.exceeded else found


class Counter:
    """The counters of one Redis."""

    def __init__(self, url: str) -> None:
        client = redis.Redis.from_url(
            url,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._script: Any = client.register_script(SCRIPT)
        self._closed_until = 0.0

    def take(self, limits: list[Limit], window_seconds: int = WINDOW_SECONDS) -> Quota | None:
        """Count one request against each limit; return the tightest, None without Redis."""
        if time.monotonic() < self._closed_until:
            return None
        try:
            counts = self._script(
                keys=[limit.key for limit in limits], args=[window_seconds * 1000]
            )
        except (redis.RedisError, OSError) as error:
            self._closed_until = time.monotonic() + PAUSE_SECONDS
            log.warning("requests are not counted for %s s: %s", PAUSE_SECONDS, error)
            return None
        quotas = [
            Quota(
                most=limit.most,
                rest=max(0, limit.most - counts[2 * place]),
                reset_seconds=max(1, -(-counts[2 * place + 1] // 1000)),
                exceeded=counts[2 * place] > limit.most,
            )
            for place, limit in enumerate(limits)
        ]
        return min(quotas, key=lambda quota: (not quota.exceeded, quota.rest))


@lru_cache(maxsize=4)
def _counter(url: str) -> Counter:
    return Counter(url)


def take(*limits: Limit) -> Quota | None:
    """Count one request against each limit; return the tightest, None without Redis."""
    return _counter(settings.REDIS_URL).take(list(limits))


def limit(name: str, group: str, most: int) -> Limit:
    """Return a limit of this installation.

    name: what is counted (`token:ab12`). group: counted together in one step (`tenant:7`).
    """
    database = settings.DATABASES["default"]["NAME"]
    return Limit(f"w12:{database}:rate:{{{group}}}:{name}", most)
