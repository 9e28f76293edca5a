"""One training step of a dense flow in PyTorch, timed: the peer of logdet's own step benchmark.

The net: (x -> xW + b -> smooth leaky ReLU) x (L - 1) -> xW + b -> standard normal; float32, Adam, mean NLL.
Two rules: `relative`, the relative gradient in the linear group, by hand, without autograd, into buffers made once;
`naive`, what a user writes first: torch.linalg.slogdet and autograd. Of the ways PyTorch has to spell Adam and the
backward products, the fastest at each size is the one that is timed.

Prints one JSON line a case: {dim, batch, layers, rule, ms, runs, variant}; ms is the median, null where not measured.
"""

import argparse
import ctypes
import itertools
import json
import math
import os
import platform
import sys
import time


def arguments():
    numbers = lambda text: [int(part) for part in text.split(",")]
    names = lambda text: text.split(",")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dims", type=numbers, default=[64, 256, 784, 2048, 4096])
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tuning", choices=["tuned", "stock"], default="tuned", help="threads and memory set up well, or as shipped")
    parser.add_argument("--rules", type=names, default=["relative", "naive"], help="relative,naive")
    parser.add_argument("--seconds-per-case", type=float, default=5.0, help="time to measure a case, warm-up aside")
    parser.add_argument("--max-naive-dim", type=int, default=4096, help="the naive rule gives null beyond this")
    return parser.parse_args()


options = arguments()
# The BLAS and OpenMP read these once, when they are loaded: before torch is.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(options.threads)
# Where PyTorch's threads and OpenBLAS's are two pools (Debian), the idle one of the two spins by default and takes the
# cores from the one that works: a step of D = 784 on two cores then takes about three times as long.
# And glibc hands the optimizer's temporaries back to the system after each use, so that every step faults their pages
# in again: about 2000 faults at D = 784. Tuned, it keeps them, as the allocators that PyTorch's tuning guide names do.
if options.tuning == "tuned":
    os.environ["OMP_WAIT_POLICY"] = "passive"
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # malloc.h
        libc.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
        libc.mallopt(M_MMAP_MAX, 0)

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

ALPHA = 0.3
LEARNING_RATE = 1e-4


def parameters(dim, layers):
    """Weights near the identity, [D, D], and biases, [D]."""
    weights = [torch.eye(dim).add_(torch.randn(dim, dim), alpha=0.1 / dim**0.5) for _ in range(layers)]
    biases = [torch.randn(dim) * 0.01 for _ in range(layers)]
    return weights, biases


class Relative:
    """The gradient by hand: with u = xW and v = u W^T, dW = v^T Delta - W. No inverse, no determinant."""

    def __init__(self, dim, batch, layers, stacked):
        self.weights, self.biases = parameters(dim, layers)
        self.batch, self.stacked = batch, stacked
        for tensor in self.weights + self.biases:
            tensor.grad = torch.empty_like(tensor)
        # u and Delta share a buffer, and so do their products with W^T: one product of 2B rows, or two of B.
        self.pair = [torch.empty(2 * batch, dim) for _ in range(layers)]
        self.back = [torch.empty(2 * batch, dim) for _ in range(layers)]
        hidden = lambda: [torch.empty(batch, dim) for _ in range(layers - 1)]
        self.y, self.z, self.sigmoid, self.slope, self.curve = hidden(), hidden(), hidden(), hidden(), hidden()

    def parameters(self):
        return self.weights + self.biases

    @torch.no_grad()
    def gradient(self, x):
        """Fills .grad of every parameter; returns nothing, for the relative step needs no loss."""
        batch, last = self.batch, len(self.weights) - 1
        z = x
        for k, (weight, bias) in enumerate(zip(self.weights, self.biases)):
            u, delta = self.pair[k][:batch], self.pair[k][batch:]
            torch.mm(z, weight, out=u)
            if k == last:
                torch.add(u, bias, out=delta).div_(batch)  # Delta of the standard normal: z / B
                break
            y, z, s = self.y[k], self.z[k], self.sigmoid[k]
            torch.add(u, bias, out=y)
            torch.sigmoid(y, out=s)
            torch.mul(F.softplus(y), 1 - ALPHA, out=z).add_(y, alpha=ALPHA)
        for k in range(last, -1, -1):
            weight, u, delta = self.weights[k], self.pair[k][:batch], self.pair[k][batch:]
            v, passed = self.back[k][:batch], self.back[k][batch:]
            if k == 0:
                torch.mm(u, weight.t(), out=v)
            elif self.stacked:
                torch.mm(self.pair[k], weight.t(), out=self.back[k])
            else:
                torch.mm(u, weight.t(), out=v)
                torch.mm(delta, weight.t(), out=passed)
            torch.addmm(weight, v.t(), delta, beta=-1, out=weight.grad)
            torch.sum(delta, 0, out=self.biases[k].grad)
            if k > 0:
                # Delta <- passed * slope - curve / (B slope), slope = a + (1-a) s, curve = (1-a) s (1-s)
                s, slope, curve = self.sigmoid[k - 1], self.slope[k - 1], self.curve[k - 1]
                before = self.pair[k - 1][batch:]
                torch.mul(s, 1 - ALPHA, out=slope)
                torch.addcmul(slope, slope, s, value=-1, out=curve)
                slope.add_(ALPHA)
                curve.div_(slope)
                torch.mul(passed, slope, out=before).sub_(curve, alpha=1 / batch)


class Naive:
    """The exact likelihood by slogdet, its gradient by autograd."""

    def __init__(self, dim, batch, layers):
        self.weights, self.biases = parameters(dim, layers)
        for tensor in self.weights + self.biases:
            tensor.requires_grad_()

    def parameters(self):
        return self.weights + self.biases

    def gradient(self, x):
        for tensor in self.parameters():
            tensor.grad = None
        z, log_det, last = x, 0.0, len(self.weights) - 1
        for k, (weight, bias) in enumerate(zip(self.weights, self.biases)):
            z = torch.addmm(bias, z, weight)
            log_det = log_det + torch.linalg.slogdet(weight).logabsdet
            if k < last:
                log_det = log_det + torch.log(ALPHA + (1 - ALPHA) * torch.sigmoid(z)).sum(1)
                z = ALPHA * z + (1 - ALPHA) * F.softplus(z)
        # The base's constant is left out: it has no gradient.
        loss = (0.5 * z.square().sum(1) - log_det).mean()
        loss.backward()


def check():
    """The relative gradient must be W W^T times the exact one: else the times below compare nothing."""
    for layers in (1, 2, 3):
        for stacked in (False, True):
            x, relative, naive = torch.randn(7, 5), Relative(5, 7, layers, stacked), Naive(5, 7, layers)
            with torch.no_grad():
                for mine, theirs in zip(relative.parameters(), naive.parameters()):
                    theirs.copy_(mine)
            relative.gradient(x)
            naive.gradient(x)
            for mine, exact in zip(relative.weights, naive.weights):
                torch.testing.assert_close(mine.grad, exact.detach() @ exact.detach().t() @ exact.grad, rtol=1e-3, atol=1e-4)
            for mine, exact in zip(relative.biases, naive.biases):
                torch.testing.assert_close(mine.grad, exact.grad, rtol=1e-3, atol=1e-4)


def times(run, seconds, minimum):
    """Seconds of each call, for `seconds` and at least `minimum` calls."""
    taken, end = [], time.perf_counter() + seconds
    while len(taken) < minimum or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return taken


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def adams(tensors):
    """Every spelling of torch.optim.Adam that this PyTorch runs on these tensors, by name."""
    for name, extra in (("single", {"foreach": False}), ("foreach", {"foreach": True}), ("fused", {"fused": True})):
        try:
            adam = torch.optim.Adam(tensors, lr=LEARNING_RATE, **extra)
            adam.step()
        except (RuntimeError, TypeError):
            continue  # an older PyTorch has no fused Adam, or has it for the GPU only
        yield name, adam


def variants(rule, dim):
    """Every way to take a step that is worth trying: (name, step)."""
    batch, layers = options.batch, options.layers
    # A few batches in turn, as in training, made beforehand: drawing data is not part of a step.
    batches = itertools.cycle([torch.randn(batch, dim) for _ in range(8)])
    if rule == "naive":
        nets = {"autograd": lambda: Naive(dim, batch, layers)}
    else:
        nets = {"plain": lambda: Relative(dim, batch, layers, stacked=False)}
        if layers > 1:
            nets["stacked"] = lambda: Relative(dim, batch, layers, stacked=True)
    for name, make in nets.items():
        net = make()
        net.gradient(next(batches))
        for spelling, adam in adams(net.parameters()):

            def step(net=net, adam=adam):
                net.gradient(next(batches))
                adam.step()

            yield f"{name}, Adam {spelling}", step


def measure(rule, dim):
    """The median time of a step, in ms, of the variant that is fastest in a short trial."""
    seconds = options.seconds_per_case
    best = (math.inf, None, None)
    for name, step in variants(rule, dim):
        step()
        trial = median(times(step, seconds / 8, 2))
        print(f"torch {rule} D={dim} trial: {trial * 1e3:.2f} ms ({name})", file=sys.stderr, flush=True)
        best = min(best, (trial, name, step), key=lambda entry: entry[0])
    _, name, step = best
    taken = times(step, seconds, 3)
    return {"ms": median(taken) * 1e3, "runs": len(taken), "variant": name}


def main():
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    torch.set_flush_denormal(True)
    check()
    for dim in options.dims:
        for rule in options.rules:
            skipped = rule == "naive" and dim > options.max_naive_dim
            result = {"ms": None, "runs": 0, "variant": None} if skipped else measure(rule, dim)
            case = {"dim": dim, "batch": options.batch, "layers": options.layers, "rule": rule}
            print(json.dumps({**case, **result}), flush=True)


main()
