"""What every test can count on."""

from __future__ import annotations

import pytest

from proda_core.process import kernel


@pytest.fixture(scope="session", autouse=True)
def _compiled_kernel() -> None:
    """Compile before hypothesis starts to count time."""
    kernel.warm_up()
