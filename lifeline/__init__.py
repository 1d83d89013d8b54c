"""lifeline: what a city's lifelines are, how they break, and what a plan of repairs is worth.

The public names, in the order in which data flows.
"""

from lifeline.errors import InfeasiblePlan, InvalidInput, LifelineError, SolverFailure, UnknownComponent
from lifeline.system import Settings, System
from lifeline.files import read_system, write_system
from lifeline.shock import Shock, draw_shock
from lifeline.cascade import Cascade, propagate
from lifeline.crews import Crew, Shift
from lifeline.jobs import Job
from lifeline.repair import RepairProblem, build_problem
from lifeline.plan import Plan, Visit
from lifeline.schedule import schedule
from lifeline.plan_check import check_plan
from lifeline.evaluation import Evaluation, evaluate

__all__ = [
    "InfeasiblePlan",
    "InvalidInput",
    "LifelineError",
    "SolverFailure",
    "UnknownComponent",
    "Settings",
    "System",
    "read_system",
    "write_system",
    "Shock",
    "draw_shock",
    "Cascade",
    "propagate",
    "Crew",
    "Shift",
    "Job",
    "RepairProblem",
    "build_problem",
    "Plan",
    "Visit",
    "schedule",
    "check_plan",
    "Evaluation",
    "evaluate",
]
