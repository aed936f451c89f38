"""The set-up keeps its word: locks, floors, the bootstrap of run.py and the compose file."""

import ast
import importlib.metadata
import importlib.util
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUNTIME = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
GROUPS = {name: [Requirement(text) for text in group] for name, group in PROJECT["dependency-groups"].items()}
WANTED = {**GROUPS, "runtime": RUNTIME, "dev": RUNTIME + GROUPS["dev"]}
CONTRACTS = {contract["id"]: contract for contract in PROJECT["tool"]["importlinter"]["contracts"]}


def entries(lock: Path) -> list[str]:
    """Split a lock file into its entries: a pin with its hashes and the comment that says who asked for it."""
    return re.split(r"\n(?=[A-Za-z0-9])", lock.read_text(encoding="utf-8").strip())


def pins(lock: Path) -> dict[str, list[Requirement]]:
    """Answer the pins of a lock by package; a package has two where they differ by Python version."""
    found: dict[str, list[Requirement]] = {}
    for entry in entries(lock):
        pin = Requirement(entry.partition("\\")[0].strip())
        found.setdefault(canonicalize_name(pin.name), []).append(pin)
    return found


# --- locks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_pin_is_exact_and_carries_hashes(lock: Path) -> None:
    for entry in entries(lock):
        assert re.match(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==\S+", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry), entry


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_no_lock_names_an_address_or_a_machine(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert not re.search(r"://|--(extra-)?index|--find-links|file:|(^|\s)/\w", text)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_the_lock_answers_pyproject(lock: Path) -> None:
    direct, locked = WANTED[lock.stem], pins(lock)
    for wanted in direct:
        for pin in locked[canonicalize_name(wanted.name)]:
            version = str(pin.specifier).removeprefix("==")
            assert wanted.specifier.contains(version), f"{wanted} is locked at {version}; run make lock"
    asked_for = {re.split(r"[=\[]", entry)[0] for entry in entries(lock) if "vigilog (pyproject.toml" in entry}
    assert {canonicalize_name(name) for name in asked_for} == {canonicalize_name(wanted.name) for wanted in direct}


def test_development_is_runtime_and_more() -> None:
    runtime, development = (pins(ROOT / "requirements" / f"{name}.txt") for name in ("runtime", "dev"))
    assert {name: [str(pin.specifier) for pin in runtime[name]] for name in runtime} == {
        name: [str(pin.specifier) for pin in development[name]] for name in runtime
    }


# --- floors ----------------------------------------------------------------------------------------------------------


def test_every_module_stands_on_a_floor() -> None:
    floors = set(re.findall(r"[\w.]+", " ".join(CONTRACTS["floors"]["layers"])))
    modules = {
        f"{package}.{path.stem}"
        for package in ("safety", "notifications")
        for path in (ROOT / package).iterdir()
        if path.stem not in {"__init__", "__pycache__", "templates"}
        and (path.suffix == ".py" or any(path.glob("*.py")))
    }
    assert modules <= floors


def test_the_pure_floors_are_closed_to_every_dependency_but_pydantic() -> None:
    closed = set(CONTRACTS["pure"]["forbidden_modules"])
    provided = importlib.metadata.packages_distributions()
    direct = {canonicalize_name(wanted.name) for wanted in RUNTIME} - {"pydantic"}
    modules = {module for module, by in provided.items() if direct & {canonicalize_name(name) for name in by}}
    assert len(modules) >= len(direct)
    assert {module for module in modules if not module.startswith("_")} <= closed


# --- run.py ----------------------------------------------------------------------------------------------------------


def test_run_py_needs_only_the_standard_library() -> None:
    imported: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / "run.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(str(node.module).partition(".")[0])
    assert imported
    assert imported <= set(sys.stdlib_module_names)


def test_an_older_python_can_read_run_py_and_is_refused_in_one_sentence() -> None:
    ast.parse((ROOT / "run.py").read_text(encoding="utf-8"), feature_version=(3, 7))
    pretend = "import runpy, sys; sys.version_info = (3, 10, 0); sys.argv = ['run.py', 'demo']; runpy.run_path('run.py', run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", pretend], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert re.fullmatch(r"run\.py: Vigilog needs Python 3\.11 or newer, and .+ is \S+\.\n", done.stderr)


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder with what run.py reads, and no environment."""
    for name in ("run.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    return tmp_path


def loaded(folder: Path) -> ModuleType:
    """Load the run.py of a folder as a module."""
    spec = importlib.util.spec_from_file_location("run_of_a_test", folder / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def prepared(folder: Path, kind: str) -> ModuleType:
    """Give a folder a finished environment of a kind whose program says its arguments and ends with 7."""
    run = loaded(folder)
    run.BIN.mkdir(parents=True)
    (run.BIN / "python").symlink_to(sys.executable)
    (run.BIN / "vigilog").write_text("import sys\nprint(sys.argv[1:])\nsys.exit(7)\n", encoding="utf-8")
    run.STAMP.write_text("\n".join(run.stamp(kind)), encoding="utf-8")
    return run


def start(
    folder: Path, *arguments: str, python: str = sys.executable, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Start run.py as a person does, with an environment that says nothing else."""
    command = [python, str(folder / "run.py"), *arguments]
    given = {"PATH": "/usr/bin:/bin", "HOME": str(folder), **environment}
    return subprocess.run(command, env=given, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("kind", ["runtime", "dev"])
def test_a_prepared_folder_starts_the_program_at_once_and_passes_its_exit_code_on(bare: Path, kind: str) -> None:
    prepared(bare, kind)
    for arguments, expected in ((["vigilog", "verify", "--x", "a b"], ["verify", "--x", "a b"]), (["demo"], ["demo"])):
        done = start(bare, *arguments)
        assert (done.returncode, done.stdout, done.stderr) == (7, f"{expected}\n", "")


def test_another_lock_description_or_folder_asks_for_preparation_and_a_tool_setting_does_not(bare: Path) -> None:
    run = prepared(bare, "runtime")
    description = (bare / "pyproject.toml").read_text(encoding="utf-8")
    (bare / "pyproject.toml").write_text(description + "\n[tool.other]\nx = 1\n", encoding="utf-8")
    assert run.is_ready("runtime")
    assert not run.is_ready("dev")
    (bare / "pyproject.toml").write_text(description.replace("scipy>=", "scipy>"), encoding="utf-8")
    assert not run.is_ready("runtime")
    (bare / "pyproject.toml").write_text(description, encoding="utf-8")
    (bare / "requirements" / "runtime.txt").write_text("", encoding="utf-8")
    assert not run.is_ready("runtime")
    shutil.copy(ROOT / "requirements" / "runtime.txt", bare / "requirements")
    assert run.is_ready("runtime")
    moved = bare.rename(bare.with_name("moved"))
    assert not loaded(moved).is_ready("runtime")


@pytest.mark.parametrize(
    ("python", "sentence"),
    [
        (sys.executable, r"No module named pip'; install pip .*"),
        (f"{sys.base_prefix}/bin/python3", r"No matching distribution found for uv==.*; check the network, .*"),
    ],
    ids=["without pip", "without network"],
)
def test_a_machine_that_cannot_fetch_is_told_so_in_one_sentence(bare: Path, python: str, sentence: str) -> None:
    done = start(bare, "demo", python=python, PIP_NO_INDEX="1", PIP_CONFIG_FILE="/dev/null")
    assert done.returncode == 3
    assert re.fullmatch(
        rf"run\.py: fetching uv, the installer \.\.\. \.* \d+\.\d s\nrun\.py: .*{sentence} and start again; .*\.\n",
        done.stderr,
    )
    assert not (bare / ".venv").exists()


@pytest.mark.parametrize("arguments", [[], ["deom"]], ids=["none", "unknown"])
def test_unusable_arguments_exit_with_2(bare: Path, arguments: list[str]) -> None:
    done = start(bare, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "demo" in done.stderr


# --- compose ---------------------------------------------------------------------------------------------------------


def compose_client() -> list[str] | None:
    """Find a Docker Compose of version 2 or newer: the client's plugin or the program of its own."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]):
            asked = subprocess.run([*command, "version", "--short"], capture_output=True, text=True, check=False)
            if asked.returncode == 0 and not asked.stdout.startswith("1."):
                return command
    return None


def test_the_compose_file_is_sound() -> None:
    client = compose_client()
    if client is None:
        pytest.skip("no Docker Compose client of version 2 on this machine")
    done = subprocess.run([*client, "config", "--quiet"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
