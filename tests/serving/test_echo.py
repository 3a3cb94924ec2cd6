"""Log-likelihoods of given text over HTTP, in the shape in which `lm_eval` asks for them and reads them."""

from __future__ import annotations

import pytest
import small_world

torch = pytest.importorskip("torch")
pytest.importorskip("starlette", reason="limbeck[serve] is not installed")

from serving_kit import serving  # noqa: E402

from limbeck.models.shared import GIVES, Shared  # noqa: E402
from limbeck.models.transformers import transformers  # noqa: E402
from limbeck.serving.served import Served  # noqa: E402

ASKED = {"temperature": 0, "max_tokens": 1, "logprobs": 1, "seed": 1234, "echo": True}
"""As lm_eval 0.4.13 asks (`LocalCompletionsAPI._create_payload`)."""


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    torch.manual_seed(0)
    local = transformers(path=small_world.student(tmp_path_factory.mktemp("student"), template="bare"))
    with serving(Served("student", Shared(local), set(GIVES))) as client:
        yield client


def expected(shared, ids):
    """Each token's log-probability after those before it, and whether it is the likeliest; of each prefix in
    a pass of its own."""
    with torch.inference_mode():
        for place in range(1, len(ids)):
            logits_V = shared._loaded[0](input_ids=torch.tensor([ids[:place]])).logits[0, -1]
            logp = float(logits_V.log_softmax(-1)[ids[place]])
            yield logp, int(logits_V.argmax()) == ids[place]


def test_several_prompts_of_ids_are_told_as_a_plain_pass_of_the_network_has_them(client):
    shared = client.served.model
    prompts = [shared.encode("1+2+3"), shared.encode("9+9"), shared.encode("7")]
    status, reply = client.ask({**ASKED, "prompt": prompts}, "/v1/completions")
    assert status == 200
    for ids, choice in zip(prompts, reply["choices"], strict=True):
        told = choice["logprobs"]
        assert told["token_logprobs"][0] is None
        assert told["top_logprobs"][0] is None
        there = list(expected(shared, ids))
        assert told["token_logprobs"][1:-1] == pytest.approx([logp for logp, _ in there], abs=1e-4)
        # The rule by which lm_eval tells that a text is what the model would have written.
        pairs = zip(told["token_logprobs"][1:-1], told["top_logprobs"][1:-1], strict=True)
        assert [logp == max(top.values()) for logp, top in pairs] == [greedy for _, greedy in there]
        assert len(told["tokens"]) == len(ids) + 1, "the prompt, and one token behind it"
        assert choice["text"] == "".join(told["tokens"])
    assert reply["usage"]["completion_tokens"] == 3


def test_a_text_is_told_without_writing_anything(client):
    body = {**ASKED, "prompt": "1+2", "max_tokens": 0, "n": 2}
    status, reply = client.ask(body, "/v1/completions")
    assert status == 200
    ids = client.served.model.encode("1+2")
    for choice in reply["choices"]:
        assert (choice["text"], choice["finish_reason"]) == ("1+2", "length")
        told = choice["logprobs"]["token_logprobs"]
        assert told[1:] == pytest.approx([logp for logp, _ in expected(client.served.model, ids)], abs=1e-4)
    read = len(ids)
    assert reply["usage"] == {"prompt_tokens": read, "completion_tokens": 0, "total_tokens": read}


def test_an_echo_without_log_probabilities_and_nothing_without_an_echo(client):
    body = {"prompt": ["1+2", "3"], "temperature": 0, "max_tokens": 4}
    plain = client.ask(body, "/v1/completions")[1]["choices"]
    echoed = client.ask({**body, "echo": True}, "/v1/completions")[1]["choices"]
    assert [each["text"] for each in echoed] == [
        q + each["text"] for q, each in zip(["1+2", "3"], plain, strict=True)
    ]
    assert echoed[0]["logprobs"] is None
    nothing = client.ask({"prompt": "1+2", "max_tokens": 0}, "/v1/completions")[1]
    assert [nothing["choices"][0][name] for name in ("text", "finish_reason")] == ["", "length"]
    assert nothing["usage"]["completion_tokens"] == 0


def test_the_token_itself_is_among_its_alternatives(client):
    body = {**ASKED, "prompt": "1+2", "logprobs": 2}
    told = client.ask(body, "/v1/completions")[1]["choices"][0]["logprobs"]
    triples = zip(told["tokens"][1:], told["token_logprobs"][1:], told["top_logprobs"][1:], strict=True)
    for token, logp, top in triples:
        assert top[token] == logp
        assert len(top) in (2, 3)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"prompt": "1+" * 3000}, "the prompt has 6000 tokens"),
        ({"prompt": "1+" * 3000, "max_tokens": 0}, "the prompt has 6000 tokens"),
        ({"prompt": [[]]}, "neither a text nor token ids"),
        ({"prompt": ""}, "the prompt has 0 tokens"),
        ({"prompt": "1+2", "stream": True}, "are not streamed here"),
        ({"prompt": "1+2", "max_tokens": -1}, ">= 0, got -1"),
        ({"prompt": "1+2", "logprobs": 21}, "<= 20, got 21"),
    ],
)
def test_a_mistake_is_one_of_the_clients(client, body, words):
    status, why, _ = client.refused({**ASKED, **body}, "/v1/completions")
    assert status == 400
    assert words in why


def test_openais_own_client_reads_an_echo(client):
    package = pytest.importorskip("openai", reason="the package of OpenAI's client is not installed")
    theirs = package.OpenAI(base_url=client.url, api_key="any", max_retries=0)
    reply = theirs.completions.create(model="student", prompt="1+2", **{**ASKED, "max_tokens": 0})
    told = reply.choices[0].logprobs
    assert (reply.choices[0].text, told.token_logprobs[0]) == ("1+2", None)
    assert len(told.tokens) == len(client.served.model.encode("1+2"))
