"""Public data sets of flat rows: a column each for the question, the reference and what a model wrote."""

from __future__ import annotations

from public_rows import BAD, GOOD, Q, Q2, Shape, ai, human, think, user

R1 = {"problem": Q, "solution": "Two and two make 4.", "answer": "4", "source": "sums"}

FLAT = [
    Shape(
        "open-r1/OpenR1-Math-220k",
        {
            **R1,
            **{"problem_type": "Algebra", "uuid": "u1", "generations": [GOOD, BAD, "<think>so"]},
            **{"is_reasoning_complete": [True, True, False], "finish_reasons": ["stop", "stop", "length"]},
            **{"correctness_math_verify": [True, False, False], "correctness_llama": None},
            **{"correctness_count": 1, "messages": [user(Q), ai(GOOD)]},
        },
        {
            **{**R1, "problem": Q2, "answer": "5", "uuid": "u2", "generations": [BAD, "<think>so"]},
            **{"is_reasoning_complete": [True, False], "finish_reasons": None},
            **{"correctness_math_verify": [True, False], "correctness_llama": None},
        },
    ),
    Shape(
        "open-r1/OpenR1-Math-Raw",
        {
            **{**R1, "problem_is_valid": "Yes", "solution_is_valid": "Yes", "synthetic": False},
            **{"generations": [GOOD, BAD], "generations_count": 2, "reparsed_answers": ["4", "5"]},
            "correctness": {"llama_verification": [True, False], "math_verify": [True, False]},
        },
        {**R1, "problem": Q2, "answer": "5", "generations": [], "correctness": None},
    ),
    Shape(
        "open-r1/codeforces-cots",
        {
            **{"id": "1/A", "contest_id": 1, "title": "Sums", "time_limit": 1.0, "description": "Add."},
            **{"examples": [{"input": "2 2", "output": "4"}], "editorial": None, "prompt": Q},
            **{"generation": GOOD, "finish_reason": "stop", "interaction_format": None},
            **{"api_metadata": {"completion_tokens": 9}, "messages": [user(Q), ai(GOOD)]},
        },
        {
            **{"id": "1/A", "contest_id": 1, "title": "Sums", "prompt": Q, "generation": "<think>so"},
            **{"finish_reason": "length", "messages": [user(Q), ai("<think>so")]},
        },
    ),
    Shape(
        "simplescaling/s1K",
        {
            **{"solution": "4", "question": Q, "cot_type": "math", "source_type": "sums", "cot": None},
            **{"metadata": "{'level': 1}", "thinking_trajectories": ["Two twos."], "attempt": "4."},
        },
        {"solution": "5", "question": Q2, "cot": None, "thinking_trajectories": ["hm"], "attempt": "5."},
    ),
    Shape(
        "simplescaling/s1K-1.1",
        {
            **{"solution": "4", "question": Q, "cot_type": "math", "metadata": "{'level': 1}"},
            **{"gemini_thinking_trajectory": "Twice.", "gemini_attempt": "It is 5."},
            **{"deepseek_thinking_trajectory": "Two twos.", "deepseek_attempt": "It is 4."},
            **{"gemini_grade": "No", "gemini_grade_reason": "5 is not 4", "deepseek_grade": "Yes"},
        },
        {
            **{"solution": "5", "question": Q2, "gemini_thinking_trajectory": None, "gemini_attempt": None},
            **{"deepseek_thinking_trajectory": "hm", "deepseek_attempt": "5.", "deepseek_grade": "Yes"},
        },
    ),
    Shape(
        "GAIR/LIMO",
        {"question": Q, "solution": "Two and two.\nSo \\boxed{4}." + " It is." * 20, "answer": "4"},
        {"question": Q2, "solution": "Let us see.\n\\boxed{5}", "answer": 5},
    ),
    Shape("GAIR/LIMR", {"prompt": Q, "answer": "4"}, {"prompt": Q2, "answer": "nan"}),
    Shape(
        "nvidia/OpenMathReasoning (cot, tir)",
        {
            **{"expected_answer": "4", "problem_type": "has_answer_extracted", "problem_source": "forum"},
            **{"generation_model": "DeepSeek-R1", "pass_rate_72b_tir": "0.5", "problem": Q},
            **{"generated_solution": GOOD, "inference_mode": "cot", "used_in_kaggle": True},
        },
        {
            **{"expected_answer": "4", "problem_type": "has_answer_extracted", "problem_source": "forum"},
            **{"generation_model": "QwQ-32B", "pass_rate_72b_tir": "n/a", "problem": Q},
            **{"generated_solution": BAD, "inference_mode": "tir", "used_in_kaggle": True},
        },
    ),
    Shape(
        "nvidia/OpenMathReasoning (genselect)",
        {
            **{"expected_answer": "1", "problem_type": "has_answer_extracted", "problem": "Which is best?"},
            **{"generated_solution": think("the second errs", "Judgment: 1"), "inference_mode": "genselect"},
        },
    ),
    Shape(
        "nvidia/OpenMathInstruct-2",
        {"problem": Q, "generated_solution": "It is 4.", "expected_answer": "4", "problem_source": "gsm8k"},
        {"problem": Q, "generated_solution": "4!", "expected_answer": "4", "problem_source": "gsm8k"},
    ),
    Shape(
        "open-thoughts/OpenThoughts-114k (metadata)",
        {
            **{"problem": Q, "deepseek_reasoning": "Two twos.", "deepseek_solution": "It is 4."},
            **{"ground_truth_solution": "Count to 4.", "domain": "math", "source": "sums"},
            **{"test_cases": None, "starter_code": None},
        },
    ),
    Shape(
        "AI-MO/NuminaMath-1.5",
        {
            **{"problem": Q, "solution": "Two and two make four.\nSo 4.", "answer": "4"},
            **{"problem_type": "Algebra", "question_type": "math-word-problem", "source": "olympiads"},
            **{"problem_is_valid": "Yes", "solution_is_valid": "Yes", "synthetic": False},
        },
        {"problem": Q2, "solution": "Show it.\nDone.", "answer": "proof", "source": "olympiads"},
    ),
    Shape(
        "agentica-org/DeepScaleR",
        {"problem": Q, "answer": "4", "solution": "Two and two make four.\nSo \\boxed{4}."},
        {"problem": Q2, "answer": "5", "solution": ""},
    ),
    Shape(
        "SynthLabsAI/Big-Math-RL-Verified",
        {"problem": Q, "answer": "4", "source": "gsm8k", "domain": ["Algebra"], "llama8b_solve_rate": 0.5},
        {"problem": Q2, "answer": "5", "source": "math", "domain": None, "llama8b_solve_rate": None},
    ),
    Shape(
        "PrimeIntellect/SYNTHETIC-1",
        {
            **{"response_id": "r1", "problem_id": "p1", "task_type": "verifiable_math", "score": 1.0},
            **{"source": "sums", "prompt": Q, "gold_standard_solution": "Count to 4.", "metadata": "{}"},
            **{"verification_info": '{"ground_truth": "4"}', "llm_response": GOOD},
        },
        {
            **{"response_id": "r2", "problem_id": "p1", "task_type": "verifiable_math", "score": 0.0},
            **{"source": "sums", "prompt": Q, "gold_standard_solution": "Count to 4.", "metadata": "{}"},
            **{"verification_info": '{"ground_truth": "4"}', "llm_response": BAD},
        },
    ),
    Shape(
        "Intelligent-Internet/II-Thought-RL-v0",
        {
            **{"id": "i1", "problem": Q, "answer": "4", "type": "math_verify", "data_source": "sums"},
            **{"verification_info": '{"answer": {"value": "4"}}', "domain": "math", "messages": [user(Q)]},
        },
    ),
    Shape(
        "teknium/OpenOrca",
        {"id": "o1", "system_prompt": "Be brief.", "question": Q, "response": "4."},
        {"id": "o2", "system_prompt": "", "question": Q2, "response": "5."},
    ),
    Shape(
        "Magpie-Align/Magpie-Reasoning",
        {
            **{"uuid": "m1", "instruction": Q, "response": "It is 4.", "difficulty": "easy"},
            **{"conversations": [human(Q), {"from": "gpt", "value": "It is 4."}]},
            "gen_response_configs": {"temperature": 0, "engine": "m"},
        },
    ),
    Shape(
        "openai/gsm8k",
        {"question": Q, "answer": "Two and two are <<2+2=4>>4.\n#### 4"},
        {"question": Q2, "answer": "Three more makes 1,005.\n#### 1,005"},
    ),
    Shape(
        "hendrycks MATH",
        {"problem": Q, "level": "Level 1", "type": "Algebra", "solution": "So $\\boxed{4}$, as you see."},
        {"problem": Q2, "level": "Level 1", "type": "Algebra", "solution": "Then\n$\\boxed{\\frac{1}{2}}$."},
    ),
    Shape(
        "HuggingFaceH4/MATH-500",
        {
            **{"problem": Q, "solution": "Two twos.\nSo $\\boxed{4}$.", "answer": "4", "subject": "Algebra"},
            **{"level": 1, "unique_id": "test/1.json"},
        },
    ),
    Shape(
        "AIME (ID, Problem, Solution, Answer)",
        {"ID": "2024-I-1", "Problem": Q, "Solution": "Count.\nFour.", "Answer": 4},
        {"ID": "2024-I-2", "Problem": Q2, "Solution": "Count.\nFive.", "Answer": 5},
    ),
    Shape(
        "AMC (id, problem, answer, url)",
        {"id": 0, "problem": Q, "answer": 4.0, "url": "amc/1"},
        {"id": 1, "problem": Q2, "answer": 0.0, "url": "amc/2"},
    ),
    Shape(
        "SimpleRL",
        {
            **{"input": f"<|im_start|>user\n{Q}<|im_end|>", "question": Q, "answer": "4", "gt_answer": "4"},
            **{"subject": "Algebra", "level": 1},
        },
    ),
    Shape(
        "meta-math/MetaMathQA",
        {"type": "GSM_Rephrased", "query": Q2, "original_question": Q, "response": "It is 5."},
    ),
    Shape(
        "microsoft/orca-math-word-problems",
        {"question": Q, "answer": "Begin with two.\nAdd two more, and count them all. " * 4 + "So 4."},
        {"question": Q2, "answer": "Begin with two.\nAdd three more, and count them all. " * 4 + "So 5."},
    ),
    Shape(
        "AQuA",
        {"question": Q, "options": ["A)4", "B)5"], "rationale": "Two twos.\nAnswer: A", "correct": "A"},
        {"question": Q2, "options": ["A)4", "B)5"], "rationale": "Count.\nAnswer: B", "correct": "B"},
    ),
]
