"""What is committed is what its README says."""

import hashlib
import re

import pytest

from proda_core.store import data_directory

ROW = re.compile(r"^\| `([\w.]+)` \|.*\| `([0-9a-f]{64})` \|$", re.MULTILINE)
TABLE = dict(ROW.findall((data_directory() / "README.md").read_text(encoding="utf-8")))


def test_every_data_file_is_in_the_table() -> None:
    committed = {path.name for path in data_directory().iterdir() if path.suffix in (".nc", ".geojson")}
    assert committed == set(TABLE)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_checksum_is_the_documented_one(name: str) -> None:
    assert hashlib.sha256((data_directory() / name).read_bytes()).hexdigest() == TABLE[name]


def test_committed_data_stay_small() -> None:
    assert sum(path.stat().st_size for path in data_directory().iterdir()) < 40e6
