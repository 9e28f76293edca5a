"""The flows that logdet's default is compared with, in PyTorch: MAF (Papamakarios et al. 2017), RQ-NSF with coupling layers
(Durkan et al. 2019), and the same with a spline a column in front, started from the column's quantiles.

Every setting (width, dropout, weight decay, rate) trains for --seconds of wall clock: AdamW, batches of 256 with fresh
dequantisation noise, gradients clipped, the learning rate a cosine over those seconds. The weights kept are those of the
best evaluation on the validation rows, and the setting reported is the one these rows prefer.

Prints one JSON line: {model, nats, twoSE, parameters, seconds, validation, setting, steps}; nats a row of the test rows in
the units of the files, seconds and steps those of the reported setting. A likelihood that is not finite is null.
"""

import argparse
import json
import math
import sys
import time

from torch_setup import prepare

# Chosen between by validation, each at the full budget. The rates suit budgets of some ten seconds: at 1e-3, which is usual
# where there are hours, an NSF was 8 nats worse on pendigits.
SETTINGS = {
    "maf": [
        {"hidden": 64, "dropout": 0.0, "decay": 1e-4, "rate": 5e-3},
        {"hidden": 128, "dropout": 0.0, "decay": 1e-4, "rate": 8e-3},
        {"hidden": 128, "dropout": 0.2, "decay": 1e-2, "rate": 3e-3},
    ],
    "nsf": [
        {"hidden": 32, "dropout": 0.2, "decay": 1e-4, "rate": 8e-3},
        {"hidden": 64, "dropout": 0.0, "decay": 1e-4, "rate": 8e-3},
        {"hidden": 64, "dropout": 0.2, "decay": 1e-2, "rate": 4e-3},
    ],
}
SETTINGS["nsf-front"] = SETTINGS["nsf"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--model", choices=SETTINGS, required=True)
    parser.add_argument("--seconds", type=float, required=True, help="wall clock of each setting")
    parser.add_argument("--settings", type=int, default=3, help="try the first so many")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=256)
    return parser.parse_args()


options = arguments()
prepare(options.threads)

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402
from torch_rows import Rows, summary  # noqa: E402
from torch_splines import SMALLEST, ColumnSplines, edges, on_piece, shares  # noqa: E402

BLOCKS = 5
BINS = 8
FRONT_BINS = 64  # of the splines in front, as many as logdet's
BOUND = 5.0  # of the coupling layers' splines; the identity beyond
CLIP = 5.0
WARM_UP = 50
EVALUATIONS = 40


class MaskedLinear(nn.Linear):
    def __init__(self, mask):
        super().__init__(mask.shape[1], mask.shape[0])
        self.register_buffer("mask", mask.float())

    def forward(self, x):
        return F.linear(x, self.weight * self.mask, self.bias)


class MaskedAffine(nn.Module):
    """MADE: each column shifted and scaled by what the columns before it say."""

    def __init__(self, dim, hidden, dropout):
        super().__init__()
        order = torch.arange(1, dim + 1)
        degree = torch.arange(hidden) % max(1, dim - 1) + 1
        self.net = nn.Sequential(
            MaskedLinear(degree[:, None] >= order),
            nn.ReLU(),
            MaskedLinear(degree[:, None] >= degree),
            nn.ReLU(),
            nn.Dropout(dropout),
            MaskedLinear(order.repeat(2)[:, None] > degree),
        )
        start_small(self.net[-1])

    def forward(self, x):
        shift, log_scale = self.net(x).chunk(2, -1)
        log_scale = 5 * torch.tanh(log_scale / 5)
        return (x - shift) * torch.exp(-log_scale), -log_scale.sum(-1)


class BatchNorm(nn.Module):
    """Batch normalisation as a bijection; running moments when evaluated."""

    def __init__(self, dim):
        super().__init__()
        self.log_gain, self.shift = nn.Parameter(torch.zeros(dim)), nn.Parameter(torch.zeros(dim))
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("variance", torch.ones(dim))

    def forward(self, x):
        mean, variance = self.mean, self.variance
        if self.training:
            mean, variance = x.mean(0), x.var(0) + 1e-5
            self.mean.lerp_(mean.detach(), 0.05)
            self.variance.lerp_(variance.detach(), 0.05)
        y = (x - mean) * torch.exp(self.log_gain) / variance.sqrt() + self.shift
        return y, (self.log_gain - 0.5 * torch.log(variance)).sum()


class Reverse(nn.Module):
    def forward(self, x):
        return x.flip(-1), 0.0


class LULinear(nn.Module):
    """A fixed random permutation, then x -> x U^T L^T + b with unit lower L."""

    def __init__(self, dim):
        super().__init__()
        self.factors = nn.Parameter(torch.randn(dim, dim) * 0.01)
        self.log_diagonal, self.bias = nn.Parameter(torch.zeros(dim)), nn.Parameter(torch.zeros(dim))
        self.register_buffer("order", torch.randperm(dim))
        self.register_buffer("identity", torch.eye(dim))

    def forward(self, x):
        lower = self.factors.tril(-1) + self.identity
        upper = self.factors.triu(1) + torch.diag(torch.exp(self.log_diagonal))
        return F.linear(F.linear(x[:, self.order], upper), lower, self.bias), self.log_diagonal.sum()


class Residual(nn.Module):
    def __init__(self, hidden, dropout):
        super().__init__()
        self.net = nn.Sequential(nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, hidden))

    def forward(self, x):
        return x + self.net(x)


class SplineCoupling(nn.Module):
    """Half of the columns passed through splines that the other half chooses."""

    def __init__(self, dim, hidden, dropout, flip):
        super().__init__()
        columns = torch.arange(dim)
        given, moved = columns[columns % 2 == int(flip)], columns[columns % 2 != int(flip)]
        self.register_buffer("given", given)
        self.register_buffer("moved", moved)
        self.register_buffer("back", torch.cat([given, moved]).argsort())
        self.net = nn.Sequential(
            nn.Linear(len(given), hidden),
            Residual(hidden, dropout),
            Residual(hidden, dropout),
            nn.Linear(hidden, len(moved) * (3 * BINS - 1)),
        )
        self.scale = hidden**-0.5
        start_small(self.net[-1])

    def forward(self, x):
        given, moved = x[:, self.given], x[:, self.moved]
        widths, heights, slopes = self.net(given).view(*moved.shape, -1).split([BINS, BINS, BINS - 1], -1)
        y, log_det = unit_spline(moved, widths * self.scale, heights * self.scale, slopes)
        return torch.cat([given, y], 1)[:, self.back], log_det


def unit_spline(x, raw_widths, raw_heights, raw_slopes):
    """A curve of its own for each element, on [-BOUND, BOUND] with slope one at both ends; the identity beyond."""
    widths, heights = 2 * BOUND * shares(raw_widths), 2 * BOUND * shares(raw_heights)
    # 0.5413 is where the softplus is one: zeros start as the identity.
    slopes = F.pad(F.softplus(raw_slopes + 0.5413) + SMALLEST, (1, 1), value=1.0)
    at_x, at_y = edges(widths, -BOUND), edges(heights, -BOUND)
    inside = x.clamp(-BOUND, BOUND)
    piece = (inside.detach().unsqueeze(-1) >= at_x[..., 1:-1].detach()).sum(-1, keepdim=True)
    look_up = lambda table, next=0: table.gather(-1, piece + next).squeeze(-1)
    y, log_slope = on_piece(
        inside, look_up(at_x), look_up(widths), look_up(at_y), look_up(heights), look_up(slopes), look_up(slopes, 1)
    )
    beyond = x - inside
    return y + beyond, torch.where(beyond == 0, log_slope, torch.zeros_like(log_slope)).sum(-1)


def start_small(layer):
    with torch.no_grad():
        layer.weight.mul_(0.01)
        layer.bias.zero_()


class Flow(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x):
        """Log-density of each row, standard normal base."""
        log_det = 0.0
        for layer in self.layers:
            x, more = layer(x)
            log_det = log_det + more
        return log_det - 0.5 * (x * x).sum(-1) - 0.5 * x.shape[1] * math.log(2 * math.pi)


def build(rows, hidden, dropout):
    dim, layers = rows.dim, []
    if options.model == "nsf-front":
        # Tables have rows a hundred times farther out than the quantiles: without a bound those alone would be learned first.
        layers.append(ColumnSplines(dim, FRONT_BINS, rows.dequantised(rows.centres[:20000])))
    for k in range(BLOCKS):
        if options.model == "maf":
            layers += [MaskedAffine(dim, hidden, dropout), BatchNorm(dim), Reverse()]
        else:
            layers += [LULinear(dim), SplineCoupling(dim, hidden, dropout, flip=k % 2 == 1)]
    if options.model != "maf":
        layers.append(LULinear(dim))
    return Flow(layers)


def check():
    """Every layer's log-det must be that of its numerical Jacobian, at random parameters."""
    layers = [MaskedAffine(4, 16, 0.0), BatchNorm(4), LULinear(4), SplineCoupling(4, 16, 0.0, False), ColumnSplines(4, BINS)]
    torch.manual_seed(1)
    for layer in layers:
        for parameter in layer.parameters():
            parameter.data.add_(torch.randn_like(parameter), alpha=0.5)
        layer.double().eval()
        for x in 2 * torch.randn(5, 4, dtype=torch.float64):
            jacobian = torch.autograd.functional.jacobian(lambda row: layer(row[None])[0][0], x)
            expected, found = torch.linalg.slogdet(jacobian).logabsdet, torch.as_tensor(layer(x[None])[1]).reshape(())
            torch.testing.assert_close(found.detach(), expected, rtol=1e-6, atol=1e-6)


def groups(flow, decay):
    """The conditioners' weights decay; biases, splines and linear layers of the flow itself do not."""
    decayed = [module.weight for module in flow.modules() if isinstance(module, nn.Linear)]
    known = {id(parameter) for parameter in decayed}
    rest = [parameter for parameter in flow.parameters() if id(parameter) not in known]
    return [{"params": decayed, "weight_decay": decay}, {"params": rest, "weight_decay": 0.0}]


@torch.no_grad()
def log_density(flow, rows):
    flow.eval()
    found = torch.cat([flow(part) for part in rows.split(4096)])
    flow.train()
    return found


def train(rows, setting):
    """One setting, for as long as there is time; building the net and looking at it count."""
    torch.manual_seed(options.seed)
    started = time.perf_counter()
    elapsed = lambda: time.perf_counter() - started
    flow = build(rows, setting["hidden"], setting["dropout"])
    optimizer = torch.optim.AdamW(groups(flow, setting["decay"]), setting["rate"], foreach=True)
    batches, steps, looks, best, kept, ended = rows.batches(options.batch), 0, 0, -math.inf, None, False
    while not ended:
        share = elapsed() / options.seconds
        ended = share >= 1
        if ended or share * EVALUATIONS >= looks + 1:
            looks = int(share * EVALUATIONS)
            validation = log_density(flow, rows.validation).mean().item()
            if validation > best:
                best, kept = validation, {name: value.clone() for name, value in flow.state_dict().items()}
        if not ended:
            for group in optimizer.param_groups:
                group["lr"] = setting["rate"] * min(1, (steps + 1) / WARM_UP) * 0.5 * (1 + math.cos(math.pi * share))
            loss = -flow(next(batches)).mean()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            norm = nn.utils.clip_grad_norm_(flow.parameters(), CLIP)
            # One infinite gradient would stay in AdamW's moments for good.
            if math.isfinite(norm):
                optimizer.step()
            steps += 1
    seconds = elapsed()
    print(f"torch {options.model} {setting}: validation {best:.3f} nats, {steps} steps in {seconds:.1f} s", file=sys.stderr, flush=True)
    if kept is not None:
        flow.load_state_dict(kept)
    return {"flow": flow, "validation": best, "seconds": seconds, "steps": steps, "setting": setting}


def main():
    rows = Rows(options.folder)
    best = max((train(rows, setting) for setting in SETTINGS[options.model][: options.settings]), key=lambda run: run["validation"])
    flow = best.pop("flow")
    parameters = sum(p.numel() for p in flow.parameters())
    line = {"model": options.model, **summary(log_density(flow, rows.test)), "parameters": parameters, **best}
    # JSON has neither infinities nor NaN.
    line.update({key: None for key in ("nats", "twoSE", "validation") if not math.isfinite(line[key])})
    print(json.dumps(line), flush=True)


check()
main()
