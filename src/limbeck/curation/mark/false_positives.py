"""Right answers for wrong reasons: what one verifier accepts and another one refutes."""

from __future__ import annotations

from limbeck.curation.ops import marked
from limbeck.errors import LimbeckError, nearest
from limbeck.records import Data, Trace


def false_positives(data: Data, *, verifier: str, mark: str = "false_positive") -> Data:
    """Mark correct traces that an earlier verdict of another verifier calls ``wrong``.

    A label by outcome alone lets through traces that come to the right answer over a false step (Uesato et
    al., arXiv 2211.14275). With the mark such a trace is neither a positive nor a negative. So judge the
    steps first, the answer last: ``verifiers/arithmetic``, then ``verifiers/math``.

    Args:
        verifier: whose verdicts are held against each trace's last one, such as ``arithmetic``.

    Raises:
        LimbeckError: traces have verdicts, and none of them is that verifier's.
    """
    judges = {verdict.verifier for trace in data.traces for verdict in trace.verdicts}
    if judges and verifier not in judges:
        raise LimbeckError(f"false_positives: no trace was judged by {verifier!r}{nearest(verifier, judges)}")

    def looked(trace: Trace) -> Trace:
        refuted = any(each.verifier == verifier and each.outcome == "wrong" for each in trace.verdicts[:-1])
        return marked(trace, mark) if trace.outcome == "correct" and refuted else trace

    return Data(data.problems, [looked(trace) for trace in data.traces], data.pairs)
