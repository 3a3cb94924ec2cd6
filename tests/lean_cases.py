"""A script that stands in for Lean, and how a verifier of logic is asked in tests."""

from __future__ import annotations

from limbeck.records import Problem, Trace, Verdict
from limbeck.verifiers.ops import judge


def ask(verify, answer: str, reference: str = "", options: dict | None = None, **meta) -> Verdict:
    problem = Problem(id="p", question="", answer=reference, meta=meta)
    trace = Trace(id="t", problem_id="p", answer=answer)
    [(_, verdict)] = judge(lambda p, t: verify(p, t, **(options or {})), [(0, problem, trace)])
    return verdict


STATEMENT = "theorem add_swap (a b : Nat) :\n    a + b = b + a := by sorry"


FAKE = """#!{python}
import json, os, re, sys, time
if "--print-prefix" in sys.argv:
    sys.exit(1)
text = open(sys.argv[-1]).read()
lines = text.split("\\n")
def say(severity, line, data):
    print(json.dumps({{"severity": severity, "pos": {{"line": line, "column": 0}}, "data": data}}))
proof = text.split(":=", 1)[1]
if "Broken" in text:
    say("error", 1, "unknown identifier 'Broken'")
elif "NoLib" in text:
    say("error", 1, "unknown module prefix 'NoLib'")
elif "omega" in proof or "sorry" in proof:
    say("information", 2, "'add_swap' does not depend on any axioms")
    axioms = "[propext]" if "omega" in proof else "[sorryAx]"
    say("information", len(lines) - 1, "'add_swap' depends on axioms: " + axioms)
elif "sleep" in proof:
    time.sleep(60)
elif "choice_of_mine" in proof:
    say("information", len(lines) - 1, "'add_swap' depends on axioms: [propext, mine]")
elif "steal" in proof:
    say("error", 3, "all" if os.path.exists("/etc/passwd") else "nothing")
elif "silent" in proof:
    pass
elif "crash" in proof:
    print("out of memory"); sys.exit(137)
else:
    say("error", 3, "unsolved goals")
    sys.exit(1)
"""
