"""What an OpenAI-compatible endpoint's reply says, decoded once, at the border, into a `Completion`.

Servers differ, and what one of them sends is nobody's choice here. So nothing a reply holds raises: it is a
completion, or a failed request with its reason. A token count or a log-probability that is none is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from limbeck.generation import Completion, Sampling
from limbeck.models._reply_errors import clipped, in_error, in_text, shown, status_in
from limbeck.models._reply_stream import gathered, is_stream
from limbeck.models._reply_text import message_text, whole
from limbeck.records import Finish

FINISHES: dict[str, Finish] = {
    **dict.fromkeys(
        ("stop", "stop_sequence", "end_turn", "eos", "eos_token", "complete", "completed"), "stop"
    ),
    **dict.fromkeys(("tool_calls", "tool_use", "function_call"), "stop"),
    **dict.fromkeys(("length", "max_tokens", "max_output_tokens", "model_length"), "length"),
    **dict.fromkeys(("context_length_exceeded", "model_context_window_exceeded"), "length"),
}
"""How generation ended, by the providers' words for it: OpenAI, vLLM, SGLang, TGI (``eos_token``), Together
(``eos``), Anthropic (``end_turn``), Cohere (``COMPLETE``), Mistral (``model_length``). Any other word that
is no fault is ``unknown``."""

FILTERED = {
    *("content_filter", "content_filtered", "guardrail_intervened", "sensitive", "refusal", "safety"),
    *("recitation", "blocklist", "prohibited_content", "spii", "error_toxic"),
}
"""A filter of the provider's cut it (Azure, Bedrock, Zhipu, Anthropic, Gemini, Cohere): asked again it would
be again."""

BROKEN = {
    *("error", "abort", "aborted", "cancelled", "user_cancel", "network_error", "timeout"),
    *("insufficient_system_resource", "malformed_function_call", "error_limit"),
}
"""The server broke off (vLLM and SGLang ``abort``, DeepSeek ``insufficient_system_resource``, Zhipu
``network_error``): worth another try."""

LEAST = -9999.0
"""A log-probability of minus infinity as OpenAI and vLLM send it, since JSON cannot."""

ROUNDED = 0.01
"""How far above 0 rounding may leave a log-probability."""

MOST_TOKENS = 2**31
"""A count of more tokens than this is none."""


class Received(NamedTuple):
    """A reply read.

    ``completion.finish`` is ``error`` for a failed request, ``completion.error`` its reason. ``status`` is
    HTTP's, or what an error inside a reply of status 200 names. ``again`` says of a failure without such a
    status that another try may end otherwise. ``lacks`` says that log-probabilities were asked for and none
    came.
    """

    completion: Completion
    status: int = 200
    again: bool = False
    lacks: bool = False


class _Failed(Exception):
    """A reply that is no completion: why, and what the rest of `Received` says of it."""

    def __init__(self, why: str, status: int = 0, *, again: bool = True, lacks: bool = False) -> None:
        self.why, self.status, self.again, self.lacks = why, status, again, lacks


def read(status: int, headers: Mapping[str, str], body: bytes, sampling: Sampling) -> Received:
    """A reply as a completion or as a failed request; never raises for what it holds."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    text = body.decode("utf-8-sig", "replace")
    usage: Any = None
    try:
        if 300 <= status < 400 and (place := headers.get("location")):
            raise _Failed(f"it has moved to {clipped(place)}; {clipped(in_text(text))}".rstrip("; "))
        reply = _document(status, kind, text)
        usage = reply.get("usage")
        _check(status, reply, text)
        received = Received(_completion(reply, sampling))
    except _Failed as failed:
        what = f"HTTP {status}" + (f" ({clipped(kind, 60)})" if kind else "")
        error = clipped(f"{what}: {failed.why}", 400)
        completion, meant = Completion(text="", finish="error", error=error), failed.status or status
        received = Received(completion, meant, failed.again and 200 <= meant < 300, failed.lacks)
    _count(received.completion, usage)  # what failed was paid for too
    return received


def _document(status: int, kind: str, text: str) -> dict[str, Any]:
    """A body's JSON object; of a stream the one it adds up to."""
    if not text.strip():
        raise _Failed("an empty body")
    try:
        if is_stream(kind, text):
            return _streamed(text)
        reply = _loads(text)
    except RecursionError:
        raise _Failed("its JSON is nested too deep", again=False) from None
    except ValueError as error:
        why = clipped(in_text(text))
        raise _Failed(why if status != 200 or "<" in text[:200] else f"no JSON ({error}): {why}") from None
    # Gemini's gateway puts an error into a list.
    if isinstance(reply, list) and reply and isinstance(reply[0], dict):
        reply = reply[0]
    if not isinstance(reply, dict):
        raise _Failed(f"no object: {clipped(text)}")
    return reply


def _streamed(text: str) -> dict[str, Any]:
    reply, ended = gathered(text, _loads)
    if not (ended or reply.get("error")):
        raise _Failed("the stream broke off before its end")
    return reply


def _loads(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except ValueError:  # Python reads no integer of more than 4,300 digits
        return json.loads(text, parse_int=float)


def _check(status: int, reply: dict[str, Any], text: str) -> None:
    """Raise for a reply that is an error, by its status or by what it holds."""
    error = reply.get("error") or reply.get("errors")
    if not 200 <= status < 300 or error or not reply.get("choices"):
        words = clipped(in_error(reply) or text)
        if status in (400, 422) and "stream" in words.lower():
            words += "; `extra: {stream: true}` asks for a stream"
        raise _Failed(words if error or status >= 300 else f"no choices: {words}", status_in(reply))


def _completion(reply: dict[str, Any], sampling: Sampling) -> Completion:
    """The first choice of a reply as a completion."""
    choices = reply["choices"]
    choice = choices[0] if isinstance(choices, list) else None
    if not isinstance(choice, dict):
        raise _Failed(f"choices are {shown(choices)}, no list of objects")
    if error := choice.get("error"):
        raise _Failed(in_error(error) or shown(error), status_in(error))
    reason = _reason(choice.get("finish_reason"))
    if reason in BROKEN:
        raise _Failed(f"the server broke off: finish_reason {reason!r}")
    finish = FINISHES.get(reason, "unknown")
    message = choice.get("message")
    # Servers of the older interface say `text`.
    message = (
        message if isinstance(message, dict) else {"content": choice["text"]} if "text" in choice else {}
    )
    text = message_text(message, cut_off=finish == "length")
    if reason in FILTERED:
        why = "content filter" if reason == "content_filter" else f"content filter: {reason}"
        return Completion(text=text, finish="error", error=why)
    if not text:
        _explain(message)
    logprobs, tops = _logprobs(choice.get("logprobs"), sampling, text)
    return Completion(text=text, finish=finish, logprobs=logprobs, tops=tops)


def _reason(value: Any) -> str:
    """A ``finish_reason`` in one spelling: ``MAX_TOKENS``, ``content-filter`` and ``FINISH_REASON_STOP`` are
    some of those that are met."""
    text = value if isinstance(value, str) else ""
    return text.lower().replace("-", "_").removeprefix("finish_reason_")


def _explain(message: dict[str, Any]) -> None:
    """Raise for a message without a text that holds something else; one that holds nothing is a model's
    empty answer."""
    if calls := message.get("tool_calls") or message.get("function_call"):
        raise _Failed(f"a call of a tool and no text: {shown(calls)}", again=False)
    if (content := message.get("content")) and isinstance(content, list | dict):
        raise _Failed(f"a content without text: {shown(content)}", again=False)
    if not {"content", "refusal", "reasoning_content", "reasoning"} & message.keys():
        raise _Failed("a message without content")


def _count(completion: Completion, usage: Any) -> None:
    """Note the tokens of prompt and completion; None where what stands there cannot count them."""
    usage = usage if isinstance(usage, dict) else {}
    completion.tokens = _tokens(usage.get("completion_tokens", usage.get("output_tokens")))
    completion.prompt_tokens = _tokens(usage.get("prompt_tokens", usage.get("input_tokens")))


def _tokens(value: Any) -> int | None:
    if isinstance(value, str) and len(value) < 12 and value.isdecimal():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value < MOST_TOKENS and value == int(value) else None


Tops = list[tuple[str, dict[str, float]]]


def _logprobs(given: Any, sampling: Sampling, text: str) -> tuple[list[float] | None, Tops | None]:
    """The tokens' log-probabilities and likeliest alternatives, as far as they were asked for."""
    if not (sampling.logprobs or sampling.top):
        return None, None
    tokens = _entries(given)
    if not tokens and text:
        raise _Failed("the endpoint sent no log-probabilities though asked to", again=False, lacks=True)
    values = [_logp(token.get("logprob")) for token in tokens]
    if sampling.logprobs and None in values:
        place = values.index(None)
        what = f"the log-probability of token {place + 1} of {len(values)} is"
        raise _Failed(f"{what} {shown(tokens[place].get('logprob'))}", again=False)
    logprobs = [value for value in values if value is not None]
    tops = [(_token(each.get("token")), _alternatives(each.get("top_logprobs"))) for each in tokens]
    return logprobs if len(logprobs) == len(values) else None, tops if sampling.top else None


def _entries(given: Any) -> list[dict[str, Any]]:
    """Each token's entry; of the older interface's three lists what they add up to."""
    given = given if isinstance(given, dict) else {}
    if isinstance(given.get("content"), list):
        return [each if isinstance(each, dict) else {} for each in given["content"]]
    names = {"token": "tokens", "logprob": "token_logprobs", "top_logprobs": "top_logprobs"}
    lists = {name: given[old] for name, old in names.items() if isinstance(given.get(old), list)}
    count = len(lists.get("logprob", []))
    return [{name: values[i] for name, values in lists.items() if i < len(values)} for i in range(count)]


def _alternatives(given: Any) -> dict[str, float]:
    """The likeliest tokens at a place; one without a log-probability is none."""
    if isinstance(given, dict):  # the older interface
        given = [{"token": token, "logprob": logp} for token, logp in given.items()]
    others = [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []
    values = [(_token(other.get("token")), _logp(other.get("logprob"))) for other in others]
    return {token: value for token, value in values if value is not None}


def _token(value: Any) -> str:
    return whole(value) if isinstance(value, str) else ""


def _logp(value: Any) -> float | None:
    """A log-probability; None for what is none: null, NaN, 3.2, a word."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not value <= ROUNDED:
        return None
    return float(max(value, LEAST))
