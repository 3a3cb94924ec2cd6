"""Rows with a column per model, and files put together of several."""

from __future__ import annotations

from public_rows import BAD, GOOD, Q2, Q, Shape

HELD = {"question": Q, "ground_truth": "4"}

WRITERS = [
    Shape(
        "openai/grade-school-math: model_solutions",
        {
            **HELD,
            "6b_finetuning": {"is_correct": False, "solution": "It is 5."},
            "175b_verification": {"is_correct": True, "solution": "It is 4."},
        },
        {
            "question": Q2,
            "ground_truth": "5",
            "6b_finetuning": {"is_correct": None, "solution": "It is 5."},
            "175b_verification": None,
        },
    ),
    Shape(
        "A column per model, with reasons to stop",
        {
            **HELD,
            "gpt-4": {"text": GOOD, "finish_reason": "stop", "temperature": 0.7},
            "small": '{"text": "<think>so", "finish_reason": "length"}',
        },
    ),
    Shape(
        "A column per model, several samples each",
        {
            **HELD,
            "r1": {"generations": [GOOD, BAD], "correct": [True, False]},
            "qwq": {"generations": ["It is 4."], "correct": [True]},
        },
    ),
    Shape(
        "Responses and labels by model",
        {**HELD, "responses": {"r1": GOOD, "qwq": BAD}, "is_correct": {"r1": True, "qwq": False}},
    ),
    Shape(
        "tianyi-lab/MiP-Overthinking",
        {
            "dataset": "sums",
            "model": "r1",
            "question": Q,
            "answer": "so\n#### 4",
            "insufficient_question": "What is 2+?",
            "deepseek-reasoner (question)": "It is 4.",
        },
        {"dataset": "sums", "model": "qwq", "model_answer": "It is 5.", "question": Q2, "answer": "5"},
        {
            "dataset": "sums",
            "model": "gpt4o",
            "question": Q2,
            "answer": "5",
            "insufficient_question": "What is 3+?",
            "gpt-4o (insufficient_question)": "That is not known.",
        },
    ),
    Shape(
        "Answers of two models to one column",
        {"problem": Q, "answer": "4", "r1 (problem)": "It is 4.", "qwq (problem)": "It is 5."},
    ),
]
