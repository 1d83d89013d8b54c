"""The console command `lifeline`: one verb a file; it parses, calls the packages below, shapes answers."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from api.commands import (
    audit,
    backup,
    cascade,
    check,
    evaluate,
    explain,
    export,
    frontier,
    import_,
    joint_command,
    keys,
    merge,
    plan,
    replan,
    scenarios,
    serve,
    worker,
)
from api.failures import guarded

VERBS: dict[str, Callable[..., None]] = {
    "scenarios": scenarios.scenarios,
    "cascade": cascade.cascade,
    "plan": plan.plan,
    "frontier": frontier.frontier,
    "evaluate": evaluate.evaluate,
    "replan": replan.replan,
    "joint-command": joint_command.joint_command,
    "explain": explain.explain,
    "import": import_.import_,
    "merge": merge.merge,
    "export": export.export,
    "check": check.check,
    "serve": serve.serve,
    "worker": worker.worker,
    "backup": backup.backup,
    "restore": backup.restore,
}

app = typer.Typer(
    name="lifeline",
    help="Repair plans for a city's power, water, gas, road and telecom networks after a disaster.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
for _name, _verb in VERBS.items():
    app.command(_name)(guarded(_verb))
app.add_typer(keys.app, name="keys")
app.add_typer(audit.app, name="audit")


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(f"lifeline {version('lifeline-recovery')}")
        except PackageNotFoundError:
            typer.echo("lifeline, run from a checkout that is not installed")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take the options that stand before the verb."""


def main() -> None:
    """Run the command line; the console entry point."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a sign gets a question mark, not a traceback.
            stream.reconfigure(errors="replace")
    app(prog_name="lifeline")
