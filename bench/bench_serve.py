"""A hundred thousand requests from the endpoint client to ``limbeck serve``, a fifth of which go wrong.

``python bench/bench_serve.py`` starts ``limbeck serve`` with a scripted model and, around its routes, faults:
429, 5xx, replies cut short, replies that come late or never. The client asks as a run does, with a journal.
Every completion is held against what its question must be answered with. Then the same server, without
faults, is asked in turns by our client and by distilabel's (``--distilabel PYTHON``, an environment with
``distilabel[openai]`` and ``requests``). It writes ``bench/results/serve.md``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import bench_endpoint as peers

RESULTS = Path(__file__).parent / "results" / "serve.md"
FAULTS = {"429": 0.05, "5xx": 0.05, "cut": 0.05, "late": 0.0495, "never": 0.0005}
"""Shares of the requests that arrive."""
LATE, TIMEOUT = 0.3, 30.0
"""Seconds by which a reply is late, and after which the client takes it for lost."""
ANSWER = "The sum of {question} was asked for, and so it was worked out step by step. " * 3
peers.TEXT = "The answer is 4. " * 20  # as many words as a script may say to a request for 100 tokens


class Faulty:
    """The application with faults before it; what it did stands in ``/faults``."""

    def __init__(self, app, shares: dict[str, float]) -> None:
        self.app, self.shares, self.done = app, shares, Counter()
        self.random = random.Random(0)

    async def __call__(self, scope, receive, send) -> None:
        if scope["path"] == "/faults":
            cpu = resource.getrusage(resource.RUSAGE_SELF)
            told = {**self.done, "cpu": cpu.ru_utime + cpu.ru_stime, "rss": rss("self")}
            await answer(send, 200, json.dumps(told).encode())
            return
        kind = self.random.choices(
            [*self.shares, ""], [*self.shares.values(), 1 - sum(self.shares.values())]
        )[0]
        self.done[kind or "answered"] += 1
        if kind == "429":
            await answer(send, 429, b'{"error": {"message": "slow down"}}', [(b"retry-after-ms", b"10")])
        elif kind == "5xx":
            await answer(send, self.random.choice([500, 502, 503]), b'{"error": {"message": "busy"}}')
        elif kind == "cut":
            await send(
                {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"999")]}
            )
            await send({"type": "http.response.body", "body": b'{"choices": [', "more_body": True})
            raise ConnectionError  # uvicorn hangs up
        elif kind == "never":
            while (await receive())["type"] != "http.disconnect":
                pass
        else:
            await asyncio.sleep(LATE if kind == "late" else 0)
            await self.app(scope, receive, send)


async def answer(send, status: int, body: bytes, headers=()) -> None:
    sized = [*headers, (b"content-length", b"%d" % len(body)), (b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": sized})
    await send({"type": "http.response.body", "body": body})


def serve(text: str, shares: dict[str, float]) -> None:
    """``limbeck serve`` of a script that says one thing, faults around it."""
    import logging

    from limbeck.cli import output, serving
    from limbeck.serving import server

    logging.disable()  # uvicorn tells of every reply that is cut short
    plain = server.app
    server.app = lambda served: Faulty(plain(served), shares)
    output._MODE["json"] = True
    script = json.dumps({"use": "scripted", "replies": {"*": text}})
    serving.serve(script, "", "m", serving.At("127.0.0.1", 0))


@contextmanager
def served(text: str, shares: dict[str, float]) -> Iterator[str]:
    """The address of a server, in a process of its own."""
    given = json.dumps([text, shares])
    server = subprocess.Popen([sys.executable, __file__, "--serve", given], stdout=subprocess.PIPE, text=True)
    try:
        yield json.loads("".join(iter(server.stdout.readline, "}\n")) + "}")["url"]
    finally:
        server.kill()
        server.wait()


def told(url: str) -> dict[str, float]:
    """What the server did so far, its processor seconds and its memory in MB."""
    import urllib.request

    with urllib.request.urlopen(url.removesuffix("/v1") + "/faults") as reply:
        return json.load(reply)


def rss(who: str) -> float:
    """Memory of a process in MB."""
    pages = int(Path(f"/proc/{who}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def flood(requests: int, connections: int, folder: Path) -> dict:
    """All requests through a journal; what came, and memory and processor time of both sides."""
    import pyarrow  # noqa: F401  40 MB that the journal imports when it packs its first part

    from limbeck.generation import Sampling
    from limbeck.models.journal import Journal, entries
    from limbeck.models.openai import Asking, Endpoint

    with served(ANSWER, FAULTS) as url:
        asking = Asking(concurrency=connections, retries=20, timeout=TIMEOUT)
        endpoint = Endpoint("m", url, asking=asking)
        chats = [[{"role": "user", "content": f"{number} + 2"}] for number in range(requests)]
        seen, wrong, memory = bytearray(requests), 0, {}
        clock, cpu, before = time.perf_counter(), time.process_time(), told(url)["cpu"]
        journal = folder / "journal.jsonl"
        marks = {requests // 10, requests // 2, requests}
        model = Journal(endpoint, journal)
        stream = model.stream(chats, Sampling(max_tokens=100))
        for came, (index, _, completion) in enumerate(stream, 1):
            seen[index] += 1
            wrong += completion.text != ANSWER.replace("{question}", f"{index} + 2")
            if came in marks:
                memory[came] = (rss("self"), told(url)["rss"])
        used = time.process_time() - cpu
        after = told(url)
        result = {"seconds": time.perf_counter() - clock, "client": used, "server": after["cpu"] - before}
        places = model.lines.places
        table = (sys.getsizeof(places) + sum(map(sys.getsizeof, places)) + 32 * len(places)) / 2**20
        again = endpoint.usage["requests"]
        replayed = sum(1 for _ in Journal(endpoint, journal).stream(chats, Sampling(max_tokens=100)))
        kept = [entry.key for entry in entries(journal)]
    doubled = sum(count > 1 for count in seen) + len(kept) - len({*kept})
    lost = seen.count(0) + requests - len(kept) + requests - replayed
    asked = endpoint.usage["requests"] - again
    counted = {"lost": lost, "doubled": doubled, "wrong": wrong, "asked": asked}
    return {**result, **counted, "faults": after, "memory": memory, "table": table}


def job(spec: dict) -> dict[str, float]:
    """A client in this process: processor microseconds a request, of it and of the server."""
    client = {"limbeck": peers.limbeck, "distilabel": peers.distilabel}[spec["who"]]
    client(spec["url"], spec["connections"], spec["connections"])  # imports, and whatever is made once
    cpu, server = time.process_time(), told(spec["url"])["cpu"]
    right = client(spec["url"], spec["connections"], spec["requests"])
    cpu, server = time.process_time() - cpu, told(spec["url"])["cpu"] - server
    if right != spec["requests"]:
        raise SystemExit(f"{spec}: {right} right answers")
    return {"client": 1e6 * cpu / right, "server": 1e6 * server / right}


def rounds(pythons: dict[str, str], count: int, requests: int, connections: int) -> dict[str, list[dict]]:
    """Clients in turns, each in a fresh process, all of one server."""
    runs: dict[str, list[dict]] = {who: [] for who in pythons}
    with served(peers.TEXT, {}) as url:
        for who, python in [*pythons.items()] * count:
            spec = {"who": who, "url": url, "connections": connections, "requests": requests}
            command = [python, __file__, "--job", json.dumps(spec)]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                raise SystemExit(f"{spec} failed:\n{done.stderr[-3000:]}")
            runs[who].append(json.loads(done.stdout.splitlines()[-1]))
            print(who, runs[who][-1], flush=True)
    return runs


def page(given: argparse.Namespace, flooded: dict, runs: dict[str, list[dict]]) -> str:
    """The committed page."""
    pythons = {"limbeck": sys.executable, "distilabel": given.distilabel}
    packages = {"limbeck": ["httpcore2", "starlette", "uvicorn"], "distilabel": ["distilabel", "openai"]}
    names = [f"{each} {peers.version_of(pythons[who], each)}" for who in runs for each in packages[who]]
    faults, kinds = Counter(flooded["faults"]), {"429": "429", "5xx": "5xx", "cut": "cut short"}
    kinds |= {"late": f"late by {LATE} s", "never": f"never answered ({TIMEOUT:.0f} s)"}
    arrived = sum(faults[kind] for kind in [*kinds, "answered"])
    memory = flooded["memory"]
    bad = sum(faults[kind] for kind in kinds)
    each = {side: 1e6 * flooded[side] / given.requests for side in ("client", "server")}
    lines = [
        "# Serving and asking at once", "",
        f"{date.today()}, 2-core CPU shared with other work, {', '.join(names)}.",
        f"Made by `python bench/bench_serve.py --requests {given.requests} --each {given.each}`: "
        "`limbeck serve` of a script on this machine, faults around its routes, and `models/openai` with "
        f"a journal, {given.connections} requests at once, 20 retries.",
        "", f"* {given.requests:,} requests: {flooded['lost']} lost, {flooded['doubled']} doubled, "
        f"{flooded['wrong']} wrong (counted in what was handed over, in the journal, and in a second pass "
        f"over it, which asked {flooded['asked']:.0f} requests)",
        f"* {arrived:,} arrived, {bad:,} of them met a fault ({bad / arrived:.1%}): "
        + ", ".join(f"{faults[kind]:,} × {words}" for kind, words in kinds.items()),
        f"* processor time a request, faults and journal included: client {each['client']:,.0f} µs, server "
        f"{each['server']:,.0f} µs; {flooded['seconds']:,.0f} s in all", "",
        "| completions | memory of the client, MB | of the server, MB |", "|---:|---:|---:|",
        *[f"| {count:,} | {ours:.0f} | {theirs:.0f} |" for count, (ours, theirs) in memory.items()],
        "",
        f"Of what the client's grows by {flooded['table']:.0f} MB are the journal's table; pyarrow, "
        "with which it packs its parts, was imported before.", "",
        "## Against distilabel", "",
        f"{given.each:,} completions of {len(peers.TEXT)} characters from one `limbeck serve` without "
        f"faults, {given.connections} connections; each a fresh process, {given.rounds} rounds in turns; "
        "the median, and the range in brackets. distilabel is its `OpenAILLM` alone, without a pipeline.", "",
        "| client | its CPU µs a request | the server's |", "|---|---:|---:|",
    ]  # fmt: skip
    for who, values in runs.items():
        cells = [peers.cell([each[side] for each in values]) for side in ("client", "server")]
        lines.append(f"| {who} | {cells[0]} | {cells[1]} |")
    if "distilabel" in runs:
        pairs = zip(runs["limbeck"], runs["distilabel"], strict=True)
        ratios = [ours["client"] / theirs["client"] for ours, theirs in pairs]
        lines += ["", f"CPU a request over distilabel's: {statistics.median(ratios):.2f} "
                  f"({min(ratios):.2f} to {max(ratios):.2f})"]  # fmt: skip
    return "\n".join([*lines, ""])


def main(given: argparse.Namespace) -> None:
    """Flood, then compare, then write the page."""
    pythons = {"limbeck": sys.executable}
    pythons |= {"distilabel": given.distilabel} if given.distilabel else {}
    with tempfile.TemporaryDirectory() as folder:
        flooded = flood(given.requests, given.connections, Path(folder))
    print(flooded, flush=True)
    runs = rounds(pythons, given.rounds, given.each, given.connections)
    text = page(given, flooded, runs)
    print(text)
    if not given.dry:
        RESULTS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--each", type=int, default=2048, help="requests of a comparison's measurement")
    parser.add_argument("--distilabel", default="", help="an interpreter with distilabel[openai]")
    parser.add_argument("--dry", action="store_true", help="print the page alone")
    parser.add_argument("--serve", type=json.loads, help="be the server (used by this script itself)")
    parser.add_argument("--job", type=json.loads, help="one measurement (used by this script itself)")
    given = parser.parse_args()
    if given.serve:
        serve(*given.serve)
    elif given.job:
        print(json.dumps(job(given.job)))
    else:
        main(given)
