"""Put files of a run into a package: as links, or as copies where they must differ from those of the run."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from superice.package.contents import PackagedFile
from superice.utils.files import write_json

ZARR = "zarr.json"
OPTIONAL = {"doi", "metadata_link"}  # attributes that a publication without an identifier lacks


def place_files(files: Iterable[PackagedFile], folder: Path, publication: Mapping[str, str]) -> list[str]:
    """Put files into a folder under their names.

    Parameters
    ----------
    files
        The files.
    folder
        The folder of the package.
    publication
        Attributes of who publishes, which every NetCDF file and Zarr group gets that states others.

    Returns
    -------
    list of str
        The names of the files that were copied for that.
    """
    labelled = []
    for file in files:
        target = folder / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if _states_another(file.source, publication):
            shutil.copyfile(file.source, target)
            _label(target, publication)
            labelled.append(str(file.name))
        else:
            link_or_copy(file.source, target)
    return labelled


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file a second name, or copy it where there can be no hard link, as from one file system to another.

    Files are replaced and never written into, so that a hard link keeps the content when the run makes the file again. A
    symbolic link would not, and BagIt refuses those that lead out of the package.
    """
    source = source.resolve()
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _states_another(path: Path, publication: Mapping[str, str]) -> bool:
    """Return whether a file states a publisher, and another one."""
    stated = _read_attributes(path)
    return "license" in stated and any(stated.get(key) != publication.get(key) for key in {*publication, *OPTIONAL})


def _read_attributes(path: Path) -> dict[str, object]:
    if path.name == ZARR:
        return json.loads(path.read_text(encoding="utf-8")).get("attributes", {})
    if path.suffix != ".nc":
        return {}
    import netCDF4

    with netCDF4.Dataset(path) as file:
        return {name: file.getncattr(name) for name in file.ncattrs()}


def _label(path: Path, publication: Mapping[str, str]) -> None:
    if path.name == ZARR:
        content = json.loads(path.read_text(encoding="utf-8"))
        kept = {key: value for key, value in content["attributes"].items() if key not in OPTIONAL}
        write_json(path, content | {"attributes": {**kept, **publication}})
        return
    import netCDF4

    with netCDF4.Dataset(path, "a") as file:
        for name in OPTIONAL & set(file.ncattrs()):
            file.delncattr(name)
        file.setncatts(dict(publication))
