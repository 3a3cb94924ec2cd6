"""Subthoughts cut by hand, votes counted by hand, and what a drifting thinker must give by enumeration."""

from __future__ import annotations

import math

import pytest

from limbeck.decoding.vote.subthought_mode import subthought_mode
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Sampling
from limbeck.models.rehearsal.drifter import drifter
from limbeck.models.scripted import Scripted
from limbeck.texts.subthoughts import cuts

GREEDY = Sampling(temperature=0.0)
CHAT = [{"role": "user", "content": "?"}]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("It is 3.\nWait, it is 4.\nHmm. Five.", ["It is 3.\n", "Wait, it is 4.\n", "Hmm. Five."]),
        ("So 3. But wait, 4. Alternatively 5.", ["So 3. ", "But wait, 4. ", "Alternatively 5."]),
        # A marker within a sentence, or at the very beginning, is no turn.
        ("Wait, I cannot wait. Waiting is hard.", ["Wait, I cannot wait. Waiting is hard."]),
        ("", []),
    ],
)
def test_a_subthought_begins_where_a_line_or_a_sentence_turns(text, pieces):
    ends = cuts(text)
    assert [text[begin:end] for begin, end in zip([0, *ends], ends, strict=False)] == pieces


def test_a_short_piece_belongs_to_its_neighbour():
    text = "It is three. Wait. Hmm, let us say four. Wait."
    # "Wait. " (6) goes with what follows, the last "Wait." with what stands before.
    assert cuts(text, shortest=8) == [13, len(text)]


def voted(trace: str, behind: dict[str, str], **settings) -> Completion:
    """A trace, and what is written behind its beginnings, by how these end."""

    def reply(messages, number):
        if messages[-1]["role"] == "user":
            return trace
        return next(text for end, text in behind.items() if messages[-1]["content"].endswith(end))

    model = subthought_mode(model=Scripted(reply), **settings)
    return model.generate([CHAT], GREEDY)[0][0]


TRACE = "<think>a\nWait, b\nWait, c\nWait, d</think>9"


def test_the_majority_of_the_turns_is_given_with_all_tokens_and_scores():
    ends = {"a\n": "so</think>7", "b\n": "so</think>7.0", "c\n": "so</think>8"}
    done = voted(TRACE, ends)
    # 7, 7, 8 and the trace's 9: the second turn is the last path to 7.
    assert done.text == "<think>a\nWait, b\nso</think>7.0"
    # Words of the trace and of the three conclusions.
    assert done.tokens == 4 + 3
    entropy = -(0.5 * math.log(0.5) + 2 * 0.25 * math.log(0.25))
    assert done.scores == pytest.approx(
        {"subthoughts": 4, "entropy": entropy, "confidence": 2**-1.5, "settled": 1.0}
    )


def test_of_as_many_votes_the_later_answer_wins_and_where_it_settles_is_told():
    done = voted(TRACE, {"a\n": "</think>7", "b\n": "</think>7", "c\n": "</think>9"})
    assert done.text == TRACE
    # Two of four turns are before the place from which on every answer is 9.
    assert done.scores["settled"] == 0.5


def test_a_trace_of_one_subthought_is_answered_as_it_stands():
    done = voted("<think>a, no doubt</think>9", {})
    assert (done.text, done.tokens) == ("<think>a, no doubt</think>9", 3)
    assert done.scores == {"subthoughts": 1, "entropy": 0.0, "confidence": 1.0, "settled": 0.0}


def test_turns_that_were_cut_off_do_not_vote_and_much_doubt_is_refused():
    cut = {"text": "</think>7", "finish": "length"}
    assert voted(TRACE, {"a\n": cut, "b\n": cut, "c\n": "</think>9"}).scores["entropy"] == 0
    ends = {"a\n": "</think>7", "b\n": "</think>8", "c\n": "</think>6"}
    assert voted(TRACE, ends, most_entropy=1.3).text.endswith("d</think>I do not know.")
    assert voted(TRACE, ends, most_entropy=1.4).text == TRACE  # log 4 is 1.386


def test_so_many_turns_are_spread_over_the_trace():
    asked = []

    def reply(messages, number):
        asked.append(messages[-1]["content"])
        return TRACE if messages[-1]["role"] == "user" else "</think>1"

    subthought_mode(model=Scripted(reply), n=1).generate([CHAT], GREEDY)
    assert asked == ["?", "<think>a\nWait, b\n"]


def test_a_drifter_is_right_as_often_as_its_formula_says():
    """In the end (1 - d)^m; by the mode, where it never wanders, when more than half of the turns are right:
    (1 - d)^(m // 2 + 1)."""
    chats = [[{"role": "user", "content": f"{a}+{b}-1"}] for a in range(1, 40) for b in range(1, 40)]
    inner = drifter(thoughts=5, drift=0.2)
    for model, chance in ((inner, 0.8**5), (subthought_mode(model=inner), 0.8**3)):
        done = model.generate(chats, GREEDY)
        answers = [each[0].text.rpartition("</think>")[2].strip() for each in done]
        right = [answer == str(eval(chat[0]["content"])) for answer, chat in zip(answers, chats, strict=True)]
        # Three standard errors of 1,521 draws.
        assert sum(right) / len(right) == pytest.approx(chance, abs=3 * 0.5 / 39)
    with pytest.raises(LimbeckError, match="no chain"):
        inner.generate([CHAT], GREEDY)


@pytest.mark.parametrize(
    ("settings", "message"), [({"markers": (" ",)}, "markers"), ({"format": "thnk"}, "did you mean 'think'")]
)
def test_what_cannot_vote_is_refused(settings, message):
    with pytest.raises(LimbeckError, match=f"decoding/subthought_mode.*{message}"):
        subthought_mode(model=Scripted(["x"]), **settings)
