"""The commands in the order in which ``limbeck --help`` lists them, each with an example of its use."""

from __future__ import annotations

PANELS: dict[str, dict[str, str]] = {
    "Distil": {
        "run": "limbeck run redi --set redi_08.lr=1e-4 --until scores",
        "batch": "limbeck batch write my-recipe.yaml --until traces",
        "serve": "limbeck serve runs/redi/stages/sft-0123abcd --port 8000",
    },
    "Your own data": {
        "import": "limbeck import traces.jsonl --out data/",
        "verify": "limbeck verify answers.jsonl --verifier 'math: {tolerance: 0.01}' --out checked.jsonl",
        "score": "limbeck score checked.jsonl",
        "stats": "limbeck stats data/ --html stats.html",
        "audit": "limbeck audit data/ --against gsm8k:path=test.jsonl --against my-exam.jsonl",
        "export": "limbeck export data/ --only correct --shape messages --out sft.jsonl",
    },
    "Measure": {
        "eval": "limbeck eval Qwen/Qwen2.5-Math-1.5B --benchmark math500 --n 16 --max-tokens 4096",
        "claim": "limbeck claim redi --seeds 101-103",
        "report": "limbeck report runs/redi --out report.html",
    },
    "Look around": {
        "list": "limbeck list verifiers",
        "show": "limbeck show curation/pairs",
        "new": "limbeck new curation/mark shout",
        "papers": "limbeck papers --standing holds",
        "coverage": "limbeck coverage self-knowledge",
        "published": "limbeck published --write published.md",
        "scorecard": "limbeck scorecard mine.yaml yours.yaml",
        "check": "limbeck check runs/redi",
        "repair": "limbeck repair runs/redi",
        "doctor": "limbeck doctor",
        "schema": "limbeck schema > recipe.schema.json",
    },
}
PANEL_OF = {command: panel for panel, commands in PANELS.items() for command in commands}
EXAMPLES = {command: example for commands in PANELS.values() for command, example in commands.items()}
EXIT_CODES = (
    "Exit codes: **0** done (a claim that does not hold is a result, no failure), "
    "**1** work that was begun failed (what was made stays; run again to go on), "
    "**2** a mistake in what was asked for, seen before any work began, **130** Ctrl-C, "
    "**141** nobody reads what is printed, as behind `head`."
)
