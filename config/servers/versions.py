"""Refuse servers that are too old, in one sentence."""

import psycopg

from config.servers import CannotStart

OLDEST_POSTGRES = 18
OLDEST_REDIS = (6, 2)


def refuse_old_postgres(url: str) -> None:
    """Raise when the server at this address is older than PostgreSQL 18, or does not answer."""
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            number = connection.info.server_version
    except psycopg.OperationalError as problem:
        said = str(problem).splitlines()[0].removeprefix("connection failed: ").removesuffix(".")
        raise CannotStart(f"PostgreSQL cannot be reached: {said}.") from problem
    if number // 10000 < OLDEST_POSTGRES:
        raise CannotStart(
            f"This server is PostgreSQL {number // 10000}.{number % 10000}: "
            f"Week Twelve needs PostgreSQL {OLDEST_POSTGRES} or newer."
        )


def refuse_old_redis(url: str) -> None:
    """Raise when the server at this address is older than Redis 6.2, or does not answer."""
    import redis  # slow to load, and not needed where the server is our own

    try:
        with redis.Redis.from_url(url, protocol=2, socket_timeout=10) as client:
            said = str(client.info("server")["redis_version"])
    except (redis.RedisError, ValueError, OSError) as problem:
        raise CannotStart(
            f"Redis cannot be reached: {str(problem).removesuffix('.')}."
        ) from problem
    if tuple(int(part) for part in said.split(".")[:2]) < OLDEST_REDIS:
        raise CannotStart(f"This server is Redis {said}: Week Twelve needs Redis 6.2 or newer.")
