"""What a person reads when something went wrong, and the exit code that goes with it, in one place."""

from __future__ import annotations

import errno
import functools
import os
import sys
import traceback
from collections.abc import Callable
from typing import ParamSpec

import typer

from api.wording import plain

BAD_INPUT = 2
OUR_FAULT = 1
READER_LEFT = 0  # `lifeline plan ... | head` has had what it wanted
INTERRUPTED = 130

MOST_OF_A_FAILURE = 160  # characters; LIFELINE_DEBUG shows the rest

Given = ParamSpec("Given")


def guarded(verb: Callable[Given, None]) -> Callable[Given, None]:
    """Return the verb so that what goes wrong in it ends in a message and an exit code, no traceback."""

    @functools.wraps(verb)
    def run(*args: Given.args, **kwargs: Given.kwargs) -> None:
        try:
            verb(*args, **kwargs)
            sys.stdout.flush()
        except typer.Exit:
            raise
        except KeyboardInterrupt:
            typer.echo("lifeline: stopped.", err=True)
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            _let_go_of_stdout()
            raise typer.Exit(READER_LEFT) from None
        except Exception as failure:  # the one place where everything unforeseen becomes a sentence
            raise typer.Exit(_tell(failure)) from None

    return run


def _tell(failure: Exception) -> int:
    """Print what went wrong on stderr and return the exit code."""
    from lifeline.errors import LifelineError, SolverFailure

    if os.environ.get("LIFELINE_DEBUG") == "1":
        traceback.print_exception(failure)
    if isinstance(failure, LifelineError) and not isinstance(failure, SolverFailure):
        message, code = str(failure), BAD_INPUT
    elif isinstance(failure, OSError):
        message, code = _about_files(failure), BAD_INPUT
    else:
        message, code = _about_us(failure), OUR_FAULT
    typer.echo(f"lifeline: {_safe(message)}", err=True)
    return code


def _about_files(failure: OSError) -> str:
    if failure.errno == errno.ENOSPC:
        _let_go_of_stdout()
    reason = failure.strerror or str(failure)
    return f"{failure.filename}: {reason}." if failure.filename else f"{reason}."


def _about_us(failure: Exception) -> str:
    first_line = next(iter(str(failure).splitlines()), "")
    what = plain(f"{type(failure).__name__}: {first_line}".rstrip(": ."), MOST_OF_A_FAILURE)
    return (
        f"stopped, and the fault is ours ({what}). Please report it as an issue of lifeline-recovery, with the "
        "command you ran; LIFELINE_DEBUG=1 shows where it happened."
    )


def _safe(message: str) -> str:
    """Take out what could steer a terminal; messages quote what stood in a file."""
    return "\n".join(plain(line) for line in message.split("\n"))


def _let_go_of_stdout() -> None:
    """Send what is still in the buffer nowhere, so that Python does not complain about it when it ends."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):  # stdout is no file at all, as inside a test
        return
