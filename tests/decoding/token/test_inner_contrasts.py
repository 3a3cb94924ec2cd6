"""`decoding/contrastive_search` and `decoding/dola` against the plainest loops that read everything anew."""

from __future__ import annotations

import math

import pytest
import small_world

torch = pytest.importorskip("torch")

from torch.nn.functional import cosine_similarity  # noqa: E402

from limbeck.decoding.token.dola import candidates, contrasted  # noqa: E402
from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.generation import Sampling  # noqa: E402
from limbeck.models.scripted import Scripted  # noqa: E402
from limbeck.models.transformers import transformers  # noqa: E402
from limbeck.pipeline.parameters import ready  # noqa: E402

GREEDY = Sampling(n=1, temperature=0.0, max_tokens=10)
WARM = Sampling(n=3, temperature=1.0, top_p=1.0, max_tokens=10, seed=3)
CHATS = [[{"role": "user", "content": question}] for question in ("1+2", "3", "0+1+1+1", "7+1")]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    torch.manual_seed(0)
    folder = small_world.student(tmp_path_factory.mktemp("model"), layers=4, width=32, template="bare")
    made = transformers(path=folder)
    # States that stand in different places, and words that are not all equally likely.
    with torch.no_grad():
        for weight in made.network.parameters():
            if weight.dim() > 1:
                weight *= 4
    return made


def ids(model, sampling=GREEDY):
    return [[each.ids for each in row] for row in model.generate(CHATS, sampling)]


def ends(model) -> set[int]:
    return {model.tokenizer.eos_token_id}


def read(model, given):
    with torch.no_grad():
        return model.network(input_ids=torch.tensor([given]), output_hidden_states=True)


def searched(model, prompt, k, alpha):
    """The paper's loop, without a cache."""
    given = list(prompt)
    while len(given) < len(prompt) + GREEDY.max_tokens and not (set(given[len(prompt) :]) & ends(model)):
        output = read(model, given)
        probs, tokens = output.logits[0, -1].softmax(-1).topk(k)
        scores = []
        for p, token in zip(probs.tolist(), tokens.tolist(), strict=True):
            states_TD = read(model, [*given, token]).hidden_states[-1][0]
            likeness = cosine_similarity(states_TD[-1:], states_TD[:-1]).max()
            scores.append((1 - alpha) * p - alpha * float(likeness))
        given.append(tokens.tolist()[max(range(k), key=scores.__getitem__)])
    return given[len(prompt) :]


@pytest.mark.parametrize(("k", "alpha"), [(4, 0.6), (3, 1.0), (6, 0.2)])
def test_a_search_takes_what_the_papers_loop_takes(model, k, alpha):
    made = ready("decoding/contrastive_search", model=model, k=k, alpha=alpha)()
    expected = [[searched(model, prompt, k, alpha)] for prompt in model.prompt_ids(CHATS)]
    assert ids(made) == expected
    assert expected != ids(model)
    assert ids(made, WARM) == [row * 3 for row in expected], "whatever the temperature"


@pytest.mark.parametrize("settings", [{"k": 1}, {"alpha": 0.0}])
def test_a_search_without_choice_or_penalty_is_greedy(model, settings):
    made = ready("decoding/contrastive_search", model=model, **settings)()
    assert ids(made) == ids(model)
    assert made.generate(CHATS, GREEDY)[0][0].spent.keys() == {"writer"}


def layered(model, given, taken, alpha):
    """Log-probabilities of the last token as the paper has them, before they are normed."""
    output = read(model, given)
    last_V = output.logits[0, -1].log_softmax(-1)
    early = {}
    with torch.no_grad():
        for place in taken:
            # The states before the last layer's are given without the norm.
            state_D = model.network.model.norm(output.hidden_states[place][0, -1])
            early[place] = model.network.lm_head(state_D).log_softmax(-1)

    def apart(place):
        middle = ((last_V.exp() + early[place].exp()) / 2).log()
        return sum(float((p.exp() * (p - middle)).sum()) for p in (last_V, early[place])) / 2

    chosen = max(taken, key=apart)
    scores_V = last_V - early[chosen]
    scores_V[last_V < last_V.max() + math.log(alpha)] = -torch.inf
    return scores_V.log_softmax(-1), chosen


@pytest.mark.parametrize(("layers", "taken"), [("low", [0, 1]), ("high", [2, 3]), ("all", [0, 1, 2, 3])])
def test_layers_are_contrasted_as_in_the_paper(model, layers, taken):
    made = ready("decoding/dola", model=model, layers=layers, alpha=0.05)()
    assert ids(made) != ids(model)
    chosen = set()
    sampling = Sampling(n=2, temperature=1.0, top_p=1.0, max_tokens=8, seed=1, logprobs=True)
    for index, _, completion in made.stream(CHATS, sampling):
        given = list(model.prompt_ids(CHATS)[index])
        for token, logp in zip(completion.ids, completion.logprobs, strict=True):
            scores_V, layer = layered(model, given, taken, 0.05)
            chosen.add(layer)
            assert logp == pytest.approx(float(scores_V[token]), abs=1e-3)
            given.append(token)
    assert len(chosen) > 1 or layers == "high", "the layer is chosen anew at every token"
    assert ids(model) == ids(model.altered(lambda network: network)), "the model stays as it was"


def test_contrasted_by_hand():
    last = torch.tensor([[[0.5, 0.4, 0.1]]]).log()
    near, far = torch.tensor([[[0.5, 0.4, 0.1]]]).log(), torch.tensor([[[0.8, 0.1, 0.1]]]).log()
    scores = contrasted(last, [near, far], 0.5)[0, 0].exp()
    # The far layer counts; 0.1 lies below half of 0.5.
    assert scores.tolist() == pytest.approx([0.5 / 0.8, 0.4 / 0.1, 0.0])


def test_what_cannot_work_is_told(tmp_path):
    assert candidates(2, "low") == [0]
    assert candidates(2, "high") == [1]
    assert candidates(1, "high") == [0], "the embeddings"
    flat = transformers(path=small_world.student(tmp_path, layers=1, template="bare"))
    with pytest.raises(LimbeckError, match="a network of 1 layers has no low layer"):
        ids(ready("decoding/dola", model=flat, layers="low")())
    for name in ("dola", "contrastive_search"):
        with pytest.raises(LimbeckError, match="not of this process"):
            ready(f"decoding/{name}", model=Scripted(["x"]))()
