"""Sets a process up for PyTorch as well as it can be; call `prepare` before the first `import torch`."""

import ctypes
import os
import platform


def prepare(threads):
    """Thread pools of this size that do not spin when idle, and an allocator that keeps freed memory."""
    # The BLAS and OpenMP read these once, when they are loaded.
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = str(threads)
    os.environ["OMP_WAIT_POLICY"] = "passive"
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # malloc.h
        libc.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
        libc.mallopt(M_MMAP_MAX, 0)

    import torch

    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
