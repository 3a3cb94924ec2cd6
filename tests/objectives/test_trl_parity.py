"""The same numbers as TRL 1.16: one tiny random model, one ragged batch, one loss and the gradient of every
weight.

TRL's trainers are not set up (that takes a data set and a folder); their own loss methods run on a bare
instance that has just the attributes they read. Both sides get the same token ids and the same
log-probabilities of the reference.

Where TRL differs on purpose, and what is done about it here:

* SFT: TRL's loss is ours with ``per="token"``; it has no mean over traces.
* CPO and ORPO: TRL averages the likelihood term over all tokens of the micro-batch, ours over each chosen
  trace first. The two are one where chosen traces are equally long, so here they are.
* ORPO: TRL trains the likelihood of the prompt too, ours of the completion alone. A prompt of one token has
  none.
* CPO with ``loss_type="simpo"`` and ``cpo_alpha=0`` is TRL's SimPO; its ``simpo_gamma`` is our ``gamma``.
* KTO: TRL's KL comes from other prompts' completions, in a second forward pass; ours from the rows
  themselves. Here TRL's mismatched rows are the rows themselves.
* DPO, IPO and NCA: none; TRL too takes IPO's log-ratios per token.
* TRL has no weights of tokens, traces or pairs; here all are 1.
"""

from __future__ import annotations

from collections import defaultdict
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")
pytest.importorskip("trl", reason="the peer is compared with where it is installed")

import numpy as np  # noqa: E402
from transformers import Qwen3Config, Qwen3ForCausalLM  # noqa: E402
from trl import DPOTrainer, KTOTrainer, SFTTrainer  # noqa: E402
from trl.experimental.cpo import CPOTrainer  # noqa: E402
from trl.experimental.orpo import ORPOTrainer  # noqa: E402
from trl.trainer.utils import add_fused_lm_head  # noqa: E402

from limbeck.networks.batch import Batch, Item, Row, collate  # noqa: E402
from limbeck.networks.policy import Network, run  # noqa: E402
from limbeck.objectives.ops import Signal, row_sum  # noqa: E402
from limbeck.objectives.preference.cpo import cpo  # noqa: E402
from limbeck.objectives.preference.dpo import dpo  # noqa: E402
from limbeck.objectives.preference.ipo import ipo  # noqa: E402
from limbeck.objectives.preference.kto import kto  # noqa: E402
from limbeck.objectives.preference.nca import nca  # noqa: E402
from limbeck.objectives.preference.orpo import orpo  # noqa: E402
from limbeck.objectives.preference.simpo import simpo  # noqa: E402
from limbeck.objectives.supervised.sft import sft  # noqa: E402

VOCABULARY = 40
RAGGED = [(3, 5, 2), (1, 2, 6), (4, 4, 4)]
"""Lengths of prompt, chosen and rejected completion, pair by pair."""
EQUAL = [(3, 4, 2), (1, 4, 6), (4, 4, 5)]
ONE = [(1, 4, 2), (1, 4, 6), (1, 4, 5)]


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=VOCABULARY, hidden_size=16, intermediate_size=32, num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1, head_dim=8, tie_word_embeddings=False, initializer_range=0.3,
    )  # fmt: skip
    made = Qwen3ForCausalLM(config)
    add_fused_lm_head(made, outputs=("log_probs", "entropy", "mean_logits", "is_top1"))
    return made


def pairs(lengths) -> Batch:
    draw = np.random.default_rng(1)

    def row(name: str, prompt: np.ndarray, count: int) -> Row:
        return Row(
            name, np.concatenate([prompt, draw.integers(1, VOCABULARY, count)]).astype(np.int32), len(prompt)
        )

    items = []
    for index, (start, chosen, rejected) in enumerate(lengths):
        prompt = draw.integers(1, VOCABULARY, start)
        items.append(Item((row(f"c{index}", prompt, chosen), row(f"r{index}", prompt, rejected))))
    return collate(items)


def traces(rewards) -> Batch:
    draw = np.random.default_rng(2)
    rows = [
        Row(
            f"t{index}",
            draw.integers(1, VOCABULARY, 3 + 2 * index).astype(np.int32),
            2,
            values={"reward": reward},
        )
        for index, reward in enumerate(rewards)
    ]
    return collate([Item((row,)) for row in rows])


def reference(batch: Batch) -> Signal:
    """Log-probabilities as a reference near the model's own scale would have them."""
    torch.manual_seed(3)
    reference_N = -4 * torch.rand(len(batch.target_N)) - 1
    return Signal(reference_B=row_sum(reference_N, batch), reference_N=reference_N)


def gradients(model, loss) -> dict[str, torch.Tensor]:
    model.zero_grad(set_to_none=True)
    loss.backward()
    return {name: parameter.grad.clone() for name, parameter in model.named_parameters()}


def ours(model, objective, batch: Batch, signal: Signal, **params):
    network = Network(model)
    loss = objective(batch, run(network, network, batch), signal, **params)
    mean = loss.sum / loss.count
    return float(mean.detach()), gradients(model, mean)


def bare(kind, model, **attributes):
    """A trainer with nothing but what its loss reads."""
    accelerator = SimpleNamespace(
        device=torch.device("cpu"), num_processes=1, parallelism_config=None, gather=lambda x: x,
        gather_for_metrics=lambda x: x, unwrap_model=lambda x: x,
    )  # fmt: skip
    trainer = object.__new__(kind)
    vars(trainer).update(
        model=model, accelerator=accelerator, aux_loss_enabled=False,
        _metrics=defaultdict(lambda: defaultdict(list)),
        _total_train_tokens=0, _tp_size=1, is_encoder_decoder=False, **attributes,
    )  # fmt: skip
    return trainer


def padded(batch: Batch) -> dict[str, torch.Tensor]:
    """The batch as DPO's and KTO's collators give it."""
    last_B = (batch.mask_BT * torch.arange(batch.ids_BT.shape[1])).amax(1)
    attention_BT = (torch.arange(batch.ids_BT.shape[1]) <= last_B[:, None]).long()
    return {
        "input_ids": batch.ids_BT,
        "attention_mask": attention_BT,
        "completion_mask": batch.mask_BT.long(),
    }


def in_halves(batch: Batch) -> dict[str, torch.Tensor]:
    """The batch as CPO's and ORPO's collators give it."""
    given = padded(batch)
    labels_BT = batch.ids_BT.masked_fill(~batch.mask_BT, -100)
    found = {}
    for half, name in enumerate(("chosen", "rejected")):
        found[f"{name}_input_ids"] = given["input_ids"].chunk(2)[half]
        found[f"{name}_attention_mask"] = given["attention_mask"].chunk(2)[half]
        found[f"{name}_labels"] = labels_BT.chunk(2)[half]
    return found


def theirs_dpo(model, batch: Batch, signal: Signal, kind: str, beta: float):
    trainer = bare(
        DPOTrainer, model, loss_types=[kind], loss_weights=[1.0], beta=beta, ld_alpha=None,
        use_weighting=False,
        precompute_ref_logps=True, f_divergence_type="reverse_kl", label_smoothing=0.0,
    )  # fmt: skip
    chosen_P, rejected_P = signal.reference_B.chunk(2)
    return trainer._compute_loss(
        model, {**padded(batch), "ref_chosen_logps": chosen_P, "ref_rejected_logps": rejected_P}, False
    )


def theirs_cpo(model, batch: Batch, **attributes):
    given = {"alpha": 0.0, "label_smoothing": 0.0, "simpo_gamma": 0.0, "pad_token_id": 0, **attributes}
    return bare(CPOTrainer, model, **given).get_batch_loss_metrics(model, in_halves(batch))[0]


def theirs_orpo(model, batch: Batch, beta: float):
    return bare(ORPOTrainer, model, beta=beta, padding_value=0).get_batch_loss_metrics(
        model, in_halves(batch)
    )[0]


def theirs_kto(model, batch: Batch, signal: Signal, **attributes):
    trainer = bare(
        KTOTrainer,
        model,
        loss_type="kto",
        calculate_KL=True,
        precompute_ref_logps=True,
        ref_model=None,
        **attributes,
    )
    given = padded(batch)
    return trainer._compute_loss(
        model,
        {
            **given,
            **{f"KL_{name}": value for name, value in given.items()},
            "label": batch.values["reward"] > 0,
            "ref_logps": signal.reference_B,
            "ref_KL_logps": signal.reference_B,
        },
        False,
    )


def theirs_sft(model, batch: Batch):
    args = SimpleNamespace(loss_type="nll", average_tokens_across_devices=False)
    trainer = bare(SFTTrainer, model, args=args, compute_loss_func=None, label_smoother=None)
    given = padded(batch)
    labels_BT = given["input_ids"].masked_fill(given.pop("completion_mask") == 0, -100)
    return trainer.compute_loss(model, {**given, "labels": labels_BT})


def check(model, mine, loss) -> None:
    value, wanted = mine
    assert value == pytest.approx(float(loss.detach()), rel=1e-5, abs=1e-5)
    found = gradients(model, loss)
    assert found.keys() == wanted.keys()
    assert max(float(gradient.abs().max()) for gradient in wanted.values()) > 1e-3, (
        "a gradient worth comparing"
    )
    for name, gradient in wanted.items():
        assert torch.allclose(gradient, found[name], rtol=1e-5, atol=1e-5), name


def test_sft(model):
    batch = traces([1.0, 1.0, 1.0])
    check(model, ours(model, sft, batch, Signal(), per="token"), theirs_sft(model, batch))


@pytest.mark.parametrize(
    ("objective", "kind", "beta"),
    [
        (dpo, "sigmoid", 0.1),
        (dpo, "sigmoid", 0.7),
        (ipo, "ipo", 0.1),
        (ipo, "ipo", 0.5),
        (nca, "nca_pair", 0.1),
    ],
)
def test_dpo_and_its_kin(model, objective, kind, beta):
    batch = pairs(RAGGED)
    signal = reference(batch)
    check(
        model, ours(model, objective, batch, signal, beta=beta), theirs_dpo(model, batch, signal, kind, beta)
    )


@pytest.mark.parametrize("alpha", [0.0, 1.0, 0.3])
def test_cpo(model, alpha):
    batch = pairs(EQUAL if alpha else RAGGED)
    theirs = theirs_cpo(model, batch, loss_type="sigmoid", beta=0.1, cpo_alpha=alpha)
    check(model, ours(model, cpo, batch, Signal(), beta=0.1, alpha=alpha), theirs)


def test_cpo_on_means_with_a_target_margin(model):
    batch = pairs(EQUAL)
    theirs = theirs_cpo(model, batch, loss_type="simpo", beta=2.0, simpo_gamma=0.5, cpo_alpha=0.5)
    mine = ours(model, cpo, batch, Signal(), beta=2.0, alpha=0.5, score="mean", gamma=0.5)
    check(model, mine, theirs)


def test_simpo(model):
    batch = pairs(RAGGED)
    theirs = theirs_cpo(model, batch, loss_type="simpo", beta=2.0, simpo_gamma=0.5, cpo_alpha=0.0)
    check(model, ours(model, simpo, batch, Signal(), beta=2.0, gamma=0.5), theirs)


@pytest.mark.parametrize("weight", [0.1, 1.0])
def test_orpo(model, weight):
    batch = pairs(ONE)
    check(model, ours(model, orpo, batch, Signal(), weight=weight), theirs_orpo(model, batch, weight))


@pytest.mark.parametrize("shift", [-3.0, 3.0])
def test_kto(model, shift):
    batch = traces([1.0, 0.0, 0.0, 1.0])
    signal = reference(batch)
    # A lower reference makes the KL positive, a higher one has it clamped at 0.
    signal = Signal(
        reference_B=signal.reference_B + shift * batch.count_B, reference_N=signal.reference_N + shift
    )
    theirs = theirs_kto(model, batch, signal, beta=0.1, desirable_weight=1.0, undesirable_weight=0.7)
    mine = ours(model, kto, batch, signal, beta=0.1, desirable=1.0, undesirable=0.7, baseline="batch")
    check(model, mine, theirs)
