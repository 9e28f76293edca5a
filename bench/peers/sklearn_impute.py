"""scikit-learn's imputers, beside which logdet's benchmark of missing cells fills them in.

Reads FOLDER/fitted.npy [n, D] and incomplete.npy [m, D], float64, standardised, NaN where a cell is missing. Fits to fitted and
fills incomplete with IterativeImputer (BayesianRidge, the library's defaults) and KNNImputer (5 neighbours).

Prints one JSON line a method: {method, filled, seconds}; filled is a float64 file [m, D] in FOLDER.
"""

import argparse
import json
import os
import time
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, KNNImputer

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("folder")
parser.add_argument("--seed", type=int, default=0)
options = parser.parse_args()

fitted, incomplete = (np.load(os.path.join(options.folder, f"{name}.npy")) for name in ("fitted", "incomplete"))
methods = {
    "iterative": IterativeImputer(random_state=options.seed),
    "nearest-neighbours": KNNImputer(n_neighbors=5),
}
for method, imputer in methods.items():
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        filled = imputer.fit(fitted).transform(incomplete)
    path = os.path.join(options.folder, f"{method}.npy")
    np.save(path, np.ascontiguousarray(filled))
    print(json.dumps({"method": method, "filled": path, "seconds": time.perf_counter() - start}), flush=True)
