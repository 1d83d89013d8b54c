"""Why a component is without service: chains of causes, and the sentences they make."""

from __future__ import annotations

from dataclasses import dataclass

WHAT_HAPPENED = {1: "broken", 2: "lost its providers", 3: "cut off", 4: "cut off", 6: "short of supply"}


@dataclass(frozen=True)
class Step:
    """One link of a chain of causes: a component, what happened to it, and the component upstream that explains it."""

    component: str
    because: str
    upstream: str | None
    minute: int = 0
    wave: int = 0


@dataclass(frozen=True)
class Cause:
    """Why a component is without service: the chain from it up to the broken component."""

    component: str
    broken: str | None
    chain: tuple[Step, ...]

    @property
    def sentence(self) -> str:
        """Return the chain as one sentence."""
        if not self.chain:
            return f"{self.component} works."
        return "; ".join(_clause(step) for step in self.chain) + "."


def _clause(step: Step) -> str:
    if step.because == "broken":
        return f"{step.component} is broken"
    if step.because == "stands by":
        return f"{step.component} stands by until a task brings it in"
    if step.because == "never served":
        return f"{step.component} had no service before the shock"
    if step.because == "short of supply":
        return f"{step.component} gets too little of what is left"
    if step.because.startswith("tripped"):
        before = f" after {step.upstream} was lost" if step.upstream else ""
        return f"{step.component} {step.because}{before}"
    if step.because == "cut off":
        return f"{step.component} is cut off from its source by {step.upstream}"
    after = f" at minute {step.minute}, when its buffer ran out" if step.minute else ""
    return f"{step.component} lost its provider {step.upstream}{after}"
