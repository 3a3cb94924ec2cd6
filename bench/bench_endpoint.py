"""CPU time a request and requests a second of the endpoint client, against a bare httpx2 loop and distilabel.

``python bench/bench_endpoint.py`` asks a server on this machine, which answers every request after 50 ms, and
writes ``bench/results/endpoint.md``. Every measurement is a fresh process, the server another one; three
rounds, in turns. ``--distilabel PYTHON`` names the interpreter of an environment with ``distilabel[openai]``,
``--httpx PYTHON`` one with httpx2 where this one has none.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

RESULTS = Path(__file__).parent / "results" / "endpoint.md"
DELAY = 0.05
TEXT = "The answer is 4. " * 60
QUESTION = "hello " * 50


class Server(asyncio.Protocol):
    """Reads whole requests, answers each with the same completion a little later."""

    reply = b""

    def connection_made(self, transport):
        self.transport, self.kept = transport, b""

    def data_received(self, data):
        self.kept += data
        while (end := self.kept.find(b"\r\n\r\n")) >= 0:
            head = self.kept[:end].lower()
            place = head.find(b"content-length:")
            length = int(head[place + 15 :].split(b"\r\n")[0]) if place >= 0 else 0
            if len(self.kept) < end + 4 + length:
                return
            self.kept = self.kept[end + 4 + length :]
            asyncio.get_running_loop().call_later(DELAY, self.answer)

    def answer(self):
        if not self.transport.is_closing():
            self.transport.write(self.reply)


async def serve() -> None:
    """Print the port, then answer for ever."""
    choice = {"index": 0, "message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 7, "completion_tokens": 300, "total_tokens": 307}
    whole = {"id": "x", "object": "chat.completion", "created": 1, "model": "m"}
    body = json.dumps({**whole, "choices": [choice], "usage": usage}).encode()
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    Server.reply = head % len(body) + body
    listening = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0, backlog=2048)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await listening.serve_forever()


def limbeck(url: str, connections: int, requests: int) -> int:
    from limbeck.generation import Sampling
    from limbeck.models.openai import Asking, Endpoint

    model = Endpoint("m", url, asking=Asking(concurrency=connections))
    chats = [[{"role": "user", "content": QUESTION + str(number)}] for number in range(requests)]
    return sum(completion.text == TEXT for _, _, completion in model.stream(chats, Sampling(max_tokens=100)))


def httpx2(url: str, connections: int, requests: int) -> int:
    """The loop that one writes first: one client, as many tasks as connections."""
    import httpx2 as library

    async def run() -> int:
        limits = library.Limits(max_connections=connections, max_keepalive_connections=connections)
        left, right = iter(range(requests)), 0
        async with library.AsyncClient(timeout=600, limits=limits) as client:

            async def work() -> None:
                nonlocal right
                for number in left:
                    chat = [{"role": "user", "content": QUESTION + str(number)}]
                    body = {"model": "m", "messages": chat, "temperature": 0.6, "max_tokens": 100}
                    reply = await client.post(f"{url}/chat/completions", json=body)
                    right += reply.json()["choices"][0]["message"]["content"] == TEXT

            await asyncio.gather(*[work() for _ in range(connections)])
        return right

    return asyncio.run(run())


def distilabel(url: str, connections: int, requests: int) -> int:
    """Its client alone, without a pipeline around it, in batches of as many as there are connections."""
    from distilabel.models import OpenAILLM

    model = OpenAILLM(model="m", base_url=url, api_key="none", generation_kwargs={"max_new_tokens": 100})
    model.load()
    right = 0
    for start in range(0, requests, connections):
        numbers = range(start, min(requests, start + connections))
        chats = [[{"role": "user", "content": QUESTION + str(number)}] for number in numbers]
        right += sum(each["generations"][0] == TEXT for each in model.generate_outputs(chats))
    return right


def job(spec: dict) -> dict[str, float]:
    """One measurement, in this process: CPU microseconds a request, requests a second."""
    client = {"limbeck": limbeck, "httpx2": httpx2, "distilabel": distilabel}[spec["who"]]
    server = subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True)
    try:
        url = f"http://127.0.0.1:{int(server.stdout.readline())}/v1"
        client(url, spec["connections"], spec["connections"])  # imports, and whatever is made once
        clock, cpu = time.perf_counter(), time.process_time()
        right = client(url, spec["connections"], spec["requests"])
        clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
    finally:
        server.kill()
    if right != spec["requests"]:
        raise SystemExit(f"{spec}: {right} right answers")
    return {"us": 1e6 * cpu / right, "per_s": right / clock}


def measure(python: str, **spec) -> dict[str, float]:
    command = [python, __file__, "--job", json.dumps(spec)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    if done.returncode:
        raise SystemExit(f"{spec} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def version_of(python: str, package: str) -> str:
    code = f"from importlib.metadata import version; print(version({package!r}))"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def ratios(runs: dict, above: tuple[str, int], below: tuple[str, int], field: str) -> str:
    """One side over the other, round by round: the median, then the range."""
    pairs = zip(runs[above], runs[below], strict=True)
    each = [first[field] / second[field] for first, second in pairs]
    return f"{statistics.median(each):.2f} ({min(each):.2f} to {max(each):.2f})"


def cell(values: list[float]) -> str:
    return f"{statistics.median(values):,.0f} ({min(values):,.0f} to {max(values):,.0f})"


def main(rounds: int, requests: int, pythons: dict[str, str]) -> None:
    """Measure in turns and write the table."""
    cases = [(who, connections) for who in pythons for connections in (64, 512)]
    runs: dict[tuple[str, int], list[dict[str, float]]] = {case: [] for case in cases}
    for _ in range(rounds):
        for who, connections in cases:
            spec = {"who": who, "connections": connections, "requests": requests}
            runs[who, connections].append(measure(pythons[who], **spec))
            print(who, connections, runs[who, connections][-1], flush=True)
    packages = {"limbeck": "httpcore2", "httpx2": "httpx2", "distilabel": "distilabel"}
    names = [f"{packages[who]} {version_of(python, packages[who])}" for who, python in pythons.items()]
    rows = [
        f"| {who} | {connections} | {cell([each['us'] for each in values])} | "
        f"{cell([each['per_s'] for each in values])} |"
        for (who, connections), values in runs.items()
    ]
    page = [
        "# Asking an endpoint", "",
        f"{date.today()}, 2-core CPU shared with other work, {', '.join(names)}.",
        f"Made by `python bench/bench_endpoint.py`: {requests:,} completions of {len(TEXT):,} characters "
        f"from a server on this machine that answers after {1000 * DELAY:.0f} ms. Every measurement is a "
        f"fresh process, {rounds} rounds in turns; the median, and the range in brackets.",
        "distilabel is its client alone, without a pipeline; retries, limits, redaction and records of ours "
        "are included.", "",
        "| client | connections | CPU µs a request | requests a second |", "|---|---:|---:|---:|", *rows, "",
        f"* CPU a request, 512 connections over 64: {ratios(runs, ('limbeck', 512), ('limbeck', 64), 'us')}; "
        f"of the httpx2 loop {ratios(runs, ('httpx2', 512), ('httpx2', 64), 'us')}",
        "* Requests a second at 512 connections over the httpx2 loop's: "
        f"{ratios(runs, ('limbeck', 512), ('httpx2', 512), 'per_s')}",
    ]  # fmt: skip
    for connections in (64, 512) if "distilabel" in pythons else ():
        ratio = ratios(runs, ("limbeck", connections), ("distilabel", connections), "us")
        page.append(f"* CPU a request at {connections} connections over distilabel's: {ratio}")
    RESULTS.write_text("\n".join([*page, ""]), encoding="utf-8")
    print("\n".join(page))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=4096)
    parser.add_argument("--httpx", default=sys.executable, help="an interpreter with httpx2")
    parser.add_argument("--distilabel", default="", help="an interpreter with distilabel[openai]")
    parser.add_argument(
        "--job", type=json.loads, help="one measurement, as JSON (used by this script itself)"
    )
    parser.add_argument("--serve", action="store_true", help="be the server (used by this script itself)")
    given = parser.parse_args()
    if given.serve:
        asyncio.run(serve())
    elif given.job:
        print(json.dumps(job(given.job)))
    else:
        peers = {"distilabel": given.distilabel} if given.distilabel else {}
        main(given.rounds, given.requests, {"limbeck": sys.executable, "httpx2": given.httpx, **peers})
