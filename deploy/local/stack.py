"""The whole stack on one machine: writes its settings, starts it, looks after it, stops it.

The Procfile lists the processes; supervisord keeps them running; everything they write lies under
``var/``. Ports follow from one base, ``POLYDUB_PORT`` (7700).
"""

from __future__ import annotations

import argparse
import configparser
import io
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import xmlrpc.client
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from honcho.environ import parse_procfile

from polydub.pipeline import BY_NAME, STAGES

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "frontend" / "dist"
READY_WITHIN_S = 90
STOPPED_WITHIN_S = 40
DO_NOT_RESTART = "0,75,78"
"""Exit codes that starting again will not mend: stopped, port taken, wrong settings."""
ENDED = ("FATAL", "EXITED")
"""States of a process that the supervisor does not start again."""


@dataclass(frozen=True)
class Stack:
    """Where one stack lives and listens."""

    var: Path
    base_port: int
    replicas: int

    @property
    def conf(self) -> Path:
        return self.var / "run" / "supervisord.conf"

    @property
    def pid_file(self) -> Path:
        return self.var / "run" / "supervisord.pid"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.base_port}"

    def ports(self) -> dict[str, int]:
        """Every port that must be free, by what listens there."""
        base = self.base_port
        named = {
            "gateway": base,
            "gateway gRPC": base + 1,
            "nats": base + 22,
            "nats monitoring": base + 23,
            "supervisord": base + 24,
        }
        for offset, stage in enumerate(STAGES):
            named[stage.name] = base + 10 + offset
            named[f"{stage.name} metrics"] = base + 30 + offset
        return named

    def environment(self) -> dict[str, str]:
        """The settings of all processes; what the caller's environment sets goes first."""
        ports = self.ports()
        settings = {
            "POLYDUB_NATS_URL": f"nats://127.0.0.1:{ports['nats']}",
            "POLYDUB_STORE_DIR": str(self.var / "store"),
            "POLYDUB_MODEL_DIR": str(self.var / "models"),
            "POLYDUB_CACHE_DIR": str(self.var / "cache"),
            "POLYDUB_GATEWAY_PORT": str(ports["gateway"]),
            "POLYDUB_GATEWAY_GRPC_PORT": str(ports["gateway gRPC"]),
            "POLYDUB_GATEWAY_DATABASE_URL": f"sqlite+aiosqlite:///{self.var / 'gateway.db'}",
            # Each process would else take both cores for itself and wait for the others.
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
        if (PAGE / "index.html").is_file():
            settings["POLYDUB_GATEWAY_PAGE"] = str(PAGE)
        for stage in STAGES:
            name = stage.name.upper()
            settings[f"POLYDUB_{name}_GRPC_PORT"] = str(ports[stage.name])
            settings[f"POLYDUB_{name}_METRICS_PORT"] = str(ports[f"{stage.name} metrics"])
            settings[f"POLYDUB_{name}_ADDRESS"] = f"127.0.0.1:{ports[stage.name]}"
        return {**settings, **os.environ}

    def write_settings(self) -> None:
        """Writes the broker's and the supervisor's configuration."""
        for folder in ("run", "log", "nats", "store", "cache"):
            (self.var / folder).mkdir(parents=True, exist_ok=True)
        ports = self.ports()
        (self.var / "run" / "nats.conf").write_text(
            f"listen: 127.0.0.1:{ports['nats']}\n"
            f"http: 127.0.0.1:{ports['nats monitoring']}\n"
            f'jetstream {{ store_dir: "{self.var / "nats"}" }}\n'
        )
        self.conf.write_text(self._supervisor_settings())
        self.conf.chmod(0o600)

    def _supervisor_settings(self) -> str:
        port = self.ports()["supervisord"]
        conf = configparser.RawConfigParser()
        conf["supervisord"] = {
            "logfile": str(self.var / "log" / "supervisord.log"),
            "pidfile": str(self.pid_file),
            "childlogdir": str(self.var / "log"),
            "directory": str(ROOT),
            "user": "root" if os.geteuid() == 0 else "",
        }
        if not conf["supervisord"]["user"]:
            del conf["supervisord"]["user"]
        conf["inet_http_server"] = {
            "port": f"127.0.0.1:{port}",
            "username": "polydub",
            "password": secrets.token_hex(16),
        }
        conf["rpcinterface:supervisor"] = {
            "supervisor.rpcinterface_factory": ("supervisor.rpcinterface:make_main_rpcinterface")
        }
        for name, command in parse_procfile((ROOT / "Procfile").read_text()).processes.items():
            count = self.replicas if name in BY_NAME else 1
            for replica in range(1, count + 1):
                program = name if replica == 1 else f"{name}.{replica}"
                conf[f"program:{program}"] = self._program(name, command, program, replica)
        # One group for all but the broker: they stop at the same time, and before it.
        programs = [s.removeprefix("program:") for s in conf.sections() if s.startswith("program:")]
        conf["group:polydub"] = {
            "programs": ",".join(name for name in programs if name != "nats"),
            "priority": "10",
        }
        text = io.StringIO()
        conf.write(text)
        return text.getvalue()

    def _program(self, name: str, command: str, program: str, replica: int) -> dict[str, str]:
        settings = {
            "command": command.replace("var/run", str(self.var / "run")),
            "autorestart": "unexpected",
            "exitcodes": DO_NOT_RESTART,
            "startsecs": "1",
            "startretries": "1000",
            "stopwaitsecs": "15",
            "stopasgroup": "false",
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": str(self.var / "log" / f"{program}.log"),
            "stdout_logfile_maxbytes": "20MB",
            "stdout_logfile_backups": "2",
            "priority": "1" if name == "nats" else "10",
        }
        if replica > 1:  # the first replica has the known ports
            upper = name.upper()
            settings["environment"] = (
                f'POLYDUB_{upper}_GRPC_PORT="0",POLYDUB_{upper}_METRICS_PORT="0"'
            )
        return settings

    # --- acting -----------------------------------------------------------------------------

    def pid(self) -> int | None:
        """The supervisor's process id while it runs."""
        try:
            pid = int(self.pid_file.read_text())
            os.kill(pid, 0)
        except (FileNotFoundError, ValueError, ProcessLookupError):
            return None
        return pid

    def running_replicas(self) -> int:
        """How many replicas the running stack was started with."""
        conf = configparser.RawConfigParser()
        conf.read(self.conf)
        return sum(
            1 for name in conf.sections() if name.split(".")[0] == f"program:{STAGES[0].name}"
        )

    def up(self) -> None:
        """Starts the stack unless it runs, and waits until it is ready."""
        if self.pid() is not None:
            if self.running_replicas() == self.replicas:
                self._start_ended()
                self.wait_until_ready()
                print(f"The stack is up at {self.url}.")
                return
            print("Starting again with another number of replicas.")
            self.down()
        self._refuse_taken_ports()
        self.write_settings()
        subprocess.run(
            [str(Path(sys.executable).with_name("supervisord")), "-c", str(self.conf)],
            check=True,
            env={
                **self.environment(),
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            },
        )
        self.wait_until_ready()
        print(f"The stack is up at {self.url} (API: {self.url}/docs, logs: {self.var / 'log'}).")
        if not (PAGE / "index.html").is_file():
            print("There is no page, only the API: `make page` builds it.")

    def down(self) -> None:
        """Stops the stack; work under way goes on at the next start."""
        pid = self.pid()
        if pid is None:
            print("The stack is not up.")
            return
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOPPED_WITHIN_S
        while self.pid() is not None:
            if time.monotonic() > deadline:
                sys.exit(f"The stack does not stop; its supervisor is process {pid}.")
            time.sleep(0.1)
        print("The stack is down. What it made stays in var/.")

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while (answer := self._ready()) is not None:
            self._refuse_dead_processes()
            if time.monotonic() > deadline:
                sys.exit(f"The stack is not ready: {answer}\nLogs: {self.var / 'log'}")
            time.sleep(0.2)

    def status(self) -> None:
        """Prints each process with its state."""
        if self.pid() is None:
            sys.exit("The stack is not up: `make up` starts it.")
        for process in self.processes():
            print(f"{process['name']:<16} {process['statename']:<10} {process['description']}")

    def processes(self) -> list[dict[str, str]]:
        """What the supervisor says of each process."""
        found: list[dict[str, str]] = self._supervisor().getAllProcessInfo()
        return found

    def _supervisor(self) -> Any:
        conf = configparser.RawConfigParser()
        conf.read(self.conf)
        server = conf["inet_http_server"]
        address = f"http://{server['username']}:{server['password']}@{server['port']}/RPC2"
        return xmlrpc.client.ServerProxy(address).supervisor

    def _start_ended(self) -> None:
        """Starts again what ended by itself and is not started again without being asked."""
        for process in self.processes():
            if process["statename"] not in ENDED:
                continue
            print(f"{process['name']} had ended and is started again.")
            try:
                self._supervisor().startProcess(f"{process['group']}:{process['name']}")
            except xmlrpc.client.Fault:
                self._tell_end_of(process)
                sys.exit(1)

    def _tell_end_of(self, process: dict[str, str]) -> None:
        log = self.var / "log" / f"{process['name']}.log"
        lines = log.read_text(errors="replace").splitlines()[-5:] if log.exists() else []
        print(f"{process['name']} ended:", *lines, sep="\n  ", file=sys.stderr)

    def _ready(self) -> str | None:
        """None when every part is ready, else what is missing."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5):
                return None
        except urllib.error.HTTPError as error:
            return error.read().decode(errors="replace")
        except OSError as error:
            return str(error)

    def _refuse_dead_processes(self) -> None:
        try:
            dead = [p for p in self.processes() if p["statename"] in ENDED]
        except OSError:
            return
        if dead:
            for process in dead:
                self._tell_end_of(process)
            self.down()
            sys.exit(1)

    def _refuse_taken_ports(self) -> None:
        taken = [f"{port} ({what})" for what, port in self.ports().items() if _taken(port)]
        if taken:
            sys.exit(
                f"Taken by another program: port {', '.join(taken)}.\n"
                f"Stop it, or choose another base: POLYDUB_PORT=8700 make up"
            )


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["up", "down", "status", "url"])
    parser.add_argument("--replicas", type=int, default=1, help="processes per stage")
    arguments = parser.parse_args()
    stack = Stack(
        var=Path(os.environ.get("POLYDUB_VAR", ROOT / "var")).absolute(),
        base_port=int(os.environ.get("POLYDUB_PORT", "7700")),
        replicas=max(1, arguments.replicas),
    )
    match arguments.command:
        case "up":
            stack.up()
        case "down":
            stack.down()
        case "status":
            stack.status()
        case "url":
            print(stack.url)


if __name__ == "__main__":
    main()
