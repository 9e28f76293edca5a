"""Rational-quadratic splines in PyTorch, for the peers: the formula, and one curve a column.

Durkan et al., "Neural spline flows", NeurIPS 2019, eq. 4-5.
"""

import math

import torch
import torch.nn.functional as F

SMALLEST = 1e-3  # no piece is a smaller share of the whole, no slope is smaller


def shares(raw):
    """Positive numbers that add up to one along the last axis."""
    return F.softmax(raw, -1) * (1 - raw.shape[-1] * SMALLEST) + SMALLEST


def edges(sizes, start):
    """Positions of the knots along the last axis: one more than there are pieces."""
    return F.pad(torch.cumsum(sizes, -1), (1, 0)) + start


def on_piece(x, x0, width, y0, height, slope0, slope1):
    """Value and logarithm of the slope on one piece, x within it; all of one shape."""
    chord = height / width
    t = (x - x0) / width
    rest = 1 - t
    bend = t * rest
    denominator = chord + (slope0 + slope1 - 2 * chord) * bend
    y = y0 + height * (chord * t * t + slope0 * bend) / denominator
    numerator = slope1 * t * t + 2 * chord * bend + slope0 * rest * rest
    return y, torch.log(chord * chord * numerator) - 2 * torch.log(denominator)


class ColumnSplines(torch.nn.Module):
    """A learned curve for each column, straight beyond its last knots, with learned slopes there too.

    Starts as the identity on [-4, 4], or from the quantiles of `sample` [rows, D]; then `far`, if given, is how far out the
    straight ends may send a row of the sample."""

    def __init__(self, dim, bins=8, sample=None, far=None):
        super().__init__()
        if sample is None:
            x = y = torch.linspace(-4, 4, bins + 1).expand(dim, -1)
            slope = torch.ones(dim, bins + 1)
        else:
            x, y, slope = quantile_knots(sample, bins)
            if far is not None:
                room = far - y[:, -1]
                slope[:, 0] = torch.minimum(slope[:, 0], room / (x[:, 0] - sample.min(0).values).clamp_min(1e-6))
                slope[:, -1] = torch.minimum(slope[:, -1], room / (sample.max(0).values - x[:, -1]).clamp_min(1e-6))
        raw_share = lambda at: torch.log((at.diff(dim=1) / (at[:, -1:] - at[:, :1]) - SMALLEST).clamp_min(SMALLEST / 100))
        above = (slope - SMALLEST).clamp_min(SMALLEST / 100)
        self.widths = torch.nn.Parameter(raw_share(x))
        self.heights = torch.nn.Parameter(raw_share(y))
        self.slopes = torch.nn.Parameter(torch.where(above > 30, above, torch.log(torch.expm1(above.clamp_max(30)))))
        for name, value in {"left": x[:, :1], "width": x[:, -1:] - x[:, :1], "bottom": y[:, :1], "height": y[:, -1:] - y[:, :1]}.items():
            self.register_buffer(name, value.float().clone())
        self.register_buffer("right", (self.left + self.width)[:, 0])
        self.register_buffer("first_piece", torch.arange(dim) * bins)

    def forward(self, x):
        """x [batch, D] -> y [batch, D], log|det| [batch]."""
        widths, heights = shares(self.widths) * self.width, shares(self.heights) * self.height
        at_x, at_y = edges(widths, self.left), edges(heights, self.bottom)
        slopes = F.softplus(self.slopes) + SMALLEST
        inside = torch.maximum(torch.minimum(x, self.right), self.left[:, 0])
        with torch.no_grad():
            piece = (inside.unsqueeze(-1) >= at_x[:, 1:-1]).sum(-1).add_(self.first_piece)
        # Of gather, index_select, embedding and one-hot products, `take` had the cheapest gradient.
        look_up = lambda table: torch.take(table, piece)
        slope0, slope1 = look_up(slopes[:, :-1]), look_up(slopes[:, 1:])
        y, log_slope = on_piece(inside, look_up(at_x[:, :-1]), look_up(widths), look_up(at_y[:, :-1]), look_up(heights), slope0, slope1)
        beyond = x - inside
        # Beyond the knots the formula gives the end's own slope.
        return y + beyond * torch.where(beyond > 0, slope1, slope0), log_slope.sum(-1)


def quantile_knots(sample, bins, reach=2.5):
    """Knots that send each column's quantiles to those of the standard normal, as logdet's front spline starts: x, y and
    slope [D, bins + 1]."""
    rows, dim = sample.shape
    normal = torch.distributions.Normal(0.0, 1.0)
    # The outermost knots must leave some rows beyond them.
    end = min(reach, normal.icdf(torch.tensor(1 - min(0.25, 5 / (rows + 1)))).item())
    y = torch.linspace(-end, end, bins + 1, dtype=torch.float64)
    position = (0.5 * (1 + torch.erf(y / math.sqrt(2)))) * (rows - 1)
    below = position.floor().long()
    ordered = sample.double().sort(0).values
    low, high = ordered[below], ordered[(below + 1).clamp_max(rows - 1)]
    x = (low + (position - below).unsqueeze(1) * (high - low)).t()
    # Ties are spread: a piece keeps at least a hundredth of the width.
    whole = x[:, -1:] - x[:, :1]
    whole = torch.where(whole == 0, torch.ones_like(whole), whole)
    steps = torch.maximum(x.diff(dim=1), whole / 100)
    steps = steps * whole / steps.sum(1, keepdim=True)
    x = torch.cat([x[:, :1], x[:, :1] + steps.cumsum(1)], 1)
    y = y.expand(dim, -1)
    chord = y.diff(dim=1) / steps
    inner = 2 / (1 / chord[:, :-1] + 1 / chord[:, 1:])  # harmonic means keep the curve monotone
    slope = torch.cat([chord[:, :1], inner, chord[:, -1:]], 1)
    return x.float(), y.float(), slope.float()
