"""The outcome of a plan as a dispatcher reads it: who is out until when, who goes where first, how sure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from api.console import LEFT, RIGHT, heading, loop_lines, people, print_list, table_of
from api.horizon import MARK, horizon_sentence
from api.json_report import FRACTIONS
from api.left_behind import (
    minute_when_back,
    most_out,
    people_not_counted,
    people_still_out,
    saved_people,
    stuck_people,
)
from api.reasons import Reasons
from api.wording import (
    MINUTES_PER_HOUR,
    PERMILLE,
    Clock,
    counted,
    duration,
    hours_figure,
    plain,
    weighted_hours,
)
from lifeline.undoable import undoable_reasons

if TYPE_CHECKING:
    from api.planning import Outcome, Score
    from lifeline.evaluation import Evaluation
    from lifeline.plan import Visit
    from lifeline.undoable import UndoableReason
    from solvers import Proposal

MOST_CREWS = 30
MOST_UNDOABLE = 10
JOBS_PER_CREW = 2

STOPPED = {
    "finished": "it had nothing left to try",
    "evaluations": "its budget of plans to try was used up",
    "seconds": "its time was up",
    "cancelled": "you stopped it",
    "crashed": "its helper process crashed",
    "memory": "its helper process ran out of memory",
}


def print_summary(console: Console, outcome: Outcome) -> None:
    """Print all of it, in the order of the questions a dispatcher asks."""
    clock = Clock(outcome.problem.system.settings, outcome.evaluation.finish_minute)
    _print_heading(console, outcome, clock)
    if not outcome.problem.jobs:
        console.print("Nothing is broken, so there is nothing to repair.")
        return
    _print_people(console, outcome.evaluation, clock)
    _print_rules(console, outcome)
    _print_first_jobs(console, outcome.evaluation, clock)
    _print_left_behind(console, outcome)
    _print_certainty(console, outcome)


def _print_heading(console: Console, outcome: Outcome, clock: Clock) -> None:
    problem, evaluation = outcome.problem, outcome.evaluation
    sectors = Counter(job.sector for job in problem.jobs)
    kinds = ", ".join(f"{number:,} {sector}" for sector, number in sorted(sectors.items()))
    broken = counted(len(problem.jobs), "component") + (f" ({kinds})" if kinds else "")
    console.print(Text(plain(problem.system.name, 90), style="bold"))
    table = table_of(("", LEFT), ("", LEFT), headings=False)
    table.add_row("Shock", clock.long(0))
    table.add_row("Broken", f"{broken}; {counted(len(problem.crews), 'crew')} to repair them")
    table.add_row("Plan", _about_plan(outcome))
    if outcome.under_connectivity is not None:
        table.add_row("Served by", _about_rules(outcome, outcome.under_connectivity))
    if evaluation.plan.visits:
        finish = evaluation.finish_minute
        when = _marked(evaluation, finish, clock.short(finish))
        table.add_row("Last job", f"finished {when}, {duration(finish)} after the shock")
    if sentence := horizon_sentence(evaluation):
        table.add_row("Horizon", sentence)
    console.print(table)


def _about_rules(outcome: Outcome, plain: Evaluation) -> str:
    """Say which rule judged which sector, and what connectivity alone would have made of the same plan."""
    rules = [
        f"{sector} {rule}" for sector, rule in outcome.evaluation.rules.items() if rule != "connectivity"
    ]
    hours = hours_figure(plain.person_hours)
    return f"{', '.join(rules)}; by connectivity alone the same plan would show {hours} person-hours"


def _marked(evaluation: Evaluation, minute: int, time: str) -> str:
    """Return a time with a mark behind it when it lies after the horizon."""
    return f"{time} {MARK}" if minute > evaluation.problem.horizon_minutes else time


def _about_plan(outcome: Outcome) -> str:
    proposal = outcome.proposal
    hours = f"{hours_figure(outcome.evaluation.person_hours)} person-hours without service"
    if proposal is None:
        return f"{hours}, {outcome.method}"
    tried = counted(proposal.evaluations, "plan")
    return f"{hours}, by {proposal.method} ({tried} tried in {proposal.seconds:.1f} s)"


def _print_people(console: Console, evaluation: Evaluation, clock: Clock) -> None:
    """Print how many are out and for how many hours altogether, then when they are back."""
    out = evaluation.problem.cascade.people_without
    heading(console, "Who is without service")
    if not out:
        console.print("The system has no customers.")
        return
    table = table_of(
        ("Service", LEFT), ("People at first", RIGHT), ("At most", RIGHT), ("Person-hours", RIGHT)
    )
    for service, persons in out.items():
        hours = hours_figure(evaluation.by_service[service] / MINUTES_PER_HOUR)
        table.add_row(service, f"{persons:,}", f"{most_out(evaluation, service):,}", hours)
    if len(out) > 1:
        total = (
            f"{sum(out.values()):,}",
            f"{most_out(evaluation):,}",
            hours_figure(evaluation.person_hours),
        )
        table.add_row("all *", *total)
    console.print(table)
    heading(console, "When they are back")
    table = table_of(("Service", LEFT), *((f"{percent} %", LEFT) for percent in FRACTIONS))
    for service in out:
        table.add_row(_with_uncounted(service, evaluation, service), *_back(evaluation, clock, service))
    if len(out) > 1:
        table.add_row(_with_uncounted("all *", evaluation, None), *_back(evaluation, clock, None))
    console.print(table)
    if len(out) > 1:
        console.print("* A person without two services counts twice.", style="dim")


def _with_uncounted(name: str, evaluation: Evaluation, service: str | None) -> str:
    """Return the name of a row, with how many people its times leave out."""
    persons = people_not_counted(evaluation, service)
    return f"{name} ({persons:,} not counted)" if persons else name


def _back(evaluation: Evaluation, clock: Clock, service: str | None) -> list[str]:
    """Return clock time and hours at which 50, 90 and 99 % of a service's people are back."""
    cells = []
    for fraction in FRACTIONS.values():
        minute = minute_when_back(evaluation, fraction, service)
        if minute < 0:
            cells.append(_never(evaluation, service))
        elif minute == 0:
            cells.append("–")
        else:
            cells.append(_marked(evaluation, minute, f"{clock.short(minute)} ({duration(minute)})"))
    return cells


def _never(evaluation: Evaluation, service: str | None) -> str:
    """Say why there is no time: nobody comes for them, nothing brings them back, or their return is not counted."""
    if evaluation.minute_when_back(1.0, service=service) < 0:
        return "not by this plan"
    saved = saved_people(evaluation)
    return "not counted" if (saved if service is None else service in saved) else "never"


def _print_rules(console: Console, outcome: Outcome) -> None:
    heading(console, "Person-hours without service, beside the rules of thumb")
    evaluation = outcome.evaluation
    columns = [("Order of work", LEFT), ("Person-hours", RIGHT), ("This plan saves", RIGHT)]
    if outcome.weighted:
        columns.insert(2, ("Weighted", RIGHT))
    table = table_of(*columns)

    def row(name: str, hours: float, objective: int, saves: str) -> None:
        weighted = [hours_figure(weighted_hours(objective))] if outcome.weighted else []
        table.add_row(name, hours_figure(hours), *weighted, saves)

    row(f"this plan ({outcome.method})", evaluation.person_hours, evaluation.objective, "")
    for name, score in sorted(outcome.rules.items(), key=lambda item: item[1].objective):
        row(name, score.person_hours, score.objective, _saved(outcome, score))
    console.print(table)
    if outcome.weighted:
        console.print(_about_weights(outcome))


def _about_weights(outcome: Outcome) -> str:
    """Say what plans are compared by, where that is not the person-hours."""
    by = "Weighted: persons count by the weight of their service"
    if outcome.problem.system.settings.vulnerable_weight_permille != PERMILLE:
        by += " and, vulnerable ones, by theirs"
    if not outcome.fair:
        return f"{by}; that is what plans are compared by."
    evaluation = outcome.evaluation
    term = hours_figure(weighted_hours(evaluation.fairness_term))
    district = plain(evaluation.worst_district, 40) or "people without a district"
    return (
        f"{by}. On top comes the worst-served district ({district} here, {term}). Plans are compared by both."
    )


def _saved(outcome: Outcome, score: Score) -> str:
    """Return what this plan saves against a rule: person-hours (weighted where weights are) and percent."""
    mine = (
        weighted_hours(outcome.evaluation.objective) if outcome.weighted else outcome.evaluation.person_hours
    )
    theirs = weighted_hours(score.objective) if outcome.weighted else score.person_hours
    if mine == theirs:
        return "nothing"
    percent = f" ({100 * (theirs - mine) / theirs:,.1f} %)" if theirs else ""
    return f"{hours_figure(theirs - mine)}{percent}"


def _print_first_jobs(console: Console, evaluation: Evaluation, clock: Clock) -> None:
    by_crew: dict[str, list[Visit]] = {}
    for visit in evaluation.plan.visits:
        by_crew.setdefault(visit.crew, []).append(visit)
    if not by_crew:
        return
    each = JOBS_PER_CREW if len(by_crew) * JOBS_PER_CREW <= MOST_CREWS else 1
    shown = [visit for visits in list(by_crew.values())[:MOST_CREWS] for visit in visits[:each]]
    heading(console, "First jobs")
    table = table_of(("Crew", LEFT), ("Job", LEFT), ("On site", LEFT), ("Done", LEFT), ("Why", LEFT))
    reasons = Reasons(evaluation, clock)
    for visit in shown:
        crew = plain(visit.crew, 20) if visit is by_crew[visit.crew][0] else ""
        done = _marked(evaluation, visit.finish, clock.short(visit.finish))
        times = clock.short(visit.start), done
        table.add_row(crew, plain(visit.job, 24), *times, reasons.of(visit))
    console.print(table)
    rest, crews = len(evaluation.plan.visits) - len(shown), len(by_crew) - MOST_CREWS
    if rest:
        of_more_crews = f" and {counted(crews, 'more crew')}" if crews > 0 else ""
        console.print(f"{counted(rest, 'later job')}{of_more_crews} not shown; --out writes every work list.")


def _print_left_behind(console: Console, outcome: Outcome) -> None:
    """Print who stays without service whatever the crews do, and what nobody can repair."""
    evaluation = outcome.evaluation
    if outcome.problem.cascade.stuck:
        _print_loops(console, evaluation)
    if outcome.problem.unassignable:
        heading(console, "Jobs nobody can do")
        reasons = undoable_reasons(outcome.problem)
        print_list(console, [_with_jobs(reason) for reason in reasons], "reason")
        waiting = people_still_out(evaluation)
        if waiting:
            console.print(f"{people(waiting)} wait for them and stay without service until somebody can.")


def _with_jobs(reason: UndoableReason) -> str:
    """Return a reason with the jobs it keeps from being done, a long list cut."""
    named = ", ".join(plain(job, 40) for job in reason.jobs[:MOST_UNDOABLE])
    more = len(reason.jobs) - MOST_UNDOABLE
    return f"{counted(len(reason.jobs), 'job')}: {reason.sentence} {named}{f' and {more:,} more' if more > 0 else ''}"


def _print_loops(console: Console, evaluation: Evaluation) -> None:
    cascade = evaluation.problem.cascade
    stuck, saved = stuck_people(evaluation), saved_people(evaluation)
    heading(console, "What no repair brings back")
    parts = f"{counted(len(cascade.stuck), 'part')} wait for each other once they are all down"
    if saved:
        hours = hours_figure(evaluation.saved_person_minutes / MINUTES_PER_HOUR)
        console.print(
            f"{parts}. This plan comes before that for {people(saved)}, who keep or regain "
            f"{hours} person-hours of service; these are not counted above."
        )
    if stuck:
        console.print(f"{people(stuck)} stay without service after every repair, because {parts}.")
        console.print(
            "A part that can start by itself or by hand (black_start in the table nodes) would break the loop. "
            "These people are left out of the person-hours above."
        )
    if not saved and not stuck:
        console.print(f"Nobody is served by them, but {parts}.")
    print_list(console, loop_lines(cascade.loops), "loop")


def _print_certainty(console: Console, outcome: Outcome) -> None:
    heading(console, "How sure this is")
    proposal = outcome.proposal
    if proposal is None:
        console.print(
            "The plan keeps every rule of time, skill and shift; the person-hours are counted exactly."
        )
        return
    if outcome.evaluation.person_minutes == 0:
        console.print("No service that a repair can bring back is lost; no plan can do better.")
    elif proposal.bound:
        _print_bound(console, outcome, proposal)
    else:
        console.print(
            "The person-hours are counted exactly. How far the best possible plan is below them is not "
            "known: nothing above 0 is proven (gap: unknown)."
        )
    again = (
        "The same input, seed and budget give the same plan again."
        if proposal.reproducible
        else "A repeat may give another plan; --evaluations N makes it repeatable."
    )
    console.print(f"The search ended because {STOPPED[proposal.stopped_by]}. {again}")
    console.print(f"Plan {outcome.plan.sha256[:16]}, seed {outcome.seed}.", style="dim")


def _print_bound(console: Console, outcome: Outcome, proposal: Proposal) -> None:
    """Print what is proven of all plans there are."""
    unit = "weighted person-hours" if outcome.weighted else "person-hours"
    if proposal.bound == proposal.objective:
        console.print(
            f"This is proven to be a best plan: none is below its {unit}, which are counted exactly."
        )
        return
    bound = hours_figure(weighted_hours(proposal.bound or 0))
    console.print(
        f"No plan there is can be below {bound} {unit}: that is proven, and {100 * (proposal.gap or 0):.1f} % "
        "below this plan, which may itself be the best. Its own figures are counted exactly."
    )
