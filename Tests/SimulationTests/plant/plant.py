#!/usr/bin/env python3
"""Plants known bugs into a copy of the product, one at a time: the simulation must catch each of them.

    Tests/SimulationTests/plant/plant.py [--suite pipeline] [--seeds 200] [NAME...]
    Tests/SimulationTests/plant/plant.py --check      only looks whether each bug's place is still there

Without --suite both have their turn: the update engine alone, and the whole pipeline. Of the pipeline's bugs some stand in the
simulation itself, as switches (`Pipeline.Bug`), since what they break is the database's or the shells' part.

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


# The whole pipeline: places in Sources/.
PIPELINE_BUGS = {
    "positions_that_abort": [
        ("WriterCore/PositionRule.swift", "    if header.from <= known.value {", "    if header.from != known.value { return .seen }\n    if header.from <= known.value {")
    ],
    "positions_that_overwrite_blindly": [("WriterCore/PositionRule.swift", "    if to.value <= known.value { return .seen }\n", "")],
    "last_writer_wins": [("WriterCore/MessageRow.swift", "        if key < other.key {\n", "        if true {\n")],
    "live_beats_backfill": [
        (
            "WriterCore/MergeKey.swift",
            "        if a.editDate != b.editDate {",
            "        if (a.pts < 0) != (b.pts < 0) { return a.pts < 0 }\n        if a.editDate != b.editDate {",
        )
    ],
    "tombstone_undone": [
        ("WriterCore/MessageRow.swift", "        deletion = DeletionMark.merge(deletion, other.deletion)\n", "        deletion = other.deletion\n")
    ],
    "credit_not_returned_after_stale": [
        (
            "ProducerCore/ProducerMachine.swift",
            "            runs[0].lanes[i].sent = runs[0].lanes[i].committed\n",
            "            runs[0].lanes[i].sent = max(runs[0].lanes[i].sent, runs[0].lanes[i].committed)\n",
        )
    ],
    "a_segment_that_grew_is_not_read_to_its_end": [
        (
            "ListenerCore/Spool/SpoolTail.swift",
            "                        if isCurrent { break }\n",
            "                        break\n",
        ),
        (
            "ListenerCore/Spool/SpoolTail.swift",
            "                    guard item.number == read.from + UInt64(records.count) else { return records }\n",
            "",
        ),
    ],
}
# What 200 seeds do not bring to light: two writers in one row at once, a segment that is closed between two reads. They are run by
# their names, with 1,000 seeds.
RARE = {"judged_from_memory", "a_segment_that_grew_is_not_read_to_its_end"}
PIPELINE_SWITCHES = re.findall(r'case \w+ = "(\w+)"', (ROOT / "Tests/PipelineSimulationTests/Pipeline.swift").read_text())

PIPELINE_PACKAGE = """// swift-tools-version: 6.2
import PackageDescription
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let producer: [Target.Dependency] = ["Primitives", "TL", "TelegramClient", "Events", "ProducerCore", "Cryptography", protobuf]
let package = Package(name: "planted", dependencies: [
    .package(url: "https://github.com/apple/swift-protobuf", exact: "PROTOBUF"),
], targets: [
    .systemLibrary(name: "CLibcrypto"),
    .target(name: "CAESIGE", linkerSettings: [.linkedLibrary("crypto")]),
    .target(name: "Primitives"),
    .target(name: "Cryptography", dependencies: ["CAESIGE", "CLibcrypto"]),
    .target(name: "TL", dependencies: ["Primitives"], exclude: ["README.md"]),
    .target(name: "TelegramClient", dependencies: ["Primitives", "TL", "Cryptography"]),
    .target(name: "Events", dependencies: ["Primitives", protobuf], exclude: ["events.proto"]),
    .target(name: "ProducerCore", dependencies: ["Primitives", "TL", "TelegramClient", "Events"]),
    .target(name: "ListenerCore", dependencies: producer),
    .target(name: "BackfillCore", dependencies: producer),
    .target(name: "WriterCore", dependencies: ["Primitives", "Events"]),
    .target(name: "Models", dependencies: ["WriterCore", "Events", "Primitives"], path: "Tests/Models"),
    .testTarget(name: "PipelineSimulationTests", dependencies: producer + ["Models", "ListenerCore", "BackfillCore", "WriterCore"]),
], swiftLanguageModes: [.v6])
"""


def protobuf():
    return re.search(r'swift-protobuf", exact: "([^"]+)"', (ROOT / "Package.swift").read_text()).group(1)


class Suite:
    def __init__(self, tests, folder, targets, package, bugs, switches, filter):
        self.tests, self.folder, self.targets, self.package = tests, folder, targets, package
        self.bugs, self.switches, self.filter = bugs, switches, filter

    def gone(self):
        """Bugs whose place is not there once."""
        return [
            f"{name}: its place is not found once in {file}: {old!r}"
            for name, changes in self.bugs.items() for file, old, _ in changes if (ROOT / self.folder / file).read_text().count(old) != 1
        ]


SUITES = {
    "engine": Suite(["SimulationTests"], ENGINE, TARGETS, PACKAGE, BUGS, [], "the_rows_end_equal"),
    "pipeline": Suite(
        ["PipelineSimulationTests", "Models"], "Sources/",
        TARGETS + ["Events", "ProducerCore", "ListenerCore", "BackfillCore", "WriterCore"], PIPELINE_PACKAGE.replace("PROTOBUF", protobuf()),
        PIPELINE_BUGS, PIPELINE_SWITCHES, "whatever_fails",
    ),
}


def run(command, where, **more):
    return subprocess.run(command, cwd=where, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)


def build(where):
    result = run(["swift", "build", "--build-tests"], where)
    if result.returncode != 0:
        sys.exit("\n".join(line for line in result.stdout.splitlines() if "error:" in line) or result.stdout[-2000:])
    return next((where / ".build/debug").glob("*.xctest"))


def first_seed(where, seeds, suite, switch=None):
    """The lowest seed of which the simulation complains; None when it is content; words when it said nothing of any seed and ended badly:
    what dies or hangs has found nothing out."""
    binary = build(where)
    command = [str(binary), "--testing-library", "swift-testing", "--filter", suite.filter]
    environment = os.environ | {"AALTOHUB_SEEDS": str(seeds)} | ({"AALTOHUB_BUG": switch} if switch else {})
    try:
        result = run(command, where, env=environment, timeout=600)
    except subprocess.TimeoutExpired as hung:
        result = subprocess.CompletedProcess(command, None, (hung.stdout or b"").decode(errors="replace"))
    found = [int(n) for n in re.findall(r"seed (\d+):", result.stdout)]
    if found:
        return min(found)
    return {0: None, None: "it hangs"}.get(result.returncode, "it dies")


def tell(name, seed):
    """Says what became of a bug; returns whether it was caught."""
    caught = isinstance(seed, int)
    print(f"{name}: {f'caught by seed {seed}' if caught else f'NOT CAUGHT ({seed})' if seed else 'NOT CAUGHT'}", flush=True)
    return caught


def plant(suite, options):
    """The bugs of one suite that nothing caught."""
    uncaught = []
    with tempfile.TemporaryDirectory(prefix="planted-") as folder:
        copy = pathlib.Path(folder)
        for target in suite.targets:
            shutil.copytree(ROOT / "Sources" / target, copy / "Sources" / target)
        for tests in suite.tests:
            shutil.copytree(ROOT / "Tests" / tests, copy / "Tests" / tests)
        (copy / "Package.swift").write_text(suite.package)
        if (seed := first_seed(copy, options.seeds, suite)) is not None:
            sys.exit(f"without any bug the simulation fails: {seed}")
        for name in suite.switches:
            if name in options.names or not options.names and name not in RARE:
                if not tell(name, first_seed(copy, options.seeds, suite, name)):
                    uncaught.append(name)
        for name, changes in suite.bugs.items():
            if options.names and name not in options.names:
                continue
            for file, old, new in changes:
                path = copy / suite.folder / file
                path.write_text(path.read_text().replace(old, new))
            if not tell(name, first_seed(copy, options.seeds, suite)):
                uncaught.append(name)
            for file, _, _ in changes:
                shutil.copy(ROOT / suite.folder / file, copy / suite.folder / file)
    return uncaught


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seeds", type=int, default=200)
    arguments.add_argument("--check", action="store_true")
    arguments.add_argument("--suite", choices=SUITES)
    arguments.add_argument("names", nargs="*")
    options = arguments.parse_args()
    gone = [text for suite in SUITES.values() for text in suite.gone()]
    if gone:
        sys.exit("\n".join(gone))
    if options.check:
        return
    uncaught = [name for key, suite in SUITES.items() if options.suite in (None, key) for name in plant(suite, options)]
    sys.exit(1 if uncaught else 0)


if __name__ == "__main__":
    main()
