"""Run a plan: only what is missing, independent steps side by side, one progress bar each."""

from __future__ import annotations

import json
import multiprocessing as mp
import os
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from multiprocessing.managers import SyncManager
from pathlib import Path
from typing import Any

from limbeck import budget, processes, secrets, stopping
from limbeck.errors import Failed, LimbeckError
from limbeck.pipeline import clusters, execute, inventory, logs, manifests, measuring, partial, spending
from limbeck.pipeline.atomic import refused, write_atomic
from limbeck.pipeline.context import Report
from limbeck.pipeline.place import LOCAL, Place
from limbeck.pipeline.plan import Plan, Step
from limbeck.pipeline.screen import Screen
from limbeck.records import Result
from limbeck.types import Shards


def make(
    step: Step,
    folders: dict[str, Path],
    report: Report,
    workers: int,
    inputs: Sequence[Shards] | None = None,
) -> dict[str, Any]:
    """Make a step, with all that libraries print on the way in its log, whose end an error shows; arguments
    as `execute.run`.

    Raises:
        LimbeckError: from the method.
    """
    since = logs.size(step.folder)
    try:
        with logs.into(step.folder):
            return execute.run(step, folders, report, workers, inputs)
    except LimbeckError as error:
        raise type(error)("\n".join(filter(None, [str(error), logs.tail(step.folder, since)]))) from error
    except Exception as error:
        if told := refused(error):
            again = "nothing made so far is lost, run again to go on"
            raise Failed(f"stage {step.name!r} ({step.method.key}): {told}; {again}") from error
        error.add_note(logs.tail(step.folder, since))
        raise


def _work(step: Step, folders: dict[str, Path], queue: Any, workers: int) -> dict[str, Any]:
    try:
        with stopping.working():
            return make(step, folders, queue.put, workers)
    except LimbeckError:
        raise
    except Exception as error:  # its traceback, notes included, would be lost on the way to the parent
        raise RuntimeError(f"stage {step.name!r}: {error}\n{traceback.format_exc()}") from None


def _initialise(threads: int, parent: int) -> None:
    processes.limit_threads(threads)
    stopping.as_worker()
    stopping.end_with(parent)


@contextmanager
def _listening(screen: Screen, context: Any) -> Any:
    """A queue that worker processes report to, drained by a thread."""
    manager = SyncManager(ctx=context)
    manager.start(stopping.as_manager, (os.getpid(),))
    with manager:
        queue = manager.Queue()

        def drain() -> None:
            while (event := queue.get()) is not None:
                screen.hear(event)

        thread = threading.Thread(target=drain, daemon=True)
        thread.start()
        try:
            yield queue
        finally:
            queue.put(None)
            thread.join(timeout=2)


class Runner:
    """Runs the steps of a plan and keeps what each one made; ``cap`` is what all times that it is started may
    spend on endpoints, ``place`` is where shards are made."""

    def __init__(
        self,
        plan: Plan,
        jobs: int = 0,
        workers: int = 0,
        quiet: bool = False,
        cap: budget.Amounts = budget.UNLIMITED,
        place: Place = LOCAL,
    ) -> None:
        self.plan, self.quiet, self.place = plan, quiet, place
        spending.check(plan, cap)
        self.ledger = budget.Ledger(plan.out / budget.FILE, cap)
        if jobs < 0:
            raise LimbeckError(f"jobs cannot be {jobs}")
        cpus = os.cpu_count() or 1
        # Side by side pays on a CPU, where a tiny model cannot use a second core; an accelerator is one
        # step's alone.
        alone = Path("/dev/nvidia0").exists() or "RANK" in os.environ
        self.jobs = jobs or (1 if alone else min(cpus, 4))
        self.workers = workers or max(1, cpus // self.jobs)
        self.folders = {name: step.folder for name, step in plan.steps.items()}
        self.manifests: dict[str, dict[str, Any]] = {}
        self.cached: set[str] = set()
        self.before = {name: step.manifest() for name, step in plan.steps.items()}
        for step in plan.steps.values():
            step.ledger, step.place = self.ledger, place
            for spec in step.all_models():
                secrets.keep_of(spec.params)
        self.results: dict[str, list[Result]] = {}
        self.mistakes: list[str] = []
        self.started = time.time()

    def run(self) -> dict[str, dict[str, Any]]:
        """Make everything that is missing; returns the manifests by step name.

        Raises:
            Failed: when a step failed, or the budget is spent; what was made stays and the next run continues
            from it.
            Damaged: what was made before is not there as it was written.
        """
        screen = Screen(len(self.plan.steps), shown=not (self.quiet or execute.RANK))
        with screen.bars, stopping.announced_by(screen.say):
            for name, step in self.plan.steps.items():
                manifest = self.before[name]
                if manifest:
                    inventory.need_whole(step.folder, tables_only=True)
                if manifest and (partial.whole(manifest) or "RANK" in os.environ):
                    self._done(screen, step, manifest)
            if todo := [step for name, step in self.plan.steps.items() if name not in self.manifests]:
                with ExitStack() as joined:
                    if away := [step for step in todo if step.away]:
                        place = joined.enter_context(clusters.joined(self.place))
                        for step in away:
                            step.place = place
                    (self._inline if self.jobs == 1 else self._pool)(screen)
        screen.close()
        if short := self._short():
            raise Failed(short)
        return self.manifests

    def _short(self) -> str:
        """What to say of a budget that is spent: no further step begins."""
        return spending.stopped(self.plan, self.ledger, self.manifests)

    def _done(self, screen: Screen, step: Step, manifest: dict[str, Any]) -> None:
        self.manifests[step.name] = manifest
        if manifest == self.before[step.name]:
            self.cached.add(step.name)
        screen.finished(
            step, manifest, step.name in self.cached, f"{len(self.manifests)}/{len(self.plan.steps)}"
        )
        self.write("running")

    def _inline(self, screen: Screen) -> None:
        for step in self.plan.steps.values():
            if step.name not in self.manifests and not self._short():
                self._done(screen, step, make(step, self.folders, screen.hear, self.workers))

    def _pool(self, screen: Screen) -> None:
        context = mp.get_context("spawn")
        threads = max(1, (os.cpu_count() or 1) // self.jobs)
        with (
            _listening(screen, context) as queue,
            ProcessPoolExecutor(self.jobs, context, _initialise, (threads, os.getpid())) as pool,
        ):
            running: dict[Future[dict[str, Any]], Step] = {}
            try:
                self._schedule(screen, pool, running, queue)
            except KeyboardInterrupt:
                self._drain(list((pool._processes or {}).values()), running)
                raise
            except BaseException:
                for process in list((pool._processes or {}).values()):
                    process.kill()
                raise

    def _drain(self, processes: Sequence[Any], running: Mapping[Future[dict[str, Any]], Step]) -> None:
        """Have steps that ask endpoints wait for the replies under way and the others stop; a second
        interrupt cuts all off."""
        try:
            for process in processes:
                stopping.tell(process.pid)
            stopping.announce(stopping.MESSAGE)
            wait(running)
        except KeyboardInterrupt:
            for process in processes:
                process.kill()
            raise

    def _schedule(
        self, screen: Screen, pool: Any, running: dict[Future[dict[str, Any]], Step], queue: Any
    ) -> None:
        waiting = [step for step in self.plan.steps.values() if step.name not in self.manifests]
        failed: list[str] = []
        while running or (waiting and not failed and not self._short()):
            ready = [step for step in waiting if step.after <= self.manifests.keys()]
            for step in ready if not (failed or self._short()) else []:
                if len(running) < self.jobs:
                    waiting.remove(step)
                    running[pool.submit(_work, step, self.folders, queue, self.workers)] = step
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                step = running.pop(future)
                try:
                    self._done(screen, step, future.result())
                except (LimbeckError, RuntimeError) as error:
                    failed.append(str(error))
                except BrokenProcessPool:
                    killed = f"stage {step.name!r}: its process was killed (out of memory?)"
                    failed.append("\n".join(filter(None, [killed, logs.tail(step.folder)])))
        if failed:
            raise Failed(
                "\n".join([*dict.fromkeys(failed), "what was made stays; run the same command to go on"])
            )

    def measure(self) -> None:
        """Read the numbers of every stage of evaluation that is made into ``results``, by its name;
        ``mistakes`` holds what is wrong with metrics."""
        for name, step in self.plan.steps.items():
            if step.kind == "results" and name in self.manifests and not execute.RANK:
                self.results[name], mistake = measuring.rows_of(step)
                self.mistakes += [mistake] if mistake else []

    def write(self, state: str) -> dict[str, Any]:
        """Write ``run.json``, the page the report is drawn from."""
        if execute.RANK:
            return {}
        recipe = self.plan.recipe
        stages = []
        for name, step in self.plan.steps.items():
            if name in self.manifests:
                manifest = dict(self.manifests[name])
                for key in ("schema", "versions", "files"):
                    manifest.pop(key, None)
                folder = os.path.relpath(step.folder, self.plan.out)
                here = {"name": name, "dir": folder, "cached": name in self.cached, "metrics": step.metrics}
                stages.append({**manifest, **here})
        page = {
            "name": recipe.name,
            "title": recipe.title,
            "paper": recipe.raw.get("paper", {}),
            "scale": recipe.scale,
            "seed": recipe.seed,
            "state": state,
            "recipe": recipe.raw,
            "versions": manifests.versions(),
            "started": self.started,
            "finished": time.time(),
            "seconds": round(time.time() - self.started, 2),
            "command": " ".join(["limbeck", *sys.argv[1:]]),
            "stages": stages,
            "results": measuring.listed(self.results),
        }
        text = json.dumps(secrets.redacted_in(page), indent=1, default=str)
        write_atomic(self.plan.out / "run.json", text.encode())
        return page


def run(
    plan: Plan,
    jobs: int = 0,
    workers: int = 0,
    quiet: bool = False,
    cap: budget.Amounts = budget.UNLIMITED,
    place: Place = LOCAL,
) -> Runner:
    """Run a plan to its end and return the runner, whose ``manifests`` and ``folders`` say what was made
    where, ``results`` what was measured. ``quiet`` shows no bars and no lines of finished steps, ``cap`` is
    what may be spent, ``place`` where shards are made."""
    runner = Runner(plan, jobs, workers, quiet, cap, place)
    state = "failed"
    try:
        runner.run()
        state = "finished"
    except KeyboardInterrupt:
        state = "interrupted"
        raise
    finally:
        if state != "interrupted":
            runner.measure()
        runner.write(state)
    return runner
