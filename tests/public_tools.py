"""What training and evaluation tools read and write: rules, rollouts, samples."""

from __future__ import annotations

from public_rows import BAD, GOOD, Q2, Q, Shape, ai, turn, user

VERL = {"data_source": "sums", "ability": "math"}
DOC = {"question": Q, "answer": "Two twos.\n#### 4"}
EVALUATED = {"doc_id": 0, "doc": DOC, "target": "4", "resps": [["It is 5."]], "filtered_resps": ["5"]}
ARGUMENTS = {"gen_args_0": {"arg_0": f"Q: {Q}\nA:", "arg_1": {"until": ["\n"]}}}

TOOLS = [
    Shape(
        "BytedTsinghua-SIA/DAPO-Math-17k",
        {
            **VERL,
            "prompt": [user(Q)],
            "extra_info": {"index": "i1"},
            "reward_model": {"ground_truth": "4", "style": "rule"},
        },
    ),
    Shape(
        "open-r1/DAPO-Math-17k-Processed",
        {
            **VERL,
            "prompt": Q,
            "solution": "4",
            "source_prompt": [user(Q)],
            "reward_model": {"ground_truth": "4", "style": "rule"},
            "extra_info": {"index": "i1"},
        },
    ),
    Shape(
        "Skywork/Skywork-OR1-RL-Data",
        {
            **VERL,
            "prompt": [user(Q)],
            "extra_info": {"index": 0, "model_difficulty": {"R1": 3}},
            "reward_model": {"ground_truth": '["4"]', "style": "rule"},
        },
        {
            **VERL,
            "prompt": [user(Q2)],
            "extra_info": {"index": 1},
            "reward_model": {"ground_truth": '["5", "five"]', "style": "rule"},
        },
    ),
    Shape(
        "PRIME-RL/Eurus-2-RL-Data",
        {
            **VERL,
            "prompt": [turn("system", "Be brief."), user(Q)],
            "reward_model": {"ground_truth": "4", "style": "rule"},
            "extra_info": {"index": 0, "split": "train"},
        },
    ),
    Shape(
        "verl: RL rows",
        {
            **VERL,
            "prompt": [user(f"{Q} Think.")],
            "reward_model": {"ground_truth": 4},
            "extra_info": {"index": 0, "split": "test", "question": Q, "answer": "#### 4"},
        },
    ),
    Shape("verl: SFT rows", {"messages": [user(Q), ai("4")], "enable_thinking": True}),
    Shape(
        "verl: rollouts",
        {"input": f"user\n{Q}\nassistant\n", "output": GOOD, "gts": "4", "score": 1.0, "step": 1},
        {"input": f"user\n{Q}\nassistant\n", "output": BAD, "gts": "4", "score": 0.0, "step": 2},
    ),
    Shape(
        "Open-Reasoner-Zero",
        [{"from": "human", "value": Q}, {"from": "assistant", "ground_truth": {"value": "4"}}],
    ),
    Shape(
        "NeMo-Skills",
        {
            "problem": Q,
            "generation": GOOD,
            "expected_answer": 4,
            "predicted_answer": "4",
            "symbolic_correct": True,
            "judgement": "Judgement: Yes",
            "num_generated_tokens": 9,
            "generation_time": 1.5,
            "finish_reason": "stop",
        },
        {
            "problem": Q,
            "generation": "<think>so",
            "expected_answer": 4,
            "predicted_answer": None,
            "symbolic_correct": False,
            "judgement": "Judgement: No",
            "num_generated_tokens": 64,
            "generation_time": 2.5,
            "finish_reason": "length",
        },
    ),
    Shape(
        "lm-evaluation-harness 0.4.0",
        {**EVALUATED, "arguments": [[f"Q: {Q}\nA:", {"until": ["\n"]}]], "exact_match": 0.0},
    ),
    Shape(
        "lm-evaluation-harness",
        {
            **EVALUATED,
            "arguments": ARGUMENTS,
            "filter": "strict-match",
            "metrics": ["exact_match"],
            "exact_match": 0.0,
            "filtered_resps": ["[invalid]"],
            "doc_hash": "d",
        },
        {
            **EVALUATED,
            "arguments": ARGUMENTS,
            "filter": "flexible-extract",
            "metrics": ["exact_match"],
            "exact_match": 1.0,
            "doc_hash": "d",
        },
    ),
    Shape(
        "lighteval",
        {
            "doc": {"query": Q, "choices": ["4"], "gold_index": 0, "task_name": "sums", "instruction": ""},
            "model_response": {"text": [GOOD], "reasonings": [None], "truncated_tokens_count": 0},
            "metric": {"extractive_match": 1},
        },
    ),
    Shape(
        "lighteval (old details)",
        {
            "example": Q,
            "full_prompt": f"Q: {Q}\nA:",
            "predictions": ["It is 4."],
            "gold": ["4"],
            "choices": ["4"],
            "gold_index": 0,
            "metrics": {"qem": 0},
            "truncated": 0,
            "padded": 3,
            "instruction": "",
            "input_tokens": [1, 2],
            "cont_tokens": [3],
            "num_effective_few_shots": 0,
        },
    ),
    Shape(
        "inspect",
        {
            "id": 1,
            "epoch": 1,
            "input": Q,
            "target": "4",
            "messages": [user(Q), ai("It is 4.")],
            "output": {"model": "m", "choices": [{"message": ai("It is 4."), "stop_reason": "stop"}]},
            "scores": {"match": {"value": "C", "answer": "4", "explanation": ""}},
            "metadata": {"level": 1},
        },
        {
            "id": 2,
            "epoch": 1,
            "input": [turn("system", "Be brief."), user(Q2)],
            "target": ["5", "five"],
            "output": {
                "model": "m",
                "choices": [
                    {
                        "message": ai(
                            [{"type": "reasoning", "reasoning": "hm"}, {"type": "text", "text": "6"}]
                        ),
                        "stop_reason": "max_tokens",
                    }
                ],
            },
            "scores": {"match": {"value": "I", "answer": "6"}},
        },
    ),
]
