"""pandas' C reader on a file, best of several runs. usage: csv_read.py FILE [RUNS]; prints "pandas MEGABYTES_PER_CPU_SECOND RECORDS"."""

import os
import sys
import time

import pandas

path, runs = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 7
best = 0
for _ in range(runs):
    begin = time.process_time()
    table = pandas.read_csv(path, engine="c")
    best = max(best, os.path.getsize(path) / 1e6 / (time.process_time() - begin))
print(f"pandas {best:.0f} {len(table)}")
