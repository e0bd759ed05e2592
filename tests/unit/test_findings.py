"""``findings.nc``: what is written comes back; what is damaged, foreign or of other maps is refused in words that say why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from proda_core import store
from proda_core.sensitivity import CONTROLS, MECHANISMS, findings, gather
from proda_core.sensitivity.findings import FindingsError, Shares
from tests.findings import made_up
from tests.shell import fails, proda


@pytest.fixture
def maps(tmp_path: Path) -> Path:
    """Stands for the retrieved maps: only its checksum counts here."""
    path = tmp_path / "retrieved.nc"
    path.write_bytes(b"maps")
    return path


@pytest.fixture
def file(tmp_path: Path, maps: Path) -> Path:
    path = tmp_path / "findings.nc"
    findings.write(made_up(store.checksum(maps)), path)
    return path


def same(one: object, other: object) -> bool:
    if isinstance(one, Shares):
        return all(same(getattr(one, field.name), getattr(other, field.name)) for field in fields(Shares))
    if isinstance(one, np.ndarray):
        return np.array_equal(one, np.asarray(other), equal_nan=True)
    return str(one) == str(other)  # NaN equals NaN in words


def test_what_is_written_comes_back(file: Path, maps: Path) -> None:
    found, wanted = findings.read(file, maps), made_up(store.checksum(maps))
    for field in fields(findings.Findings):
        assert same(getattr(found, field.name), getattr(wanted, field.name)), field.name
    assert np.isnan(found.budget[2].sd)


def test_the_same_findings_give_the_same_bytes(file: Path, maps: Path, tmp_path: Path) -> None:
    findings.write(made_up(store.checksum(maps)), tmp_path / "again.nc")
    assert (tmp_path / "again.nc").read_bytes() == file.read_bytes()


def test_indices_of_a_stock_that_does_not_vary_may_be_unknown(tmp_path: Path, maps: Path) -> None:
    held = made_up(store.checksum(maps))
    first = held.mechanisms.first.copy()
    first[:, 2] = np.nan
    findings.write(replace(held, mechanisms=replace(held.mechanisms, first=first)), tmp_path / "f.nc")
    assert np.isnan(findings.read(tmp_path / "f.nc", maps).mechanisms.first[:, 2]).all()


def changed(**values: object) -> Callable[[Path], None]:
    """A file whose dataset has other attributes or variables, sealed again."""

    def change(path: Path) -> None:
        with xr.open_dataset(path, decode_cf=False) as opened:
            data = opened.load()
        for name, value in values.items():
            if name in data.variables:
                data = data.drop_vars(name) if value is None else data.assign({name: value(data[name])})  # type: ignore[operator]
            else:
                data.attrs[name] = value
                if value is None:
                    del data.attrs[name]
        path.unlink()
        data.to_netcdf(path, engine="netcdf4")
        store.seal(path)

    return change


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-500])


def one_bit(path: Path) -> None:
    held = bytearray(path.read_bytes())
    held[len(held) // 2] ^= 1
    path.write_bytes(bytes(held))


def foreign(path: Path) -> None:
    xr.Dataset({"x": ("y", [1.0])}).to_netcdf(path, engine="netcdf4")


def holed(array: xr.DataArray) -> xr.DataArray:
    return array.where(array != array.max())


BROKEN: list[tuple[Callable[[Path], object], str]] = [
    (Path.unlink, "expected a file of findings at .*, got no file"),
    (truncated, "cut short"),
    (one_bit, "the file is damaged"),
    (foreign, "a NetCDF file without proda_findings_schema"),
    (lambda path: path.write_text("{}"), "a file of another kind"),
    (changed(proda_findings_schema="99"), "expected findings of version 1 at .*, got '99'"),
    (changed(mechanism="cue"), "expected mechanisms cue carbon_input"),
    (changed(maps_sha256=None), "expected the attribute maps_sha256"),
    (changed(explained=None), "expected the variable explained"),
    (changed(stock=holed), "expected stock .Pg. within"),
    (changed(elasticity=lambda a: a.astype("f4")), "expected elasticity as float64"),
    (changed(realised=lambda a: a.isel(step=slice(1)).rename(step="other")), "expected realised as float64"),
    (changed(dropped=lambda a: a.isel(member=slice(1)).rename(member="other")), "expected dropped as float64"),
    (changed(places='["globe"]'), "expected a name for each place"),
    (changed(places="globe"), "cannot be read"),
    (changed(shares_depth="9m"), "expected indices of a known depth"),
    (changed(budget='[{"source": "x"}]'), "expected rows with source, sd, share, note"),
    (changed(maps_sha256="f" * 64), r"expected findings of the retrieved maps retrieved.nc .* got findings of others \(ffff"),
]


@pytest.mark.parametrize(("damage", "words"), BROKEN)
def test_broken_files_are_refused_and_say_why(file: Path, maps: Path, damage: Callable[[Path], object], words: str) -> None:
    damage(file)
    with pytest.raises(FindingsError, match=words) as refused:
        findings.read(file, maps)
    assert findings.REMEDY in str(refused.value)


def test_one_member_has_no_spread_and_is_refused(tmp_path: Path) -> None:
    held = made_up()
    one = {
        field.name: getattr(held, field.name)
        for field in fields(findings.Findings)
        if isinstance(getattr(held, field.name), np.ndarray)
    }
    cut = {name: values[:1] if values.shape[0] == held.members else values[:, :1] for name, values in one.items()}
    with pytest.raises(FindingsError, match="expected stock as float64"):
        findings.write(replace(held, **cut), tmp_path / "f.nc")


def test_without_the_maps_nothing_can_be_said(file: Path, maps: Path) -> None:
    maps.unlink()
    with pytest.raises(FindingsError, match="expected the retrieved maps that"):
        findings.read(file, maps)


def test_what_could_not_be_read_back_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(FindingsError, match="expected stock"):
        findings.write(replace(made_up(), stock=-made_up().stock), tmp_path / "f.nc")
    assert list(tmp_path.iterdir()) == []


# ---- gathering ----


def results(maps: str) -> dict[str, xr.Dataset]:
    """What the commands leave, from made-up findings."""
    held, origin = made_up(), {"maps_sha256": maps}
    curve = ("recipe", "member", "mechanism")
    names = {name: list(ours) for name, ours in findings.COORDINATES.items() if name in ("recipe", "mechanism", "depth")}
    shares = {
        over: xr.Dataset(
            {name: (("size", "output", "input"), getattr(table, name)) for name in findings._SHARES},
            {"size": table.sizes, "output": list(held.places), "input": list(table.names)},
            {**origin, "over": over, "depth": "1m", "width": 0.1},
        )
        for over, table in (("mechanisms", held.mechanisms), ("parameters", held.parameters))
    }
    return {
        "sensitivity": xr.Dataset(
            {
                "stock": ((*curve, "step", "depth"), held.stock),
                "realised": ((*curve, "step"), held.realised),
                "dropped": (curve, held.dropped),
                "elasticity": ((*curve, "depth"), held.elasticity),
                "one_percent": ((*curve, "depth"), held.one_percent),
            },
            names,
            origin,
        ),
        "control": xr.Dataset(
            {
                "stock": (("member", "control", "depth"), held.controlled),
                "explained": (("member", "control"), held.explained),
                "explained_weighted": (("member", "control"), held.explained_weighted),
                "uniform_input_explained": (("member",), held.uniform_input),
                "uniform_input_explained_weighted": (("member",), held.uniform_input_weighted),
            },
            {"control": list(CONTROLS), "depth": names["depth"]},
            origin,
        ),
        **shares,
    }  # fmt: skip


BUDGET = pd.DataFrame(
    {"source": ["learning", "x"], "sd": [1.5, np.nan], "share": [1.0, np.nan], "note": ["a", None], "depth": "1m"}
)


def test_the_command_gathers_what_the_analyses_left_in_any_order(maps: Path, tmp_path: Path) -> None:
    checksum = store.checksum(maps)
    paths = []
    for name, data in results(checksum).items():
        paths.insert(0, tmp_path / f"{name}.nc")
        data.to_netcdf(paths[0])
    BUDGET.to_csv(tmp_path / "budget.csv", index=False)
    out = tmp_path / "f.nc"
    done = proda("findings", *paths, "--out", out, "--parameters", maps, "--budget", tmp_path / "budget.csv")
    assert done.exit_code == 0, done.output
    found, wanted = findings.read(out, maps), made_up(checksum)
    for field in fields(findings.Findings):
        if not field.name.startswith("budget"):
            assert same(getattr(found, field.name), getattr(wanted, field.name)), field.name
    assert [(row.source, row.note) for row in found.budget] == [("learning", "a"), ("x", "")]
    assert "expected a new file" in fails("findings", *paths, "--out", out, "--parameters", maps)
    assert "got a second file of proda control" in fails(
        "findings", *paths, tmp_path / "control.nc", "--out", tmp_path / "g.nc", "--parameters", maps
    )


def without(name: str) -> Callable[[dict[str, xr.Dataset]], None]:
    return lambda held: held.__delitem__(name)


def of_other_maps(held: dict[str, xr.Dataset]) -> None:
    held["control"].attrs["maps_sha256"] = "f" * 64


def of_another_depth(held: dict[str, xr.Dataset]) -> None:
    held["parameters"].attrs["depth"] = "2m"


def of_few_mechanisms(held: dict[str, xr.Dataset]) -> None:
    held["sensitivity"] = held["sensitivity"].sel(mechanism=list(MECHANISMS[:3]))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (without("control"), "expected results of proda control PROFILES, got none"),
        (without("mechanisms"), "expected results of proda sobol --over mechanisms, got none"),
        (of_other_maps, "expected results of proda control PROFILES for maps 000000000000..., got those of ffff"),
        (of_another_depth, "expected Sobol indices of one depth, got 1m and 2m"),
        (of_few_mechanisms, "expected stock for every mechanism"),
    ],
)
def test_results_that_do_not_belong_together_are_refused(damage: Callable[[dict[str, xr.Dataset]], None], words: str) -> None:
    held = results("0" * 64)
    damage(held)
    with pytest.raises(FindingsError, match=words):
        gather.gather(held, "0" * 64)


def test_a_budget_without_its_columns_is_refused() -> None:
    with pytest.raises(FindingsError, match="got one without sd"):
        gather.gather(results("0" * 64), "0" * 64, BUDGET.drop(columns="sd"))


def test_other_files_are_no_results(tmp_path: Path, maps: Path) -> None:
    (tmp_path / "a.nc").write_text("x")
    foreign(tmp_path / "b.nc")
    ask = ("--out", tmp_path / "f.nc", "--parameters", maps)
    assert "expected results as NetCDF" in fails("findings", tmp_path / "a.nc", *ask)
    assert "got another NetCDF file" in fails("findings", tmp_path / "b.nc", *ask)
    assert "got no file" in fails("findings", tmp_path / "c.nc", *ask)
