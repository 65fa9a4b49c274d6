"""Read the settings from a YAML file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from clonotrack.config import Config, parse
from clonotrack.errors import InputError


def read_config(path: str | Path | None) -> Config:
    """Read the settings from a YAML file.

    Paths in the file (`controls` and `primers` of a library, `germline`) are relative to the folder of the file. The
    returned settings have absolute paths.

    Args:
        path: the YAML file; None gives the default settings.

    Raises:
        InputError: the file does not exist or is not valid YAML.
        ConfigError: a setting is unknown or has an invalid value.
    """
    if path is None:
        return Config()
    path = Path(path)
    return _make_paths_absolute(parse(read_yaml(path), str(path)), path.parent)


def read_yaml(path: Path) -> Any:
    """Read a YAML file and return its document.

    Raises:
        InputError: the file does not exist, is not UTF-8 text, or is not valid YAML.
    """
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except FileNotFoundError:
        raise InputError(path, "no such file: check the path") from None
    except (OSError, UnicodeDecodeError):
        raise InputError(path, "cannot be read as text: save it as YAML in UTF-8") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise InputError(path, f"is not valid YAML ({error.problem}): correct it", line=line) from None
    except (yaml.YAMLError, ValueError) as error:
        raise InputError(path, f"is not valid YAML ({' '.join(str(error).split())}): correct it") from None


class _Loader(yaml.SafeLoader):
    """Load plain YAML values only; raise an error for a key that occurs twice in one mapping."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        mapping = super().construct_mapping(node, deep=deep)
        names: set[Any] = set()
        for key, _ in node.value:
            name = self.construct_object(key)
            if name in names:
                raise yaml.MarkedYAMLError(problem=f"{name!r} appears twice", problem_mark=key.start_mark)
            names.add(name)
        return mapping


def _make_paths_absolute(config: Config, folder: Path) -> Config:
    def absolute(value: str | None) -> str | None:
        return None if value is None else str((folder / value).resolve())

    libraries = {
        name: library.model_copy(update={"controls": absolute(library.controls), "primers": absolute(library.primers)})
        for name, library in config.libraries.items()
    }
    update: dict[str, Any] = {"libraries": libraries, "germline": absolute(config.germline)}
    return config.model_copy(update=update)
