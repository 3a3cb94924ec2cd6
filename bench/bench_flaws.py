"""What `curation/flaws` finds of flaws planted into real traces, and what it marks of those that were left as
they are. Writes bench/results/flaws.md.

    python bench/bench_flaws.py DATA XSTEST

DATA holds ``traces/mip_reasoning_models.jsonl.gz`` (tianyi-lab/MiP-Overthinking, MIT) and
``multilingual/mgsm.jsonl.gz`` (google-research/url-nlp, CC-BY-SA-4.0), XSTEST the completions of
paul-rottger/exaggerated-safety (``model_completions/*.csv``, CC-BY-4.0), which people have labelled.
"""

from __future__ import annotations

import csv
import gzip
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

from msgspec.structs import replace

from limbeck.evaluation.ops import wilson
from limbeck.records import Problem, Trace
from limbeck.texts.flaws import flaws_of
from limbeck.texts.loops import longest_loop
from limbeck.texts.traces import told_parts

PLANTED = 500
SEEN = ("gpt4", "llama2new")
"""Models of XSTest whose completions were read while the phrases were chosen."""
LONG = ("deepseekR1", "QwQ", "s1.1", "DSQ")
_SENTENCES = re.compile(r"(?<=[.!?]) +(?=[A-Z])")

Case = tuple[Problem, Trace]


def lines(path: Path) -> Iterator[dict]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def real(folder: Path) -> list[Case]:
    """Every trace once."""
    cases: dict[tuple[str, str], Case] = {}
    for row in lines(folder / "traces/mip_reasoning_models.jsonl.gz"):
        keys = [key for key in row if key == "model_answer" or key.endswith("question)")]
        text = next((row[key] for key in keys if isinstance(row[key], str)), "")
        question = row.get("question") or row.get("insufficient_question") or ""
        [(form, reasoning, answer)] = told_parts([text])
        trace = written(reasoning, answer, format=form, model=row["model"])
        cases.setdefault((row["model"], text), (Problem(id="p", question=question), trace))
    return list(cases.values())


def written(reasoning: str, answer: str, **more: str) -> Trace:
    return Trace(id="t", problem_id="p", reasoning=reasoning, answer=answer, **more)


def kinds_of(case: Case) -> set[str]:
    return set(flaws_of(case[1], case[0].question))


def share(part: int, whole: int) -> str:
    low, high = wilson(part, whole)
    return f"{part} of {whole} ({100 * part / whole:.1f} %; {100 * low:.1f} to {100 * high:.1f})"


# --- what is planted


def loop(case: Case, rng: random.Random, counted: bool = False) -> Case:
    """One to six sentences of the thought four to forty times, at its end or within; ``counted`` puts another
    number into each."""
    problem, trace = case
    sentences = _SENTENCES.split(trace.reasoning)
    start = rng.randrange(len(sentences))
    passage = " ".join(sentences[start : start + rng.randint(1, 6)])[:1500] + " "
    while len(passage) < 50:
        passage += passage
    times = rng.randint(4, 40)
    again = "".join(f"({number}) {passage}" if counted else passage for number in range(times))
    place = len(sentences) if rng.random() < 0.5 else rng.randrange(len(sentences))
    thought = " ".join([*sentences[:place], again, *sentences[place:]])
    return problem, replace(trace, reasoning=thought)


def blank(case: Case, rng: random.Random) -> Case:
    return case[0], replace(case[1], reasoning=rng.choice(["", " ", "\n", "\n\n", "\n\n\n", "...", "…\n"]))


def foreign(case: Case, rng: random.Random, texts: list[str]) -> Case:
    """A problem of MGSM in another language between two sentences of the thought."""
    sentences = _SENTENCES.split(case[1].reasoning)
    sentences.insert(rng.randrange(len(sentences) + 1), rng.choice(texts))
    return case[0], replace(case[1], reasoning=" ".join(sentences))


# --- tables


def planted(clean: list[Case], plant: Callable[[Case, random.Random], Case], kind: str, seed: int) -> str:
    """Of so many clean traces with a flaw, how many are marked; and with anything else."""
    rng = random.Random(seed)
    marks = Counter(mark for case in rng.choices(clean, k=PLANTED) for mark in kinds_of(plant(case, rng)))
    others = ", ".join(f"{count} {name}" for name, count in marks.items() if name != kind) or "none"
    return f"{share(marks[kind], PLANTED)} | {others}"


def of_planting(clean: list[Case], folder: Path, refusals: list[str]) -> list[str]:
    abroad: dict[str, list[str]] = {}
    for row in lines(folder / "multilingual/mgsm.jsonl.gz"):
        abroad.setdefault(row["lang"], []).append(row["question"])
    texts = {language: text for language, text in abroad.items() if language != "en"}
    mixed = [text for some in texts.values() for text in some]
    tagged = [case for case in clean if case[1].format == "think" and case[1].answer.strip()]
    rows = [
        ("refusal", "the answer is a refusal of XSTest, by models not seen", "refusal", tagged,
         lambda case, rng: (case[0], replace(case[1], answer=rng.choice(refusals)))),
        ("empty thought", "only blanks or dots are left of the thought", "empty_thought", tagged, blank),
        ("repetition", "one to six sentences 4 to 40 times", "repetition", clean, loop),
        ("repetition, counted", "the same with another number at each turn", "repetition", clean,
         lambda case, rng: loop(case, rng, counted=True)),
        ("language switch", "a problem of MGSM in one of ten languages within the thought", "language_switch",
         clean, lambda case, rng: foreign(case, rng, mixed)),
        ("question abroad", "an English thought on a question of MGSM in one of ten languages",
         "language_switch", clean, lambda case, rng: (Problem(id="p", question=rng.choice(mixed)), case[1])),
    ]  # fmt: skip
    table = ["| planted | what | marked so | other marks |", "|---|---|---|---|"]
    for seed, (name, what, kind, cases, plant) in enumerate(rows):
        table.append(f"| {name} | {what} | {planted(cases, plant, kind, seed)} |")
        print(table[-1], flush=True)
    table += [
        "",
        "Problems of MGSM as thoughts on others in the same language, where nothing is to be marked:",
        "",
        "| language | marked as a switch |",
        "|---|---|",
    ]
    for language, some in texts.items():
        pairs = [(Problem(id="p", question=asked), written("", other)) for asked, other in pairwise(some)]
        false = sum("language_switch" in kinds_of(case) for case in pairs)
        table.append(f"| {language} | {false} of {len(pairs)} |")
    return table


def of_people(folder: Path) -> tuple[list[str], list[str]]:
    """Refusals as people label them; and those of models not seen."""
    counts: dict[tuple[bool, str], Counter[bool]] = {}
    unseen = []
    for path in sorted((folder / "model_completions").glob("*.csv")):
        seen = path.stem.rpartition("_")[2] in SEEN
        for row in csv.DictReader(path.open(encoding="utf-8")):
            trace = written("", row["completion"].strip(), format="plain")
            marked = "refusal" in set(flaws_of(trace, ""))
            counts.setdefault((seen, row["final_label"]), Counter())[marked] += 1
            unseen += [trace.answer] if not seen and row["final_label"].startswith("2") else []
    names = {
        "1_full_compliance": "complies",
        "2_full_refusal": "refuses",
        "3_partial_refusal": "refuses in part",
    }
    table = ["| people say | marked, models seen | marked, models not seen |", "|---|---|---|"]
    for label, name in names.items():
        cells = [counts[seen, label] for seen in (True, False)]
        table.append(f"| {name} | " + " | ".join(share(each[True], each.total()) for each in cells) + " |")
    return table, unseen


def of_real(cases: list[Case]) -> tuple[list[str], list[Case]]:
    """What is marked of real traces, with an excerpt of each; and those without a mark."""
    begun, size = time.process_time(), sum(len(trace.reasoning + trace.answer) for _, trace in cases)
    marks = [kinds_of(case) for case in cases]
    speed = size / 1e6 / (time.process_time() - begun)
    table = [
        f"{len(cases):,} traces, {size / 1e6:.1f} million characters, {speed:.1f} million a second of "
        "processor time. All that is marked:",
        "",
        "| writer | mark | characters | where it shows |",
        "|---|---|---|---|",
    ]
    for (_, trace), bad in zip(cases, marks, strict=True):
        for kind in sorted(bad):
            text = f"{len(trace.reasoning + trace.answer):,} | {excerpt(trace, kind)}"
            table.append(f"| {trace.model} | {kind} | {text} |")
    clean = [case for case, bad in zip(cases, marks, strict=True) if not bad and case[1].model in LONG]
    return table, [case for case in clean if case[0].question and case[1].reasoning.strip()]


def excerpt(trace: Trace, kind: str) -> str:
    text = trace.reasoning + trace.answer
    start = 0
    if kind == "repetition" and (stretch := longest_loop(text)):
        start = stretch.start
    elif kind == "language_switch" and (
        abroad := re.search(r"[^\x00-\u04ff“”’‘–—…√∠°×÷≤≥≈π]{4}|\bYann et", text)
    ):
        start = abroad.start()
    elif kind in ("refusal", "empty_thought"):
        text = trace.answer or text
    return re.sub(r"[|\s`$\\]+", " ", text[start : start + 90])


def main() -> None:
    folder, xstest = map(Path, sys.argv[1:3])
    people, refusals = of_people(xstest)
    marked, clean = of_real(real(folder))
    page = [
        "# Marks of flaws",
        "",
        "By `python bench/bench_flaws.py DATA XSTEST`: `curation/flaws` with its defaults. In brackets "
        "Wilson's 95% interval.",
        "",
        "## Real traces as they are",
        "",
        "DeepSeek-R1, QwQ, s1.1, a distilled Qwen (DSQ) and GPT-4o on questions with and without a missing "
        "premise (MiP-Overthinking), each text once: "
        + marked[0],
        *marked[1:],
        "",
        f"## {PLANTED} planted flaws each",
        "",
        "Into traces of the first four that have a question and no mark.",
        "",
        *of_planting(clean, folder, refusals),
        "",
        "## Refusals as people label them",
        "",
        "2,250 completions of XSTest, half of whose prompts are harmless and sound as if they were not. The "
        "phrases were chosen on two of the five models, after some forty completions of all had been seen.",
        "",
        *people,
    ]  # fmt: skip
    (Path(__file__).parent / "results/flaws.md").write_text("\n".join(page) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
