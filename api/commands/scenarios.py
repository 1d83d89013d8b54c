"""`lifeline scenarios`: what the library holds."""

from __future__ import annotations

import typer

from api.inputs import AsJson


def scenarios(as_json: AsJson = False) -> None:
    """List the scenarios of the library with their stories."""
    from rich.text import Text

    from api.console import paper
    from api.json_report import printed
    from scenarios import list_scenarios

    stories = {scenario.name: scenario.story for scenario in list_scenarios()}
    console = paper()
    if as_json:
        typer.echo(printed(stories))
        return
    for name, story in stories.items():
        console.print(Text(name, style="bold"))
        console.print(Text(story))
        console.print()
    console.print("Try one: lifeline plan NAME")
