"""Any OpenAI-compatible endpoint: vLLM, SGLang, `transformers serve`, or a paid one."""

from __future__ import annotations

import asyncio
import os
import queue
import random
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from limbeck.errors import LimbeckError
from limbeck.models.base import Completion, Messages, Model, Sampling

RETRIED = {408, 409, 425, 429, 500, 502, 503, 504, 529}
PATIENCE = 8
"""Requests that may fail to connect before anything has ever worked; then the endpoint is taken to be down."""


def openai(
    *,
    model: str,
    url: str = "http://127.0.0.1:8000/v1",
    key_env: str = "OPENAI_API_KEY",
    concurrency: int = 32,
    retries: int = 5,
    timeout: float = 600.0,
    extra: dict = {},  # noqa: B006 read as configuration, never changed
) -> Model:
    """Sample over HTTP, many requests at once, one completion a request.

    Busy and failing servers (429, 5xx, dropped connections) are asked again with growing, jittered waits, or when they
    say (``Retry-After``). A request that keeps failing gives a completion with ``finish="error"``.

    Args:
        model: the name the endpoint knows it by.
        key_env: the environment variable that holds the key, if one is needed.
        concurrency: requests under way at once.
        timeout: seconds for one request.
        extra: further fields of the request body, such as ``{top_k: 20}``.

    Raises:
        LimbeckError: when sampling starts and the endpoint is down or refuses the key or the model.
    """
    return Endpoint(model, url.rstrip("/"), os.environ.get(key_env, ""), concurrency, retries, timeout, extra)


class Endpoint(Model):
    """The model behind `openai`."""

    def __init__(
        self, model: str, url: str, key: str, concurrency: int, retries: int, timeout: float, extra: dict[str, Any]
    ) -> None:
        self.name = self.model = model
        self.url, self.key, self.concurrency, self.retries = url, key, concurrency, retries
        self.timeout, self.extra = timeout, extra
        self.reached = False
        self.refused = 0

    def stream(self, prompts: Sequence[Messages], sampling: Sampling) -> Iterator[tuple[int, int, Completion]]:
        """Completions in the order they arrive. The requests run in a thread of their own."""
        arrived: queue.Queue[tuple[int, int, Completion] | BaseException | None] = queue.Queue()
        stop = threading.Event()

        def work() -> None:
            try:
                asyncio.run(self._all(prompts, sampling, arrived, stop))
                arrived.put(None)
            except BaseException as error:  # handed to the caller's thread, which raises it
                arrived.put(error)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        try:
            while (item := arrived.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            stop.set()
            thread.join(timeout=5)

    async def _all(self, prompts: Sequence[Messages], sampling: Sampling, arrived: Any, stop: threading.Event) -> None:
        import httpx2

        jobs = iter([(index, sample) for index in range(len(prompts)) for sample in range(sampling.n)])
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        limits = httpx2.Limits(max_connections=self.concurrency, max_keepalive_connections=self.concurrency)
        async with httpx2.AsyncClient(headers=headers, timeout=self.timeout, limits=limits) as client:

            async def worker() -> None:
                for index, sample in jobs:
                    if stop.is_set():
                        return
                    arrived.put((index, sample, await self._one(client, prompts[index], sampling, sample)))

            await asyncio.gather(*[worker() for _ in range(min(self.concurrency, len(prompts) * sampling.n))])

    def _body(self, messages: Messages, sampling: Sampling, sample: int) -> dict[str, Any]:
        body = {
            "model": self.model, "messages": messages, "temperature": sampling.temperature, "top_p": sampling.top_p,
            "max_tokens": sampling.max_tokens, "seed": sampling.seed * 1_000_003 + sample, **self.extra,
        }  # fmt: skip
        if sampling.stop:
            body["stop"] = list(sampling.stop)
        if sampling.logprobs:
            body["logprobs"] = True
        return body

    async def _one(self, client: Any, messages: Messages, sampling: Sampling, sample: int) -> Completion:
        """One completion, asked for as often as needed."""
        import httpx2

        problem, wait = "", 0.0
        for attempt in range(self.retries + 1):
            if attempt:
                await asyncio.sleep(wait or min(30.0, 0.5 * 2**attempt) * random.uniform(0.5, 1.5))
            wait = 0.0
            try:
                response = await client.post(
                    f"{self.url}/chat/completions", json=self._body(messages, sampling, sample)
                )
                self.reached = True
            except httpx2.HTTPError as error:
                problem = f"{type(error).__name__}: {error}".rstrip(": ")
                self._note_refusal(problem)
                continue
            if response.status_code in RETRIED:
                problem = f"HTTP {response.status_code}: {response.text[:200]}"
                wait = _seconds(response.headers.get("retry-after"))
                continue
            if response.status_code in (401, 403, 404):
                raise LimbeckError(
                    f"{self.url} answers HTTP {response.status_code} for model {self.model!r}: {response.text[:300]}"
                )
            if response.status_code >= 400:
                return Completion(text="", finish="error", error=f"HTTP {response.status_code}: {response.text[:300]}")
            try:
                return _completion(response.json(), sampling)
            except (KeyError, IndexError, TypeError, ValueError) as error:
                problem = f"a reply that is no chat completion ({type(error).__name__}: {error})"
        return Completion(text="", finish="error", error=f"{problem}, {self.retries + 1} attempts")

    def _note_refusal(self, problem: str) -> None:
        self.refused += 1
        if not self.reached and self.refused >= PATIENCE:
            raise LimbeckError(
                f"nothing answers at {self.url} ({problem}); is the server up? What was sampled before is kept"
            )


def _seconds(text: str | None) -> float:
    try:
        return min(60.0, float(text)) if text else 0.0
    except ValueError:
        return 0.0


def _completion(reply: dict[str, Any], sampling: Sampling) -> Completion:
    """The first choice. A reasoning parser's ``reasoning_content`` is joined back in front of the answer."""
    choice = reply["choices"][0]
    message = choice["message"]
    thought = message.get("reasoning_content") or message.get("reasoning") or ""
    text = message.get("content") or ""
    if thought:
        text = f"<think>{thought}</think>{text}" if text else f"<think>{thought}"
    logprobs = None
    if sampling.logprobs:
        listed = (choice.get("logprobs") or {}).get("content")
        if listed is None:
            raise ValueError("log-probabilities were asked for and did not come")
        logprobs = [token["logprob"] for token in listed]
    usage = reply.get("usage") or {}
    return Completion(
        text=text,
        finish="length" if choice.get("finish_reason") == "length" else "stop",
        tokens=usage.get("completion_tokens"),
        prompt_tokens=usage.get("prompt_tokens"),
        logprobs=logprobs,
    )
