"""What every test can count on."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from xdist.scheduler import LoadFileScheduling

from proda_core.process import kernel

BROWSER = "tests/browser"


class Sharing(LoadFileScheduling):  # type: ignore[misc]
    """Shares the tests out by file, but leaves all that need a browser and its servers to one process."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        return BROWSER if file.startswith(BROWSER) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Sharing:
    """How several processes share the tests."""
    return Sharing(config, log)


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


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the scheduler of a Dask cluster of one process."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        dashboard_address="127.0.0.1:0",  # its state, of which no two clusters may tell at one port
        scheduler_kwargs={"dashboard": False},
        processes=True,
        host="127.0.0.1",
        local_directory=str(tmp_path_factory.mktemp("dask")),
    ) as started:
        yield started.scheduler_address


@pytest.fixture(scope="session")
def few_cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a climate file of few cells and retrieved maps made for it."""
    from proda_core.climate import artefact
    from tests.fabricate import fabricate_retrieved

    folder = tmp_path_factory.mktemp("data")
    artefact.write(artefact.read().isel(cell=slice(None, None, 400)), folder / "climate.nc")
    fabricate_retrieved(folder / "retrieved.nc", climate_file=folder / "climate.nc")
    return folder
