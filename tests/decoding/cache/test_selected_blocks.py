"""`decoding/selected_blocks`: which blocks are read by which rule, how many, and gates that are trained."""

from __future__ import annotations

from pathlib import Path

import pytest
import small_world

torch = pytest.importorskip("torch")

from flat import with_settings  # noqa: E402

from limbeck.decoding.cache.selected_blocks import Selecting  # noqa: E402
from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.generation import Sampling  # noqa: E402
from limbeck.models.transformers import transformers  # noqa: E402
from limbeck.networks.opening import load  # noqa: E402
from limbeck.pipeline.parameters import ready  # noqa: E402

CHATS = [[{"role": "user", "content": question}] for question in ("1+2", "3+4+1+1", "0+5")]
WARM = Sampling(n=2, temperature=1.0, top_p=1.0, max_tokens=30, seed=5)
SIZES = {"layers": 2, "width": 32, "heads": 4, "kv_heads": 2}


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> tuple[str, str]:
    """A model, and the same with gates that have learned a little."""
    torch.manual_seed(0)
    start = small_world.student(tmp_path_factory.mktemp("start"), template="bare", **SIZES)
    gates = with_settings("students/block_gates", block=4, size=6)
    use = small_world.objective("block_gates", skip=0.0)
    folder = tmp_path_factory.mktemp("gated")
    return start, small_world.train(folder, start, use=use, adapt=gates, steps=8, lr=0.05)


def texts(model, sampling=WARM, **settings) -> list[str]:
    chosen = ready("decoding/selected_blocks", model=model, block=4, **settings)()
    return [each.text for row in chosen.generate(CHATS, sampling) for each in row]


def test_training_moves_the_gates_alone_and_they_are_kept(folders):
    start, trained = (load(folder) for folder in folders)
    plain = start.state_dict()
    assert all(torch.equal(value, trained.state_dict()[name]) for name, value in plain.items())
    fresh = load(folders[0])
    fresh = with_settings("students/block_gates", block=4, size=6)(fresh)
    before, after = fresh.added.state_dict(), trained.added.state_dict()
    assert all(not torch.equal(before[name], after[name]) for name in before)


def test_training_lessens_the_divergence(folders):
    import pyarrow.parquet as pq

    curve = pq.read_table(Path(folders[1]).parent / "curve.parquet").to_pylist()
    assert curve[-1]["divergence"] < curve[0]["divergence"]


@pytest.mark.parametrize("by", ["gate", "attention", "recency", "mean_key"])
def test_with_all_blocks_samples_are_the_models_own(folders, by):
    model = transformers(path=folders[1])
    plain = [each.text for row in model.generate(CHATS, WARM) for each in row]
    assert texts(model, by=by, share=1.0) == plain
    assert texts(model, by=by, share=0.2) != plain


@pytest.mark.parametrize("by", ["gate", "attention", "recency", "mean_key"])
def test_samples_do_not_depend_on_how_batches_are_cut(folders, by):
    model = transformers(path=folders[1])
    alone = transformers(path=folders[1], batch_tokens=1)
    assert texts(model, by=by, share=0.3) == texts(alone, by=by, share=0.3)


def test_the_oracle_has_all_of_its_blocks_and_others_fewer(folders):
    model = transformers(path=folders[1])
    recalls = {}
    for by in ("attention", "recency", "gate"):
        chosen = ready("decoding/selected_blocks", model=model, block=4, share=0.5, by=by, recall=True)()
        samples = [each for row in chosen.generate(CHATS, WARM) for each in row]
        recalls[by] = sum(each.scores["block_recall"] for each in samples) / len(samples)
    assert recalls["attention"] == 1.0
    assert 0.0 < recalls["recency"] < 1.0
    assert 0.0 < recalls["gate"] < 1.0


def test_the_share_is_of_all_blocks_so_far_rounded_up():
    policy = Selecting("recency", 2, 0.5, 0.0, False)
    seen_RK = torch.tensor([[True] * 9, [False] * 5 + [True] * 4])
    policy.begin(None, [None, None], seen_RK)
    read_RGK = policy.read(0, torch.randn(2, 2, 4), torch.randn(2, 1, 9, 4), seen_RK)
    # Five blocks, of which the last three; two, of which the last one.
    assert read_RGK[0, 0].int().tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 1]
    assert (read_RGK[1, 0] & seen_RK[1]).int().tolist() == [0, 0, 0, 0, 0, 0, 0, 1, 1]


def test_the_query_against_the_mean_of_a_block():
    policy = Selecting("mean_key", 2, 0.5, 0.0, False)
    key_K = torch.tensor([1.0, 1.0, 5.0, -5.0, 0.0, 0.0, 3.0, 3.0])
    seen_RK = torch.ones(1, 8, dtype=torch.bool)
    policy.begin(None, [None], seen_RK)
    read_RGK = policy.read(0, torch.ones(1, 1, 1), key_K.view(1, 1, 8, 1), seen_RK)
    assert read_RGK[0, 0].int().tolist() == [1, 1, 0, 0, 0, 0, 1, 1], "its own, and the mean of 1"
    oracle = Selecting("attention", 2, 0.5, 0.0, False)
    oracle.begin(None, [None], seen_RK)
    read_RGK = oracle.read(0, torch.ones(1, 1, 1), key_K.view(1, 1, 8, 1), seen_RK)
    assert read_RGK[0, 0].int().tolist() == [0, 0, 1, 1, 0, 0, 1, 1], "its own, and the largest of 5"


def test_a_threshold_leaves_blocks_that_the_gates_do_not_want(folders):
    model = transformers(path=folders[1])
    read = []
    for threshold in (0.0, 0.3, 1.0):
        chosen = ready("decoding/selected_blocks", model=model, block=4, share=1.0, threshold=threshold)()
        read.append(chosen.generate(CHATS[:1], Sampling(n=1, temperature=0.0, max_tokens=30))[0][0].scores)
    assert read[0]["keys_read"] > read[1]["keys_read"] > read[2]["keys_read"]


def test_what_cannot_be_is_told(folders):
    plain, gated = (transformers(path=folder) for folder in folders)
    with pytest.raises(LimbeckError, match="the model has no gates"):
        texts(plain)
    with pytest.raises(LimbeckError, match="block=8: the model's gates are of blocks of 4"):
        ready("decoding/selected_blocks", model=gated, block=8)().generate(CHATS, WARM)
    with pytest.raises(LimbeckError, match="only gates tell probabilities"):
        ready("decoding/selected_blocks", model=gated, by="recency", threshold=0.1)()
    with pytest.raises(LimbeckError, match=r"size=5: .* be even"):
        with_settings("students/block_gates", size=5)(load(folders[0]))
    with pytest.raises(LimbeckError, match="the student has no gates"):
        small_world.train(
            Path(folders[0]).parent / "no", folders[0], use=small_world.objective("block_gates")
        )
