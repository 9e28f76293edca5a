"""The independent component analysis that logdet's runs beside: scikit-learn's FastICA.

Reads ROWS.npy, [rows, D], and for every seed and tolerance finds D sources with the library's other defaults (parallel
algorithm, log cosh, random start). Only the fit is timed.

Prints one JSON line a run: {seed, tolerance, iterations, seconds, cpuSeconds, sources}. sources is a file of the
sources, float32 [rows, D], in FOLDER.
"""

import argparse
import json
import os
import time

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("rows")
parser.add_argument("folder")
parser.add_argument("--seeds", type=lambda text: [int(k) for k in text.split(",")], default=[0, 1, 2])
parser.add_argument("--tolerances", type=lambda text: [float(k) for k in text.split(",")], default=[1e-4])
parser.add_argument("--threads", type=int, default=1)
options = parser.parse_args()
# The BLAS reads these once, when it is loaded.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(options.threads)

import numpy as np  # noqa: E402
from sklearn.decomposition import FastICA  # noqa: E402

rows = np.load(options.rows).astype(np.float64)
for tolerance in options.tolerances:
    for seed in options.seeds:
        started, cpu = time.perf_counter(), time.process_time()
        model = FastICA(whiten="unit-variance", random_state=seed, tol=tolerance, max_iter=2000)
        sources = model.fit_transform(rows)
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        path = os.path.join(options.folder, f"{tolerance:g}-{seed}.npy")
        np.save(path, np.ascontiguousarray(sources, dtype=np.float32))
        line = {"seed": seed, "tolerance": tolerance, "iterations": model.n_iter_}
        print(json.dumps({**line, "seconds": seconds, "cpuSeconds": cpu, "sources": path}), flush=True)
