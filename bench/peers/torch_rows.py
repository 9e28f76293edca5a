"""The rows that the PyTorch peers train on, as logdet writes them: standardised, discrete columns dequantised."""

import os

import numpy as np
import torch


class Rows:
    """FOLDER/centres.npy [rows, D], the middles of the cells; widths.npy [D], the cells' widths, 0 for a continuous
    column; validation.npy and test.npy [rows, D], dequantised once."""

    def __init__(self, folder):
        read = lambda name: torch.from_numpy(np.load(os.path.join(folder, f"{name}.npy")).astype(np.float32))
        self.centres, self.widths, self.validation, self.test = map(read, ("centres", "widths", "validation", "test"))
        self.dim = self.centres.shape[1]
        self.is_discrete = bool((self.widths > 0).any())

    def dequantised(self, rows):
        """The rows with fresh uniform noise of their cells' widths, as logdet has it at every draw."""
        return torch.rand_like(rows).sub_(0.5).mul_(self.widths).add_(rows) if self.is_discrete else rows

    def batches(self, size):
        """Batches without end, every epoch in a new order; what is left over at its end is not drawn in it."""
        size = min(size, len(self.centres))
        while True:
            order = torch.randperm(len(self.centres))
            for start in range(0, len(order) - size + 1, size):
                yield self.dequantised(self.centres[order[start : start + size]])


def summary(log_densities):
    """Mean in nats a row, and twice its standard error."""
    values = log_densities.double()
    return {"nats": values.mean().item(), "twoSE": 2 * values.std().item() / len(values) ** 0.5}
