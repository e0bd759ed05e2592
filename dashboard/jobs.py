"""Work for one visitor in a process of its own, in a queue that all visitors share; it can be taken back at any time."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from tempfile import TemporaryDirectory
from typing import Any

log = logging.getLogger(__name__)

Told = dict[str, Any]

QUEUES = {"read": ThreadPoolExecutor(2, "read"), "fit": ThreadPoolExecutor(1, "fit")}
"""Files are read two at a time; one fit at a time, for all visitors of this server."""

LONGEST = {"read": 120.0, "fit": 900.0}
"""How long a job may take [s]."""


class Job:
    """One piece of work.

    Args:
        kind: ``read`` or ``fit``, see ``dashboard.aside``.
        folder: with all that the job needs; removed when the job has ended, however it did.
        tell: called in a thread with each step that the process tells of; the last has ``done`` or ``error``.
        prepare: called in that thread first, to put into the folder what takes a while to make.
    """

    def __init__(
        self,
        kind: str,
        folder: TemporaryDirectory[str],
        tell: Callable[[Told], None],
        prepare: Callable[[], object] | None = None,
    ) -> None:
        self._kind, self._folder, self._tell, self._prepare = kind, folder, tell, prepare
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self.cancelled = False
        self.done = threading.Event()
        QUEUES[kind].submit(self._run)

    def cancel(self) -> None:
        """Take the work back: nothing more is told."""
        with self._lock:
            self.cancelled = True
            if self._process is not None:
                self._process.kill()

    def _run(self) -> None:
        try:
            self._work()
        except Exception as error:  # whoever waits is told, whatever it is
            log.exception("a job that failed before its process could tell")
            if not self.cancelled:
                self._tell({"error": f"expected to begin with it, got {error or type(error).__name__}; try again"})
        finally:
            self._folder.cleanup()
            self.done.set()

    def _work(self) -> None:
        if self._prepare is not None and not self.cancelled:
            self._prepare()
        with self._lock:
            if self.cancelled:
                return
            command = [sys.executable, "-m", "dashboard.aside", self._kind, self._folder.name]
            self._process = subprocess.Popen(  # noqa: S603 our own module
                command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True
            )
        self._tell({"step": "start"})
        ended = False
        with self._process as process:
            clock = threading.Timer(LONGEST[self._kind], process.kill)
            clock.start()
            assert process.stdout is not None  # noqa: S101 it is a pipe
            for line in process.stdout:
                told = parsed(line)
                if told is not None and not self.cancelled:
                    ended = ended or "done" in told or "error" in told
                    self._tell(told)
            clock.cancel()
        if not ended and not self.cancelled:
            self._tell({"error": f"expected an answer within {LONGEST[self._kind]:.0f} s and the memory there is, got none"})


def parsed(line: str) -> Told | None:
    """What a line tells; nothing, where a library printed it.

    >>> parsed('{"done": true}'), parsed("warning"), parsed("1")
    ({'done': True}, None, None)
    """
    try:
        told = json.loads(line)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None
