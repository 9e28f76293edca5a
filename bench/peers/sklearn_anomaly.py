"""The anomaly detectors logdet's anomaly benchmark runs beside: those of scikit-learn.

Reads FOLDER/train.npy [n, D] and test.npy [m, D], float64, and standardises both by the training rows' means and
deviations. Every detector is fitted to train and scores test, larger being stranger:

  isolation-forest      IsolationForest, 100 trees of 256 rows
  local-outlier-factor  LocalOutlierFactor of 20 neighbours, novelty
  nearest-neighbours    the Euclidean distance to the 5th nearest training row
  one-class-svm         OneClassSVM, Gaussian kernel, gamma 1 / (D times the variance), nu 0.5
  elliptic-envelope     the Mahalanobis distance of EllipticEnvelope (robust covariance by FastMCD)
  gaussian-mixture      minus the log-density of GaussianMixture, full covariances, 1 to 10 components by BIC

All settings are the library's defaults except the 5 neighbours and what the mixture says. Neighbours are looked for among
at most 20,000 training rows and the support vector machine sees at most 10,000, drawn at random, as their cost is
quadratic. With --same test is train, and no row is its own neighbour.

Prints one JSON line a detector: {detector, seconds, scores, note}. seconds are those of fitting and scoring, scores is a
float64 file [m] in FOLDER, or null where the detector failed; note says what had to be done, or why it failed.
"""

import argparse
import json
import os
import re
import time

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("folder")
parser.add_argument("--detectors", type=lambda text: text.split(","), required=True)
parser.add_argument("--same", action="store_true", help="test.npy is train.npy")
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--neighbour-rows", type=int, default=20_000)
parser.add_argument("--svm-rows", type=int, default=10_000)
options = parser.parse_args()
# The BLAS reads these once, when it is loaded.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(options.threads)

import warnings  # noqa: E402

import numpy as np  # noqa: E402
from sklearn.covariance import EllipticEnvelope  # noqa: E402
from sklearn.ensemble import IsolationForest  # noqa: E402
from sklearn.mixture import GaussianMixture  # noqa: E402
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.svm import OneClassSVM  # noqa: E402


def at_most(train, rows, notes):
    """So many training rows, and their places in train."""
    places = np.arange(len(train))
    if len(train) > rows:
        places = np.sort(np.random.default_rng(options.seed).choice(len(train), rows, replace=False))
        notes.append(f"fitted to {rows} of {len(train)} rows")
    return train[places], places


def isolation_forest(train, test, notes):
    return -IsolationForest(random_state=options.seed).fit(train).score_samples(test)


def local_outlier_factor(train, test, notes):
    fitted, places = at_most(train, options.neighbour_rows, notes)
    model = LocalOutlierFactor(n_neighbors=min(20, len(fitted) - 1), novelty=True).fit(fitted)
    scores = -model.score_samples(test)
    if options.same:
        scores[places] = -model.negative_outlier_factor_
    return scores


def nearest_neighbours(train, test, notes):
    fitted, places = at_most(train, options.neighbour_rows, notes)
    k = min(5, len(fitted) - 1)
    model = NearestNeighbors(n_neighbors=k).fit(fitted)
    scores = model.kneighbors(test)[0][:, -1]
    if options.same:
        scores[places] = model.kneighbors()[0][:, -1]
    return scores


def one_class_svm(train, test, notes):
    return -OneClassSVM(gamma="scale").fit(at_most(train, options.svm_rows, notes)[0]).score_samples(test)


def elliptic_envelope(train, test, notes):
    return -EllipticEnvelope(random_state=options.seed).fit(train).score_samples(test)


def gaussian_mixture(train, test, notes):
    mixtures = (GaussianMixture(k, random_state=options.seed) for k in range(1, min(10, len(train)) + 1))
    best = min((mixture.fit(train) for mixture in mixtures), key=lambda mixture: mixture.bic(train))
    notes.append(f"K = {best.n_components}")
    return -best.score_samples(test)


DETECTORS = {
    "isolation-forest": isolation_forest,
    "local-outlier-factor": local_outlier_factor,
    "nearest-neighbours": nearest_neighbours,
    "one-class-svm": one_class_svm,
    "elliptic-envelope": elliptic_envelope,
    "gaussian-mixture": gaussian_mixture,
}


def main():
    train, test = (np.load(os.path.join(options.folder, f"{name}.npy")) for name in ("train", "test"))
    scaler = StandardScaler().fit(train)
    train, test = scaler.transform(train), scaler.transform(test)
    for detector in options.detectors:
        notes, path, start = [], os.path.join(options.folder, f"{detector}.npy"), time.perf_counter()
        try:
            with warnings.catch_warnings(record=True) as warned:
                scores = DETECTORS[detector](train, test, notes)
            # Up to their numbers, which differ every time.
            notes.extend(dict.fromkeys(re.split(r"[:.(\d]", str(warning.message).strip())[0] for warning in warned))
            seconds = time.perf_counter() - start
            np.save(path, np.asarray(scores, dtype=np.float64))
        except (ValueError, np.linalg.LinAlgError) as error:
            path, seconds = None, time.perf_counter() - start
            notes.append(f"failed: {error}")
        line = {"detector": detector, "seconds": seconds, "scores": path, "note": "; ".join(notes) or None}
        print(json.dumps(line), flush=True)


main()
