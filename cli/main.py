"""The program ``zoo``: its commands, its errors and its exit status.

==========  ==================================================================
status      meaning
==========  ==================================================================
0           done
1           it went wrong on the way (memory or disk that ran out; a lost worker): later it may succeed
2           something given is not possible; one line says what is
3           the loss is no number any more: the same training would end so again
130         interrupted by Ctrl-C or, in a training, by SIGTERM
==========  ==================================================================

Nothing heavy is imported until a command needs it: ``zoo --help`` is instant.
"""

import errno
import re
import sys

import click

from zoo.cli import browse, comparison, conversion, evaluation, prediction, serving, tasks, training, use
from zoo.registry import unknown_name


class Program(click.Group):
    """A group whose errors are one line on standard error."""

    def resolve_command(self, context, args):
        if args and self.get_command(context, args[0]) is None and not args[0].startswith("-"):
            raise unknown_name("command", args[0], self.commands)
        return super().resolve_command(context, args)

    def main(self, *args, standalone_mode=True, **extra):
        if not standalone_mode:
            return super().main(*args, standalone_mode=False, **extra)
        try:
            answer = super().main(*args, standalone_mode=False, **extra)
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message())
            sys.exit(0)
        except click.ClickException as error:
            _fail(error.format_message(), error.exit_code)
        except (KeyboardInterrupt, click.Abort):
            _fail("interrupted", 130)
        except BrokenPipeError:  # `zoo list | head`: the reader has seen enough
            sys.stderr.close()
            sys.exit(0)
        except Exception as error:
            if _is_short_of_memory(error):
                _fail(_told(_memory_advice(error), error), 1)
            if not _is_message(error):
                raise
            is_of_a_file = isinstance(error, OSError) and error.filename and error.strerror
            message = f"{error.filename}: {error.strerror}" if is_of_a_file else error
            is_on_the_way = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO)
            _fail(_told(message, error), getattr(error, "exit_status", 1 if is_on_the_way else 2))
        sys.exit(_status(answer))


def _status(answer):
    """The exit status for what a command returned; click returns a number after ``--help``."""
    if isinstance(answer, int):
        return answer
    return 130 if isinstance(answer, dict) and answer.get("status") == "interrupted" else 0


def _is_message(error):
    """Whether an error is meant for the user: raised by this package in words of its own, or by the operating system.

    A ValueError from the depths of a library is a mistake of ours; it keeps its traceback.
    """
    if not isinstance(error, ValueError | OSError):
        return False
    # An error of our own may also come from another process, and then its traceback ends outside.
    if isinstance(error, OSError) or type(error).__module__.startswith("zoo."):
        return True
    place = error.__traceback__
    while place.tb_next:
        place = place.tb_next
    return place.tb_frame.f_globals.get("__name__", "").startswith("zoo.")


def _is_short_of_memory(error):
    """Whether memory ran out: Python's, NumPy's or TensorFlow's, which Keras may have wrapped into something else."""
    return any(
        isinstance(link, MemoryError) or "ResourceExhaustedError" in f"{type(link).__name__}: {link}"
        for link in _chain(error)
    )


def _memory_advice(error):
    """What did not fit, where that is known, and what can be made smaller."""
    shape = re.search(r"shape ?[[(][\d, ]+[])]", " ".join(map(str, _chain(error))))
    return (
        f"there is not enough memory{f' for an array of {shape[0]}' if shape else ''}. Something smaller may fit: "
        "a smaller --preset or --set, shorter texts (--text max_length), a smaller --batch-size."
    )


def _chain(error):
    """An error and those that it came from."""
    while error:
        yield error
        error = error.__cause__ or error.__context__


def _told(message, error):
    """A message with what was noted on its way up, such as the model of a comparison that failed."""
    return " ".join([str(message), *getattr(error, "__notes__", ())])


def _fail(message, status):
    click.echo(f"zoo: {' '.join(str(message).split())}", err=True)
    sys.exit(status)


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="keras-nlp-zoo", prog_name="zoo")
def main():
    """Models of natural language, to learn from and to compare.

    \b
    A first tour:
      zoo list                                      what there is
      zoo train transformer tiny-translation        trains it, on data made on the spot
      zoo predict runs/tiny-translation-en-ko/transformer-tiny-seed0 "Emma put the book in the bag."
      zoo compare tiny-translation --seeds 0        all models side by side, with a report

    Exit status: 0 done; 1 went wrong on the way, later it may succeed; 2 something given is not possible; 3 the loss is
    no number any more; 130 interrupted, a training keeps what it has learned.
    """


for part in (browse, tasks, training, evaluation, comparison, prediction, use, serving, conversion):
    for command in part.COMMANDS:
        main.add_command(command)
