"""Starts `independent_server.py` as a process and speaks to its control port; finds kurigram 2.2.0 for layer 201."""
import json, os, pathlib, shutil, socket, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent
FIRST, SECOND = "15550001111", "15550002222"
PASSWORD = "a secret for two"
CODE = "12345"
# kurigram 2.2.0 and what it needs; the environment itself holds a newer one
LAYER_201 = ("kurigram==2.2.0", "PySocks==1.7.1", "pyaes==1.6.1")


def layer_201_environment() -> dict:
    """An environment whose `pyrogram` is kurigram 2.2.0, which lies beside the newer one; it is fetched when it is missing."""
    folder = pathlib.Path(sys.prefix) / "layer-201"
    if not (folder / "pyrogram").is_dir():
        made = tempfile.mkdtemp(dir=sys.prefix)
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", made, *LAYER_201]
        subprocess.run(install, check=True, timeout=300)
        try:
            os.rename(made, folder)
        except OSError:  # another run was faster
            shutil.rmtree(made)
    return {**os.environ, "PYTHONPATH": str(folder)}


class IndependentServer:
    """`post(...)`, `edit(...)` and all other commands of the server's `Control` are methods here."""

    def __init__(self, key_file, *arguments, port=0, layer=229):
        environment = layer_201_environment() if layer == 201 else dict(os.environ)
        command = [sys.executable, HERE / "independent_server.py", "--rsa-key", key_file, "--port", port, "--layer", layer, *arguments]
        self.process = subprocess.Popen([str(a) for a in command], stdout=subprocess.PIPE, env=environment, stdin=subprocess.DEVNULL)
        line = self.process.stdout.readline()
        assert line, f"the server ended with {self.process.wait(10)}"
        ready = json.loads(line)
        self.port, self.public_key = ready["port"], f"{key_file}.pub"
        self.control = socket.create_connection(("127.0.0.1", ready["control_port"]), timeout=30)
        self.answers = self.control.makefile("rb")

    def __getattr__(self, name):
        def command(*positional, **named):
            assert not positional or name in POSITIONAL, f"{name} takes named arguments"
            named.update(zip(POSITIONAL.get(name, ()), positional))
            self.control.sendall(json.dumps({"do": name, **named}).encode() + b"\n")
            answer = json.loads(self.answers.readline())
            if "error" in answer:
                raise AssertionError(answer["error"])
            return answer["result"]

        return command

    def close(self):
        self.control.close()
        self.process.kill()
        self.process.wait(10)
        self.process.stdout.close()


POSITIONAL = {
    "post": ("chat", "text"), "fill": ("chat", "count"), "edit": ("chat", "number", "text"), "delete": ("chat", "numbers"),
    "truth": ("phone",), "window": ("events",), "set_clock": ("offset",), "listening": ("phone",), "nudge": ("chat",),
}  # fmt: skip
