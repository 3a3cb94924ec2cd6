"""More public layouts: flat rows, chats and tools beside those that lists of their own hold."""

from __future__ import annotations

from public_rows import Q2, Q, Shape, ai, user

BRIEF = {"role": "system", "content": "Be brief."}

MORE = [
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
    Shape(
        "ms-swift: query, response, history",
        {"system": "Be brief.", "query": "And 3 more?", "response": "7", "history": [[Q, "4"]]},
        {"query": Q2, "response": "5"},
    ),
    Shape("ms-swift: messages", {"messages": [BRIEF, user(Q), ai("4")]}),
    Shape("OpenAI fine-tuning", {"messages": [BRIEF, user(Q), ai("4", weight=1)]}),
    Shape("TRL: language modelling", {"text": "The sky is blue."}),
    Shape("TRL: prompt-only", {"prompt": [user(Q)]}, {"prompt": [user(Q2)]}),
    Shape("TRL: prompt-completion", {"prompt": "2+2 is", "completion": " 4"}),
    Shape("TRL: prompt-completion of chats", {"prompt": [BRIEF, user(Q)], "completion": [ai("4")]}),
    Shape("OpenRLHF: SFT", {"input": Q, "output": "4"}, {"input": Q2, "output": "5"}),
    Shape("OpenRLHF: prompts", {"context_messages": [user(Q)], "label": "4"}),
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
