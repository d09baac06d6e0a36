"""The benchmarks: ratios inside one run, against a floor that does the same work without Cairn."""
