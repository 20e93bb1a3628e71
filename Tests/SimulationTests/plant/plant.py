#!/usr/bin/env python3
"""Plants known bugs into a copy of the update engine, one at a time: the simulation must catch each of them.

    Tests/SimulationTests/plant/plant.py [--seeds 200] [NAME...]
    Tests/SimulationTests/plant/plant.py --check      only looks whether each bug's place is still there

Prints for each bug the first seed that caught it, and ends with 1 when one was not caught. Each takes a build, so it is
run on demand (`ops/test --slow`). A bug whose place is no longer found in the sources is an error: bring it up to date.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
ENGINE = "Sources/TelegramClient/Updates/"
TARGETS = ["CAESIGE", "CLibcrypto", "Primitives", "Cryptography", "TL", "TelegramClient"]

PACKAGE = """// swift-tools-version: 6.2
import PackageDescription
let package = Package(name: "planted", targets: [
    .systemLibrary(name: "CLibcrypto"),
    .target(name: "CAESIGE", linkerSettings: [.linkedLibrary("crypto")]),
    .target(name: "Primitives"),
    .target(name: "Cryptography", dependencies: ["CAESIGE", "CLibcrypto"]),
    .target(name: "TL", dependencies: ["Primitives"], exclude: ["README.md"]),
    .target(name: "TelegramClient", dependencies: ["Primitives", "TL", "Cryptography"]),
    .testTarget(name: "SimulationTests", dependencies: ["TelegramClient", "TL", "Primitives"], exclude: ["plant"]),
], swiftLanguageModes: [.v6])
"""

# name: [(file, what stands there, what is put in its place)]
BUGS = {
    "position_advanced_before_the_apply": [
        (
            "UpdateEngine+Common.swift",
            "        outputs.append(.deliver(delivery))\n    }\n\n    /// The seq rule",
            "        var position = delivery\n        position.items = []\n        outputs.append(.deliver(position))\n"
            "        delivery.from = delivery.to\n        delivery.tooLong = false\n"
            "        outputs.append(.deliver(delivery))\n    }\n\n    /// The seq rule",
        )
    ],
    "box_compared_with_anothers_counter": [
        ("UpdateEngine+Channels.swift", "let offer = channels[i].box.offer(", "let offer = channels[0].box.offer(")
    ],
    "other_updates_before_new_messages": [
        ("UpdateEngine+Common.swift", ".loose: items.append(.update(update))", ".loose: items.insert(.update(update), at: 0)"),
        ("UpdateEngine+Channels.swift", ".loose: items.append(.update(update))", ".loose: items.insert(.update(update), at: 0)"),
    ],
    "intermediate_state_not_stored": [
        (
            "UpdateEngine+Common.swift",
            "            takeIn(content, state: state, receivedAt: receivedAt, now: now)\n",
            "            let kept = common.pts.value\n            takeIn(content, state: state, receivedAt: receivedAt, now: now)\n"
            "            if !final { common.pts.value = kept }\n",
        )
    ],
    "too_long_swallowed": [
        ("UpdateEngine+Channels.swift", "content: content, tooLong: true,", "content: content, tooLong: false,"),
    ],
    "pushes_during_a_difference_dropped": [
        ("NumberedBox.swift", "else { return keep(update) ? .held : .overflow }", "else { return .held }")
    ],
    "min_hash_overwrites_a_full_one": [
        ("UpdateEngine+Peers.swift", 'if chat["min"]?.bool != true, let hash = chat', "if let hash = chat")
    ],
    "pts_count_0_skipped": [
        ("NumberedBox.swift", "        let expected = value + count\n", "        if count == 0 { return .duplicate }\n        let expected = value + count\n")
    ],
    "less_for_less_or_equal_in_the_gap_check": [
        ("NumberedBox.swift", "expected == end ? .next(end) : expected > end ? .duplicate : .gap", "expected > end ? .duplicate : .gap")
    ],
}


def run(command, where, **more):
    return subprocess.run(command, cwd=where, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)


def build(where):
    result = run(["swift", "build", "--build-tests"], where)
    if result.returncode != 0:
        sys.exit("\n".join(line for line in result.stdout.splitlines() if "error:" in line) or result.stdout[-2000:])
    return next((where / ".build/debug").glob("*.xctest"))


def first_seed(where, seeds):
    """The lowest seed of which the simulation complains; None when it is content; words when it said nothing of any seed and ended badly:
    what dies or hangs has found nothing out."""
    binary = build(where)
    command = [str(binary), "--testing-library", "swift-testing", "--filter", "the_rows_end_equal"]
    try:
        result = run(command, where, env=os.environ | {"AALTOHUB_SEEDS": str(seeds)}, timeout=600)
    except subprocess.TimeoutExpired as hung:
        result = subprocess.CompletedProcess(command, None, (hung.stdout or b"").decode(errors="replace"))
    found = [int(n) for n in re.findall(r"seed (\d+):", result.stdout)]
    if found:
        return min(found)
    return {0: None, None: "it hangs"}.get(result.returncode, "it dies")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seeds", type=int, default=200)
    arguments.add_argument("--check", action="store_true")
    arguments.add_argument("names", nargs="*")
    options = arguments.parse_args()
    gone = [
        f"{name}: its place is not found once in {file}: {old!r}"
        for name, changes in BUGS.items() for file, old, _ in changes if (ROOT / ENGINE / file).read_text().count(old) != 1
    ]
    if gone:
        sys.exit("\n".join(gone))
    if options.check:
        return
    uncaught = []
    with tempfile.TemporaryDirectory(prefix="planted-") as folder:
        copy = pathlib.Path(folder)
        for target in TARGETS:
            shutil.copytree(ROOT / "Sources" / target, copy / "Sources" / target)
        shutil.copytree(ROOT / "Tests/SimulationTests", copy / "Tests/SimulationTests")
        (copy / "Package.swift").write_text(PACKAGE)
        if (seed := first_seed(copy, options.seeds)) is not None:
            sys.exit(f"without any bug the simulation fails: {seed}")
        for name, changes in BUGS.items():
            if options.names and name not in options.names:
                continue
            for file, old, new in changes:
                path = copy / ENGINE / file
                path.write_text(path.read_text().replace(old, new))
            seed = first_seed(copy, options.seeds)
            caught = isinstance(seed, int)
            print(f"{name}: {f'caught by seed {seed}' if caught else f'NOT CAUGHT ({seed})' if seed else 'NOT CAUGHT'}", flush=True)
            if not caught:
                uncaught.append(name)
            for file, _, _ in changes:
                shutil.copy(ROOT / ENGINE / file, copy / ENGINE / file)
    sys.exit(1 if uncaught else 0)


if __name__ == "__main__":
    main()
