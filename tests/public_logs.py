"""Endpoints' logs, synthesis and annotation."""

from __future__ import annotations

from public_rows import GOOD, Q2, Q, Shape, ai, user


def choice(text, finish: str = "stop", **more) -> dict:
    """A choice of a chat completion."""
    return {"index": 0, "message": ai(text, **more), "finish_reason": finish}


LOGS = [
    Shape(
        "OpenAI batch",
        {
            "id": "b1",
            "custom_id": "r1",
            "error": None,
            "response": {
                "status_code": 200,
                "body": {"model": "m", "choices": [choice("It is 4.")], "usage": {"completion_tokens": 3}},
            },
        },
        {
            "id": "b2",
            "custom_id": "r2",
            "error": None,
            "response": {"status_code": 429, "body": {"error": {"message": "slow down"}}},
        },
        files=[
            {
                "custom_id": name,
                "method": "POST",
                "url": "/v1/chat/completions",
                "body": {"model": "m", "messages": [user(text)]},
            }
            for name, text in (("r1", Q), ("r2", Q2))
        ],
    ),
    Shape(
        "Anthropic messages",
        {
            "model": "claude",
            "system": "Be brief.",
            "messages": [
                user(Q),
                ai(
                    [
                        {"type": "thinking", "thinking": "two twos", "signature": "s"},
                        {"type": "text", "text": "4"},
                    ]
                ),
            ],
        },
        {"model": "claude", "messages": [user(Q2), ai([{"type": "tool_use", "name": "add"}])]},
    ),
    Shape(
        "OpenRouter",
        {
            "messages": [user(Q)],
            "choices": [choice("4", reasoning="two twos", reasoning_details=[{"type": "reasoning.text"}])],
            "model": "r1",
        },
        {
            "messages": [user(Q2)],
            "choices": [choice("5", reasoning_details=[{"type": "reasoning.text", "text": "count"}])],
            "model": "r1",
        },
    ),
    Shape(
        "vLLM and SGLang, completions",
        {
            "prompt": Q,
            "model": "m",
            "usage": {"completion_tokens": 9},
            "choices": [
                {"index": 0, "text": GOOD, "finish_reason": "stop"},
                {"index": 1, "text": "<think>so", "finish_reason": "length"},
            ],
        },
        {"prompt": Q2, "model": "m", "choices": []},
    ),
    Shape(
        "an endpoint's request and response",
        {
            "request": {"model": "m", "messages": [user(Q)], "temperature": 0.6},
            "response": {"model": "m", "choices": [choice("4", reasoning_content="two twos")]},
        },
    ),
    Shape(
        "DeepSeek API",
        {"messages": [user(Q), ai("4", reasoning_content="two twos")], "finish_reason": "stop"},
        {"messages": [user(Q2), ai("", reasoning_content="so")], "finish_reason": "length"},
    ),
    Shape(
        "distilabel",
        {
            "instruction": Q,
            "generation": GOOD,
            "model_name": "m",
            "distilabel_metadata": {"raw_output_text_generation_0": GOOD},
        },
    ),
    Shape(
        "distilabel (several)",
        {
            "instruction": Q,
            "generations": ["It is 4.", "It is 5."],
            "model_names": ["m1", "m2"],
            "ratings": [5, 1],
            "rationales": ["It is.", "It is not."],
        },
    ),
    Shape(
        "Argilla",
        {
            "id": "a1",
            "status": "completed",
            "instruction": Q,
            "response": "It is 4.",
            "quality.responses": ["good"],
            "quality.suggestion": None,
            "metadata.level": 1,
        },
    ),
    Shape(
        "Argilla (nested)",
        {
            "id": "a1",
            "status": "completed",
            "fields": {"instruction": Q, "response": "It is 4."},
            "metadata": {"level": 1},
            "suggestions": {},
            "responses": {"quality": [{"value": "good"}]},
        },
    ),
    Shape(
        "Label Studio",
        {
            "id": 1,
            "data": {"prompt": Q, "response": "It is 5.", "answer": "4"},
            "annotations": [{"result": [{"type": "choices", "value": {"choices": ["wrong"]}}]}],
        },
        {"id": 2, "data": {"prompt": Q2, "response": "5", "answer": "5"}, "annotations": []},
    ),
    Shape(
        "ZeroEval",
        {
            "session_id": "z1",
            "chat_history": [Q],
            "model_input": f"user: {Q}",
            "output": ["It is 4."],
            "generator": "m",
            "configs": {"temperature": 0.0},
            "dataset": "gsm",
            "id": "gsm-0",
            "question": Q,
            "answer": "4",
            "source": "gsm",
        },
    ),
]
