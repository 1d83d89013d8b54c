"""A private PostgreSQL server for tests: its own folder, loopback only, gone when the tests are."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

NAMED = "LIFELINE_TEST_POSTGRESQL"
"An environment variable may name a server to use instead, as postgresql://user:password@host:port/database."


def programs() -> Path | None:
    """Return the folder with initdb and postgres, None where PostgreSQL is not installed."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "postgres").exists()), None)


@contextmanager
def running_server() -> Iterator[str]:
    """Start a server and yield its URL as `postgresql://…/postgres`."""
    folder = programs()
    assert folder is not None
    home = Path(tempfile.mkdtemp(prefix="lifeline-postgres-"))
    # PostgreSQL refuses to run as root.
    user = "nobody" if os.getuid() == 0 else None
    if user:
        os.chown(home, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "user": user, "cwd": home}
    subprocess.run(
        [folder / "initdb", "-D", home / "data", "-U", "lifeline", "-A", "trust", "-E", "UTF8", "--no-sync"],
        check=True,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        **quiet,
    )
    options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off", "port": port}
    server = subprocess.Popen(
        [folder / "postgres", "-D", home / "data", *(f"--{name}={value}" for name, value in options.items())],
        **quiet,
    )
    url = f"postgresql://lifeline@127.0.0.1:{port}/postgres"
    try:
        _wait_for(url, server)
        yield url
    finally:
        server.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.wait(20)
        server.kill()
        server.wait()
        shutil.rmtree(home, ignore_errors=True)


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    import time

    for _ in range(200):
        if server.poll() is not None:
            raise RuntimeError(f"PostgreSQL ended with status {server.returncode}.")
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("PostgreSQL did not start within 10 s.")


@contextmanager
def fresh_database(server: str, template: str | None = None) -> Iterator[str]:
    """Make a database on a server, empty or a copy of another one, and yield its URL as SQLAlchemy writes it."""
    name = f"test_{os.urandom(6).hex()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
    try:
        yield server.replace("postgresql://", "postgresql+psycopg://").rsplit("/", 1)[0] + f"/{name}"
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
