"""The command line: ``xaigeo demo | run | report | audit | methods``."""

from __future__ import annotations

import argparse
import errno
import json
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from xaigeo import __version__
from xaigeo.errors import ConfigError, InputError

if TYPE_CHECKING:
    from xaigeo.audit import Audit
    from xaigeo.runs import RunFolder

USAGE, INTERNAL, STOPPED = 2, 70, 130
# What a shell tells of a program that SIGPIPE ended.
READER_LEFT = 128 + 13
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Codes: 0 pass, 1 the audit failed, 2 usage, bad input or no room to write, 3 warnings under
    ``--fail-on warn``, 4 a required item or all of A1-A9 could not be evaluated, 70 internal error,
    130 stopped by hand. Where the reader of the output leaves (``| head``), the code is the
    audit's if the audit is answered, else 141, as for programs that SIGPIPE ends.
    """
    options = _parser().parse_args(arguments)
    try:
        code = _carry_through(options)
        _flush()
    except OSError:  # what was printed cannot be written
        _let_go()
        return int(options.answer)
    return code


def _carry_through(options: argparse.Namespace) -> int:
    """Run the command; `options.answer` is kept at the code that holds if nobody reads on."""
    try:
        code: int = options.command(options)
        _flush()
    except InputError as error:
        return _complain(options, "config" if isinstance(error, ConfigError) else "input", error)
    except BrokenPipeError:
        raise
    except OSError as error:
        _let_go()
        # One that names a file, or a full disk, is about what we were given, not about us.
        unusable = _unusable(error)
        return (
            _internal(options, error) if unusable is None else _complain(options, "input", unusable)
        )
    except KeyboardInterrupt:
        options.answer = STOPPED
        print("Stopped.", file=sys.stderr)
        return STOPPED
    except Exception as error:
        return _internal(options, error)
    return code


def _streams() -> list[TextIO]:
    return [stream for stream in (sys.stdout, sys.stderr) if stream is not None]


def _flush() -> None:
    for stream in _streams():
        stream.flush()


def _let_go() -> None:
    """Send what an output that cannot be written still holds to nowhere.

    Python would try it once more on leaving, complain and exit by a code of its own.
    """
    for stream in _streams():
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


def _internal(options: argparse.Namespace, error: Exception) -> int:
    options.answer = INTERNAL
    traceback.print_exc()
    print(
        f"xaigeo: internal error: {error}. Please report it with the lines above.",
        file=sys.stderr,
    )
    return INTERNAL


def _unusable(error: OSError) -> InputError | None:
    """Return what is wrong with a file or the room for it; None where it is about neither."""
    if error.filename is None:
        if error.errno not in FULL:
            return None
        return InputError(
            expected="room to write what the command gives",
            arrived=error.strerror or type(error).__name__,
            do="Free some, or write elsewhere: standard output counts too.",
        )
    return InputError(
        expected=f"a file or folder that can be read and written at {error.filename}",
        arrived=error.strerror or type(error).__name__,
        do="Check the path and its permissions.",
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="xaigeo",
        description="Explain every model of a seed ensemble and score whether the seeds agree.",
    )
    parser.add_argument("--version", action="version", version=f"xaigeo {__version__}")
    commands = parser.add_subparsers(dest="name", required=True, metavar="COMMAND")

    demo = _command(commands, "demo", _demo, "run 20 networks on the Palmer penguins")
    demo.add_argument("--output", default="out/demo", help="folder to write (default: %(default)s)")
    _running(demo)

    run = _command(commands, "run", _run, "carry out the run that a TOML file describes")
    run.add_argument("config", type=Path, help="the TOML file")
    run.add_argument("--output", help="folder to write instead of the one in the file")
    _running(run)

    report = _command(commands, "report", _report, "write the HTML report of a stored run again")
    report.add_argument("folder", type=Path, help="output folder of a run")

    audit = _command(commands, "audit", _audit, "answer the audit checklist for a stored run")
    audit.add_argument("folder", type=Path, nargs="?", help="output folder of a run")
    audit.add_argument("--thresholds", type=Path, help="TOML file with other thresholds")
    audit.add_argument(
        "--write-thresholds",
        type=Path,
        metavar="FILE",
        help="write a TOML file of all thresholds with where they come from, to start from",
    )
    audit.add_argument(
        "--require",
        type=_item_ids,
        default=(),
        metavar="IDS",
        help="items that must be answered, such as A1,A9 (exit code 4 where one is not)",
    )
    audit.add_argument("--baseline", type=Path, help="audit.json of an earlier run (item C3)")
    audit.add_argument(
        "--fail-on",
        choices=("fail", "warn"),
        default="fail",
        help="whether warnings fail too (exit code 3); default: %(default)s",
    )
    for name, what in (
        ("markdown", "a section of a model card (as audit.md in the folder)"),
        ("junit", "JUnit XML for a CI server (as junit.xml in the folder)"),
        ("html", "the checklist as one page that needs no network"),
    ):
        audit.add_argument(f"--{name}", type=Path, metavar="FILE", help=f"write {what}")
    methods = _command(
        commands, "methods", _methods, "list the explanation methods, what they take and need"
    )
    methods.add_argument("method", nargs="?", help="tell all about this one")
    methods.add_argument("--texts", action="store_true", help="methods for text models")
    return parser


def _command(commands: Any, name: str, call: Any, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.add_argument("--json", action="store_true", help="print one JSON object for machines")
    parser.set_defaults(command=call, answer=READER_LEFT)
    return parser


def _item_ids(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _running(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--jobs", type=int, default=None, help="worker processes")
    parser.add_argument("--quiet", action="store_true", help="no progress")


def _demo(options: argparse.Namespace) -> int:
    from xaigeo.runs import demo_config

    return _carry_out(demo_config(options.output), Path.cwd(), options)


def _run(options: argparse.Namespace) -> int:
    from xaigeo.runs import config_from_dict, read_config

    config = read_config(options.config)
    if options.output:
        config = config_from_dict(config.model_dump() | {"output": options.output})
    return _carry_out(config, options.config.resolve().parent, options)


def _carry_out(config: Any, base: Path, options: argparse.Namespace) -> int:
    from xaigeo.runs import run

    quiet = options.quiet or options.json
    folder = run(
        config,
        base=base,
        log=(lambda line: None) if quiet else _say,
        progress=not quiet and sys.stderr.isatty(),
        n_jobs=options.jobs,
    )
    _tell(folder, options)
    return 0


def _tell(folder: RunFolder, options: argparse.Namespace) -> None:
    from xaigeo.runs.findings import findings

    found = findings(folder)
    if options.json:
        print(json.dumps(found.to_dict(), indent=1))
    else:
        print("\n".join(found.lines()))


def _report(options: argparse.Namespace) -> int:
    from xaigeo.runs import RunFolder, report_run

    path = report_run(RunFolder(options.folder))
    print(json.dumps({"report": str(path)}) if options.json else f"Wrote {path}")
    return 0


def _audit(options: argparse.Namespace) -> int:
    from xaigeo.audit import read_thresholds, write_thresholds
    from xaigeo.runs import RunFolder, answer_run

    _check_forms(options)
    thresholds = read_thresholds(options.thresholds) if options.thresholds else None
    if options.write_thresholds:
        if options.write_thresholds.exists():
            raise InputError(
                expected="a new file for --write-thresholds",
                arrived=f"{options.write_thresholds}, which exists",
                do="Name another file; thresholds that were laid down are not overwritten.",
            )
        print(f"Wrote {write_thresholds(options.write_thresholds, thresholds)}", file=sys.stderr)
    if options.folder is None:
        if options.write_thresholds:
            return 0
        raise InputError(
            expected="the output folder of a run",
            arrived="none",
            do="Write for example: xaigeo audit out/run",
        )
    folder = RunFolder(options.folder)
    answer = answer_run(
        folder,
        thresholds=thresholds,
        required=options.require,
        baseline=options.baseline,
    )
    # First what was asked for elsewhere: the folder may be one that cannot be written.
    _write_forms(answer, options)
    folder.save_audit(answer)
    # What gates is written by now, read to the end or not.
    code = options.answer = answer.exit_code(fail_on=options.fail_on)
    if options.json:
        print(json.dumps(answer.to_dict() | {"exit_code": code}, indent=1))
        return int(code)
    frame = answer.to_frame()
    for row in frame.itertuples():
        print(f"{row.status:>13}  {row.id:<3} {row.question}  {row.reason}")
    print(answer.verdict_text)
    print(f"Verdict: {answer.verdict}. Wrote {folder.audit}")
    return int(code)


def _check_forms(options: argparse.Namespace) -> None:
    """Raise where two files would be written to one path, or over what is read."""
    forms = {f"--{name}": getattr(options, name) for name in ("markdown", "junit", "html")}
    taken: dict[Path, str] = {}
    for name in ("thresholds", "baseline", "write_thresholds"):
        if (path := getattr(options, name)) is not None:
            taken[path.resolve()] = f"--{name.replace('_', '-')}"
    if options.folder is not None:
        own = {"audit.md": "--markdown", "junit.xml": "--junit"}
        for name in ("audit.json", "manifest.json", "evaluation.npz", "report.html", *own):
            where, form = (options.folder / name).resolve(), forms.get(own.get(name, ""))
            if form is None or form.resolve() != where:
                taken[where] = "a file of the run"
    for option, path in forms.items():
        if path is None:
            continue
        where = path.resolve()
        if where in taken or path.is_dir():
            raise InputError(
                expected=f"a file of its own for {option}",
                arrived=f"{path}, which is {'a folder' if path.is_dir() else taken[where]}",
                do="Name another file.",
            )
        taken[where] = f"that of {option}"


def _write_forms(answer: Audit, options: argparse.Namespace) -> None:
    """Write the audit in the forms that were asked for, whatever the files are called."""
    forms = [(options.markdown, answer.to_markdown), (options.junit, answer.to_junit)]
    if options.html:
        from xaigeo.viz import checklist

        forms.append((options.html, checklist(answer).to_page))
    for path, make in forms:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(make(), encoding="utf-8")


def _methods(options: argparse.Namespace) -> int:
    from xaigeo.explainers import describe_methods
    from xaigeo.explainers.method_table import method_class, method_text, methods_text
    from xaigeo.explainers.named_method import Explained

    explained: Explained = "texts" if options.texts else "tables"
    if options.method and not options.json:
        print(method_text(options.method, explained))
        return 0
    table = describe_methods(explained)
    if options.method:
        method_class(options.method, explained)  # raises for an unknown name
        table = table[table["method"] == options.method]
    if options.json:
        print(json.dumps(table.to_dict(orient="records"), indent=1))
    else:
        print(methods_text(table))
    return 0


def _complain(options: argparse.Namespace, kind: str, error: InputError) -> int:
    options.answer = USAGE
    if options.json:
        print(json.dumps({"error": kind, "message": str(error)}))
    print(f"xaigeo: {error}", file=sys.stderr)
    return USAGE


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
