"""A teacher of digit chains that explains what went wrong: for rehearsing rounds of tailored teaching."""

from __future__ import annotations

import re

from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models._replying import Replying

_CHAIN = re.compile(r"\d(?:[-+*]\d)+")
_ATTEMPT = re.compile(r"[;!][-+*\d;!]*\d")


def chain_tutor() -> Model:
    """Solve the chains of `problems/haste`, one operation a line: ``5-7-0+3`` gives ``;8-0+3;8+3;1``.

    The chain is the first in the message. Where a student's attempt stands behind it (``;8-0+3;5+3;8``), its
    lines stay up to the first that does not follow, and the rest is worked out from there with care: the
    student's own way, mended. It never errs, and it knows nothing that its questioner does not show it.

    Raises:
        LimbeckError: a message without a chain, when it is asked.
    """
    return ChainTutor()


class ChainTutor(Replying):
    """The model behind `chain_tutor`. Every sample of a prompt is the same."""

    name = "chain_tutor"

    def complete(self, messages: Messages, number: int, sampling: Sampling) -> Completion:
        """The chain worked out; a token is a character."""
        text = messages[-1]["content"]
        chain = _CHAIN.search(text)
        if chain is None:
            raise LimbeckError(f"models/chain_tutor: no chain such as 5-7+3 in {text[:80]!r}")
        attempt = _ATTEMPT.search(text, chain.end())
        written = mended(chain[0], attempt[0] if attempt else "")
        cut = len(written) > sampling.max_tokens
        kept = written[: sampling.max_tokens]
        return Completion(text=kept, tokens=len(kept), finish="length" if cut else "stop")


def mended(chain: str, attempt: str = "") -> str:
    """The attempt up to its first line that does not follow from the one before, and from there a careful
    solution. A line follows that carries out one operation, or behind ``!`` two."""
    now, lines = chain, []
    for sign, line in re.findall(r"([;!])([^;!]*)", attempt):
        after = _next(now) if len(now) > 1 else ""
        if line != (_next(after) if sign == "!" and len(after) > 1 else after):
            break
        lines.append(sign + line)
        now = line
    while len(now) > 1:
        now = _next(now)
        lines.append(f";{now}")
    return "".join(lines)


def _next(chain: str) -> str:
    """One operation carried out: the first product, else the leftmost; values are modulo 10."""
    at = chain.index("*") if "*" in chain else 1
    left, sign, right = int(chain[at - 1]), chain[at], int(chain[at + 1])
    value = {"+": left + right, "-": left - right, "*": left * right}[sign] % 10
    return f"{chain[: at - 1]}{value}{chain[at + 2 :]}"
