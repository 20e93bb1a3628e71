import os, shutil

import pytest

from machine import BIN, EXECUTABLES, ROOT, Machine, release


def pytest_collection_modifyitems(items):
    reason = None
    if os.geteuid() != 0:
        reason = "namespaces with a systemd of their own need root"
    elif missing := [name for name in EXECUTABLES if not (BIN / name).exists()]:
        reason = f"{', '.join(missing)} not built in {BIN}"
    for item in items:
        if reason and "machine" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def releases(tmp_path_factory):
    """Builds to install: two that work, one whose writer never gets ready, one whose listener ends at once."""
    folder = tmp_path_factory.mktemp("releases")
    folder.chmod(0o755)  # the simulator inside runs as nobody in particular
    release(folder / "first", "aaaa00000001")
    release(folder / "second", "aaaa00000002")
    release(folder / "mute", "aaaa00000003", {"aaltohub-writer": "#!/bin/sh\nexec sleep infinity\n"})
    release(folder / "refusing", "aaaa00000004", {"aaltohub-listener": "#!/bin/sh\necho this build is broken >&2\nexit 78\n"})
    if (BIN / "telegram-simulator").exists():
        shutil.copy(BIN / "telegram-simulator", folder / "telegram-simulator")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def machine(releases):
    """A fresh machine; nothing of ours is installed in it."""
    machine = Machine({"/opt/source/ops": ROOT / "ops", "/opt/source/systemd": ROOT / "systemd", "/opt/bin": releases})
    yield machine
    machine.close()
