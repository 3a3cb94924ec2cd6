"""``limbeck doctor``: what of this machine and its packages works, and what to do about the rest.

Nothing that is looked at is imported here: packages are asked for their metadata, and what must be imported
to be known is imported in a process of its own. A look that fails is a line like any other.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any, Literal

import typer
from msgspec import Struct, to_builtins

import limbeck
from limbeck.cli.output import give, tell

State = Literal["ok", "warning", "missing"]
SECONDS = 180
CPU_TORCH = "pip install torch --index-url https://download.pytorch.org/whl/cpu"
DEVELOPERS = ("dev",)
"""Extras that no user needs."""
_CORE = "import limbeck.pipeline.plan, limbeck.shapes, limbeck.report.build, limbeck.verifiers.answers.math"
_TORCH = """
import json, torch
gpus = [torch.cuda.get_device_name(at) for at in range(torch.cuda.device_count())]
print(json.dumps({"cuda": torch.version.cuda or torch.version.hip, "gpus": gpus}))
"""
_COLOURS = {"ok": "green", "warning": "yellow", "missing": "red"}


class Item(Struct):
    """One thing looked at: how it stands and what to do. Without a ``needed`` one the core does not work."""

    name: str
    state: State
    text: str
    advice: str = ""
    needed: bool = False


def doctor() -> None:
    """Print a line per item; exit code 1 where the core does not work."""
    items: list[Item] = []
    for look in LOOKS:
        for item in _looked(look):
            items.append(item)
            mark = typer.style(f"{item.state:<8}", fg=_COLOURS[item.state])
            tell(f"{mark} {item.name:<14} {item.text}")
            if item.advice:
                tell(f"{'':<24}→ {item.advice}")
    works = not any(item.needed and item.state == "missing" for item in items)
    tell("the core works" if works else "the core does not work; see what is missing above")
    give({"works": works, "items": to_builtins(items)})
    if not works:
        raise typer.Exit(1)


def _looked(look: Callable[[], Iterable[Item]]) -> Iterator[Item]:
    try:
        yield from look()
    except Exception as error:  # whatever is wrong here is what the user came to learn
        yield Item(look.__name__, "warning", f"could not be looked at: {type(error).__name__}: {error}")


def python() -> Iterator[Item]:
    """The interpreter and Limbeck itself."""
    text = f"{platform.python_version()} at {sys.executable}, {platform.system()} {platform.machine()}"
    old = sys.version_info < (3, 11)
    yield Item("python", "missing" if old else "ok", text, "Python 3.11 or newer" if old else "", True)
    try:
        where = f"{version('limbeck')} in {Path(limbeck.__file__).parent}"
        yield Item("limbeck", "ok", where)
    except PackageNotFoundError:
        text = f"{limbeck.__version__} in {Path(limbeck.__file__).parent}, not installed as a package"
        yield Item(
            "limbeck", "warning", text, "pip install -e . in its checkout, to have its packages checked"
        )


def core() -> Iterator[Item]:
    """Packages that everything needs: whether they can be imported, then their versions."""
    if why := _failure(_CORE):
        yield Item("core", "missing", f"cannot be imported: {why}", "reinstall the package it names", True)
    else:
        yield Item("core", "ok", "all that it needs can be imported", needed=True)
    for name, (state, text) in flawed(None).items():
        yield Item(name, state, text, f"pip install '{text.partition('wants ')[2]}'", needed=True)


def flawed(extra: str | None) -> dict[str, tuple[State, str]]:
    """Packages that an extra (None: the core) asks for and that are absent or of another version."""
    from packaging.requirements import Requirement

    flaws: dict[str, tuple[State, str]] = {}
    for text in requires("limbeck") or []:
        wanted = Requirement(text)
        if wanted.marker is None:
            concerns = extra is None
        else:
            concerns = wanted.marker.evaluate({"extra": extra or ""})
            # A marker without an extra holds for the core, whichever extra is asked for.
            concerns = concerns and (extra is None or not wanted.marker.evaluate({"extra": ""}))
        if not concerns:
            continue
        if wanted.name == "limbeck":
            for inner in sorted(wanted.extras):
                flaws |= flawed(inner)
            continue
        asked = f"{wanted.name}{wanted.specifier}"
        try:
            there = version(wanted.name)
        except PackageNotFoundError:
            flaws[wanted.name] = "missing", f"not installed; wants {asked}"
            continue
        if not wanted.specifier.contains(there, prereleases=True):
            flaws[wanted.name] = "warning", f"{there} is installed; wants {asked}"
    return flaws


def extras() -> Iterator[Item]:
    """Optional packages by the extra that brings them."""
    from importlib.metadata import metadata

    for extra in metadata("limbeck").get_all("Provides-Extra") or []:
        flaws = {} if extra in DEVELOPERS else flawed(extra)
        if not flaws and extra not in DEVELOPERS:
            yield Item(f"[{extra}]", "ok", "all packages are there, as wanted")
        elif flaws:
            state: State = "missing" if any(state == "missing" for state, _ in flaws.values()) else "warning"
            text = "; ".join(f"{name}: {why}" for name, (_, why) in flaws.items())
            before = f"{CPU_TORCH} (without a GPU), then " if "torch" in flaws and not _gpu() else ""
            yield Item(f"[{extra}]", state, text, f"{before}pip install 'limbeck[{extra}]'")


def torch() -> Iterator[Item]:
    """PyTorch's build and the accelerators that it sees."""
    if not (there := _version("torch")):
        return
    code, out, error = _python(_TORCH)
    if code:
        yield Item("torch", "missing", f"{there} cannot be imported: {error}", f"{CPU_TORCH}, or with CUDA")
        return
    told = json.loads(out)
    build = f"{there}, built for CUDA/ROCm {told['cuda']}" if told["cuda"] else f"{there}, CPU build"
    if told["gpus"]:
        yield Item("torch", "ok", f"{build}; sees {', '.join(told['gpus'])}")
    elif _gpu():
        advice = "install a torch that fits the GPU's driver: https://pytorch.org/get-started/locally"
        yield Item("torch", "warning", f"{build}; there is a GPU and torch does not see it", advice)
    else:
        yield Item("torch", "ok", f"{build}; no GPU: training and sampling run on the CPU")


def transformers() -> Iterator[Item]:
    """Whether transformers can be imported, and the usual reason where it cannot: a torchvision or torchaudio
    built for another torch."""
    if not (there := _version("transformers")):
        return
    broken = {}
    for name in ("torchvision", "torchaudio"):
        if _version(name) and (why := _failure(f"import {name}")):
            broken[name] = f"{name} {_version(name)} cannot be imported: {why}"
    for name, text in broken.items():
        yield Item(name, "warning", text, f"pip uninstall {name} (Limbeck does not need it)")
    why = _failure("import transformers; from transformers import AutoModelForCausalLM")
    if why:
        advice = f"pip uninstall {' '.join(broken)}" if broken else "pip install 'limbeck[train]'"
        yield Item("transformers", "missing", f"{there} cannot be imported: {why}", advice)
    else:
        yield Item("transformers", "ok", f"{there} can be imported")


def sandbox() -> Iterator[Item]:
    """Where model-written programs would run."""
    from limbeck import sandbox as fenced

    kind, why = fenced.kind()
    if kind == "namespaces":
        yield Item("sandbox", "ok", "programs run in namespaces of their own")
    elif kind:
        text = "programs are fenced in by Landlock, which is weaker than namespaces"
        yield Item("sandbox", "warning", text, "allow user namespaces: sysctl user.max_user_namespaces")
    else:
        yield Item("sandbox", "missing", f"no program runs; answers are verified all the same: {why}")


def machine() -> Iterator[Item]:
    """Cores, memory and disk."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    yield Item("cores", "ok", f"{usable} usable of {os.cpu_count()}")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    if limit.is_file() and (text := limit.read_text(encoding="utf-8").strip()).isdigit():
        memory = min(memory, int(text))
    yield _enough("memory", memory, 4, "close other programs, or take smaller batches")
    yield _enough("disk", shutil.disk_usage(".").free, 5, "free some, or give another folder as --out")


def hub() -> Iterator[Item]:
    """Where Hub models come from."""
    offline = [name for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE") if _is_set(name)]
    home = os.environ.get("HF_HOME") or "~/.cache/huggingface"
    if offline:
        text = f"{' and '.join(offline)} set: only models in {home} can be opened"
        yield Item("hub", "warning", text, f"unset {' '.join(offline)} to download others")
    else:
        yield Item("hub", "ok", f"models are downloaded to {home}")


def beside() -> Iterator[Item]:
    """Programs and packages that some methods use where they are there."""
    vllm = _version("vllm")
    advice = "" if vllm else "pip install vllm, or serve it elsewhere and ask openai:NAME@URL"
    yield Item("vllm", "ok" if vllm else "missing", vllm or "optional: models/vllm", advice)
    lean = shutil.which("lean")
    advice = "" if lean else "install Lean 4 by its elan"
    yield Item("lean", "ok" if lean else "missing", lean or "optional: verifiers/lean", advice)


LOOKS = (python, core, extras, torch, transformers, sandbox, machine, hub, beside)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _gpu() -> bool:
    return Path("/dev/nvidia0").exists() or Path("/dev/kfd").exists()


def _is_set(name: str) -> bool:
    return os.environ.get(name, "").lower() in ("1", "true", "yes", "on")


def _enough(name: str, size: int, least: int, advice: str) -> Item:
    gib = size / 2**30
    few = gib < least
    return Item(name, "warning" if few else "ok", f"{gib:,.1f} GiB", advice if few else "")


def _failure(code: str) -> str:
    """The last line of what Python says of this code; empty where it runs."""
    failed, _, error = _python(code)
    return (error or f"exit code {failed}") if failed else ""


def _python(code: str) -> tuple[int, str, str]:
    """Exit code, output and last line of errors of code in a process of its own, which sees what this one
    does."""
    path = os.pathsep.join([str(Path(limbeck.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    environment: dict[str, Any] = {**os.environ, "PYTHONPATH": path.rstrip(os.pathsep)}
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=SECONDS, env=environment
        )
    except subprocess.TimeoutExpired:
        return 1, "", f"no answer within {SECONDS} s"
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    return done.returncode, done.stdout, lines[-1].strip() if lines else ""
