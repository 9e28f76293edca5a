"""The densities of numbers and categories that logdet's mixed benchmark runs beside.

Reads FOLDER/train-numbers.npy [n, D] and test-numbers.npy [m, D], train-codes.npy [n, C] and test-codes.npy [m, C], the
codes of categories, and steps.npy [D], the widths of the numbers' cells, 0 where they are continuous. The test numbers lie
anywhere in their cells; the training numbers are their middles, and are spread over them here: five times, or once from
6,000 rows on. All models are

  log p(codes) + log p(numbers | codes),   p(codes) = (count + 1 / cells) / (n + 1)

with count the training rows of that combination, and cells the number of combinations that there could be, each column
having one category more than its training rows show. The numbers are, given the codes,

  gaussian              a Gaussian whose mean is linear in the indicators of the categories, one covariance; a category that
                        no training row has counts as its column's first
  mixtures-by-category  GaussianMixture, full covariances, for each combination of five rows a column or more, of the rows of
                        that combination; one-mixture for all others
  one-mixture           GaussianMixture for all rows, whatever their categories

Mixtures have 1 to 12, 16, 24, 32, 48 or 64 components, of which BIC chooses (of the true number of rows), with ten rows a
component or more, the best of two starts each; from 12 on a search ends when two in a row are no better. Columns are
standardised; reg_covar is 1e-4 of that.

Prints one JSON line a model: {model, logProb, seconds, note}. logProb is a float64 file [m] in FOLDER, in nats and in the
units of the files.
"""

import argparse
import json
import os
import time

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("folder")
parser.add_argument("--models", type=lambda text: text.split(","), required=True)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--threads", type=int, default=1)
options = parser.parse_args()
# The BLAS reads these once, when it is loaded.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(options.threads)

import warnings  # noqa: E402
from collections import Counter  # noqa: E402

import numpy as np  # noqa: E402
from sklearn.exceptions import ConvergenceWarning  # noqa: E402
from sklearn.mixture import GaussianMixture  # noqa: E402

COMPONENTS = [*range(1, 13), 16, 24, 32, 48, 64]


def read(name):
    return np.load(os.path.join(options.folder, f"{name}.npy")).astype(np.float64)


class Rows:
    """What the models see: standardised numbers, in copies that differ in where they lie in their cells, and codes."""

    def __init__(self):
        numbers, self.codes = read("train-numbers"), read("train-codes").astype(int)
        self.test_codes = read("test-codes").astype(int)
        steps, random = read("steps"), np.random.default_rng(options.seed)
        self.count = len(numbers)
        self.copies = 5 if self.count < 6000 else 1
        copied = np.tile(numbers, (self.copies, 1))
        copied += steps * (random.random(copied.shape) - 0.5)
        centre, scale = copied.mean(0), copied.std(0)
        self.numbers, self.test = (copied - centre) / scale, (read("test-numbers") - centre) / scale
        self.log_scale = np.log(scale).sum()
        self.keys = [tuple(row) for row in self.codes]
        self.test_keys = [tuple(row) for row in self.test_codes]

    def of(self, key):
        """The copies of the rows of a combination of categories."""
        return self.numbers[np.tile([other == key for other in self.keys], self.copies)]


def combinations(rows):
    """log p(codes) of the test rows."""
    cells = np.prod([len(np.unique(column)) + 1.0 for column in rows.codes.T])
    counts = Counter(rows.keys)
    return np.array([np.log((counts[key] + 1 / cells) / (rows.count + 1)) for key in rows.test_keys])


def gaussian(rows):
    dim = rows.numbers.shape[1]
    levels = [np.unique(column)[1:] for column in rows.codes.T]

    def design(codes):
        parts = [np.ones((len(codes), 1))]
        parts += [(codes[:, [j]] == level).astype(float) for j, level in enumerate(levels)]
        return np.hstack(parts)

    train = np.tile(design(rows.codes), (rows.copies, 1))
    slopes = np.linalg.lstsq(train, rows.numbers, rcond=None)[0]
    rest = rows.numbers - train @ slopes
    factor = np.linalg.cholesky(rest.T @ rest / len(rest))
    white = np.linalg.solve(factor, (rows.test - design(rows.test_codes) @ slopes).T)
    constant = 0.5 * dim * np.log(2 * np.pi) + np.log(np.diag(factor)).sum()
    return -0.5 * np.square(white).sum(0) - constant, None


def mixture(numbers, copies):
    """The mixture that BIC chooses; `numbers` are so many copies of the true rows."""
    count, best, worse = len(numbers) / copies, None, 0
    for k in COMPONENTS:
        if (k > 12 and worse >= 2) or (best is not None and count < 10 * k):
            break
        found = GaussianMixture(k, reg_covar=1e-4, n_init=2, random_state=options.seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            found.fit(numbers)
        bic = -2 * count * found.score(numbers) + found._n_parameters() * np.log(count)
        if best is None or bic < best[0]:
            best, worse = (bic, found), 0
        else:
            worse += 1
    return best[1]


def one_mixture(rows):
    found = mixture(rows.numbers, rows.copies)
    return found.score_samples(rows.test), f"K = {found.n_components}"


def mixtures_by_category(rows):
    log_prob, note = one_mixture(rows)
    least = 5 * rows.numbers.shape[1]
    sizes = []
    for key, count in Counter(rows.keys).items():
        if count < least:
            continue
        found = mixture(rows.of(key), rows.copies)
        sizes.append(found.n_components)
        places = [i for i, other in enumerate(rows.test_keys) if other == key]
        if places:
            log_prob[places] = found.score_samples(rows.test[places])
    kinds = len(set(rows.keys))
    return log_prob, f"{len(sizes)} of {kinds} combinations have their own, K = {sorted(sizes)}; the others: {note}"


MODELS = {"gaussian": gaussian, "mixtures-by-category": mixtures_by_category, "one-mixture": one_mixture}


def main():
    rows = Rows()
    joint = combinations(rows)
    for model in options.models:
        start = time.perf_counter()
        log_prob, note = MODELS[model](rows)
        path = os.path.join(options.folder, f"{model}.npy")
        np.save(path, log_prob - rows.log_scale + joint)
        line = {"model": model, "logProb": path, "seconds": time.perf_counter() - start, "note": note}
        print(json.dumps(line), flush=True)


main()
