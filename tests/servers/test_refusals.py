"""What a strange machine or an old server is told: one sentence each."""

import socket
import threading
from pathlib import Path

import pytest

from config.servers import CannotStart
from config.servers.errors import from_log, refuse_full_disk
from config.servers.ports import find_free_port, refuse_taken_port
from config.servers.versions import refuse_old_postgres, refuse_old_redis


def test_a_taken_port_is_named_with_a_free_one_to_choose():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(CannotStart) as refusal:
            refuse_taken_port("127.0.0.1", port)

    assert f"Port {port} is in use by another program" in str(refusal.value)
    assert f"WEB_PORT={find_free_port('127.0.0.1', port)} make run" in str(refusal.value)


def test_a_port_that_a_killed_process_still_holds_for_a_moment_is_waited_for():
    other = socket.create_server(("127.0.0.1", 0))
    letting_go = threading.Timer(0.5, other.close)
    letting_go.start()

    refuse_taken_port("127.0.0.1", other.getsockname()[1])

    letting_go.join()


def test_a_free_port_is_not_refused():
    refuse_taken_port("127.0.0.1", find_free_port("127.0.0.1", 20000))


def test_a_full_disk_is_named_before_a_server_starts_on_it(tmp_path):
    with pytest.raises(CannotStart) as refusal:
        refuse_full_disk(tmp_path, needed=10**18)

    assert str(refusal.value).startswith(f"The disk that holds {tmp_path} is full: free at least")


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (
            'FATAL:  could not write lock file "postmaster.pid": No space left on device\n',
            "The disk that holds /data is full: free at least 200 MB",
        ),
        (
            'FATAL:  data directory "/data" has wrong ownership\nHINT:  whatever\n',
            'did not start: data directory "/data" has wrong ownership (more in /log)',
        ),
        ("", "did not start: it gave no reason (more in /log)"),
    ],
)
def test_the_last_words_of_a_server_become_one_sentence(log, words):
    told = str(from_log("PostgreSQL", log, Path("/data"), Path("/log")))

    assert words in told
    assert "\n" not in told


@pytest.mark.slow
def test_an_old_postgres_is_refused_by_its_version(old_postgres):
    with pytest.raises(CannotStart) as refusal:
        refuse_old_postgres(old_postgres)

    assert "This server is PostgreSQL 16." in str(refusal.value)
    assert "Week Twelve needs PostgreSQL 18 or newer." in str(refusal.value)


def test_a_postgres_that_is_not_there_is_said_to_be_out_of_reach(tmp_path):
    with pytest.raises(CannotStart) as refusal:
        refuse_old_postgres(f"postgresql://somebody@/somewhere?host={tmp_path}")

    assert str(refusal.value).startswith("PostgreSQL cannot be reached: ")
    assert "\n" not in str(refusal.value)


def answer_as_redis(listener: socket.socket, version: str) -> None:
    """Serve one client the way a Redis of a version would, as far as a greeting goes."""
    client, _ = listener.accept()
    with client:
        while data := client.recv(4096):
            commands = data.count(b"*") or 1
            info = f"# Server\r\nredis_version:{version}\r\n"
            reply = f"${len(info)}\r\n{info}\r\n" if b"INFO" in data else "+OK\r\n"
            extra = "+OK\r\n" * (commands - 1) if b"INFO" not in data else ""
            client.sendall((reply + extra).encode())


@pytest.mark.parametrize(("version", "refused"), [("6.0.16", True), ("6.2.0", False)])
def test_redis_is_refused_below_6_2(version, refused):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer_as_redis, args=(listener, version))
        thread.start()
        words = ""
        try:
            refuse_old_redis(f"redis://127.0.0.1:{listener.getsockname()[1]}/0")
        except CannotStart as refusal:
            words = str(refusal)
        thread.join(5)

    expected = f"This server is Redis {version}: Week Twelve needs Redis 6.2 or newer."
    assert words == (expected if refused else "")


def test_a_redis_that_is_not_there_is_said_to_be_out_of_reach(tmp_path):
    with pytest.raises(CannotStart) as refusal:
        refuse_old_redis(f"unix://{tmp_path}/none.sock")

    assert str(refusal.value).startswith("Redis cannot be reached: ")
