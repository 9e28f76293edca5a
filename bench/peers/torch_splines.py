"""Rational-quadratic splines in PyTorch, for the peers: the formula, and one curve a column.

Durkan et al., "Neural spline flows", NeurIPS 2019, eq. 4-5.
"""

import math

import numpy as np
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

    Starts as the identity on [-4, 4], or from the quantiles of `sample` [rows, D]."""

    def __init__(self, dim, bins=8, sample=None):
        super().__init__()
        if sample is None:
            x = y = torch.linspace(-4, 4, bins + 1).expand(dim, -1)
            slope = torch.ones(dim, bins + 1)
        else:
            x, y, slope = quantile_knots(sample, bins)
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
            inner = at_x[:, 1:-1]
            # Comparing with every knot is the faster way up to about 16 of them.
            if inner.shape[1] <= 16:
                piece = (inside.unsqueeze(-1) >= inner).sum(-1).add_(self.first_piece)
            else:
                piece = torch.searchsorted(inner.contiguous(), inside.t().contiguous(), right=True).t().add(self.first_piece)
        # Of gather, index_select, embedding and one-hot products, `take` had the cheapest gradient.
        look_up = lambda table: torch.take(table, piece)
        slope0, slope1 = look_up(slopes[:, :-1]), look_up(slopes[:, 1:])
        y, log_slope = on_piece(inside, look_up(at_x[:, :-1]), look_up(widths), look_up(at_y[:, :-1]), look_up(heights), slope0, slope1)
        beyond = x - inside
        # Beyond the knots the formula gives the end's own slope.
        return y + beyond * torch.where(beyond > 0, slope1, slope0), log_slope.sum(-1)


FAR = 3.5  # where the sample's extremes may start, in standard deviations of the normal
LEAST_PIECE = 12.5  # even pieces that the finest one would fill
EVEN_PIECES = 8


def quantile_knots(sample, bins, reach=2.5):
    """Knots that send each column's quantiles to those of the standard normal, more of them where the column has details,
    as logdet's front splines start: x, y and slope [D, bins + 1]."""
    rows, dim = sample.shape
    normal = torch.distributions.Normal(0.0, 1.0)
    # The outermost knots must leave some rows beyond them.
    end = min(reach, normal.icdf(torch.tensor(1 - min(0.25, 5 / (rows + 1)))).item())
    lowest = normal.cdf(torch.tensor(-end)).item()
    ordered = sample.double().sort(0).values
    x, y = torch.empty(2, dim, bins + 1, dtype=torch.float64)
    for d in range(dim):
        column = ordered[:, d].contiguous()
        x[d] = spread(column[knot_positions(column.numpy(), bins, lowest)])
        y[d] = spread(normal.icdf(share_below(column, x[d]).clamp(lowest, 1 - lowest)))
    chord = y.diff(dim=1) / x.diff(dim=1)
    inner = 2 / (1 / chord[:, :-1] + 1 / chord[:, 1:])  # harmonic means keep the curve monotone
    room_below = (FAR + y[:, :1]) / (x[:, :1] - ordered[0].unsqueeze(1)).clamp_min(1e-9)
    room_above = (FAR - y[:, -1:]) / (ordered[-1].unsqueeze(1) - x[:, -1:]).clamp_min(1e-9)
    slope = torch.cat([torch.minimum(chord[:, :1], room_below), inner, torch.minimum(chord[:, -1:], room_above)], 1)
    return x.float(), y.float(), slope.float()


def share_below(ordered, values):
    """The share of a sorted sample below each value, interpolated between its points."""
    high = torch.searchsorted(ordered, values, right=True).clamp(1, len(ordered) - 1)
    gap = (ordered[high] - ordered[high - 1]).clamp_min(1e-300)
    return ((high - 1 + ((values - ordered[high - 1]) / gap).clamp(0, 1)) / (len(ordered) - 1)).clamp(0, 1)


def spread(at):
    """The same numbers with every step at least a twelfth of an even one."""
    whole = at[-1] - at[0] if at[-1] > at[0] else torch.ones((), dtype=at.dtype)
    steps = torch.maximum(at.diff(), whole / (LEAST_PIECE * (len(at) - 1)))
    return torch.cat([at[:1], at[0] + (steps * whole / steps.sum()).cumsum(0)])


def knot_positions(ordered, bins, lowest):
    """Indices of knots in a sorted sample: a few at even quantiles of the normal, then one by one where straight lines
    between them miss the empirical distribution function the most."""
    last = len(ordered) - 1
    first = min(bins, EVEN_PIECES)
    smooth = lambda t: t * t * (3 - 2 * t)
    cuts = [round((lowest + (1 - 2 * lowest) * smooth(k / first)) * last) for k in range(first + 1)]
    least = (ordered[cuts[-1]] - ordered[cuts[0]]) / (LEAST_PIECE * bins)

    def examine(low, high):
        index = np.arange(low + 1, high)
        inside = ordered[low + 1 : high]
        rise = (high - low) / ((ordered[high] - ordered[low]) or 1.0)
        miss = np.abs(index - low - rise * (inside - ordered[low]))
        miss[(inside - ordered[low] < least) | (ordered[high] - inside < least)] = 0
        worst = miss.argmax() if len(miss) else -1
        return (low, high, int(index[worst]), miss[worst]) if worst >= 0 and miss[worst] > 0 else (low, high, None, 0.0)

    pieces = [examine(low, high) for low, high in zip(cuts, cuts[1:])]
    while len(pieces) < bins:
        cut = max(pieces, key=lambda piece: piece[3])
        if cut[2] is None:
            cut = max(pieces, key=lambda piece: piece[1] - piece[0])
        at = (cut[0] + cut[1]) // 2 if cut[2] is None else cut[2]
        i = pieces.index(cut)
        pieces[i : i + 1] = [examine(cut[0], at), examine(at, cut[1])]
    return [pieces[0][0], *(piece[1] for piece in pieces)]
