"""logdet's default recipe in PyTorch: a spline a column in front, dense layers with splines between them, a mixture of
three Gaussians a column as the base, the optimizer in the Lie algebra. float32, no evaluation tricks, no fused kernels:
what PyTorch offers, used with care.

Autograd differentiates the splines and the base; the dense layers have their relative gradient by hand, G = y^T Delta - I,
so that no step needs a determinant or an inverse. All parameters lie in one tensor, so that Adam is a handful of calls.

torch_recipe.py steps: prints {dim, batch, threads, stepsPerSecond} for each of --dims; batches are drawn within the time.
torch_recipe.py train FOLDER: trains on the rows there, once for each of --noise, and keeps what validation likes best;
prints {nats, twoSE, validation, seconds, parameters, noise, curve}: test rows, nats; seconds from the start of the process;
curve the validation likelihoods of all evaluations as {seconds, nats}.
"""

import argparse
import json
import math
import sys
import time

STARTED = time.perf_counter()

from torch_setup import prepare  # noqa: E402


def arguments():
    numbers = lambda kind: lambda text: [kind(part) for part in text.split(",")]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    steps = commands.add_parser("steps")
    steps.add_argument("--dims", type=numbers(int), default=[6, 16, 36, 64])
    steps.add_argument("--seconds", type=float, default=2.0, help="time to measure a dimension, warm-up aside")
    train = commands.add_parser("train")
    train.add_argument("folder")
    train.add_argument("--steps", type=int, default=3000)
    train.add_argument("--evaluate-every", type=int, default=100)
    train.add_argument("--noise", type=numbers(float), default=[0.0], help="standard deviations of input noise to try")
    train.add_argument("--rate", type=float, default=3e-2)
    train.add_argument("--seed", type=int, default=0)
    for command in (steps, train):
        command.add_argument("--batch", type=int, default=256)
        command.add_argument("--layers", type=int, default=4)
        command.add_argument("--bins", type=int, default=8)
        command.add_argument("--front-bins", type=int, default=64)
        command.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


options = arguments()
prepare(options.threads)

import torch  # noqa: E402
from torch_rows import Rows, summary  # noqa: E402
from torch_splines import ColumnSplines  # noqa: E402

HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
WARM_UP = 50
STEP_CLIP = 0.3
FULL_RATE_DIM = 16  # beyond it the steps of the dense layers shrink as 1/D


class Mixture(torch.nn.Module):
    """Independent columns, each a mixture of Gaussians."""

    def __init__(self, dim, components=3):
        super().__init__()
        means = torch.linspace(-1, 1, components).repeat(dim, 1).add_(torch.randn(dim, components), alpha=0.05)
        self.logits = torch.nn.Parameter(torch.zeros(dim, components))
        self.means = torch.nn.Parameter(means)
        self.log_scales = torch.nn.Parameter(torch.full((dim, components), -0.2))

    def forward(self, z):
        distance = (z.unsqueeze(-1) - self.means) * torch.exp(-self.log_scales)
        height = torch.log_softmax(self.logits, -1) - self.log_scales - HALF_LOG_2PI
        return torch.logsumexp(height - 0.5 * distance * distance, -1).sum(-1)


class Recipe:
    """The net. All its parameters are views of `values`: weights [L, D, D], biases [L, D], then what autograd trains."""

    def __init__(self, sample):
        self.dim, self.layers = dim, layers = sample.shape[1], options.layers
        self.front = ColumnSplines(dim, options.front_bins, sample)
        self.between = [ColumnSplines(dim, options.bins) for _ in range(layers - 1)]
        self.base = Mixture(dim)
        self.learned = [p for module in (self.front, *self.between, self.base) for p in module.parameters()]
        dense = [torch.eye(dim).repeat(layers, 1, 1).add_(torch.randn(layers, dim, dim), alpha=0.02), torch.zeros(layers, dim)]
        self.values = torch.cat([part.detach().reshape(-1) for part in dense + self.learned])
        self.weights, self.biases, *learned = self.parts(self.values)
        for parameter, view in zip(self.learned, learned):
            parameter.data = view
        self.gradient = torch.empty_like(self.values)
        self.weight_gradients, self.bias_gradients, *_ = self.parts(self.gradient)
        self.minus_identity = -torch.eye(dim)
        self.dense_length = layers * dim * (dim + 1)

    def parts(self, values):
        """Views of a tensor like `values`, in the parameters' shapes."""
        shapes = [(self.layers, self.dim, self.dim), (self.layers, self.dim), *(p.shape for p in self.learned)]
        sizes = [math.prod(shape) for shape in shapes]
        return [part.view(shape) for part, shape in zip(values.split(sizes), shapes)]

    def forward(self, x, weights=None, biases=None):
        """Log-density of each row without the dense layers' log|det W|, and each layer's output."""
        weights = self.weights if weights is None else weights
        biases = self.biases if biases is None else biases
        z, log_density = self.front(x)
        outputs = []
        for k in range(self.layers):
            y = torch.addmm(biases[k], z, weights[k])
            outputs.append(y)
            if k < self.layers - 1:
                z, log_det = self.between[k](y)
                log_density = log_density + log_det
        return log_density + self.base(y), outputs

    def relative_gradient(self, x):
        """Fills `gradient` with that of the mean NLL: G in the Lie algebra for the weights."""
        log_density, outputs = self.forward(x)
        found = torch.autograd.grad(-log_density.mean(), outputs + self.learned)
        with torch.no_grad():
            for k in range(self.layers):
                torch.addmm(self.minus_identity, outputs[k].t(), found[k], out=self.weight_gradients[k])
                torch.sum(found[k], 0, out=self.bias_gradients[k])
            rest = [gradient.reshape(-1) for gradient in found[self.layers :]]
            torch.cat(rest, out=self.gradient[self.dense_length :])

    @torch.no_grad()
    def log_density(self, rows):
        volume = torch.linalg.slogdet(self.weights.double()).logabsdet.sum().float()
        return torch.cat([self.forward(part)[0] for part in rows.split(4096)]) + volume


class LieAdam:
    """Adam on the relative gradient; weights move by W <- W - W u, the Frobenius norm of u clipped."""

    def __init__(self, net, beta1=0.9, beta2=0.999, epsilon=1e-8):
        self.net, self.betas, self.epsilon, self.taken = net, (beta1, beta2), epsilon, 0
        self.first, self.second = torch.zeros_like(net.values), torch.zeros_like(net.values)
        self.move = torch.empty_like(net.values)

    @torch.no_grad()
    def step(self, rate):
        net, (beta1, beta2) = self.net, self.betas
        self.taken += 1
        self.first.lerp_(net.gradient, 1 - beta1)
        self.second.mul_(beta2).addcmul_(net.gradient, net.gradient, value=1 - beta2)
        torch.sqrt(self.second, out=self.move).div_((1 - beta2**self.taken) ** 0.5).add_(self.epsilon)
        torch.div(self.first, self.move, out=self.move).mul_(rate / (1 - beta1**self.taken))
        end = net.weights.numel()
        u = self.move[:end].view_as(net.weights)
        shrink = min(1.0, FULL_RATE_DIM / net.dim)
        norms = torch.linalg.vector_norm(u, dim=(1, 2), keepdim=True)
        u.mul_((STEP_CLIP / (norms + 1e-12)).clamp_(max=shrink))
        net.weights.sub_(torch.bmm(net.weights, u))
        net.values[end:].sub_(self.move[end:])


def check():
    """With the exact gradient dW: G = W^T dW + b (1^T Delta). Otherwise nothing below is the recipe."""
    torch.manual_seed(1)
    net, x = Recipe(torch.randn(50, 3)), torch.randn(7, 3)
    net.biases.normal_()
    net.relative_gradient(x)
    weights, biases = (part.clone().requires_grad_() for part in (net.weights, net.biases))
    loss = -net.forward(x, weights, biases)[0].mean() - torch.linalg.slogdet(weights).logabsdet.sum()
    exact, shift = torch.autograd.grad(loss, (weights, biases))
    expected = weights.transpose(1, 2) @ exact + biases.unsqueeze(2) * shift.unsqueeze(1)
    torch.testing.assert_close(net.weight_gradients, expected.detach(), rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(net.bias_gradients, shift, rtol=1e-3, atol=1e-4)


def steps():
    """Steps per second: the median over blocks of ten, so that what happens only now and then counts too."""
    for dim in options.dims:
        torch.manual_seed(1)
        rows = torch.randn(4096, dim)
        net = Recipe(rows)
        optimizer, order = LieAdam(net), torch.randperm(len(rows))
        starts = [start for start in range(0, len(rows) - options.batch + 1, options.batch)]

        def block(length=10):
            for _ in range(length):
                start = starts[optimizer.taken % len(starts)]
                net.relative_gradient(rows[order[start : start + options.batch]])
                optimizer.step(1e-4)

        block()
        taken, end = [], time.perf_counter() + options.seconds
        while len(taken) < 3 or time.perf_counter() < end:
            start = time.perf_counter()
            block()
            taken.append((time.perf_counter() - start) / 10)
        middle = sorted(taken)[len(taken) // 2]
        line = {"dim": dim, "batch": options.batch, "threads": options.threads, "stepsPerSecond": 1 / middle}
        print(json.dumps(line), flush=True)


def train():
    rows = Rows(options.folder)
    runs = [run(rows, noise) for noise in options.noise]
    best = max(runs, key=lambda found: found["validation"])
    if not math.isfinite(best["validation"]):
        raise SystemExit("no weights with a finite likelihood were found")
    curve = [point for found in runs for point in found["curve"]]
    log_density = best["net"].log_density(rows.test)
    line = {**summary(log_density), "validation": best["validation"], "seconds": time.perf_counter() - STARTED}
    line.update(parameters=best["net"].values.numel(), noise=best["noise"], curve=curve)
    print(json.dumps(line), flush=True)


def run(rows, noise):
    """One training run, its weights those of the best evaluation."""
    torch.manual_seed(options.seed)
    net = Recipe(rows.dequantised(rows.centres[:20000]))
    optimizer = LieAdam(net)
    best, kept, curve = -math.inf, net.values.clone(), []
    batches = rows.batches(options.batch)
    for step in range(options.steps + 1):
        if step % options.evaluate_every == 0 or step == options.steps:
            validation = net.log_density(rows.validation).mean().item()
            if math.isfinite(validation):
                curve.append({"seconds": time.perf_counter() - STARTED, "nats": validation})
            if validation > best:
                best = validation
                kept.copy_(net.values)
        if step == options.steps:
            break
        factor = min(1, (step + 1) / WARM_UP) * 0.5 * (1 + math.cos(math.pi * (step + 1) / options.steps))
        x = next(batches)
        if noise > 0:
            x = x + noise * factor * torch.randn_like(x)
        net.relative_gradient(x)
        optimizer.step(options.rate * factor)
    net.values.copy_(kept)
    print(f"torch recipe, noise {noise:g}: validation {best:.3f} nats, {time.perf_counter() - STARTED:.1f} s", file=sys.stderr, flush=True)
    return {"net": net, "noise": noise, "validation": best, "curve": curve}


check()
{"steps": steps, "train": train}[options.command]()
