"""The configuration file: YAML in, checked settings out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from clonotrack.config import Config, parse
from clonotrack.errors import InputError


def read_config(path: str | Path | None) -> Config:
    """Settings of a YAML file, or the defaults without one.

    Paths inside the file (`controls` and `primers` of a library, `germline`) are relative to it and come back absolute.

    Raises:
        InputError: the file is missing or no YAML.
        ConfigError: a setting is unknown or cannot be.
    """
    if path is None:
        return Config()
    path = Path(path)
    return _resolve(parse(read_yaml(path), str(path)), path.parent)


def read_yaml(path: Path) -> Any:
    """The document in a YAML file. Raises InputError for a file that is missing or no YAML."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except FileNotFoundError:
        raise InputError(path, "no such file: check the path") from None
    except (OSError, UnicodeDecodeError):
        raise InputError(path, "cannot be read as text: YAML in UTF-8 is needed") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise InputError(path, f"is no YAML ({error.problem}): correct it", line=line) from None
    except (yaml.YAMLError, ValueError) as error:
        raise InputError(path, f"is no YAML ({' '.join(str(error).split())}): correct it") from None


class _Loader(yaml.SafeLoader):
    """Plain values only, and no key twice in one mapping, of which YAML would keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        found = super().construct_mapping(node, deep=deep)
        seen: set[Any] = set()
        for key, _ in node.value:
            name = self.construct_object(key)
            if name in seen:
                raise yaml.MarkedYAMLError(problem=f"{name!r} stands twice", problem_mark=key.start_mark)
            seen.add(name)
        return found


def _resolve(config: Config, folder: Path) -> Config:
    def absolute(value: str | None) -> str | None:
        return None if value is None else str((folder / value).resolve())

    libraries = {
        name: library.model_copy(update={"controls": absolute(library.controls), "primers": absolute(library.primers)})
        for name, library in config.libraries.items()
    }
    update: dict[str, Any] = {"libraries": libraries, "germline": absolute(config.germline)}
    return config.model_copy(update=update)
