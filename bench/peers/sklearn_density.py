"""The classical densities logdet's density benchmark runs beside: one Gaussian, and a mixture of Gaussians.

Reads FOLDER/train.npy, validation.npy and test.npy, float64 [rows, D], already dequantised. Fits on train: a
full-covariance Gaussian by maximum likelihood, and scikit-learn's GaussianMixture (full covariances) with 1, 2, 4, ...
64 components, of which validation chooses. Densities are in the units of the files, in nats a row.

Prints one JSON line a model: {model, nats, twoSE, parameters, seconds, k, validation, note}. nats is the mean
log-density of the test rows, twoSE twice its standard error. note says what had to be done beyond the plain fit.
"""

import argparse
import json
import os
import sys
import time

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("folder")
parser.add_argument("--components", type=lambda text: [int(k) for k in text.split(",")], default=[1, 2, 4, 8, 16, 32, 64])
parser.add_argument("--starts", type=int, default=2, help="EM runs a mixture, best kept")
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--max-seconds", type=float, default=float("inf"), help="start no further mixture after this long")
options = parser.parse_args()
# The BLAS reads these once, when it is loaded.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(options.threads)

import warnings  # noqa: E402

import numpy as np  # noqa: E402
from sklearn.exceptions import ConvergenceWarning  # noqa: E402
from sklearn.mixture import GaussianMixture  # noqa: E402

RIDGE = 1e-6  # of a column's variance


def read(name):
    rows = np.load(os.path.join(options.folder, f"{name}.npy"))
    if rows.ndim != 2 or not np.isfinite(rows).all():
        raise SystemExit(f"{name}.npy: expected finite numbers of shape [rows, D], got shape {list(rows.shape)}")
    return rows.astype(np.float64)


def report(model, log_densities, validation, parameters, seconds, k, notes):
    nats, error = log_densities.mean(), log_densities.std(ddof=1) / len(log_densities) ** 0.5
    line = {"model": model, "nats": nats, "twoSE": 2 * error, "parameters": parameters, "seconds": seconds}
    line.update({"k": k, "validation": validation, "note": "; ".join(notes) or None})
    print(json.dumps(line), flush=True)


def gaussian(train):
    """The maximum-likelihood Gaussian of standardised rows, as a function rows -> log-densities, and notes."""
    dim, notes = train.shape[1], []
    mean, covariance = train.mean(0), np.cov(train, rowvar=False, bias=True).reshape(dim, dim)
    if np.linalg.matrix_rank(covariance, hermitian=True) < dim:
        covariance = covariance + RIDGE * np.eye(dim)
        notes.append(f"singular covariance: {RIDGE:g} of each column's variance added")
    factor = np.linalg.cholesky(covariance)
    constant = -0.5 * dim * np.log(2 * np.pi) - np.log(np.diag(factor)).sum()
    return lambda rows: constant - 0.5 * np.square(np.linalg.solve(factor, (rows - mean).T)).sum(0), notes


def main():
    train, validation, test = read("train"), read("validation"), read("test")
    dim = train.shape[1]
    # Both models are fitted to standardised columns; the log-determinant of that scaling brings the units back.
    shift, scale = train.mean(0), train.std(0)
    scale[scale == 0] = 1.0
    log_scale = np.log(scale).sum()
    train, validation, test = ((rows - shift) / scale for rows in (train, validation, test))

    start = time.perf_counter()
    log_density, notes = gaussian(train)
    seconds = time.perf_counter() - start
    one = dim + dim * (dim + 1) // 2
    report("gaussian", log_density(test) - log_scale, log_density(validation).mean() - log_scale, one, seconds, None, notes)

    best, worse, notes, start = None, 0, [], time.perf_counter()
    for k in options.components:
        if best is not None and time.perf_counter() - start > options.max_seconds:
            notes.append(f"stopped by time before K = {k}")
            break
        if k > len(train):
            notes.append(f"fewer than {k} rows")
            break
        mixture = GaussianMixture(k, reg_covar=RIDGE, n_init=options.starts, random_state=options.seed, max_iter=200)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                mixture.fit(train)
        except ValueError as error:
            notes.append(f"K = {k} failed: {error}")
            break
        score = mixture.score(validation)
        print(f"gmm K={k}: validation {score - log_scale:.3f} nats, {time.perf_counter() - start:.1f} s", file=sys.stderr, flush=True)
        if best is None or score > best[0]:
            best, worse = (score, k, mixture), 0
        else:
            worse += 1
        if worse == 2:
            break
    if best is None:
        raise SystemExit(f"no mixture could be fitted: {'; '.join(notes)}")
    score, k, mixture = best
    if not mixture.converged_:
        notes.append("EM stopped at 200 iterations")
    size = k * one + k - 1
    seconds = time.perf_counter() - start
    report("gmm", mixture.score_samples(test) - log_scale, score - log_scale, size, seconds, k, notes)


main()
