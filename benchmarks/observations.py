"""How much memory and time large files of soil layers take: ``python -m benchmarks.observations``.

Writes the three files of a snapshot of WoSIS in its layout of September 2019, filled with random numbers, into a temporary
directory, reads them in a process of its own and reports the peak of its memory against the size of the files.  The real layer
files have 894 and 891 MB.

On a machine with two cores (``--megabytes 892`` for the second column):

| | MB | MB |
|---|---|---|
| files | 442 | 1789 |
| peak memory of the reading process | 485 | 642 |
| of it, before anything is read | 149 | 149 |
| growth over size of the files | 0.76 | 0.28 |

It took 1.6 s for 164,000 layers and 10.8 s for 663,000.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

LAYERS_PER_PROFILE = 5
PROPERTIES = 12
"""Properties in each layer file; with their methods they make up its size."""

READ = """
import json, resource, sys, time
from pathlib import Path
from proda_core import observations
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.perf_counter()
profiles, report = observations.read(Path(sys.argv[1]))
took = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"before": before, "peak": peak, "seconds": took, "layers": report.layers_read, "kept": report.layers_kept}))
"""


def write_layers(path: Path, codes: list[str], megabytes: float, seed: int) -> int:
    """Layers with random values of ``codes`` until the file is so large; gives their number."""
    draw = np.random.default_rng(seed)
    parts = ("value", "value_avg", "method", "date", "dataset_id", "profile_code", "licence")
    keys = ["profile_id", "profile_layer_id", "upper_depth", "lower_depth", "layer_name", "litter"]
    method = (
        "sample pretreatment = sieved over 2 mm; calculation = not applied; detection = titrimetric; reaction = sulfuric acid"
    )
    layer = 0
    with path.open("w", encoding="utf-8") as file:
        file.write("\t".join([*keys, *(f"{code}_{part}" for code in codes for part in parts)]) + "\n")
        while file.tell() < megabytes * 1e6:
            for values in draw.uniform(0.5, 2.0, (1000, len(codes))):
                profile, number = divmod(layer, LAYERS_PER_PROFILE)
                cells = [str(profile + 1), str(layer), str(20 * number), str(20 * number + 20), "A", "f"]
                for value in values:
                    if value < 1.1:
                        cells += [""] * len(parts)
                    else:
                        text = f"{value:.2f}"
                        cells += [
                            f"{{1:{text}}}",
                            text,
                            f'"{{1:{method}}}"',
                            "{1:1987-05-30}",
                            "{NL-ISIS}",
                            "{NL 7}",
                            "{1:CC-BY}",
                        ]
                file.write("\t".join(cells) + "\n")
                layer += 1
    return layer


def write_snapshot(directory: Path, megabytes: float) -> Path:
    """The three files of a snapshot, layer files of so many megabytes each; gives the one to name."""
    other = [f"other{number}" for number in range(PROPERTIES - 2)]
    write_layers(directory / "wosis_201909_layers_physical.tsv", ["bdfi33", "cfvo", *other], megabytes, 1)
    chemical = directory / "wosis_201909_layers_chemical.tsv"
    profiles = write_layers(chemical, ["orgc", "phaq", *other], megabytes, 2) // LAYERS_PER_PROFILE + 1
    draw = np.random.default_rng(3)
    with (directory / "wosis_201909_profiles.tsv").open("w", encoding="utf-8") as file:
        file.write("profile_id\tdataset_id\tlatitude\tlongitude\n")
        places = np.column_stack([draw.uniform(-55, 70, profiles), draw.uniform(-180, 180, profiles)])
        file.writelines(f"{row + 1}\tNL\t{latitude:.5f}\t{longitude:.5f}\n" for row, (latitude, longitude) in enumerate(places))
    return chemical


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, default=220.0, help="size of each of the two layer files")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        start = time.perf_counter()
        chemical = write_snapshot(Path(name), wanted.megabytes)
        size = sum(file.stat().st_size for file in Path(name).iterdir())
        print(f"wrote {size / 1e6:.0f} MB in {time.perf_counter() - start:.0f} s")
        done = subprocess.run([sys.executable, "-c", READ, str(chemical)], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    unit = 1024 if sys.platform != "darwin" else 1
    peak, before = found["peak"] * unit, found["before"] * unit
    print(f"{found['layers']:,} layers read, {found['kept']:,} kept, in {found['seconds']:.1f} s")
    print("| | MB |\n|---|---|")
    print(f"| files | {size / 1e6:.0f} |")
    print(f"| peak memory of the reading process | {peak / 1e6:.0f} |")
    print(f"| of it, before anything is read | {before / 1e6:.0f} |")
    print(f"| growth over size of the files | {(peak - before) / size:.2f} |")


if __name__ == "__main__":
    main()
