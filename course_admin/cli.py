"""The `course` command. Each subcommand is a few lines here and a module beside."""

import argparse
import sys
from pathlib import Path

from course_admin.errors import CourseError
from course_admin.grading.commands import add_commands
from course_admin.layout import find_root


class OneLineParser(argparse.ArgumentParser):
    """argparse, but a wrong option is answered with one line and exit code 2."""

    def error(self, message: str):
        self.exit(2, f"{self.prog}: {message} (see: {self.prog} --help)\n")


def _build(root: Path, options) -> int:
    from course_admin import build

    if options.check:
        problems = build.check(root, options.lessons)
        for problem in problems:
            print(problem)
        print(f"{len(problems)} not fresh" if problems else "every built notebook is fresh")
        return 1 if problems else 0
    build.build(root, options.lessons, force=options.force)
    return 0


def _lint(root: Path, options) -> int:
    from course_admin import lint

    breaches = lint.lint(root, options.lessons)
    return 1 if breaches else 0


def _proof(root: Path, options) -> int:
    from course_admin import proof

    failures = proof.prove(root, options.lessons)
    return 1 if failures else 0


def _site(root: Path, options) -> int:
    from course_admin.site.pages import EDITIONS
    from course_admin.site.sphinx_site import build_site

    for edition in [options.edition] if options.edition else EDITIONS:
        build_site(root, edition)
    return 0


def _bundle(root: Path, options) -> int:
    from course_admin import bundle

    print(f"{options.to}: {bundle.bundle(root, options.to)} files")
    return 0


def parser() -> argparse.ArgumentParser:
    top = OneLineParser(prog="course", description="Build, lint and prove the lessons of this course; grade a class.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=OneLineParser)

    def add(name, run, help):
        command = commands.add_parser(name, help=help, description=help)
        command.add_argument(
            "lessons", nargs="*", metavar="NN", help="lesson numbers or names; all where none is given"
        )
        command.set_defaults(run=run)
        return command

    build = add("build", _build, "make solutions/ and notebooks/ from lessons/")
    how = build.add_mutually_exclusive_group()
    how.add_argument("--check", action="store_true", help="prove both fresh without running anything")
    how.add_argument("--force", action="store_true", help="run the lesson again even where its outputs are fresh")
    add("lint", _lint, "measure every lesson against the style numbers")
    add("proof", _proof, "try right, wrong and cheap answers against every check")
    what = "write site/: the lessons as static HTML"
    site = commands.add_parser("site", help=what, description=what)
    site.add_argument("edition", nargs="?", choices=["student", "instructor"], help="only this one; both by default")
    site.set_defaults(run=_site)
    what = "write the zip for students: notebooks, course_utils, the environment, nothing else"
    bundle = commands.add_parser("bundle", help=what, description=what)
    bundle.add_argument("to", type=Path, metavar="OUT.zip", help="the file to write")
    bundle.set_defaults(run=_bundle)
    add_commands(commands)
    return top


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    try:
        return options.run(None if "anywhere" in options else find_root(), options)
    except CourseError as error:
        print(f"course {options.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"\ncourse {options.command}: stopped; nothing half-written is left", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
