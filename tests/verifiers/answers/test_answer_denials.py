"""What words in any language do to a number: denial, comparison, halves, conditions."""

from __future__ import annotations

import pytest
from answer_cases import ask, holds

DENIALS = [
    ("42", "答案是42的一半。", "not correct"),
    ("42", "答えは42ではありません。", "not correct"),
    ("42", "答えは42の半分です。", "not correct"),
    ("42", "정답은 42가 아닙니다.", "not correct"),
    ("42", "정답은 42보다 큽니다.", "not correct"),
    ("42", "정답은 42 이상입니다.", "not correct"),
    ("42", "Die Antwort ist nicht 42.", "not correct"),
    ("42", "Die Antwort ist mehr als 42.", "not correct"),
    ("42", "Die Antwort ist mindestens 42.", "not correct"),
    ("42", "Die Antwort ist die Hälfte von 42.", "not correct"),
    ("42", "La réponse est plus de 42.", "not correct"),
    ("42", "La réponse est au moins 42.", "not correct"),
    ("42", "الجواب ليس 42.", "not correct"),
    ("42", "الجواب أكثر من 42.", "not correct"),
    ("42", "The answer is 42 times as many.", "not correct"),
    ("42", "The answer is 42 more than Ann has.", "not correct"),
    ("42", "If the answer were 42, we would be done.", "not correct"),
    ("42", "one of 42", "not correct"),
    ("42", "Ответ: не 42", "not correct"),
    ("42", "La respuesta no es 42.", "not correct"),
    ("42", "La respuesta es la mitad de 42", "not correct"),
    ("42", "A resposta não é 42.", "not correct"),
    ("42", "答案不是42，而是24。", "not correct"),
    ("42", "答案不是24，而是42。", "correct"),
    ("42", "Die Antwort ist nicht 24, sondern 42.", "correct"),
    ("-42", "The answer is minus 42.", "correct"),
    ("-42", "The answer is negative 42.", "correct"),
    ("42", "The answer is minus 42.", "not correct"),
    ("1/4", "The probability is 1/4, or 25%.", "correct"),
    (r"8 \text{ R } 3", r"\boxed{8\text{ remainder }3}", "correct"),
    ("9", "Sally has 9 books", "correct"),
    ("5", "She earned 5 more than yesterday", "correct"),
]


@pytest.mark.parametrize(("gold", "answer", "wanted"), DENIALS)
def test_a_denied_or_compared_number_is_no_answer(gold, answer, wanted):
    assert holds(ask(gold, answer).outcome, wanted)
