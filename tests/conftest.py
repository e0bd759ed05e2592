"""What every test can count on."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
import torch

from proda_core.process import kernel


@pytest.fixture(scope="session", autouse=True)
def _heeds_ctrl_c() -> None:
    """A shell that starts the tests in the background has them ignore Ctrl-C, and so would every process that they start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _compiled_kernel() -> None:
    """Compile before hypothesis starts to count time."""
    kernel.warm_up()


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """One thread in PyTorch: with small batches on a busy computer its threads mostly wait for one another."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
