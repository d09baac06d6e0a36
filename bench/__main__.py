"""`./dev bench [NAME...] [--json FILE]`: runs the benchmarks and prints their table."""

import argparse
import importlib
import json
import sys
from pathlib import Path

from bench.measure import Result
from bench.scale import PARTS

NAMES = ("makespan", "start", "library", "durability", "model", "scale")


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"of {', '.join(NAMES)}; none: all. Parts of scale: {', '.join(PARTS)}",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results for machines")
    asked = parser.parse_args()
    if unknown := set(asked.names) - {*NAMES, *PARTS}:
        parser.error(
            f"there is no bench {', '.join(sorted(unknown))}; there are {', '.join((*NAMES, *PARTS))}"
        )
    results: list[Result] = []
    for name in asked.names or NAMES:
        for result in importlib.import_module(f"bench.{name}").run():
            results.append(result)
            print(line(result), flush=True)
    if asked.json:
        asked.json.write_text(json.dumps([result.as_dict() for result in results], indent=2))
    missed = [result.name for result in results if not result.kept]
    print(f"\nbench: {'beyond the limit: ' + ', '.join(missed) if missed else 'all within their limits'}")
    return 1 if missed else 0


def line(result: Result) -> str:
    value = f"{result.value:g} {result.unit}".strip()
    return f"{result.name:<36} {value:>10}   {result.bound:<8} {result.limit:<5g} {result.detail}"


if __name__ == "__main__":
    sys.exit(main())
