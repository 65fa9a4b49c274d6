"""Generate documentation pages from the code: tables, settings, command line."""

from __future__ import annotations

import click
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from clonotrack.cli.main import clonotrack_command
from clonotrack.config import commented
from clonotrack.tables import FLAGS, TABLES, Table


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages to the pages in docs/; MkDocs calls this hook."""
    pages = {"tables.md": _tables(), "settings.md": _settings(), "commands.md": _commands()}
    for name, text in pages.items():
        files.append(File.generated(config, name, content=text))
    return files


def _tables() -> str:
    intro = (
        "# Tables\n\nThis page is generated from the declarations in `clonotrack/tables/`. A table is a TSV file, or a "
        "Parquet file if its name ends with `.parquet`. In TSV, booleans are T and F, and an empty field means no "
        "value. Positions are 1-based and intervals closed.\n"
    )
    flags = "\n## Flags of a result\n\n| flag | meaning |\n|---|---|\n" + "".join(
        f"| `{name}` | {sentence} |\n" for name, sentence in FLAGS.items()
    )
    return intro + "".join(_table(table) for table in TABLES) + flags


def _table(table: Table) -> str:
    rows = "".join(
        f"| `{column.name}` | {column.kind} | {column.unit} | {column.meaning}"
        f"{' (' + ', '.join(column.values) + ')' if column.values else ''} | {'yes' if column.null else ''} |\n"
        for column in table.columns
    )
    key = f"Key: {', '.join(f'`{name}`' for name in table.key)}.\n\n" if table.key else ""
    head = "| column | type | unit | meaning | may be empty |\n|---|---|---|---|---|\n"
    return f"\n## {table.name}\n\n{table.meaning} {key}\n\n{head}{rows}"


def _settings() -> str:
    return (
        "# Settings\n\nThe settings file (`--config`) contains everything that can change results. All settings are "
        "optional. `clonotrack config` prints them with their defaults, as below. `clonotrack config --schema` prints "
        "the JSON Schema.\n\n"
        f"```yaml\n{commented()}```\n"
    )


def _commands() -> str:
    parts = ["# Command line\n\nThis page shows the `--help` of each command.\n"]
    context = click.Context(clonotrack_command, info_name="clonotrack")
    for name in clonotrack_command.list_commands(context):
        command = clonotrack_command.get_command(context, name)
        assert command is not None
        parts += _help(command, click.Context(command, info_name=name, parent=context), level=2)
    return "\n".join(parts)


def _help(command: click.Command, context: click.Context, *, level: int) -> list[str]:
    parts = [f"{'#' * level} {context.command_path}\n", f"```text\n{command.get_help(context)}\n```\n"]
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            parts += _help(child, click.Context(child, info_name=name, parent=context), level=level + 1)
    return parts
