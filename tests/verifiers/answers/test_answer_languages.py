"""Answers stated in other languages than English."""

from __future__ import annotations

import pytest
from answer_cases import ask, holds

LANGUAGES = [
    ("4000", " 地块面积 = 72000 / 18 = 4000千克", "correct"),
    ("42", "因此，答案为 **42**。", "correct"),
    ("42", "答案是42", "correct"),
    ("42", "最终答案是 $42$。", "correct"),
    ("42", r"所以答案是：\(42\)", "correct"),
    ("42", "答：小明一共有42个苹果。", "correct"),
    ("42", "小明有7个袋子，每个袋子有6个苹果，所以一共有7×6=42个苹果。", "correct"),
    ("7", "答案：（7）", "correct"),
    ("41", "答案是42", "wrong"),
    ("42", "答えは42です。", "correct"),
    ("42", "答え：42個", "correct"),
    ("42", "したがって、答えは 42 になります。", "correct"),
    ("42", "정답은 42입니다.", "correct"),
    ("42", "답: 42개", "correct"),
    ("42", "따라서 답은 42입니다.", "correct"),
    ("41", "정답은 42입니다.", "wrong"),
    ("42", "Ответ: 42", "correct"),
    ("42", "Ответ: 42 яблока.", "correct"),
    ("42", "Таким образом, ответ равен 42.", "correct"),
    ("42", "Ответ — 42", "correct"),
    ("42", "Пётр получил 42 яблока, это больше 40.", "correct"),
    ("42", "Пётр получил 42 яблока.", "correct"),
    ("3/4", "Ответ: 3/4", "correct"),
    ("41", "Ответ: 42", "wrong"),
    ("42", "Это не 42.", "not correct"),
    ("3.5", "Die Antwort ist 3,5 kg.", "correct"),
    ("3.5", "Antwort: 3,5", "correct"),
    ("3.5", "Das Ergebnis beträgt 3,5 Liter.", "correct"),
    ("42", "Die Antwort lautet **42**.", "correct"),
    ("42", "Also ist die Antwort 42.", "correct"),
    ("1234", "La réponse est 1 234 €.", "correct"),
    ("42", "La réponse finale est 42.", "correct"),
    ("42", "Réponse : 42", "correct"),
    ("42", "Donc, elle a 42 pommes.", "correct"),
    ("42", "La respuesta es 42.", "correct"),
    ("42", "La respuesta final es $42$.", "correct"),
    ("42", "Respuesta: 42 manzanas", "correct"),
    ("42", "Por lo tanto, Juan tiene 42 manzanas.", "correct"),
    ("42", "A resposta é 42.", "correct"),
    ("42", "La risposta è 42.", "correct"),
    ("42", "الجواب هو ٤٢", "correct"),
    ("42", "الإجابة: 42", "correct"),
    ("42", "उत्तर है 42", "correct"),
    ("42", "คำตอบคือ 42", "correct"),
    ("3/4", "所以概率为 3/4，也就是 75%。", "correct"),
    ("(3,4)", "所以点的坐标是（3，4）。", "correct"),
    ("3, 4", "答案是3和4", "not wrong"),
    ("x^2+1", "答案是 $x^2+1$。", "correct"),
    ("x^2+1", "答案是x^2+1。", "correct"),
    (r"\frac{1}{2}", "答案是 1/2", "correct"),
    ("1234.5", "Die Antwort ist 1.234,5.", "correct"),
    ("5 km", "答案是5千米", "correct"),
    ("10000", "答案是1万元", "not wrong"),
    ("42", "一共有42个苹果", "correct"),
    ("42", "不是42", "not correct"),
    ("42", "大于42", "not correct"),
    ("42", "至少42个", "not correct"),
    ("84", "42的两倍", "not wrong"),
]


@pytest.mark.parametrize(("gold", "answer", "wanted"), LANGUAGES)
def test_other_languages_state_answers(gold, answer, wanted):
    assert holds(ask(gold, answer).outcome, wanted)
