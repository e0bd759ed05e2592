"""The retrieved maps: what training on real profiles left behind, for every land cell, in one file.

    write:  dataset in physical units -> packed integers and rounded floats -> retrieved.nc with its checksum, whole or not at all
    read:   retrieved.nc -> recognised, checked, unpacked -> dataset in physical units

``schema`` is the table of what stands in the file and how finely; ``artefact`` writes and reads; ``checks`` is what a file has to
pass.  Who made the maps, and from which profiles, stands in the file's attributes.
"""

from proda_core.retrieved.artefact import default_path, read, write
from proda_core.retrieved.checks import REMEDY, RetrievedFileError
from proda_core.retrieved.members import Members
from proda_core.retrieved.schema import ATTRIBUTES, RELATIONS, RELATIONS_ATTRIBUTE, STORED, relations_of
from proda_core.store import checksum

__all__ = [
    "ATTRIBUTES",
    "RELATIONS",
    "RELATIONS_ATTRIBUTE",
    "REMEDY",
    "STORED",
    "Members",
    "RetrievedFileError",
    "checksum",
    "default_path",
    "read",
    "relations_of",
    "write",
]
