"""A running telegram-simulator: started, told things over its control port, stopped."""

import json
import os
import pathlib
import select
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARIES = pathlib.Path(os.environ.get("AALTOHUB_BIN") or ROOT / ".build/debug")
CODE = "24680"
READY_SECONDS = 60


def phone(number):
    """The phone of the synthetic account with that number, from 1."""
    return f"999661{number:04d}"


class Simulator:
    def __init__(self, folder, *flags):
        self.key = pathlib.Path(folder) / "server.pem"
        self.log = open(pathlib.Path(folder) / "simulator.log", "ab")
        self.process = subprocess.Popen(
            [BINARIES / "telegram-simulator", "--rsa-key", self.key, "--login-code", CODE, "--control-port", "0", *map(str, flags)],
            stdout=subprocess.PIPE, stderr=self.log)
        line = self._first_line()
        fields = dict(word.split("=") for word in line.split()[1:])
        self.port, self.control_port = int(fields["port"]), int(fields["control"])
        # Of each data centre, by its number; a single one stands for all.
        ports = [int(port) for port in fields.get("ports", "").split(",") if port]
        self.ports = dict(enumerate(ports, 1)) if ports else dict.fromkeys(range(1, 6), self.port)
        self.public_key = (self.key.parent / (self.key.name + ".pub")).read_text()
        self._control = socket.create_connection(("127.0.0.1", self.control_port))
        self._lines = self._control.makefile("rb")

    def _first_line(self):
        end = time.monotonic() + READY_SECONDS
        text = b""
        while not text.endswith(b"\n"):
            readable, _, _ = select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))
            part = os.read(self.process.stdout.fileno(), 4096) if readable else b""
            if not part:
                raise RuntimeError(f"the simulator did not get ready: {text!r}, exit {self.process.poll()}, see {self.log.name}")
            text += part
        assert text.startswith(b"ready "), text
        return text.decode()

    def ask(self, cmd, **arguments):
        """Runs one control command: its last line. With many lines before it, these are in `lines`."""
        self._control.sendall(json.dumps({"cmd": cmd, **arguments}).encode() + b"\n")
        lines = []
        while True:
            line = json.loads(self._lines.readline())
            if "ok" in line:
                assert line["ok"], line
                return {**line, "lines": lines}
            lines.append(line)

    def truth(self, number=None):
        """Every message in its final state, as the account with that number has it."""
        return self.ask("dump", **({"account": phone(number)} if number else {}))["lines"]

    def stop(self):
        self._control.close()
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("the simulator did not end on SIGTERM") from None
        finally:
            self.log.close()
        assert self.process.returncode == 0, self.process.returncode
