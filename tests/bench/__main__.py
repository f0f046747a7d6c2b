"""`make bench`: speed as ratios measured in one run, and memory. Each part runs in a process of its own.

python -m tests.bench [PART ...]
"""

import subprocess
import sys

PARTS = {
    "composing": "tests.bench.composing",
    "summary": "tests.bench.summary",
    "intake": "tests.bench.intake",
    "air-quality": "tests.bench.air_quality",
    "layouts": "tests.bench.layouts",
    "hotspots": "tests.bench.hotspots",
    "bulletin": "tests.bench.bulletin",
    "desk": "tests.bench.desk",
    "post": "tests.post.bench_throughput",
    "daily": "tests.bench.daily",
    "growth": "tests.bench.growth",
    "watch": "tests.bench.watch",
    "select": "tests.bench.select",
    "mails": "tests.bench.mails",
}


def main(wanted: list[str]) -> int:
    """Runs the parts; the exit code is 1 when one of them failed."""
    if unknown := sorted(set(wanted) - set(PARTS)):
        print(f"no such part: {', '.join(unknown)}; expected {' | '.join(PARTS)}", file=sys.stderr)
        return 2
    failed = 0
    for part in wanted or PARTS:
        print(f"== {part}", flush=True)
        failed += subprocess.run([sys.executable, "-m", PARTS[part]], check=False).returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
