"""What can be said of the units without starting them."""
import pathlib, subprocess

import pytest

from machine import ROOT

UNITS = sorted((ROOT / "systemd").glob("*.service"))
ALARM = ROOT / "systemd" / "aaltohub-failed@.service"
STAGES = [unit for unit in UNITS if unit != ALARM]


@pytest.mark.parametrize("unit", UNITS, ids=lambda u: u.name)
def test_a_unit_is_exposed_no_more_than_2(unit):
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", unit], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("unit", STAGES, ids=lambda u: u.name)
def test_a_unit_follows_the_house_rules(unit):
    lines = unit.read_text().splitlines()
    for line in [
        "Type=notify", "Restart=always", "RestartSec=5", "RestartPreventExitStatus=77 78", "StartLimitBurst=20", "StartLimitIntervalSec=3600",
        "TimeoutStopSec=30", "PartOf=aaltohub.target", "WantedBy=aaltohub.target", "Group=aaltohub", "UMask=0007",
        "OnFailure=aaltohub-failed@%n.service",
    ]:
        assert line in lines, f"{unit.name} lacks {line}"
    assert not [line for line in lines if line.startswith("Requires=") or line.startswith("BindsTo=")]
    # No stage waits for another one to be ready.
    assert not [line for line in lines if line.startswith("After=") and "aaltohub-" in line]


def test_the_units_share_one_sandbox():
    def sandbox(path: pathlib.Path):
        lines = path.read_text().splitlines()
        end = lines.index("[Install]") if "[Install]" in lines else len(lines)
        return lines[lines.index("# Nothing but what the stage needs (systemd-analyze security).") : end]

    def plain(lines):
        return [line for line in lines if line and not line.startswith("#")]

    first, *others = [plain(sandbox(unit)) for unit in UNITS]
    assert all(other == first for other in others)
