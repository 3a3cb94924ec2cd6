"""Any OpenAI-compatible endpoint: vLLM, SGLang, `transformers serve`, or a paid one."""

from __future__ import annotations

import asyncio
import queue
import random
import resource
import threading
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from msgspec import Struct

from limbeck import budget, secrets, stopping
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models._endpoint_pace import Clock, Pace
from limbeck.types import Settings

GIVES = ("text", "prefix", "logprobs", "tops")

Arrived = tuple[int, int, Completion]


class Transport(Settings, frozen=True):
    """How an endpoint is reached, how fast, and for how much.

    Args:
        headers: further headers of every request, such as ``{X-Title: limbeck}``. A value ``$NAME`` is read
            from that environment variable and never written anywhere (``{api-key: $AZURE_OPENAI_API_KEY}``).
        proxy: the proxy to go through, http, https or socks5; empty takes HTTP_PROXY, HTTPS_PROXY or
            ALL_PROXY, but for addresses in NO_PROXY and on this machine.
        requests_per_minute: most requests a minute; 0 for as many as the endpoint takes.
        tokens_per_minute: most prompt and completion tokens a minute, as the replies count them; 0 for any.
        budget: most that a run may spend on this model, however often it is started: ``{usd: 5}``,
            ``{tokens: 2e6}``, ``{requests: 1000}`` or several. What is under way when it is reached comes in.
    """

    headers: dict[str, str] = {}  # noqa: RUF012 msgspec gives each its own
    proxy: str = ""
    requests_per_minute: float = 0.0
    tokens_per_minute: float = 0.0
    budget: dict[str, float] = {}  # noqa: RUF012


class Asking(Struct, frozen=True):
    """How often and how long: requests under way at once, further tries of a request that failed, seconds for
    a whole request."""

    concurrency: int = 32
    retries: int = 5
    timeout: float = 600.0


def openai(
    *,
    model: str,
    url: str = "http://127.0.0.1:8000/v1",
    key_env: str = "OPENAI_API_KEY",
    concurrency: int = 32,
    retries: int = 5,
    timeout: float = 600.0,
    price_in: float = 0.0,
    price_out: float = 0.0,
    extra: dict[str, Any] = {},  # noqa: B006 read as configuration, never changed
    transport: Transport = Transport(),
) -> Model:
    """Sample over HTTP, many requests at once, one completion a request.

    Failing servers (408, 409, 5xx, dropped connections, no reply in time) are asked again with growing,
    jittered waits; a request that keeps failing gives a completion with ``finish="error"``, leaves its stage
    partial, and is asked again by the next run. "Too many requests" (429) counts no try: all requests wait
    for as long as the server says. An empty account (402, ``insufficient_quota``) stops at once. The first
    Ctrl-C waits for the replies under way. At temperature 0 a prompt is asked once for all its samples.

    Neither the address nor how it is reached is part of a stage's key: a served model on another port is the
    same model.

    Args:
        model: the name the endpoint knows it by.
        url: the base of its addresses; what stands behind a ``?`` is sent along (``?api-version=…``).
        key_env: the environment variable that holds the key, if one is needed.
        concurrency: requests under way at once.
        retries: further tries of a request that failed.
        timeout: seconds for one request, from its first byte to the last of its reply.
        price_in: USD per million prompt tokens.
        price_out: USD per million completion tokens.
        extra: further fields of the request body, such as ``{top_k: 20}``; null leaves one of ours out
            (``{max_tokens: null, max_completion_tokens: 4096}``). ``{stream: true, stream_options:
            {include_usage: true}}`` is for endpoints that only stream.

    Raises:
        LimbeckError: a key, an address or a setting that cannot be used; while sampling, when the endpoint is
            down, refuses the key or the model, wants to be paid, or sends no log-probabilities though asked
            to. What arrived before has been handed over.
    """
    key = secrets.from_environment(key_env, "the key")
    asking = Asking(concurrency, retries, timeout)
    prices = (price_in, price_out)
    return Endpoint(model, url, key, asking, transport, extra=extra, key_env=key_env, prices=prices)


def precheck(given: dict[str, Any]) -> None:
    """Refuse a key, an address, a proxy or a budget that cannot be used before any stage runs."""
    from limbeck.models._endpoint_wire import Lines, address

    budget.of_model(given["budget"], (given["price_in"], given["price_out"]))
    place = address(given["url"], secrets.from_environment(given["key_env"], "the key"), {})
    Lines(place, given["proxy"])


class Endpoint(Model):
    """The model behind `openai`. ``usage`` counts what was answered in this process: requests, tokens and
    USD; ``failed`` the requests given up that may be answered another time."""

    def __init__(
        self,
        model: str,
        url: str,
        key: str = "",
        asking: Asking = Asking(),
        transport: Transport = Transport(),
        *,
        extra: dict[str, Any] | None = None,
        key_env: str = "",
        prices: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        from limbeck.models._endpoint_wire import address

        for name, least in (("concurrency", 1), ("retries", 0)):
            if getattr(asking, name) < least:
                raise LimbeckError(f"{name} cannot be {getattr(asking, name)}; at least {least}")
        if not asking.timeout > 0:
            raise LimbeckError(f"timeout cannot be {asking.timeout:g} seconds")
        for name in ("requests_per_minute", "tokens_per_minute"):
            if not getattr(transport, name) >= 0:
                raise LimbeckError(f"{name} cannot be {getattr(transport, name):g}; 0 sets no limit")
        self.name = self.model = model
        self.key_env, self.asking, self.transport, self.extra = key_env, asking, transport, extra or {}
        secrets.keep(key)
        secrets.keep_of({"headers": transport.headers})
        self.place = address(url, key, transport.headers)
        self.price_in, self.price_out = prices
        self.cap = budget.of_model(transport.budget, prices)
        self.spend_from(budget.Ledger())
        self.usage: dict[str, float] = {"requests": 0, "prompt_tokens": 0, "completion_tokens": 0, "usd": 0.0}
        self.answered = float("-inf")
        self.unreached = 0
        self.keep_time(Clock())

    def keep_time(self, clock: Clock) -> None:
        """Wait by another clock; what was learnt of the endpoint's pace is forgotten."""
        self.clock = clock
        self.pace = Pace(clock, self.transport.requests_per_minute, self.transport.tokens_per_minute)

    def spend_from(self, ledger: budget.Ledger) -> None:
        """Note what replies cost, and ask nothing that the ledger's cap, or the model's own, forbids."""
        self.account = budget.Account(self.name, (self.price_in, self.price_out), self.cap, ledger)

    @property
    def where(self) -> str:
        """The address and the model, for messages; no secret is in it."""
        return f"{self.place.shown} (model {self.model!r})"

    def stream(self, prompts: Sequence[Messages], sampling: Sampling) -> Iterator[Arrived]:
        """Completions in the order they arrive."""
        return self.stream_some(prompts, [range(sampling.n)] * len(prompts), sampling)

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[Arrived]:
        """The wanted samples in the order they arrive. The requests run in a thread of their own.

        Raises:
            KeyboardInterrupt: the first one when the replies under way have been handed over.
        """
        from limbeck.models._endpoint_round import Round

        once = sampling.temperature == 0
        drawn = [sorted(numbers)[:1] if once else sorted(numbers) for numbers in wanted]
        jobs = [(index, sample) for index, numbers in enumerate(drawn) for sample in numbers]
        workers = min(self.asking.concurrency, len(jobs))
        _allow_connections(workers)
        arrived: queue.SimpleQueue[list[Arrived] | BaseException | None] = queue.SimpleQueue()
        loop = asyncio.new_event_loop()
        asked = Round(self, prompts, sampling, jobs, arrived.put)
        task = loop.create_task(asked.run(workers))

        def work() -> None:
            try:
                loop.run_until_complete(task)
                arrived.put(None)
            except BaseException as error:  # handed to the caller's thread, which raises it
                arrived.put(error)
            finally:
                loop.close()

        interrupted = threading.Event()

        def stop() -> None:
            interrupted.set()
            if thread.is_alive():
                loop.call_soon_threadsafe(asked.stop)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        try:
            with stopping.heard(stop):
                while (came := arrived.get()) is not None:
                    if isinstance(came, BaseException):
                        raise came
                    for index, sample, completion in came:
                        for number in wanted[index] if once else [sample]:
                            yield index, number, completion
            if interrupted.is_set():
                raise KeyboardInterrupt
        finally:
            if thread.is_alive() and not task.done():
                loop.call_soon_threadsafe(task.cancel)
            thread.join(timeout=5)

    def body(self, messages: Messages, sampling: Sampling, sample: int) -> dict[str, Any]:
        """What a request for a sample says."""
        body: dict[str, Any] = {
            "model": self.model,
            "messages": messages,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": sampling.max_tokens,
            # Some servers hold seeds in 32 bits with a sign.
            "seed": (sampling.seed * 1_000_003 + sample) % 2**31,
        }
        if sampling.stop:
            body["stop"] = list(sampling.stop)
        if sampling.logprobs or sampling.top:
            body["logprobs"] = True
        if sampling.top:
            body["top_logprobs"] = sampling.top
        if messages[-1]["role"] == "assistant":
            body |= {"continue_final_message": True, "add_generation_prompt": False}
        return {name: value for name, value in {**body, **self.extra}.items() if value is not None}

    @staticmethod
    def backoff(tries: int) -> float:
        """Seconds before a request that failed so often is tried again."""
        return min(30.0, 0.5 * 2.0**tries) * random.uniform(0.5, 1.5)

    def refusal(self, status: int, problem: str) -> str:
        """What to say of a server that will answer no request, and where to look."""
        hint = ""
        if status == 404 and "/v1" not in self.place.shown:
            hint = "; most servers want an address that ends in /v1"
        elif status in (401, 403):
            hint = f"; the key is read from ${self.key_env}" if self.key_env else "; it was sent no key"
        return f"{self.where} answers {problem}{hint}"

    def _counted(self, completion: Completion) -> Completion:
        prompt, new = completion.prompt_tokens or 0, completion.tokens or 0
        self.usage["requests"] += 1
        self.usage["prompt_tokens"] += prompt
        self.usage["completion_tokens"] += new
        self.usage["usd"] += (prompt * self.price_in + new * self.price_out) / 1e6
        return completion

    def asked_at(self) -> str:
        """Where it was asked, and how long it made all requests wait, for a stage's notes; empty where it
        never answered."""
        if not self.usage["requests"]:
            return ""
        waits = f"; {self.pace.pauses} pauses that it asked for, {self.pace.paused:,.0f} s in all"
        return f"{self.model!r} was asked at {self.place.shown}{waits if self.pace.pauses else ''}"

    def describe(self) -> dict[str, Any]:
        described = {"url": self.place.shown, "extra": self.extra, "usage": dict(self.usage)}
        return {**super().describe(), **described}


def _allow_connections(count: int) -> None:
    """Have this process open so many connections beside its files.

    Raises:
        LimbeckError: the system allows fewer.
    """
    needed = count + 128
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise LimbeckError(
            f"concurrency {count} needs {needed} open files, and {hard} are allowed (ulimit -n)"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
