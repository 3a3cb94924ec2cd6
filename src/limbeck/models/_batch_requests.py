"""Requests to an endpoint as lines of OpenAI's batch files, and the lines that come back as completions."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from limbeck.generation import Completion, Messages, Sampling
from limbeck.models._endpoint_reply import read
from limbeck.models._endpoint_round import clear
from limbeck.models.journal import Journal
from limbeck.models.openai import Endpoint

ROUTE = "/v1/chat/completions"

WAITS = "waits in a batch"
"""Why a sample failed whose request was written down."""

UNFIT = ("stream", "stream_options")
"""Fields of a request's body that a batch cannot have."""


class Collecting(Journal):
    """A journal that writes down what it would ask. Every sample that it lacks fails, and its request stands
    in ``requests`` by its id.

    An id is ``MARK-KEY-NUMBER``: which journal waits for it, and the key of the completion in there, so that
    what comes back needs no other way home. At temperature 0 one request stands for all samples of a prompt;
    ``also`` holds the numbers of the others.

    Args:
        mark: says which journal this is.
        known: ids that stand in a file already; ``waiting`` counts those that were met.
    """

    inner: Endpoint

    def __init__(self, inner: Endpoint, path: Path, mark: str, known: Collection[str]) -> None:
        super().__init__(inner, path)
        self.mark, self.known, self.waiting = mark, known, 0
        self.requests: dict[str, dict[str, Any]] = {}
        self.also: dict[str, list[int]] = {}

    def _ask(
        self, prompts: Sequence[Messages], keys: list[str], missing: list[list[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        once = sampling.temperature == 0
        for prompt, numbers in enumerate(missing):
            for number in sorted(numbers)[:1] if once else numbers:
                name = f"{self.mark}-{keys[prompt]}-{number}"
                if name in self.known:
                    self.waiting += 1
                    continue
                body = self.inner.body(prompts[prompt], sampling, number)
                self.requests[name] = {key: value for key, value in body.items() if key not in UNFIT}
                if once and len(numbers) > 1:
                    self.also[name] = sorted(numbers)[1:]
            for number in numbers:
                yield prompt, number, Completion(text="", finish="error", error=WAITS)


def line_of(name: str, body: dict[str, Any]) -> bytes:
    """A request as a line."""
    line = {"custom_id": name, "method": "POST", "url": ROUTE, "body": body}
    # Half an emoji cannot be sent; `models/openai` sends a question mark in its place too.
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode(errors="replace") + b"\n"


def sampling_of(body: dict[str, Any]) -> Sampling:
    """What of a request's settings says how its reply is to be read."""
    return Sampling(logprobs=bool(body.get("logprobs")), top=int(body.get("top_logprobs") or 0))


def completion_of(line: dict[str, Any], sampling: Sampling) -> Completion:
    """What came back for a request: a completion, or a failed request with its reason."""
    response = line.get("response")
    if not isinstance(response, dict) or line.get("error"):
        error = line.get("error") or "no response"
        words = error.get("message") or error.get("code") if isinstance(error, dict) else error
        return Completion(text="", finish="error", error=f"batch: {words}"[:400])
    status = response.get("status_code")
    body = json.dumps(response.get("body")).encode()
    completion = read(status if isinstance(status, int) else 200, {}, body, sampling).completion
    clear(completion)
    return completion
