"""What `ops/bench live` shows of its rounds: a line for each point, medians with their spread, a table, a plot."""
import math, os
from xml.sax.saxutils import escape

from crawl import spread

SHARES = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999, "most": 1.0}
PER = 100_000  # messages for which CPU seconds are told

# name, unit, digits, figure of a point
FIGURES = [
    *((f"latency {name}", "ms", 2, lambda p, name=name: p["latency_ms"][name]) for name in ("p50", "p99", "p99.9")),
    (f"CPU for {PER:,} messages stored", "s", 1, lambda p: cpu(p)),
    ("the same of Postgres", "s", 1, lambda p: cpu(p, "postgres_cpu_seconds")),
    ("RSS of a process, at most", "MB", 0, lambda p: p["rss_mb"]),
    ("RssAnon of a process, at most", "MB", 0, lambda p: p["rss_anon_mb"]),
    ("sent", "messages/s", 0, lambda p: p["reached_rate"]),
    ("stored of what was sent", "%", 1, lambda p: p["stored"] / p["sent"] * 100),
]
# of a burst to the listener alone, and to Telethon alone
ALONE = [
    ("alone: new messages taken in", "messages/s", 0, lambda p: p["came"] / p["seconds"]),
    (f"alone: CPU for {PER:,} messages", "s", 1, lambda p: p["cpu_seconds"] / p["came"] * PER),
    ("alone: RSS", "MB", 0, lambda p: p["rss_mb"]),
    ("alone: RssAnon", "MB", 0, lambda p: p["rss_anon_mb"]),
]


def cpu(point, name="cpu_seconds"):
    """CPU seconds of so many messages that were stored; None when none was."""
    return point[name] / point["stored"] * PER if point["stored"] else None


def line_alone(point):
    return (
        f"  {point['side']:6}  alone: {point['came']} of {point['sent']} in {point['seconds']:.2f} s; CPU {point['cpu_seconds']:.2f} s; "
        f"{point['rss_mb']:.0f} MB, anonymous {point['rss_anon_mb']:.0f} MB")


def line(point):
    latency = " ".join(f"{name} {value:.2f}" for name, value in point["latency_ms"].items() if value is not None)
    return (
        f"  {point['side']:6} {point['rate']:6}/s: {latency} ms; "
        f"sent {point['sent']} at {point['reached_rate']:.0f}/s, stored {point['stored']}, "
        f"lost {point['lost']}, dead letters {point['dead_letters']}; CPU {point['cpu_seconds']:.2f} s + Postgres "
        f"{point['postgres_cpu_seconds']:.2f} s; {point['rss_mb']:.0f} MB, anonymous {point['rss_anon_mb']:.0f} MB")


def summary(rounds):
    """Each figure at each rate: both sides and their ratio, round by round; then what each takes in alone and the highest rate; medians,
    least, most."""
    out = []
    for name, unit, digits, figure in FIGURES:
        for rate in sorted({p["rate"] for r in rounds for p in r["points"]}):
            pairs = []
            for r in rounds:
                of = {p["side"]: figure(p) for p in r["points"] if p["rate"] == rate}
                if of.get("ours") is not None and of.get("theirs") is not None:
                    pairs.append((of["ours"], of["theirs"]))
            if pairs:
                out.append(row(name, unit, digits, rate, pairs))
    alone = [{p["side"]: p for p in r["alone"] if p["came"]} for r in rounds]
    for name, unit, digits, figure in ALONE:
        pairs = [(figure(of["ours"]), figure(of["theirs"])) for of in alone if len(of) == 2]
        if pairs:
            out.append(row(name, unit, digits, None, pairs))
    highest = [(r["highest"]["ours"], r["highest"]["theirs"]) for r in rounds if len(r["highest"]) == 2]
    if highest:
        out.append(row("highest rate that holds", "messages/s", 0, None, highest))
        best = [
            {p["side"]: cpu(p) for p in r["points"] + r["search"] if p["rate"] == r["highest"].get(p["side"])}
            for r in rounds if len(r["highest"]) == 2
        ]
        best = [(of["ours"], of["theirs"]) for of in best if of.get("ours") and of.get("theirs")]
        if best:
            out.append(row(f"CPU for {PER:,} messages stored, at that rate", "s", 1, None, best))
    return out


def row(name, unit, digits, rate, pairs):
    ratios = [a / b for a, b in pairs if b]
    return {
        "name": name, "unit": unit, "digits": digits, "rate": rate, "ours": spread([a for a, _ in pairs]),
        "theirs": spread([b for _, b in pairs]), "ratio": spread(ratios) if ratios else None,
    }


def cell(values, digits):
    if values is None:
        return "–"
    text = [f"{values[name]:,.{digits}f}" for name in ("median", "least", "most")]
    return f"{text[0]} ({text[1]}–{text[2]})"


def table(figures, rounds, settings, slower=0, is_eager=False):
    """`slower`: milliseconds that were added to each fdatasync; `is_eager`: the predecessor's batches did not wait."""
    rows, before = [["", "at, /s", "unit", "ours", "the predecessor", "ours/its"]], None
    for figure in figures:
        rows.append([
            figure["name"] if figure["name"] != before else "", "" if figure["rate"] is None else f"{figure['rate']:,}", figure["unit"],
            cell(figure["ours"], figure["digits"]), cell(figure["theirs"], figure["digits"]), cell(figure["ratio"], 2),
        ])
        before = figure["name"]
    widths = [max(len(r[column]) for r in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(r, widths)).rstrip() for r in rows]
    lines += [
        "", f"medians of {len(rounds)} rounds (least–most); latency from the server's send to the moment at which a subscriber of the",
        "database's log is told of the commit; a rate holds while p99 is below 100 ms and everything is stored; our CPU is that of",
        "listener and writer together; where less was sent than the rate asks, the simulator got too little of the machine;",
        "alone: a burst to our listener without a writer, until it is in its spool, and to a bare Telethon client, until its handler",
        "had it; the ratio is taken round by round",
    ]
    for side, called in (("ours", "ours"), ("theirs", "the predecessor")):
        points = [p for r in rounds for p in r["points"] + r["search"] if p["side"] == side]
        total = {name: sum(p[name] for p in points) for name in ("sent", "stored", "lost", "duplicated", "dead_letters")}
        lines.append(f"{called}: " + ", ".join(f"{value:,} {name.replace('_', ' ')}" for name, value in total.items()))
    for r in rounds:
        lines.append(
            f"round {r['round']}: a commit's fdatasync took {r['fdatasync_us']:.0f} µs before, {r['fdatasync_us_after']:.0f} µs after; "
            f"load average {r['load']:.1f} on {os.cpu_count()} cores")
    lines.append("the predecessor's batches " + ("did not wait to be filled" if is_eager else "waited 2 s at most for 50 messages, as it does"))
    if slower:
        lines.append(f"to each fdatasync of Postgres, the listener and the writer {slower} ms were added")
    lines.append("Postgres: " + ", ".join(f"{name} {value}" for name, value in settings.items()))
    return lines


# the plot

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 460, 70, 190, 40, 50  # pixels
COLOURS = {"ours": "#0b6e4f", "theirs": "#b5432a"}
NAMES = {"ours": "ours", "theirs": "the predecessor"}
DASHES = {"p50": "2 4", "p99": "", "p99.9": "8 4"}


def plot(figures, limit):
    """Latency over the rate, both axes logarithmic: medians as lines, least to most as bars. SVG."""
    series = {
        (name, side): [(f["rate"], f[side]) for f in figures if f["name"] == f"latency {name}"] for name in DASHES for side in COLOURS
    }
    values = [v for points in series.values() for _, s in points for v in s.values() if v > 0] + [limit]
    rates = [rate for points in series.values() for rate, _ in points] or [1]
    x = Axis(min(rates) / 1.3, max(rates) * 1.3, LEFT, WIDTH - RIGHT)
    y = Axis(10 ** math.floor(math.log10(min(values))), 10 ** math.ceil(math.log10(max(values))), HEIGHT - BOTTOM, TOP)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        text(LEFT, TOP - 18, "Latency from the server's send to the committed row, medians of the rounds (bars: least to most)"),
        text(WIDTH - RIGHT, HEIGHT - 10, "messages a second", "end"),
        f'<text transform="rotate(-90)" x="{-TOP}" y="16" text-anchor="end">milliseconds</text>',
    ]
    for rate in sorted(set(rates)):
        out += [stroke(x(rate), TOP, x(rate), HEIGHT - BOTTOM, "#eee"), text(x(rate), HEIGHT - BOTTOM + 18, f"{rate:,}", "middle")]
    power = y.low
    while power <= y.high * 1.001:
        out += [stroke(LEFT, y(power), WIDTH - RIGHT, y(power), "#ddd"), text(LEFT - 8, y(power) + 4, f"{power:,g}", "end")]
        power *= 10
    out.append(stroke(LEFT, y(limit), WIDTH - RIGHT, y(limit), "#888", "1 3"))
    for place, ((name, side), points) in enumerate(series.items()):
        if not points:
            continue
        path = " ".join(f"{x(rate):.1f},{y(s['median']):.1f}" for rate, s in points)
        style = f'stroke="{COLOURS[side]}" stroke-width="2" stroke-dasharray="{DASHES[name]}" fill="none"'
        out.append(f'<polyline points="{path}" {style}/>')
        out += [stroke(x(rate), y(s["least"]), x(rate), y(s["most"]), COLOURS[side]) for rate, s in points]
        out += [f'<circle cx="{x(rate):.1f}" cy="{y(s["median"]):.1f}" r="3" fill="{COLOURS[side]}"/>' for rate, s in points]
        height = TOP + 20 * place
        out.append(f'<line x1="{WIDTH - RIGHT + 12}" y1="{height}" x2="{WIDTH - RIGHT + 44}" y2="{height}" {style}/>')
        out.append(text(WIDTH - RIGHT + 50, height + 4, f"{NAMES[side]}, {name}"))
    return "\n".join([*out, "</svg>"]) + "\n"


class Axis:
    """From a value to its pixel."""

    def __init__(self, low, high, begin, end):
        self.low, self.high = low, high
        self.begin, self.scale = begin, (end - begin) / math.log(high / low)

    def __call__(self, value):
        return self.begin + math.log(max(value, self.low) / self.low) * self.scale


def stroke(x1, y1, x2, y2, colour, dash=""):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-dasharray="{dash}"/>'


def text(x, y, words, anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
