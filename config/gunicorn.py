"""Gunicorn's settings, for `make run` and for the image alike; each can be set in the environment."""

import gc
import os
from pathlib import Path

wsgi_app = "config.wsgi"
raw_env = ["WEEKTWELVE_PROCESS=web"]  # a web process keeps a pool of database connections
bind = os.environ.get("WEB_BIND", "127.0.0.1:8012")
workers = int(os.environ.get("WEB_WORKERS", "2"))
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS", "4"))
timeout = 60
graceful_timeout = 5
keepalive = 15
# A worker proves that it lives by touching a file: in memory, so that a slow disk ends nobody.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
accesslog = os.environ.get("WEB_ACCESS_LOG")
errorlog = "-"
control_socket_disable = True
# Loaded once and shared by the workers: half the time to the first answer, and less memory.
preload_app = True


def when_ready(server: object) -> None:
    """Keep each worker's garbage collector off what they share: touching it would copy it."""
    gc.freeze()


def pre_fork(server: object, worker: object) -> None:
    """Let no worker inherit a database connection that a check at start opened."""
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's have one
