"""Public benchmarks and data sets whose answers people wrote."""

from __future__ import annotations

from public_rows import Q2, Q, Shape

PROBLEMS = [
    Shape(
        "openai/gsm8k",
        {"question": Q, "answer": "Two and two are <<2+2=4>>4.\n#### 4"},
        {"question": Q2, "answer": "Three more makes 1,005.\n#### 1,005"},
    ),
    Shape(
        "hendrycks MATH",
        {"problem": Q, "level": "Level 1", "type": "Algebra", "solution": "So $\\boxed{4}$, as you see."},
        {"problem": Q2, "level": "Level 1", "type": "Algebra", "solution": "Then\n$\\boxed{\\frac{1}{2}}$."},
    ),
    Shape(
        "HuggingFaceH4/MATH-500",
        {
            "problem": Q,
            "solution": "Two twos.\nSo $\\boxed{4}$.",
            "answer": "4",
            "subject": "Algebra",
            "level": 1,
            "unique_id": "test/1.json",
        },
    ),
    Shape(
        "AIME (ID, Problem, Solution, Answer)",
        {"ID": "2024-I-1", "Problem": Q, "Solution": "Count.\nFour.", "Answer": 4},
        {"ID": "2024-I-2", "Problem": Q2, "Solution": "Count.\nFive.", "Answer": 5},
    ),
    Shape(
        "AMC (id, problem, answer, url)",
        {"id": 0, "problem": Q, "answer": 4.0, "url": "amc/1"},
        {"id": 1, "problem": Q2, "answer": 0.0, "url": "amc/2"},
    ),
    Shape(
        "SimpleRL",
        {
            "input": f"<|im_start|>user\n{Q}<|im_end|>",
            "question": Q,
            "answer": "4",
            "gt_answer": "4",
            "subject": "Algebra",
            "level": 1,
        },
    ),
    Shape(
        "meta-math/MetaMathQA",
        {"type": "GSM_Rephrased", "query": Q2, "original_question": Q, "response": "It is 5."},
    ),
    Shape(
        "microsoft/orca-math-word-problems",
        {"question": Q, "answer": "Begin with two.\nAdd two more, and count them all. " * 4 + "So 4."},
        {"question": Q2, "answer": "Begin with two.\nAdd three more, and count them all. " * 4 + "So 5."},
    ),
    Shape(
        "AQuA",
        {"question": Q, "options": ["A)4", "B)5"], "rationale": "Two twos.\nAnswer: A", "correct": "A"},
        {"question": Q2, "options": ["A)4", "B)5"], "rationale": "Count.\nAnswer: B", "correct": "B"},
    ),
]
