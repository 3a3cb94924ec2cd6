"""Public data sets of chats, and of thoughts in columns of their own."""

from __future__ import annotations

from public_rows import BAD, GOOD, Q2, Q, Shape, ai, gpt, human, think, turn, user

BRIEF = {"role": "system", "content": "Be brief."}


def am(role: str, value: str, **info) -> dict:
    """A turn of AM's, with what is known of it."""
    return {"role": role, "content": value, "info": info}


CHATS = [
    Shape(
        "open-r1/Mixture-of-Thoughts",
        {"messages": [user(Q), ai(GOOD)], "num_tokens": 9, "source": "sums"},
        {"messages": [user(Q2), ai("<think>so")], "num_tokens": 3, "source": "sums"},
    ),
    Shape(
        "open-thoughts/OpenThoughts-114k",
        {
            "system": "Think it over.",
            "conversations": [
                {"from": "user", "value": Q},
                {
                    "from": "assistant",
                    "value": "<|begin_of_thought|>\n\ntwo twos\n\n<|end_of_thought|>\n\n"
                    "<|begin_of_solution|>\n\nIt is 4.\n\n<|end_of_solution|>",
                },
            ],
        },
    ),
    Shape(
        "open-thoughts/OpenThoughts2-1M",
        {"conversations": [human(Q), gpt(GOOD)], "question": Q, "source": "sums", "id": 0},
        {"conversations": [human(Q2), gpt(BAD)], "question": Q2, "source": "sums", "id": 1},
    ),
    Shape(
        "open-thoughts/OpenThoughts3-1.2M",
        {"difficulty": 7, "source": "sums", "domain": "math", "conversations": [human(Q), gpt(GOOD)]},
        {"difficulty": 7, "source": "sums", "domain": "math", "conversations": [human(Q), gpt(BAD)]},
    ),
    Shape(
        "Bespoke-Stratos-17k, Sky-T1",
        {
            "system": "Think it over.",
            "conversations": [
                {"from": "user", "value": Q},
                {
                    "from": "assistant",
                    "value": "<|begin_of_thought|>\n\nso\n\n<|end_of_thought|>\n\n"
                    "<|begin_of_solution|>\n\n4\n\n<|end_of_solution|>",
                },
            ],
        },
    ),
    Shape(
        "AI-MO/NuminaMath-CoT, -TIR",
        {
            "source": "sums",
            "problem": Q,
            "solution": "Two and two\nmake 4.",
            "messages": [user(Q), ai("Two and two\nmake 4.")],
        },
    ),
    Shape(
        "a-m-team/AM-DeepSeek-R1-Distilled",
        {
            "messages": [
                am("user", Q, source="sums", reference_answer="4", test_case=None, think_content=None),
                am("assistant", think("two twos", "<answer>4</answer>"), think_content="two twos"),
            ]
        },
        {
            "messages": [
                am("user", Q2, source="code", reference_answer=None, test_case='{"inputs": []}'),
                am("assistant", think("hm", "<answer>5</answer>"), think_content="hm"),
            ]
        },
    ),
    Shape(
        "a-m-team/AM-Thinking-v1-Distilled",
        {
            "system": "",
            "conversations": [
                {"from": "human", "value": Q, "info": {"source": "sums", "ground_truth": "4"}},
                {
                    "from": "assistant",
                    "value": think("two twos", "<answer>4</answer>"),
                    "info": {"verify_score": 1.0, "model_name": "am", "ppl": 1.2},
                },
            ],
        },
    ),
    Shape(
        "qihoo360/Light-R1-SFTData",
        {"conversations": [{"from": "user", "value": Q}, {"from": "assistant", "value": GOOD}]},
    ),
    Shape(
        "nvidia/Llama-Nemotron-Post-Training-Dataset",
        {
            "input": [user(Q)],
            "output": GOOD,
            "category": "math",
            "license": "cc-by-4.0",
            "reasoning": "on",
            "generator": "DeepSeek-R1",
            "used_in_training": "Ultra",
            "version": "v1",
            "system_prompt": "detailed thinking on",
        },
        {
            "input": [user(Q)],
            "output": "It is 4.",
            "category": "math",
            "license": "cc-by-4.0",
            "reasoning": "off",
            "generator": "Llama",
            "used_in_training": "Ultra",
            "version": "v1",
            "system_prompt": "detailed thinking off",
        },
    ),
    Shape(
        "nvidia/Nemotron-Post-Training-Dataset-v1",
        {
            "uuid": "n1",
            "license": "cc-by-4.0",
            "generator": "DeepSeek-R1",
            "category": "math",
            "reasoning": "on",
            "metadata": '{"expected_answer": "4"}',
            "messages": [turn("system", ""), user(Q), ai(GOOD, tool_calls=[])],
        },
    ),
    Shape(
        "cognitivecomputations/dolphin-r1",
        {"messages": [BRIEF, user(Q)], "reasoning": "Two twos.", "answer": "It is 4.", "model": "r1"},
        {"messages": [BRIEF, user(Q2)], "reasoning": "Count.", "answer": "5", "model": "r1"},
    ),
    Shape(
        "ServiceNow-AI/R1-Distill-SFT",
        {
            "id": "s1",
            "problem": Q,
            "reannotated_assistant_content": "<think>\nso\n</think>\n\n4",
            "reannotated_messages": [user(Q), ai("<think>\nso\n</think>\n\n4")],
            "source": "sums",
            "verified": None,
            "quality_metrics": None,
            "generated_token_count": 9,
        },
    ),
    Shape(
        "Congliu/Chinese-DeepSeek-R1-Distill-data-110k",
        {
            "input": "二加二是多少？",
            "reasoning_content": "两个二。",
            "content": "是4。",
            "repo_name": "sums",
            "prompt_tokens_len": 7,
            "score": 10,
        },
        {"input": "二加三？", "reasoning_content": "", "content": "5", "repo_name": "sums", "score": 8},
    ),
    Shape(
        "FreedomIntelligence/medical-o1-reasoning-SFT",
        {"Question": "Which bone is longest?", "Complex_CoT": "The thigh's.", "Response": "The femur."},
        {"Question": "Which is shortest?", "Complex_CoT": "In the ear.", "Response": "The stapes."},
    ),
    Shape(
        "FreedomIntelligence/medical-o1-verifiable-problem",
        {"Open-ended Verifiable Question": "Which bone is longest?", "Ground-True Answer": "Femur"},
    ),
    Shape(
        "glaiveai/reasoning-v1-20m",
        {"prompt": Q, "reasoning": "Two twos.", "response": "It is 4."},
        {"prompt": Q2, "reasoning": None, "response": "5"},
    ),
    Shape(
        "nvidia/OpenCodeReasoning",
        {
            "id": "c1",
            "input": "Add two numbers.",
            "output": think("easy", "```python\nadd\n```"),
            "source": "codeforces",
            "license": "cc-by-4.0",
            "dataset": "taco",
            "split": "train",
            "difficulty": "EASY",
            "solution": "def add(a, b):\n    return a + b",
        },
    ),
    Shape(
        "nvidia/OpenCodeReasoning-2",
        {
            "id": "d1",
            "question_id": "q1",
            "question": "Add two numbers.",
            "r1_generation": GOOD,
            "qwq_critique": think("it holds", "right"),
            "solution": "def add(a, b):\n    return a + b",
            "judgement": "right",
            "pass_rate": "0.5",
            "source": "codeforces",
            "license": "cc-by-4.0",
            "dataset": "taco",
        },
        {
            "id": "d2",
            "question_id": "q1",
            "question": "Add two numbers.",
            "r1_generation": BAD,
            "qwq_critique": think("it errs", "wrong"),
            "solution": "def add(a, b):\n    return a - b",
            "judgement": "wrong",
            "pass_rate": "0.5",
            "source": "codeforces",
            "license": "cc-by-4.0",
            "dataset": "taco",
        },
    ),
    Shape(
        "facebook/natural_reasoning",
        {
            "question": Q,
            "reference_answer": "4",
            "responses": [{"response_model": "Llama-3", "response": "It is 4."}],
        },
    ),
    Shape(
        "allenai/RLVR (tulu 3)",
        {"messages": [user(Q)], "ground_truth": "4", "dataset": "gsm8k"},
        {"messages": [user("No commas.")], "ground_truth": '{"func_name": "no_comma"}', "dataset": "ifeval"},
    ),
    Shape(
        "allenai/tulu-3-sft-mixture",
        {"id": "t_0", "messages": [BRIEF, user(Q), ai("4")], "source": "sums"},
        {"id": "t_1", "messages": [user(Q2), ai("5"), user("Sure?"), ai("Yes.")], "source": "sums"},
    ),
    Shape(
        "Open-Orca/SlimOrca",
        {
            "conversations": [
                {"from": "system", "value": "Be brief.", "weight": None},
                {"from": "human", "value": Q, "weight": 0.0},
                {"from": "gpt", "value": "4", "weight": 1.0},
            ]
        },
    ),
]
