"""`decoding/contrastive_decoding`: the combined score, its mask, and amateurs that are no worse."""

from __future__ import annotations

import math

import pytest
import small_world

torch = pytest.importorskip("torch")

from limbeck.decoding.token.contrastive_decoding import Contrast  # noqa: E402
from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.generation import Sampling  # noqa: E402
from limbeck.models.scripted import Scripted  # noqa: E402
from limbeck.models.transformers import transformers  # noqa: E402
from limbeck.pipeline.parameters import ready  # noqa: E402

GREEDY = Sampling(n=1, temperature=0.0, max_tokens=12)
WARM = Sampling(n=6, temperature=1.3, top_p=1.0, max_tokens=12, seed=5)
SHOWN = [{"role": "user", "content": "1+2"}, {"role": "assistant", "content": "1 and 2 make 3"}]
CHATS = [[*SHOWN, {"role": "user", "content": question}] for question in ("1+2", "3+4", "0+1", "7+1")]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    torch.manual_seed(0)
    folder = small_world.student(tmp_path_factory.mktemp("model"), layers=2, width=32, template="bare")
    made = transformers(path=folder)
    # As it begins, a model says nearly nothing; four times as much has likely and unlikely tokens.
    with torch.no_grad():
        made.network.get_input_embeddings().weight *= 4
    return made


def contrasted(model, **settings):
    return ready("decoding/contrastive_decoding", model=model, **settings)()


def ids(model, sampling=GREEDY, chats=CHATS):
    return [[each.ids for each in row] for row in model.generate(chats, sampling)]


class Says:
    """An amateur that says the same of every row."""

    def __init__(self, *logits: float):
        self.logits = torch.tensor([[logits]])

    def read(self, rows):
        return self


def test_scores_by_hand(model):
    steering = Contrast(contrasted(model, beta=0.5, alpha=0.1), {}, GREEDY, alone=False)
    steering.beside = Says(1.0, 1.0, 1.0, -9.0)
    # log 0.1 is -2.3: the last logit lies 5 below the largest.
    scores_RV = steering.logits(torch.tensor([[2.0, 1.0, 0.0, -3.0]]), [None])
    assert scores_RV.tolist() == [[2.5, 1.0, -0.5, -math.inf]]


@pytest.mark.parametrize("settings", [{"dropout": 0.0, "demonstrations": ""}, {"beta": 0.0}])
def test_an_amateur_that_is_no_worse_or_does_not_count_leaves_greedy_as_it_is(model, settings):
    assert ids(contrasted(model, **settings)) == ids(model)


def test_an_amateur_that_reads_the_same_prompt_says_the_same_bits(model, monkeypatch):
    same = contrasted(model, dropout=0.0, demonstrations="", beta=7.0, alpha=1e-9)
    monkeypatch.setattr(
        Contrast, "__init__", lambda self, made, theirs, sampling, alone: vars(self).update(
            made=made, theirs=theirs, sampling=sampling, reads=True, beside=None
        ),
    )  # fmt: skip
    assert ids(same) == ids(model)
    assert ids(same, WARM) == ids(model, WARM)


@pytest.mark.parametrize(
    "settings",
    [{}, {"dropout": 0.0}, {"demonstrations": ""}, {"bits": 2, "dropout": 0.0, "demonstrations": "dropped"}],
)
def test_a_worse_amateur_changes_what_is_written_and_the_model_stays_as_it_was(model, settings):
    before = ids(model, WARM)
    made = contrasted(model, beta=3.0, **settings)
    assert ids(made, WARM) != before
    assert ids(made, WARM) == ids(made, WARM)
    assert ids(model, WARM) == before


def test_greedy_samples_of_a_prompt_are_the_same_whichever_number_is_asked_for(model):
    made = contrasted(model, beta=3.0, dropout=0.4)
    drawn = {tuple(c.ids) for n in (0, 5) for _, _, c in made.stream_some(CHATS[:1], [[n]], GREEDY)}
    assert len(drawn) == 1


def test_what_the_mask_forbids_is_never_drawn(model):
    made = contrasted(model, beta=2.0, alpha=0.4)
    prompts = model.prompt_ids(CHATS)
    below, drawn = 0, 0
    for index, _, completion in made.stream(CHATS, WARM):
        given = [*prompts[index], *completion.ids]
        with torch.no_grad():
            logits_TV = model.network(input_ids=torch.tensor([given])).logits[0]
        for place, token in enumerate(completion.ids, len(prompts[index]) - 1):
            assert logits_TV[place, token] >= logits_TV[place].max() + math.log(0.4) - 1e-4
            below += int((logits_TV[place] < logits_TV[place].max() + math.log(0.4)).sum())
            drawn += 1
    assert below > drawn, "the mask forbids something"


def test_both_readings_are_counted(model):
    (completion,) = contrasted(model, demonstrations="dropped").generate(CHATS[:1], GREEDY)[0]
    bare = len(model.prompt_ids([CHATS[0][2:]])[0])
    assert completion.spent["writer"].prompt_tokens == completion.prompt_tokens > bare
    assert completion.spent["amateur"].prompt_tokens == bare
    assert completion.spent["amateur"].tokens == completion.tokens


def test_another_model_may_be_the_amateur(model, tmp_path):
    other = transformers(path=small_world.student(tmp_path / "same", template="bare", seed=3))
    settings = {"dropout": 0.0, "demonstrations": "", "beta": 5.0}
    assert ids(contrasted(model, amateur=other, **settings), WARM) != ids(model, WARM)
    assert ids(contrasted(model, amateur=model, **settings)) == ids(model)
    foreign = transformers(path=small_world.student(tmp_path / "other", tokenizer="bpe", vocab=300))
    with pytest.raises(LimbeckError, match="have different tokens"):
        ids(contrasted(model, amateur=foreign))


def test_settings_that_mean_nothing_are_told(model):
    with pytest.raises(LimbeckError, match="bits=1: a sign alone has no levels"):
        contrasted(model, bits=1)
    with pytest.raises(LimbeckError, match="'scripted' is not of this process"):
        contrasted(Scripted(["x"]))
