"""A private Postgres cluster in a folder of its own: unix socket only, thrown away at the end."""
import glob, os, pathlib, pwd, shutil, subprocess, tempfile

import psycopg


def binaries() -> pathlib.Path:
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda p: int(p.split("/")[-2]))
    if not found:
        raise RuntimeError("no Postgres server is installed")
    return pathlib.Path(found[-1])


class Cluster:
    """`start()` waits until Postgres accepts connections; `stop("immediate")` is a crash."""

    def __init__(self):
        # a short path: a unix socket's may have at most 107 bytes; a private one (0700): everybody who gets in is the superuser
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ah-pg-", dir="/tmp"))
        self.data = self.folder / "data"
        self.prefix = []
        if os.geteuid() == 0:  # Postgres refuses to run as root
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self.prefix = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        self.run("initdb", "-D", self.data, "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
        with open(self.data / "postgresql.conf", "a") as conf:
            conf.write(
                f"listen_addresses = ''\nunix_socket_directories = '{self.folder}'\nunix_socket_permissions = 0700\n"
                "track_commit_timestamp = on\nmax_connections = 40\nlogging_collector = off\n"
            )

    def run(self, name, *arguments):
        done = subprocess.run(
            [*self.prefix, str(binaries() / name), *map(str, arguments)], cwd="/", capture_output=True, text=True, timeout=120
        )
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stdout}{done.stderr}")

    def start(self):
        self.run("pg_ctl", "-D", self.data, "-l", self.folder / "log", "-w", "start")

    def stop(self, mode="fast"):
        self.run("pg_ctl", "-D", self.data, "-m", mode, "-w", "stop")

    def conninfo(self, database="postgres", user="postgres"):
        return f"host={self.folder} dbname={database} user={user}"

    def connect(self, database="postgres", user="postgres"):
        return psycopg.connect(self.conninfo(database, user), autocommit=True)

    def remove(self):
        try:
            self.stop("immediate")
        except RuntimeError:
            pass  # it was not running
        shutil.rmtree(self.folder, ignore_errors=True)
