"""What a request asks for, decoded once, at the border. Whatever is wrong with it is a `Refused`: nothing is
passed over in silence that would change what is answered."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from limbeck import secrets
from limbeck.errors import nearest
from limbeck.generation import Messages, Sampling

WITHOUT_END = 2**31 - 1
"""New tokens where a request names no number: as many as the model has room for."""

COMPLETION_TOKENS = 16
"""New tokens of ``/v1/completions`` where a request names no number, as OpenAI has it."""

PASSED_OVER = {
    *("user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key"),
    *("parallel_tool_calls", "add_generation_prompt"),
}
"""Parameters that change nothing of the answer here."""

NEUTRAL: dict[str, Any] = {
    **dict.fromkeys(("frequency_penalty", "presence_penalty", "min_p"), 0),
    "repetition_penalty": 1,
    "best_of": 1,
    "top_k": -1,
    "echo": False,
    "suffix": "",
    "logit_bias": {},
    "tools": [],
    "functions": [],
    "tool_choice": "none",
    "response_format": {"type": "text"},
    "modalities": ["text"],
    "ignore_eos": False,
}
"""Parameters that nobody here knows, and the value at which they ask for nothing."""

B = TypeVar("B", bound="Body")
ROLES = ("system", "developer", "user", "assistant")
Unit = Annotated[float, Meta(gt=0, le=1)]
Count = Annotated[int, Meta(ge=1)]
Top = Annotated[int, Meta(ge=0, le=20)]
Stop = Annotated[str, Meta(min_length=1)]


class Refused(Exception):
    """A request that gets no answer: HTTP's status, why, the parameter at fault, OpenAI's code for it."""

    def __init__(
        self, why: str, param: str | None = None, status: int = 400, code: str | None = None
    ) -> None:
        super().__init__(why)
        self.why, self.param, self.status, self.code = why, param, status, code

    @property
    def body(self) -> dict[str, Any]:
        """As OpenAI writes it."""
        kind = "invalid_request_error" if self.status < 500 else "server_error"
        message = secrets.redacted(self.why)
        return {"error": {"message": message, "type": kind, "param": self.param, "code": self.code}}


class Part(Struct):
    """A piece of a message's content."""

    type: str
    text: str = ""


class Message(Struct):
    """A turn of a chat."""

    role: str
    content: str | list[Part]
    tool_calls: list[Any] | None = None


class StreamOptions(Struct):
    """Whether the last chunk counts tokens."""

    include_usage: bool = False


class Body(Struct, kw_only=True):
    """What both routes take."""

    model: str | None = None
    n: Annotated[int, Meta(ge=1, le=128)] | None = None
    seed: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Unit | None = None
    max_tokens: Count | None = None
    stop: Stop | list[Stop] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None


class Chat(Body, kw_only=True):
    """The body of ``/v1/chat/completions``."""

    messages: Annotated[list[Message], Meta(min_length=1)]
    max_completion_tokens: Count | None = None
    logprobs: bool | None = None
    top_logprobs: Top | None = None
    continue_final_message: bool | None = None


class Continued(Body, kw_only=True):
    """The body of ``/v1/completions``."""

    prompt: str | Annotated[list[Any], Meta(min_length=1)]
    logprobs: Top | None = None
    echo: bool | None = None
    max_tokens: Annotated[int, Meta(ge=0)] | None = None


@dataclass(frozen=True)
class Asked:
    """A request that can be answered: a chat, or texts and token ids to go on from. ``echo`` wants these back
    in front of what is written, with their log-probabilities where those are wanted."""

    sampling: Sampling
    chat: Messages | None = None
    prompts: tuple[str | list[int], ...] = ()
    stream: bool = False
    counted: bool = False
    echo: bool = False


def chat(content: bytes, name: str, gives: set[str]) -> Asked:
    """A request to ``/v1/chat/completions``.

    Args:
        name: what the model is called here.
        gives: what it can do (`limbeck.generation.CAPABILITIES`).

    Raises:
        Refused: what is wrong with it.
    """
    body = _decoded(content, Chat, name)
    messages = [_turn(message, place) for place, message in enumerate(body.messages)]
    if (messages[-1]["role"] == "assistant") is not bool(body.continue_final_message):
        why = "the last message is the assistant's: continue_final_message: true has it continued"
        if body.continue_final_message:
            why = "continue_final_message: true wants a last message of role assistant"
        raise Refused(why, "continue_final_message")
    if body.top_logprobs and not body.logprobs:
        raise Refused("top_logprobs wants logprobs: true", "top_logprobs")
    most, newer = body.max_tokens, body.max_completion_tokens
    if most and newer and most != newer:
        raise Refused(f"max_tokens is {most} and max_completion_tokens {newer}; give one", "max_tokens")
    sampling = _sampling(body, most or newer or WITHOUT_END, bool(body.logprobs), body.top_logprobs or 0)
    _need(gives, sampling, name)
    return Asked(sampling, messages, stream=bool(body.stream), counted=_counted(body))


def completion(content: bytes, name: str, gives: set[str]) -> Asked:
    """A request to ``/v1/completions``; arguments and errors as of `chat`."""
    if "ids" not in gives:
        raise Refused(f"model {name!r} takes chats alone; ask /v1/chat/completions", status=404)
    body = _decoded(content, Continued, name)
    prompts = _prompts(body.prompt)
    wanted = body.logprobs is not None
    most = COMPLETION_TOKENS if body.max_tokens is None else body.max_tokens
    sampling = _sampling(body, most, wanted, body.logprobs or 0)
    _need(gives, sampling, name)
    if body.stream and (body.echo or not most):
        raise Refused("echo and max_tokens: 0 are not streamed here", "stream")
    return Asked(sampling, None, prompts, bool(body.stream), _counted(body), bool(body.echo))


def _prompts(given: str | list[Any]) -> tuple[str | list[int], ...]:
    """A text, token ids, or several of either."""
    whole = isinstance(given, str) or isinstance(given[0], int)
    prompts = [given] if whole else given
    for place, prompt in enumerate(prompts):
        ids = prompt if isinstance(prompt, list) and prompt else [prompt]
        if not isinstance(prompt, str) and any(type(token) is not int for token in ids):
            where = "prompt" if whole else f"prompt[{place}]"
            raise Refused(f"{where} is neither a text nor token ids: {_shown(prompt)}", "prompt")
    return tuple(prompts)


def _decoded(content: bytes, kind: type[B], name: str) -> B:
    """A body of a kind, for this model, with nothing in it that would be passed over."""
    try:
        raw = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Refused(f"the body is no JSON: {error}") from None
    if not isinstance(raw, dict):
        raise Refused(f"the body is no JSON object but {_shown(raw)}")
    known = kind.__struct_fields__
    for param, value in raw.items():
        if param in known or param in PASSED_OVER or value is None:
            continue
        if param not in NEUTRAL:
            raise Refused(
                f"unknown parameter {param!r}{nearest(param, known)}", param, code="unknown_parameter"
            )
        if value != NEUTRAL[param] and value:
            only = msgspec.json.encode(NEUTRAL[param]).decode()
            raise Refused(f"{param} cannot be {_shown(value)}: this server knows {only} alone", param)
    try:
        body = msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        why, _, place = str(error).partition(" - at ")
        path = place.strip("`").removeprefix("$").lstrip(".")
        param = re.split(r"[.\[]", path)[0]
        shown = f", got {_shown(raw[param])}" if param in raw else ""
        raise Refused(f"{path or 'the body'}: {why}{shown}", param or None) from None
    if body.model not in (None, name):
        hint = nearest(body.model, [name])
        raise Refused(f"unknown model {body.model!r}{hint}", "model", 404, "model_not_found")
    return body


def _turn(message: Message, place: int) -> dict[str, str]:
    """A message as models here take it: its content is one text."""
    where = f"messages[{place}]"
    if message.role not in ROLES:
        raise Refused(f"{where}: unknown role {message.role!r}{nearest(message.role, ROLES)}", "messages")
    if message.tool_calls:
        raise Refused(f"{where}: tool calls are not known here", "messages")
    content = message.content
    if not isinstance(content, str):
        other = next((part.type for part in content if part.type != "text"), None)
        if other is not None:
            raise Refused(f"{where}: content of type {other!r} is not known here, only 'text'", "messages")
        content = "".join(part.text for part in content)
    return {"role": "system" if message.role == "developer" else message.role, "content": content}


def _sampling(body: Body, most: int, logprobs: bool, top: int) -> Sampling:
    """With OpenAI's defaults; without a seed every request has one of its own."""
    stop = (body.stop,) if isinstance(body.stop, str) else tuple(body.stop or ())
    return Sampling(
        n=body.n or 1,
        temperature=1.0 if body.temperature is None else body.temperature,
        top_p=body.top_p or 1.0,
        max_tokens=most,
        seed=random.getrandbits(31) if body.seed is None else body.seed,
        stop=stop,
        logprobs=logprobs,
        top=top,
    )


def _need(gives: set[str], sampling: Sampling, name: str) -> None:
    """Refuse what the model cannot tell."""
    for word, asked, param in (
        ("logprobs", sampling.logprobs, "logprobs"),
        ("tops", sampling.top > 0, "top_logprobs"),
    ):
        if asked and word not in gives:
            raise Refused(f"model {name!r} tells no {param}", param)


def _counted(body: Body) -> bool:
    return body.stream_options is not None and body.stream_options.include_usage


def _shown(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 80 else text[:79] + "…"
