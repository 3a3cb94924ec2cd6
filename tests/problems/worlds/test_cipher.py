"""problems/cipher: a table with exceptions at known places."""

from __future__ import annotations

from limbeck.problems.worlds.cipher import COMMON, RARE, cipher


def test_a_cipher_is_a_table_with_exceptions_at_known_places():
    becomes: dict[tuple[str, str], set[str]] = {}
    data = cipher(n=1500, rare=0.1)
    for problem in data.problems:
        assert problem.meta["rare"] == [at for at, sign in enumerate(problem.question) if sign in RARE]
        before = "a"
        for sign, other in zip(problem.question, problem.answer, strict=True):
            becomes.setdefault((sign, before if sign in RARE else ""), set()).add(other)
            before = before if sign in RARE else sign
    assert all(len(others) == 1 for others in becomes.values())
    assert len({next(iter(becomes[letter, ""])) for letter in COMMON}) == len(COMMON)
    assert len(becomes) == 12 + 6 * 12
    share = sum(len(problem.meta["rare"]) for problem in data.problems) / 15000
    assert 0.09 < share < 0.11
    assert cipher(n=5, table=1).problems[0].answer != cipher(n=5).problems[0].answer
