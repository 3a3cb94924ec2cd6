"""Public data of preferences, labels and steps."""

from __future__ import annotations

from public_rows import BAD, GOOD, Q2, Q, Shape, ai, gpt, human, user

ASKED = [user(Q)]
GOOD_CHAT, BAD_CHAT = [user(Q), ai("4")], [user(Q), ai("5")]
ZEN = {"prompt": "Which is larger, 9.9 or 9.11?"}

PAIRS = [
    Shape(
        "HuggingFaceH4/ultrafeedback_binarized",
        {
            "prompt": Q,
            "prompt_id": "u1",
            "chosen": GOOD_CHAT,
            "rejected": BAD_CHAT,
            "messages": GOOD_CHAT,
            "score_chosen": 9.0,
            "score_rejected": 2.0,
        },
        {
            "prompt": Q,
            "prompt_id": "u1",
            "chosen": GOOD_CHAT,
            "rejected": GOOD_CHAT,
            "messages": GOOD_CHAT,
            "score_chosen": 9.0,
            "score_rejected": 9.0,
        },
    ),
    Shape(
        "allenai/tulu-3 preference mixture",
        {
            "id": "t1",
            "source": "sums",
            "prompt": Q,
            "chosen": GOOD_CHAT,
            "rejected": BAD_CHAT,
            "chosen_model": "m1",
            "rejected_model": "m2",
        },
    ),
    Shape("Intel/orca_dpo_pairs", {"system": "Be brief.", "question": Q, "chosen": "4", "rejected": "5"}),
    Shape(
        "argilla/distilabel preference",
        {
            "instruction": Q,
            "chosen_response": "4",
            "rejected_response": "5",
            "chosen_rating": 5.0,
            "rejected_rating": 1.0,
        },
    ),
    Shape(
        "qihoo360/Light-R1-DPOData",
        {"conversations": [human(Q)], "chosen": gpt(GOOD), "rejected": gpt(BAD)},
    ),
    Shape(
        "LLaMA-Factory: sharegpt preference",
        {"conversations": [human(Q)], "chosen": gpt("4"), "rejected": gpt("5"), "system": "Be brief."},
    ),
    Shape(
        "LLaMA-Factory: alpaca preference",
        {"instruction": "Add.", "input": "2 and 2", "chosen": "4", "rejected": "5"},
    ),
    Shape(
        "LLaMA-Factory: kto",
        {"conversations": [human(Q), gpt("4")], "kto_tag": True},
        {"conversations": [human(Q), gpt("5")], "kto_tag": False},
    ),
    Shape(
        "ms-swift: rejected_response",
        {"messages": GOOD_CHAT, "rejected_response": "5"},
        {"messages": GOOD_CHAT, "rejected_response": ["6"]},
    ),
    Shape("ms-swift: rejected_messages", {"messages": GOOD_CHAT, "rejected_messages": BAD_CHAT}),
    Shape(
        "ms-swift: label",
        {"messages": GOOD_CHAT, "label": True},
        {"messages": BAD_CHAT, "label": False},
    ),
    Shape(
        "OpenAI preference fine-tuning",
        {
            "input": {"messages": ASKED, "tools": []},
            "preferred_output": [ai("4")],
            "non_preferred_output": [ai("5")],
        },
    ),
    Shape(
        "TRL: preference",
        {**ZEN, "chosen": "9.9", "rejected": "9.11"},
        {**ZEN, "chosen": "9.9", "rejected": ""},
    ),
    Shape("TRL: preference, prompt within", {"chosen": GOOD_CHAT, "rejected": BAD_CHAT}),
    Shape(
        "TRL: preference of texts, prompt within",
        {"chosen": "The sky is blue.", "rejected": "The sky is green."},
    ),
    Shape(
        "Anthropic/hh-rlhf",
        {"chosen": "\n\nHuman: Hi\n\nAssistant: Hello.", "rejected": "\n\nHuman: Hi\n\nAssistant: No."},
    ),
    Shape(
        "TRL: unpaired preference; trl-lib/kto-mix-14k",
        {"prompt": ASKED, "completion": [ai("4")], "label": True},
        {"prompt": ASKED, "completion": [ai("5")], "label": False},
        {"prompt": ASKED, "completion": [ai("6")], "label": None},
        {"prompt": ASKED, "completion": [ai("7")], "label": "perhaps"},
    ),
    Shape(
        "TRL: stepwise supervision; trl-lib/prm800k, math_shepherd",
        {**ZEN, "completions": ["9.11 has more digits.", "So 9.11."], "labels": [True, False]},
        {**ZEN, "completions": ["9.9 is 9.90.", "So 9.9."], "labels": [True, True]},
    ),
    Shape(
        "peiyi9979/Math-Shepherd",
        {
            "input": f"{Q} Step 1: Two and two. ки\nStep 2: The answer is: 5 ки",
            "label": f"{Q} Step 1: Two and two. +\nStep 2: The answer is: 5 -",
            "task": "GSM8K",
        },
        {
            "input": f"{Q} Step 1: Two twos. ки\nStep 2: The answer is: 4 ки",
            "label": f"{Q} Step 1: Two twos. +\nStep 2: The answer is: 4 +",
            "task": "GSM8K",
        },
    ),
    Shape(
        "openai/prm800k",
        {
            "labeler": "a",
            "timestamp": "2022",
            "generation": 9,
            "question": {"problem": Q, "ground_truth_answer": "4", "pre_generated_steps": ["Two.", "4."]},
            "label": {
                "steps": [
                    {"completions": [{"text": "Two twos.", "rating": 1}], "chosen_completion": 0},
                    {"completions": [{"text": "So 5.", "rating": -1}], "chosen_completion": None},
                ],
                "finish_reason": "found_error",
            },
        },
    ),
    Shape(
        "xinlai/Math-Step-DPO-10K",
        {
            "dataset": "sums",
            "prompt": Q,
            "initial_reason_steps": "Step 1: Take two.\nStep 2:",
            "chosen": " Add two.",
            "rejected": " Add three.",
            "answer": "4",
            "full_chosen": " Add two.\nStep 3: 4.",
            "full_rejected": " Add three.\nStep 3: 5.",
        },
    ),
    Shape(
        "nvidia/HelpSteer2",
        {"prompt": Q, "response": "4", "helpfulness": 4, "correctness": 4, "coherence": 4, "verbosity": 1},
        {"prompt": Q, "response": "5", "helpfulness": 0, "correctness": 0, "coherence": 3, "verbosity": 1},
        {"prompt": Q2, "response": "5", "helpfulness": 1, "correctness": 1, "coherence": 3, "verbosity": 1},
    ),
    Shape(
        "nvidia/HelpSteer3",
        {
            "domain": "stem",
            "language": "english",
            "context": ASKED,
            "response1": "4",
            "response2": "5",
            "overall_preference": -2,
            "individual_preference": [],
        },
        {
            "domain": "stem",
            "context": [user(Q2)],
            "response1": "4",
            "response2": "5",
            "overall_preference": 3,
        },
        {
            "domain": "stem",
            "context": [user(Q2)],
            "response1": "4",
            "response2": "6",
            "overall_preference": 0,
        },
    ),
    Shape(
        "OpenRLHF: preference with scores",
        {"prompt": Q, "chosen": "4", "rejected": "5", "chosen_score": 1.0, "rejected_score": 0.0},
    ),
]
