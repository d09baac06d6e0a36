"""Cairn whose worker takes what it is told of, and finds nothing by itself."""

import cairn.worker.worker
from cairn.cli import main

if __name__ == "__main__":
    cairn.worker.worker.SWEEP_SECONDS = 86400
    main()
