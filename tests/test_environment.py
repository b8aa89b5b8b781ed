"""pyproject.toml, environment.yml and constraints.txt tell the same story."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

import make_lock
import setup_env

ROOT = Path(__file__).resolve().parent.parent
CONDA_NAMES = {"torch": "pytorch", "matplotlib": "matplotlib-base"}  # the others have the same name in both worlds


def declared() -> dict[str, SpecifierSet]:
    """The packages pyproject.toml asks for, students' and instructors', with their bounds."""
    tables = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lines = tables["project"]["dependencies"] + tables["dependency-groups"]["dev"]
    return {line.name: line.specifier for line in map(Requirement, lines)}


def conda() -> tuple[dict[str, SpecifierSet], list[str]]:
    """The packages of environment.yml with their bounds, and what it leaves to pip."""
    lines = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    packages = [Requirement(line) for line in lines if isinstance(line, str)]
    by_pip = [line for part in lines if isinstance(part, dict) for line in part["pip"]]
    return {line.name: line.specifier for line in packages}, by_pip


def locked() -> dict[str, Version]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line.split("==") for line in lines if not line.startswith("#")]
    return {canonicalize_name(name): Version(version) for name, version in pins}


def test_conda_and_pip_ask_for_the_same_packages_with_the_same_bounds():
    packages, by_pip = conda()
    wanted = {CONDA_NAMES.get(name, name): bounds for name, bounds in declared().items()}
    tools = {name: packages.pop(name) for name in ("python", "pip")}
    others = [Requirement(line) for line in by_pip if line != "-e ."]
    assert packages | {line.name: line.specifier for line in others} == wanted
    assert by_pip.count("-e .") == 1
    assert not packages.keys() & {line.name for line in others}
    assert str(tools["pip"]) == ""


def test_conda_takes_a_python_that_pyproject_and_the_setup_take():
    python = conda()[0]["python"]
    required = SpecifierSet(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"])
    oldest, newest = setup_env.OLDEST_PYTHON, setup_env.NEWEST_PYTHON
    inside = [f"3.{minor}" for minor in range(oldest[1], newest[1] + 1)]
    assert all(version in python and version in required for version in inside)
    assert f"3.{oldest[1] - 1}" not in python and f"3.{newest[1] + 1}" not in python


@pytest.mark.parametrize("name", sorted(declared()))
def test_the_lock_covers_every_dependency_within_its_bounds(name):
    assert locked()[canonicalize_name(name)] in declared()[name]


def test_every_bound_is_an_open_lower_bound():
    assert [str(bounds) for bounds in declared().values() if not re.fullmatch(r">=[\d.]+", str(bounds))] == []


def test_the_lock_fits_every_machine():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert lines[0] + "\n" == make_lock.HEADER
    assert lines[1:] == make_lock.lock_lines("\n".join(lines[1:]))


def test_a_new_lock_drops_local_labels_cuda_packages_and_the_course_itself():
    frozen = (
        "torch==2.13.0+cpu\nnvidia-nccl-cu13==2.3\n-e git+x#egg=course\nabc @ file:///x\ntriton==3.0\nBeta==1\nalpha==2"
    )
    assert make_lock.lock_lines(frozen) == ["alpha==2", "Beta==1", "torch==2.13.0"]
