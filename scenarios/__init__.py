"""Stories to run: cities with their damage and crews, read from a library or grown from a seed."""

from scenarios.scenario import Scenario, list_scenarios, load_scenario

__all__ = ["Scenario", "list_scenarios", "load_scenario"]
