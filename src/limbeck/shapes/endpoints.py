"""What endpoints were asked and what they answered, as their clients log it: chat completions, completions,
OpenAI's responses and Anthropic's messages."""

from __future__ import annotations

from typing import Any

from limbeck.tables import Row


def asked(body: Row) -> Row:
    """The question of a request: ``messages``, ``prompt`` or ``input``, and a system turn beside them."""
    return {
        "question": body.get("messages") or body.get("prompt") or body.get("input"),
        "system": _text(body.get("system") or body.get("instructions")),
    }


def _text(value: Any) -> str | None:
    """A system turn, which Anthropic's requests may hold in parts."""
    if isinstance(value, list):
        value = "".join(str(part.get("text") or "") for part in value if isinstance(part, dict))
    return value if isinstance(value, str) and value else None


def replied(body: Row) -> Row:
    """What an endpoint answered.

    Raises:
        ValueError: it holds no answer.
    """
    counted = body.get("usage")
    usage = counted if isinstance(counted, dict) else {}
    used = usage.get("completion_tokens", usage.get("output_tokens"))
    flat: Row = {"writer": body.get("model"), "tokens": used}
    listed = [choice for choice in body.get("choices") or [] if isinstance(choice, dict)]
    if listed:
        texts = [[it["message"]] if it.get("message") else it.get("text") for it in listed]
        ends = [choice.get("finish_reason") for choice in listed]
        return {**flat, "tokens": used if len(listed) == 1 else None, "response": texts, "finish": ends}
    if body.get("role") == "assistant" and body.get("content") is not None:
        turn = {"role": "assistant", "content": body["content"]}
        return {**flat, "response": [turn], "finish": body.get("stop_reason")}
    if isinstance(body.get("output"), list) and body["output"]:
        cut = body.get("incomplete_details") or {}
        turn = {"role": "assistant", "content": _items(body["output"])}
        return {**flat, "response": [turn], "finish": cut.get("reason") or body.get("status")}
    raise ValueError(f"the endpoint gave no answer but {body.get('error') or body!r:.80}")


def _items(output: list[Any]) -> list[Row]:
    """The parts of a turn, of the items that OpenAI's responses are made of."""
    parts: list[Row] = []
    for item in output:
        kind = item.get("type") if isinstance(item, dict) else None
        if kind == "message":
            parts += item.get("content") or []
        elif kind == "reasoning":
            told = [*(item.get("content") or []), *(item.get("summary") or [])]
            parts.append({"type": "reasoning", "text": "".join(str(it.get("text") or "") for it in told)})
        else:
            raise ValueError(f"an answer is text, not an item of type {kind!r}")
    return parts


def choices(row: Row) -> Row:
    """A row of a log: ``choices`` beside what was asked."""
    taken = ("choices", "usage", "model", "object", "messages", "prompt", "input", "system")
    return {**{key: value for key, value in row.items() if key not in taken}, **asked(row), **replied(row)}


def chosen(heads: list[Row]) -> bool:
    """Whether ``choices`` are an endpoint's and not those of a question."""
    listed = [it for row in heads if isinstance(row.get("choices"), list) for it in row["choices"]]
    return any(isinstance(it, dict) and ("message" in it or "finish_reason" in it) for it in listed)


def exchange(row: Row) -> Row:
    """A request and its response."""
    request, response = row["request"], row["response"]
    if not isinstance(request, dict) or not isinstance(response, dict):
        raise ValueError("request and response are mappings")
    rest = {key: value for key, value in row.items() if key not in ("request", "response")}
    body = [it["body"] if isinstance(it.get("body"), dict) else it for it in (request, response)]
    made = {key: body[0][key] for key in ("temperature", "top_p", "seed") if body[0].get(key) is not None}
    return {**rest, **made, **asked(body[0]), **replied(body[1])}


def exchanged(heads: list[Row]) -> bool:
    """Whether requests and responses are mappings."""
    both = [(row.get("request"), row.get("response")) for row in heads]
    return any(isinstance(request, dict) and isinstance(response, dict) for request, response in both)


def preference(row: Row) -> Row:
    """A row of OpenAI's preference fine-tuning."""
    given = row["input"] if isinstance(row["input"], dict) else {"messages": row["input"]}
    return {
        "question": given.get("messages"),
        "chosen": row["preferred_output"],
        "rejected": row["non_preferred_output"],
    }
