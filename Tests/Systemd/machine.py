"""A machine of namespaces with the host's own systemd as process 1 (see systemd_in_namespaces), and our services installed in it."""
import os, pathlib, shutil, subprocess, tempfile, time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BIN = pathlib.Path(os.environ.get("AALTOHUB_BIN", ROOT / ".build" / "debug")).resolve()
EXECUTABLES = ("aaltohub-writer", "aaltohub-listener", "aaltohub-backfill", "aaltohub-supervisor", "aaltohubctl")
INSTALLER = "/opt/source/ops/install"


class Machine:
    def __init__(self, shares):
        self.folder = tempfile.mkdtemp(prefix="aaltohub-machine-")
        self._tool("boot", *[f"{host}:{inside}" for inside, host in shares.items()])

    def _tool(self, operation, *arguments):
        done = subprocess.run([HERE / "systemd_in_namespaces", operation, self.folder, *arguments], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{operation}: {done.stderr}"

    def run(self, *command, check=True, timeout=120, **more):
        """A command inside; fails the test if it fails, unless told not to check."""
        done = subprocess.run(
            [HERE / "systemd_in_namespaces", "run", self.folder, *map(str, command)], capture_output=True, text=True, timeout=timeout, **more)
        if check and done.returncode:
            raise AssertionError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done

    def out(self, *command, **more):
        return self.run(*command, **more).stdout.strip()

    def get(self, path):
        """The status of an HTTP answer of the machine's own supervisor, and its text; 0 when none comes."""
        script = (
            "import sys, urllib.request, urllib.error\n"
            "try: a = urllib.request.urlopen('http://127.0.0.1:8080' + sys.argv[1], timeout=5)\n"
            "except urllib.error.HTTPError as e: a = e\n"
            "except OSError: print(0); sys.exit()\n"
            "print(a.status, a.read().decode())")
        status, _, text = self.out("/usr/bin/python3", "-c", script, path).partition(" ")
        return int(status), text

    def write(self, path, text, mode="644"):
        self.run("install", "-D", "-m", mode, "/dev/stdin", path, input=text)

    def start(self, unit):
        done = self.run("systemctl", "start", unit, check=False)
        assert done.returncode == 0, f"{unit} did not start:\n{done.stderr}{self.journal(unit)}"

    def show(self, unit, *names):
        """Properties of a unit; one name gives its value, several a dictionary."""
        lines = self.out("systemctl", "show", unit, "--property", ",".join(names)).splitlines()
        values = dict(line.split("=", 1) for line in lines)
        return values[names[0]] if len(names) == 1 else values

    def journal(self, unit, lines=30):
        return self.out("journalctl", "-u", unit, "-n", lines, "--no-pager", "-o", "cat", check=False)

    def until(self, check, what, seconds=40.0):
        """Polls what systemd has no event for that one could wait on."""
        end = time.monotonic() + seconds
        while not (value := check()):
            if time.monotonic() > end:
                raise AssertionError(f"{what}: not within {seconds:.0f} s")
            time.sleep(0.1)
        return value

    def until_active(self, unit, other_than=None, seconds=40.0):
        """Waits until the unit is ready, in another run than `other_than`; gives the run's id."""

        def check():
            now = self.show(unit, "ActiveState", "InvocationID")
            return now["ActiveState"] == "active" and now["InvocationID"] != other_than and now["InvocationID"]

        try:
            return self.until(check, f"{unit} active", seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.out('systemctl', 'status', '--no-pager', unit, check=False)}\n{self.journal(unit)}") from None

    def close(self):
        self._tool("cut")
        shutil.rmtree(self.folder, ignore_errors=True)


def release(folder, commit, change=None):
    """A folder of executables as `ops/install --from` takes it: those that were built, without their debug symbols."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    for name in EXECUTABLES:
        # An ELF file may have bytes after its end: what makes this build another one than the next.
        shutil.copy(BIN / name, folder / name)
        subprocess.run(["strip", "--strip-debug", folder / name], capture_output=True, check=False)
        with open(folder / name, "ab") as file:
            file.write(b"\n# " + commit.encode() + b"\n")
    for name, text in (change or {}).items():
        (folder / name).write_text(text)
    (folder / "commit").write_text(commit + "\n")
    return folder
