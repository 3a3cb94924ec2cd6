"""One rule, three languages: what a sentence says in English is what its formula says."""

from __future__ import annotations

import random

import pytest
from flat import flat

from limbeck.checkers.fol import decide, parse
from limbeck.checkers.grounding import Tables, TooMany
from limbeck.problems.generated._grammar import Grammar, Tree, rule
from limbeck.problems.generated._proof_trees import OutOfWords, Words
from limbeck.problems.generated._room import RULES, domain, draw_sentence, grammar

logic_grammar = flat("problems/logic_grammar")


def tree(head: str, english: str, *parts: Tree) -> Tree:
    """The rule of that head whose English begins so, over these parts."""
    [only] = [
        each for each in RULES
        if f"{each.kind}({', '.join(each.arguments)})" == head
        and each.texts.get("english", each.texts.get("*")) == english
    ]  # fmt: skip
    return Tree(only, parts)


ANN, BOB = (
    Tree(rule("person", fol=name.lower(), tptp=name.lower(), english=name)) for name in ("Ann", "Bob")
)
TALL, KIND = (Tree(rule("quality", fol=word.title(), tptp=word, english=word)) for word in ("tall", "kind"))
IS_TALL = tree("fact(person, quality)", "{0} is {1}", ANN, TALL)
NOT_KIND = tree("fact(person, quality)", "{0} is not {1}", BOB, KIND)
TRAIT, LIKES = tree("trait(quality)", "is {0}", TALL), tree("trait(person)", "likes {0}", BOB)


@pytest.mark.parametrize(
    ("made", "english", "fol", "tptp"),
    [
        (
            tree("sentence(fact, fact)", "if {0}, then {1}", IS_TALL, NOT_KIND),
            "if Ann is tall, then Bob is not kind", "Tall(ann) → ¬Kind(bob)", "(tall(ann) => ~kind(bob))",
        ),
        (
            tree("sentence(trait, trait)", "people in the room {1:they} if they {0:they}", LIKES, TRAIT),
            "people in the room are tall if they like Bob",
            "∀x (Room(x) → (Likes(x, bob) → Tall(x)))",
            "(![X]: (room(X) => (likes(X,bob) => tall(X))))",
        ),
        (
            tree("sentence(trait, trait)", "no one in the room who {0} {1}", TRAIT, LIKES),
            "no one in the room who is tall likes Bob",
            "¬∃x ((Room(x) ∧ Tall(x)) ∧ Likes(x, bob))",
            "(~(?[X]: ((room(X) & tall(X)) & likes(X,bob))))",
        ),
    ],
)  # fmt: skip
def test_a_tree_is_told_in_each_language(made, english, fol, tptp):
    assert (made.text("english"), made.text("fol"), made.text("tptp")) == (english, fol, tptp)
    parse(made.text("fol"))


def test_constraints_hold_and_can_be_turned_off():
    source, rng = grammar(("Ann", "Bob"), ("tall", "kind")), random.Random(0)
    drawn = [draw_sentence(source, rng, True).text("english") for _ in range(600)]
    wild = [draw_sentence(source, rng, False).text("english") for _ in range(600)]
    denied = "it is not the case that “if"
    assert not any(text.startswith(denied) for text in drawn)
    assert any(text.startswith(denied) for text in wild)
    for word in ("everyone in the room is not", "Ann is tall or Ann is not tall"):
        assert not any(text.startswith(word) for text in drawn)


def test_a_rule_without_a_rendering_in_a_language_is_an_error():
    with pytest.raises(KeyError):
        Tree(rule("person", english="Ann")).text("tptp")
    assert (
        Grammar([rule("a(b)", english="{0}"), rule("b", english="x")])
        .draw("a", random.Random(0))
        .text("english")
        == "x"
    )


def test_truth_tables_by_hand():
    formulas = [parse("F(a) -> G(a)"), parse("∃x F(x)"), parse("∀x (Room(x) -> G(x))"), parse("a = b")]
    tables = Tables(formulas, ("a", "b"), {("Room", "a")})
    # Atoms in order: F a, F b, G a, G b, Room b; bit i of a table is the case whose binary digits are i.
    assert tables.atoms == [("F", "a"), ("F", "b"), ("G", "a"), ("G", "b"), ("Room", "b")]
    for case in range(32):
        fa, fb, ga, gb, room = (bool(case >> place & 1) for place in range(5))
        wanted = [not fa or ga, fa or fb, ga and (not room or gb), False]
        assert [bool(tables.of(each) >> case & 1) for each in formulas] == wanted
    with pytest.raises(TooMany):
        Tables([parse(f"P{number}(a)") for number in range(22)], ("a",))


def test_the_domain_is_in_every_language():
    people = domain(("Ann", "Bob"))
    assert people.text("english") == "Ann and Bob are in the room, and nobody else is"
    assert people.text("tptp") == "(![X]: (room(X) <=> (X = ann | X = bob))) & (ann != bob)"


def test_no_premise_of_those_used_can_be_spared():
    [data] = logic_grammar(n=12, low=6, high=8, seed=3)
    spared = 0
    for problem in data.problems:
        meta, wanted = (
            problem.meta,
            {"entailment": "True", "contradiction": "False"}.get(problem.meta["label"]),
        )
        premises, goal = [parse(text) for text in meta["premises-FOL"]], parse(meta["hypothesis-FOL"])
        for left in meta["used"][1:]:
            assert decide([premises[at] for at in meta["used"] if at != left], goal, 5)[0] != wanted
            spared += 1
    assert spared >= 8


@pytest.mark.parametrize("language", ["english", "fol", "tptp"])
def test_premises_used_are_more_where_more_are_asked_for(language):
    [data] = logic_grammar(n=9, used=3, low=8, high=12, language=language, form="bare")
    assert all(len(problem.meta["used"]) > 3 for problem in data.problems if problem.answer != "n")
    assert {problem.answer for problem in data.problems} == {"e", "c", "n"}
    shown = "premises" if language == "english" else f"premises-{language.upper()}"
    assert all(problem.meta[shown][1] in problem.question for problem in data.problems)


def test_a_tree_that_has_used_up_its_words_is_drawn_again():
    """With few propositions, formulas that share no atom run out: no item, and no endless search."""
    words = Words(random.Random(0), ("A", "B"), (), complex=0.0, quantifiers=0.0)
    with pytest.raises(OutOfWords):
        words.fresh(parse("A & B"))
    deduction = flat("problems/formal_deduction")
    [data] = deduction(n=60, language="formal", things=0, high=4, branches=4, distractors=6)
    assert len(data.problems) == 60
