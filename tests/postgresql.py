"""A PostgreSQL server of a test's own, which it may stop and start."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import environ
from pathlib import Path
import shutil
from signal import SIGINT
import subprocess
import tempfile

RUN = "POSTGRESQL_RUN"
"""In the environment: the words in front of each program, and last the programs' folder."""


@dataclass
class PostgreSQL:
    """The server; its files stay where they are while it is stopped."""

    house: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Give the address of the database that a recorder may use."""
        return f"postgresql://test@/postgres?host={self.house}"

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        options = ("listen_addresses=", "fsync=off", "log_min_messages=log", "log_checkpoints=off")
        self.process = subprocess.Popen(  # noqa: S603  # the programs that scripts/test found
            _command(
                *("postgres", f"-D{self.house}/data", f"-k{self.house}"),
                *(f"-c{option}" for option in options),
            ),
            stderr=subprocess.PIPE,
        )
        assert self.process.stderr
        while b"ready to accept connections" not in (line := self.process.stderr.readline()):
            assert line, "PostgreSQL ended"

    def stop(self) -> None:
        """Break all connections and stop it."""
        if self.process is not None:
            self.process.send_signal(SIGINT)
            self.process.communicate()
            self.process = None


def _command(program: str, *arguments: str) -> list[str]:
    *words, programs = environ[RUN].split("\n")
    return [*words, f"{programs}/{program}", *arguments]


@contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    """Run a server that leaves nothing behind."""
    house = Path(tempfile.mkdtemp(prefix="pg-"))  # a short path: it holds a socket
    try:
        owner = subprocess.check_output(  # noqa: S603  # as above
            [*environ[RUN].split("\n")[:-1], "id", "-u"], text=True
        )
        shutil.chown(house, int(owner))
        subprocess.check_output(  # noqa: S603  # as above
            _command(
                *("initdb", "--no-sync", "--auth=trust", "--username=test"),
                *("--encoding=UTF8", "--locale=C", f"--pgdata={house}/data"),
            )
        )
        server = PostgreSQL(house)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(house)
