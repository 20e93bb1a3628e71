"""A host's life: install, start, restart, kill, hang, misconfigure, upgrade, a bad upgrade, uninstall. One machine, in this order."""
import base64, re

import pytest

import pipeline
from machine import INSTALLER

STAGES = ["aaltohub-writer", "aaltohub-listener@main", "aaltohub-backfill@main", "aaltohub-supervisor"]


def install(machine, build, **more):
    return machine.run(INSTALLER, "--from", f"/opt/bin/{build}", timeout=180, **more)


def runs(machine):
    return {stage: machine.show(stage, "InvocationID") for stage in STAGES}


def executable(machine, stage):
    """The commit of the release that the stage's process runs from."""
    path = machine.out("readlink", f"/proc/{machine.show(stage, 'MainPID')}/exe")
    return re.search(r"/lib/aaltohub/(\w+)-", path).group(1)


def test_a_fresh_install_puts_everything_in_its_place(machine):
    said = install(machine, "first").stderr
    assert "aaltohubctl login" in said
    for name in ("aaltohub-writer", "aaltohub-listener", "aaltohub-backfill", "aaltohub-supervisor", "aaltohubctl"):
        assert "aaaa00000001" in machine.out("readlink", "-f", f"/usr/local/bin/{name}")
        assert "commit aaaa00000001" in machine.out(f"/usr/local/bin/{name}", "--version")
    for user in ("aaltohub-writer", "aaltohub-listener", "aaltohub-backfill", "aaltohub-supervisor"):
        assert "aaltohub" in machine.out("id", "-nG", user).split()
    assert machine.out("stat", "-c", "%a %U:%G", "/run/aaltohub") == "2770 root:aaltohub"
    assert machine.out("stat", "-c", "%a %U:%G", "/var/lib/aaltohub/media") == "2750 aaltohub-backfill:aaltohub"
    assert machine.out("stat", "-c", "%a", "/etc/aaltohub/credentials") == "700"
    assert machine.out("stat", "-c", "%a", "/etc/aaltohub/credentials/master_key") == "600"
    assert len(base64.b64decode(machine.out("cat", "/etc/aaltohub/credentials/master_key"))) == 32
    assert len(machine.out("cat", "/etc/aaltohub/credentials/admin_token")) == 64
    assert machine.out("systemctl", "is-enabled", "aaltohub.target", "aaltohub-writer", "aaltohub-supervisor").split() == ["enabled"] * 3
    assert machine.show("aaltohub-writer", "ActiveState") == "inactive"


def test_verify_says_nothing_where_the_executables_are(machine):
    units = ["aaltohub.target", "aaltohub-writer.service", "aaltohub-supervisor.service", "aaltohub-listener@main.service", "aaltohub-backfill@main.service"]
    done = machine.run("systemd-analyze", "verify", *units)
    assert done.stdout + done.stderr == ""


def test_without_configuration_a_stage_says_what_to_do_and_is_not_restarted(machine):
    machine.run("systemctl", "start", "aaltohub-listener@main", check=False)
    now = machine.show("aaltohub-listener@main", "ActiveState", "ExecMainStatus", "NRestarts")
    assert now["ActiveState"] == "failed" and now["ExecMainStatus"] == "78" and now["NRestarts"] == "0"
    assert "api_id" in machine.journal("aaltohub-listener@main")
    # Nobody is configured to be told of it, so the journal is.
    told = "aaltohub-failed@aaltohub-listener@main.service.service"
    machine.until(lambda: "nobody is told" in machine.journal(told), "a unit that tells of it")
    assert machine.show(told, "Result") == "success"


def test_the_whole_target_starts(machine):
    machine.run("cp", "/etc/aaltohub/aaltohub.yaml", "/root/as-installed.yaml")
    machine.write("/etc/aaltohub/aaltohub.yaml", pipeline.CONFIGURATION)
    machine.write("/etc/aaltohub/credentials/api_hash", "0123456789abcdef0123456789abcdef", mode="600")
    # The units' times, shortened for the test.
    for stage in ("aaltohub-writer.service", "aaltohub-supervisor.service", "aaltohub-listener@.service", "aaltohub-backfill@.service"):
        machine.write(f"/etc/systemd/system/{stage}.d/test.conf", "[Service]\nRestartSec=300ms\nWatchdogSec=3\n")
    machine.run("systemctl", "daemon-reload")
    pipeline.postgres(machine)
    pipeline.simulator(machine)
    pipeline.migrate(machine)
    pipeline.login(machine)
    machine.run("systemctl", "reset-failed", "aaltohub-listener@main")
    machine.run("systemctl", "enable", "aaltohub-listener@main", "aaltohub-backfill@main")
    machine.run("systemctl", "start", "aaltohub.target")
    for stage in STAGES:
        machine.until_active(stage)
    assert machine.get("/healthz") == (200, "ok")
    machine.until(lambda: machine.get("/readyz")[0] == 200, "readyz")


def test_messages_become_rows(machine):
    pipeline.message_arrives(machine)


@pytest.mark.parametrize("stage", STAGES)
def test_one_stage_is_restarted_and_the_others_go_on(machine, stage):
    before = runs(machine)
    machine.run("systemctl", "restart", stage)
    machine.until_active(stage, other_than=before[stage])
    after = runs(machine)
    assert {s for s in STAGES if before[s] != after[s]} == {stage}
    pipeline.message_arrives(machine)


@pytest.mark.parametrize("stage", STAGES)
def test_a_killed_stage_comes_back(machine, stage):
    before = runs(machine)
    machine.run("systemctl", "kill", "-s", "KILL", stage)
    machine.until_active(stage, other_than=before[stage])
    after = runs(machine)
    assert {s for s in STAGES if before[s] != after[s]} == {stage}
    pipeline.message_arrives(machine)


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_that_hangs_is_killed_by_the_watchdog(machine, stage):
    before = runs(machine)[stage]
    machine.run("systemctl", "kill", "-s", "STOP", stage)
    machine.until_active(stage, other_than=before)
    assert "Watchdog timeout" in machine.out("journalctl", "-u", stage, "-n", 40, "--no-pager", "-o", "cat")
    pipeline.message_arrives(machine)


def test_a_stop_is_orderly_and_quick(machine):
    # Named, so that the command waits for each of them and not for the target alone.
    machine.run("systemctl", "stop", "aaltohub.target", *STAGES, timeout=40)
    for stage in STAGES:
        now = machine.show(stage, "ActiveState", "Result", "ExecMainStatus")
        assert now == {"ActiveState": "inactive", "Result": "success", "ExecMainStatus": "0"}, f"{stage}: {machine.journal(stage)}"
    machine.run("systemctl", "start", "aaltohub.target")
    for stage in STAGES:
        machine.until_active(stage)


def test_a_wrong_configuration_is_78_one_line_and_no_restart(machine):
    machine.write("/etc/aaltohub/aaltohub.yaml", pipeline.CONFIGURATION + "link:\n  credti: 5\n")
    machine.run("systemctl", "restart", "aaltohub-writer", check=False)
    now = machine.show("aaltohub-writer", "ActiveState", "ExecMainStatus", "NRestarts")
    assert now == {"ActiveState": "failed", "ExecMainStatus": "78", "NRestarts": "0"}
    assert "did you mean link.credit?" in machine.journal("aaltohub-writer")
    machine.write("/etc/aaltohub/aaltohub.yaml", pipeline.CONFIGURATION)
    machine.run("systemctl", "reset-failed", "aaltohub-writer")
    machine.run("systemctl", "start", "aaltohub-writer")
    pipeline.message_arrives(machine)


@pytest.mark.parametrize("stage", ["aaltohub-listener@stranger", "aaltohub-backfill@stranger"])
def test_an_account_that_never_logged_in_is_77_and_no_restart(machine, stage):
    machine.run("systemctl", "start", stage, check=False)
    now = machine.show(stage, "ActiveState", "ExecMainStatus", "NRestarts")
    assert now["ActiveState"] == "failed" and now["ExecMainStatus"] == "77" and now["NRestarts"] == "0"
    assert "aaltohubctl login" in machine.journal(stage)


def test_the_journal_has_fields(machine):
    line = machine.out("journalctl", "-u", "aaltohub-writer", "SERVICE=writer", "-n", 1, "-o", "json")
    assert '"SYSLOG_IDENTIFIER":"aaltohub-writer"' in line and '"PRIORITY"' in line


def test_installing_the_same_again_restarts_nothing(machine):
    before = runs(machine)
    install(machine, "first")
    assert runs(machine) == before
    assert machine.out("cat", "/etc/aaltohub/aaltohub.yaml").strip() == pipeline.CONFIGURATION.strip()


def test_an_upgrade_goes_stage_by_stage(machine):
    before = runs(machine)
    key = machine.out("cat", "/etc/aaltohub/credentials/master_key")
    said = install(machine, "second").stderr
    assert [s for s in re.findall(r"(aaltohub-\S+)\.service: ready", said)] == STAGES
    for stage in STAGES:
        assert machine.show(stage, "InvocationID") != before[stage] and executable(machine, stage) == "aaaa00000002"
    assert machine.out("cat", "/etc/aaltohub/credentials/master_key") == key
    pipeline.message_arrives(machine)


@pytest.mark.parametrize("build,stage", [("refusing", "listener@main"), ("mute", "writer")])
def test_a_stage_that_does_not_get_ready_is_rolled_back(machine, build, stage):
    done = install(machine, build, check=False)
    assert done.returncode == 70 and "the old one is back" in done.stderr
    for each in STAGES:
        machine.until_active(each)
    assert executable(machine, f"aaltohub-{stage}") == "aaaa00000002"
    assert "aaaa00000002" in machine.out("readlink", "-f", f"/usr/local/bin/aaltohub-{stage.split('@')[0]}")
    pipeline.message_arrives(machine)
    install(machine, "second")


def test_uninstall_keeps_the_data(machine):
    machine.run("/opt/source/ops/uninstall")
    assert machine.run("systemctl", "cat", "aaltohub-writer", check=False).returncode != 0
    assert machine.run("test", "-e", "/usr/local/bin/aaltohubctl", check=False).returncode != 0
    machine.run("test", "-s", "/etc/aaltohub/credentials/master_key", "-a", "-s", "/etc/aaltohub/aaltohub.yaml")
    machine.run("test", "-d", "/var/lib/aaltohub/writer")
    assert int(pipeline.sql(machine, "SELECT count(*) FROM public.messages")) > 0
