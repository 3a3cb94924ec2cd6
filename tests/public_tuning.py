"""Rows that tools train on: chats, instructions, prompts."""

from __future__ import annotations

from public_rows import Q2, Q, Shape, ai, gpt, human, turn, user

BRIEF = {"role": "system", "content": "Be brief."}

TUNING = [
    Shape(
        "ShareGPT",
        {"id": "g1", "conversations": [human(Q), gpt("4"), human("And 3 more?"), gpt("7")]},
        {"id": "g2", "conversations": [human(Q2)]},
        {"id": "g3", "conversations": [gpt("Hello."), human(Q2), gpt("5")]},
    ),
    Shape(
        "SWE trajectories, tool chats",
        {
            "messages": [
                user("Mend it."),
                ai(None, tool_calls=[{"function": {"name": "ls", "arguments": "{}"}}]),
                turn("tool", "a.py"),
                ai("Done."),
            ],
        },
        {"messages": [user("Say hi."), ai("Hi.")]},
    ),
    Shape("tatsu-lab/alpaca", {"instruction": "Add.", "input": "2 and 2", "output": "4", "text": "…"}),
    Shape(
        "LLaMA-Factory: alpaca",
        {
            "instruction": "And 3 more?",
            "input": "",
            "output": "7",
            "system": "Be brief.",
            "history": [[Q, "4"]],
        },
        {"instruction": Q2, "input": "", "output": "5", "system": "", "history": []},
    ),
    Shape(
        "LLaMA-Factory: sharegpt with tools",
        {
            "conversations": [
                *(human(Q), {"from": "function_call", "value": "{}"}),
                *({"from": "observation", "value": "4"}, gpt("4")),
            ],
            "tools": "[]",
        },
        {"conversations": [human(Q2), gpt("5")], "system": "Be brief.", "tools": ""},
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
]
