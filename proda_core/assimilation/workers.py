"""Batches handed to processes, here or on a cluster, a few at a time; what comes back, in the order in which it is done.

A crew may lose workers.  The batches that were at work then are tried again one at a time, so that the one that kills its worker
is found out and the others are done.  Workers never outlive the run: each watches a pipe that closes when the run ends, however
it ends.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, Protocol

import torch

from proda_core.process import kernel

DEATHS = 3
"""Times that a batch may lose its worker."""

AHEAD = 2
"""Batches in flight for each worker, so that none waits for work."""


class WorkerLostError(RuntimeError):
    """A batch lost its worker too often."""


class Crew(Protocol):
    """Workers that take jobs."""

    size: int

    def submit(self, job: Callable[[], Any]) -> Future[Any]:
        """Hand a job, which must pickle, to a worker."""
        ...

    def renew(self) -> None:
        """Replace the workers after one was lost."""
        ...


def results(numbers: Iterable[int], job: Callable[[int], Callable[[], Any]], crew: Crew) -> Iterator[tuple[int, Any]]:
    """Number and result of each job, as they are done; the exception in place of the result where a job raised one.

    Args:
        numbers: of the jobs.
        job: makes a job when its turn has come, so that only those in flight take memory.
        crew: who works.
    """
    waiting, running, deaths = deque(numbers), dict[Future[Any], int](), Counter[int]()
    while waiting or running:
        lost = _hand_out(waiting, running, deaths, job, crew)
        done, _ = wait(running, timeout=0 if lost else None, return_when=FIRST_COMPLETED)
        for future in sorted(done, key=running.__getitem__):
            number = running.pop(future)
            error = future.exception() if not future.cancelled() else CancelledError()
            if isinstance(error, (BrokenProcessPool, CancelledError)):
                lost.append(number)
            else:
                yield number, error or future.result()
        if lost:
            crew.renew()
            lost += [number for future, number in running.items() if _is_lost(future)]
            for future in [future for future, number in running.items() if number in lost]:
                del running[future]
            deaths.update(lost)
            given_up = [number for number in lost if deaths[number] >= DEATHS]
            waiting.extendleft(sorted(set(lost) - set(given_up), reverse=True))
            for number in given_up:
                yield number, WorkerLostError(f"its worker died {DEATHS} times; is there too little memory?")


def _is_lost(future: Future[Any]) -> bool:
    return future.done() and (future.cancelled() or isinstance(future.exception(), BrokenProcessPool))


def _hand_out(
    waiting: deque[int],
    running: dict[Future[Any], int],
    deaths: Counter[int],
    job: Callable[[int], Callable[[], Any]],
    crew: Crew,
) -> list[int]:
    """Keep the crew busy; returns the job that could not be handed out because a worker had died."""
    while waiting and len(running) < AHEAD * crew.size:
        suspect = deaths[waiting[0]] > 0 or any(deaths[number] for number in running.values())
        if suspect and running:
            break
        number = waiting.popleft()
        try:
            running[crew.submit(job(number))] = number
        except BrokenProcessPool:
            return [number]
    return []


@contextmanager
def local(size: int) -> Iterator[Crew]:
    """Processes on this computer, each with one thread.

    Args:
        size: number of processes.
    """
    if size < 1:
        raise ValueError(f"expected at least 1 worker, got {size}")
    crew = _Local(size)
    try:
        yield crew
    except BaseException:
        crew.stop()
        raise
    crew.close()


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Local:
    """A pool of processes that can be replaced, and stopped at once."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._pool, self._lifeline = self._start()

    def _start(self) -> tuple[ProcessPoolExecutor, Connection]:
        context = multiprocessing.get_context("spawn")
        reader, writer = context.Pipe(duplex=False)
        return ProcessPoolExecutor(self.size, context, initializer=_begin, initargs=(reader,)), writer

    def submit(self, job: Callable[[], Any]) -> Future[Any]:
        """Hand a job to a worker; starts the workers when the first one comes."""
        with _no_interrupt():
            return self._pool.submit(_single_threaded, job)

    def renew(self) -> None:
        """Start new workers."""
        self.stop()
        self._pool, self._lifeline = self._start()

    def close(self) -> None:
        """Let the workers end."""
        self._pool.shutdown(wait=True)
        self._lifeline.close()

    def stop(self) -> None:
        """Stop every worker, at work or not."""
        self._lifeline.close()
        self._pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """Hold Ctrl-C back: processes started meanwhile do not see it at all, this one a little later.

    Blocking the signal is for the new processes, which inherit that.  Here it is not enough: the system may hand the signal to
    another thread, on whose behalf Python would interrupt the main thread all the same, in the midst of telling a process what to
    do.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    held: list[int] = []
    handler, here = signal.getsignal(signal.SIGINT), threading.current_thread() is threading.main_thread()
    if here:
        signal.signal(signal.SIGINT, lambda number, _: held.append(number))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if here:
            signal.signal(signal.SIGINT, handler)
        if held:
            signal.raise_signal(signal.SIGINT)


def _begin(lifeline: Connection) -> None:
    """First thing in a worker: Ctrl-C is the parent's to handle, and the worker ends when the parent does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        try:
            lifeline.recv_bytes()
        finally:
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _single_threaded(job: Callable[[], Any]) -> Any:
    """Work with one thread: others of the crew use the other processors."""
    torch.set_num_threads(1)
    kernel.limit_threads(1)
    return job()


@contextmanager
def cluster(address: str, patience: float = 10.0) -> Iterator[Crew]:
    """The workers of a Dask cluster.

    Args:
        address: of its scheduler, such as ``tcp://host:8786``.
        patience: how long to wait for an answer of the scheduler [s].

    Raises:
        OSError: no scheduler answers there.
        ImportError: ``distributed`` is not installed.
    """
    try:
        import distributed
    except ImportError as error:
        raise ImportError("expected Python package distributed for --scheduler, got none; run pip install distributed") from error
    try:
        client = distributed.Client(address, timeout=patience, set_as_default=False)
    except (OSError, ValueError) as error:
        raise OSError(
            f"expected a Dask scheduler at {address}, got no answer within {patience:g} s; "
            "start one with dask scheduler, or leave --scheduler out"
        ) from error
    try:
        size = max(1, sum(client.nthreads().values()))
        yield _Cluster(client.get_executor(retries=2, pure=False), size)
    finally:
        client.close()


class _Cluster:
    """A Dask cluster, which replaces lost workers' work by itself."""

    def __init__(self, executor: Executor, size: int) -> None:
        self.size = size
        self._executor = executor

    def submit(self, job: Callable[[], Any]) -> Future[Any]:
        """Hand a job to a worker."""
        return self._executor.submit(_single_threaded, job)

    def renew(self) -> None:
        """Nothing to do: what was lost was the scheduler itself."""
        raise OSError("expected the Dask scheduler to stay, got it lost; start it again and go on with --resume")
