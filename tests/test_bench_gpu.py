"""`make gpu` on a CPU: what is counted and compared, and what a part that fails or never ends costs."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

sys.path.insert(0, str(Path(__file__).parents[1]))

from small_world import objective  # noqa: E402

from bench.gpu import __main__ as command  # noqa: E402
from bench.gpu import card, ours, page, pieces, plain, sample, train  # noqa: E402
from bench.gpu.flops import Shape  # noqa: E402
from bench.gpu.scale import DRY, GPU, drawn, network, ragged  # noqa: E402
from limbeck.networks.batch import Item, Row, collate  # noqa: E402
from limbeck.networks.logp import Head, token_logp  # noqa: E402
from limbeck.networks.policy import Network, run  # noqa: E402
from limbeck.objectives.ops import Signal  # noqa: E402

on_cpu = pytest.mark.skipif(torch.cuda.is_available(), reason="the loop takes the GPU where there is one")


class Told(list):
    """Results, as a part tells them."""

    def __call__(self, **result) -> None:
        self.append(json.loads(json.dumps(result)))


def row(length: int, start: int) -> Row:
    return Row(f"{length}", torch.arange(length).numpy(), start)


def test_the_student_is_as_large_as_the_one_it_is_shaped_after():
    """Qwen2.5-1.5B: 1.54 B weights, 1.31 B of them outside the embedding, says its card."""
    shape = Shape.of(network(replace(GPU, device="meta")))
    assert shape.head == 151_936 * 1536
    assert round(shape.body / 1e9, 2) == 1.31
    assert round((shape.body + shape.head) / 1e9, 2) == 1.54
    assert shape.attended == 28 * 12 * 128


def test_operations_are_those_of_the_formula():
    """100 weights in the body, 10 in the head, L·d = 3; rows of 4 and 6 tokens, 3 and 1 of them trained."""
    items = [Item((row(4, 1), row(6, 5)))]
    expected = 6 * (100 * 10 + 10 * 4) + 12 * 3 * (4 * 4 + 6 * 6) / 2
    assert Shape(100, 10, 3).needed(items) == expected


def test_rows_are_ragged_and_the_same_for_both_sides():
    items, batch = ragged(DRY, 48, 5, pairs=True)
    again, _ = ragged(DRY, 48, 5, pairs=True)
    lengths = [len(row.ids) for item in items.items for row in item.rows]
    assert lengths == [len(row.ids) for item in again.items for row in item.rows]
    assert len(set(lengths)) > 5
    assert max(lengths) <= 48
    assert len(items) == 5 * batch
    steps = [{item.rows[0].id for item in drawn(items, batch, number)} for number in range(5)]
    assert len(set.union(*steps)) == len(items)
    assert set.union(*steps[2:]) == {item.rows[0].id for item in drawn(items, batch, 2, 3)}


@pytest.mark.parametrize("name", ["redi", "dpo"])
def test_the_plain_loop_computes_the_same_objective(name):
    items, batch = ragged(DRY, 48, 1, pairs=True)
    step = drawn(items, batch, 0)
    model, moved = network(DRY), collate(step)
    with torch.no_grad():
        known = {name: torch.tensor(-10.0 * place) for place, name in enumerate(moved.ids)}
        theirs = plain.paired(name, model, plain.padded(step, "cpu"), step, known)
        student = Network(model, None)
        reference_B = torch.stack([known[name] for name in moved.ids])
        signal = Signal(reference_B=reference_B)
        loss = objective(name, **ours.OBJECTIVES[name])(moved, run(student, student, moved), signal)
    assert float(theirs.sum()) == pytest.approx(float(loss.sum), rel=1e-5)


def test_a_micro_batch_alone_is_timed(monkeypatch):
    passed = []
    monkeypatch.setattr(ours, "seconds", lambda call, *given: passed.append(call()) or 0.5)
    assert ours.alone(DRY) == 0.5
    assert len(passed) == 1


@on_cpu
def test_both_loops_train_from_the_same_start():
    items, batch = ragged(DRY, 16, ours.WARM + ours.TIMED, pairs=False)
    seen = [side.train("sft", DRY, items, batch) for side in (ours, plain)]
    assert seen[0]["loss"] == pytest.approx(seen[1]["loss"], rel=1e-3)
    assert seen[0]["widest"] == seen[0]["largest"] > 0  # so few that they are held at once
    assert all(each["seconds"] > 0 for each in seen)


def test_logits_that_are_held_are_noticed_and_a_turned_matrix_is_not():
    hidden_ND, weight_VD = torch.randn(20, 8, requires_grad=True), torch.randn(50, 8, requires_grad=True)
    target_N = torch.randint(50, (20,))
    for budget, expected in ((50 * 20, 20), (50 * 3, 3)):
        with ours.Widest(50) as widest:
            token_logp(Head(hidden_ND, weight_VD), target_N, budget).sum().backward()
        assert widest.tokens == expected


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("out of memory\nand more"), None])
def test_what_does_not_fit_is_told_in_place_of_numbers(error):
    class Side:
        @staticmethod
        def train(*given):
            if error:
                raise error
            return {"seconds": 1.0}

    seen = train.observed(Side, "sft", DRY, None, 1)
    assert seen == ({"failed": "out of memory"} if error else {"seconds": 1.0, "memory": None})


def test_the_card_and_sampling_in_a_toy(monkeypatch):
    monkeypatch.setattr(card, "TIMES", 1)
    tell = Told()
    card.measure(DRY, tell)
    sample.measure(DRY, tell)
    assert tell[0]["flops"] > 0 < tell[0]["bandwidth"]
    assert [(each["rows"], each["tokens"]) for each in tell[1:]] == [(1, 4), (1, 4), (4, 16), (4, 16)]


def trained(side: str, longest: int = 4096, **more) -> dict:
    work = {
        "kind": "train",
        "objective": "sft",
        "longest": longest,
        "mean": 2000.0,
        "tokens": 3000,
        "needed": 6e12,
    }
    seen = {
        "seconds": 1.0,
        "memory": 2**30,
        "widest": 5,
        "largest": 9,
        "padding": 0.1,
        "parts": 3,
        "waits": 7,
    }
    return {**work, "side": side, **seen, **more}


RATES = {"kind": "card", "card": "A card", "driver": "1", "cuda": "13", "flops": 1e13, "bandwidth": 1e12}


@pytest.mark.parametrize(
    ("more", "slow", "reach"),
    [
        ({}, 2.0, 1),
        ({"needed": 4e12}, 2.0, 0),  # 40 % MFU
        ({}, 1.4, 0),  # 1.4 times the plain loop
        ({"widest": 9}, 2.0, 0),  # all logits held
    ],
)
def test_the_page_says_what_reaches_the_goal(more, slow, reach):
    lines = page.page([RATES, trained("ours", **more), trained("plain", seconds=slow)], False, "")
    assert any(line.startswith(f"{reach} of 1 reach the goal") for line in lines)
    assert not any("DRY" in line for line in lines)
    (line,) = [line for line in lines if line.startswith("| sft")]
    assert f"| 3,000 | {more.get('needed', 6e12) / 1e13:.1%} | 1.0 |" in line
    assert line.endswith(f"| {slow:.2f} |")


def test_the_page_of_parts_that_failed_says_so():
    failed = {**trained("ours", 16384), "failed": "out of memory"}
    both = [trained("ours", needed=9e12), {**failed, "longest": 4096, "side": "plain"}]
    lines = "\n".join(page.page([RATES, *both, failed], True, ""))
    assert "DRY" in lines
    assert lines.count("out of memory") == 2
    assert "not run" in lines
    assert "1 of 2 reach" in lines
    assert "paper scale" not in lines
    assert "paper scale: not measured" in "\n".join(page.page([RATES, *both], False, ""))
    assert lines.count("Not measured.") == 2  # sampling, the claim


def test_what_a_micro_batch_costs_is_told_in_tokens():
    told = "".join(page.alone([{"kind": "alone", "seconds": 0.02}, trained("ours")]))
    assert "20.0 ms" in told
    assert "60 tokens" in told
    assert page.alone([trained("ours")]) == []


def test_a_claim_as_it_is_saved_is_on_the_page():
    saved = json.loads((page.RECIPE.parents[3] / "claims/redi.json").read_text())
    lines = page.claim([{**saved, "kind": "claim"}])
    assert lines[0].startswith(saved["standing"])
    assert len(lines) == 4 + len(saved["claim"])
    assert lines[-1].endswith(f"| {saved['claim'][-1]['verdict']} |")


def test_hours_of_the_papers_scale_come_from_the_longest_rows():
    rows = [trained("ours", 4096), trained("ours", 16384, tokens=36_000)]
    rows += [{**each, "objective": "redi"} for each in rows]
    told = " ".join(page.scale_of_the_paper(rows))
    assert f"{77_629 * 5 * 2000 / 36_000 / 3600:.3g} hours" in told
    assert f"{53_175 * 2 * 2000 / 36_000 / 3600:.3g} hours" in told


@pytest.fixture
def toys(monkeypatch, tmp_path):
    """Parts that take no time, but the one that never ends, for it has a child that does not."""
    forever = str(tmp_path / "forever.py")
    Path(forever).write_text("import signal; signal.pause()")
    monkeypatch.setattr(command, "LEAST", 0)
    made = [
        command.Part("ends", ["platform"], 60),
        command.Part(
            "never", ["timeit", f"import subprocess; subprocess.run([{sys.executable!r}, {forever!r}])"], 2
        ),
        command.Part("fails", ["no.such.module"], 60),
    ]
    monkeypatch.setattr(command, "parts", lambda *given: made)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


def test_a_part_that_never_ends_is_marked_and_the_others_go_on(toys, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(sys, "argv", ["gpu", "--out", str(tmp_path)])
    command.main()
    rows = {each["name"]: each["status"] for each in json.loads((tmp_path / "gpu.json").read_text())}
    assert rows["ends"] == "done"
    assert rows["never"] == "ran out of its 2 s"
    assert "No module named" in rows["fails"]
    assert (tmp_path / "gpu.md").read_text() in capsys.readouterr().out
    assert "DRY" in (tmp_path / "gpu.md").read_text()


def test_a_dry_run_writes_nothing_that_is_not_asked_for(toys, monkeypatch, capsys):
    before = sorted(page.RECIPE.parents[3].joinpath("bench/results").iterdir())
    monkeypatch.setattr(sys, "argv", ["gpu", "--parts", "ends", "--minutes", "1"])
    command.main()
    assert sorted(page.RECIPE.parents[3].joinpath("bench/results").iterdir()) == before
    assert "| ends | done |" in capsys.readouterr().out


def test_no_time_that_is_left_is_told(toys, monkeypatch, capsys):
    monkeypatch.setattr(command, "LEAST", 5)
    monkeypatch.setattr(sys, "argv", ["gpu", "--minutes", "0"])
    command.main()
    assert capsys.readouterr().out.count("no time was left") == 3


def test_pieces_make_the_same_file_again(tmp_path):
    file = tmp_path / "model.gguf"
    file.write_bytes(bytes(range(256)) * 50)
    made = pieces.split(file, tmp_path / "pieces", 5000)
    assert [piece.stat().st_size for piece in made] == [5000, 5000, 2800]
    assert pieces.join(tmp_path / "pieces", tmp_path / "again").read_bytes() == file.read_bytes()
    with pytest.raises(SystemExit, match="already"):
        pieces.split(file, tmp_path / "pieces", 5000)
    made[1].write_bytes(b"x" * 5000)
    with pytest.raises(SystemExit, match="another file"):
        pieces.join(tmp_path / "pieces", tmp_path / "third")
    made[2].unlink()
    with pytest.raises(SystemExit, match="1 of 3 pieces are missing"):
        pieces.join(tmp_path / "pieces", tmp_path / "third")
    assert not (tmp_path / "third").exists()
