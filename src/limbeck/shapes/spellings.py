"""The names people give to columns, by what the columns are for: the one table that all readers go by."""

from __future__ import annotations

from collections import Counter

ROLES: dict[str, tuple[str, ...]] = {
    "messages": (
        *("messages", "conversations", "conversation", "chat", "dialogue", "turns", "context_messages"),
        "reannotated_messages",
    ),
    "question": (
        *("question", "problem", "instruction", "query", "prompt", "user_prompt", "problem_text"),
        *("problem_statement", "question_text", "questions", "input", "input_text", "source_text"),
        "open_ended_verifiable_question",
    ),
    "input": ("input", "inputs", "context"),
    "system": ("system", "system_prompt", "system_message"),
    "history": ("history",),
    "response": (
        *("response", "responses", "generation", "generations", "generated_solution", "generated_solutions"),
        *("completion", "completions", "output", "outputs", "model_output", "model_response", "llm_response"),
        *("generated_text", "prediction", "predictions", "attempt", "attempts", "model_answer", "solution"),
        *("solutions", "generated_answer", "rollout", "rollouts", "answer_text", "samples"),
        *("reannotated_assistant_content", "r1_generation", "r1_solution", "content"),
    ),
    "reasoning": (
        *("reasoning_content", "reasoning", "thinking", "thought", "thoughts", "thinking_trajectory"),
        *("reasoning_trace", "reasoning_text", "reasoning_details", "chain_of_thought", "cot", "rationale"),
        *("think", "analysis", "model_reasoning", "think_content", "deepseek_reasoning", "thinking_content"),
        *("thinking_trajectories", "complex_cot"),
    ),
    "reference": (
        *("reference", "expected_answer", "ground_truth", "gold", "gts", "gold_answer", "reference_answer"),
        *("correct_answer", "gt_answer", "groundtruth", "true_answer", "gt", "answer", "final_answer"),
        *("target", "expected", "expected_output", "label", "solution", "ground_true_answer", "answer_key"),
        *("answerkey", "answer_number", "correct_option", "correct", "verification_info.ground_truth"),
        *("verification_info.answer.value", "metadata.expected_answer", "metadata.reference_answer"),
    ),
    "outcome": ("outcome",),
    "verdict_by": ("verdict_by",),
    "verdict": (
        *("correct", "is_correct", "label", "kto_tag", "correctness", "is_right", "verified", "passed"),
        *("symbolic_correct", "math_verify", "correctness_math_verify", "is_true", "acc", "exact_match"),
        *("judge_correct", "judgement", "judgment", "grade", "kto_label", "is_passed", "success", "verdict"),
    ),
    "score": ("score", "scores", "reward", "rewards", "rating", "ratings", "reward_score", "verify_score"),
    "finish": (
        *("finish", "finish_reason", "finish_reasons", "stop_reason", "is_reasoning_complete"),
        *("truncated", "is_truncated", "is_finished", "finished", "stop_reasons"),
    ),
    "writer": (
        *("writer", "model", "model_name", "generator", "generation_model", "teacher", "teacher_model"),
        *("inference_model", "model_id", "generator_model", "llm", "annotator", "response_model"),
        *("model_names", "generation_models", "models"),
    ),
    "id": ("id", "uuid", "trace_id", "sample_id", "uid", "_id"),
    "problem_id": ("problem_id",),
    "tokens": (
        *("tokens", "num_tokens", "n_tokens", "num_generated_tokens", "completion_tokens", "output_tokens"),
        *("generated_tokens", "response_tokens", "token_count", "response_length"),
        *("generated_token_count", "response_token_count"),
    ),
    "split": ("split",),
    "source": (
        "source",
        "data_source",
        "dataset",
        "problem_source",
        "source_dataset",
        "dataset_source",
        "repo_name",
    ),
    "licence": ("licence", "license"),
    "verifier": ("verifier",),
    "chosen": ("chosen", "chosen_response", "chosen_messages", "preferred"),
    "rejected": (
        *("rejected", "rejected_response", "rejected_messages", "rejected_output", "dispreferred"),
        "rejected_responses",
    ),
    "chosen_id": ("chosen_id",),
    "rejected_id": ("rejected_id",),
    "chosen_model": ("chosen_model",),
    "rejected_model": ("rejected_model",),
    "weight": ("weight",),
    "extracted": ("extracted", "predicted_answer", "extracted_answer", "parsed_answer", "pred"),
    "reason": ("reason",),
}
"""The names of each role's columns, the likeliest first; letter case does not matter. ``a.b`` is a field in a
mapping, also in one that stands as JSON in a text."""
SPELLED = frozenset(name for names in ROLES.values() for name in names)
"""Every name that any role has."""
_ROLE = {name: role for role, names in ROLES.items() for name in names}
_COUNT = Counter(name for names in ROLES.values() for name in names)
SURE = {name: role for name, role in _ROLE.items() if _COUNT[name] == 1}
"""The role of every name that one role alone has."""
ALIASES = {
    "answer": "reference",
    "thought": "reasoning",
    "model": "writer",
    "label": "verdict",
    "correct": "verdict",
    "finish_reason": "finish",
    "prompt": "question",
    "problem": "question",
    "completion": "response",
    "license": "licence",
}
"""Other names of roles, for one who says which column has which."""
OF_THE_TRACE = frozenset(
    [
        "seed",
        "temperature",
        "top_p",
        "top_k",
        "sample_index",
        "sample_idx",
        "sample",
        "trial",
        "epoch",
        "attempt_index",
        "generation_index",
        "generation_time",
        "latency",
        "cost",
        "timestamp",
        "created",
        "created_at",
        "judge",
        "usage",
        "logprobs",
        "cumulative_logprob",
        "step",
        "perplexity",
        "advantage",
        "length",
        "num_chars",
        "response_id",
        "run",
        "run_id",
        "filter",
        "filtered_resps",
        "inference_mode",
        "distilabel_metadata",
        "rationales",
        "gen_response_configs",
        "step_labels",
        "helpfulness",
        "coherence",
        "complexity",
        "verbosity",
        "details",
        *ROLES["verdict"],
        *ROLES["reasoning"],
        *ROLES["score"],
        *ROLES["finish"],
        *ROLES["tokens"],
        *ROLES["writer"],
    ]
)
"""Names that tell of an attempt, not of its question, where their columns have no role."""
HINTS = {
    "question": {"question", "problem", "prompt", "query"},
    "response": {"response", "output", "generation", "completion", "generated", "rollout"},
    "reference": {"answer", "gold", "truth", "expected", "target", "reference", "gt"},
    "verdict": {"correct", "correctness", "verified", "passed", "label", "grade"},
    "finish": {"finish", "stop", "truncated", "complete"},
    "reasoning": {"reasoning", "thinking", "thought", "thoughts", "cot", "rationale"},
    "writer": {"model", "generator", "teacher"},
}
"""Words in a column's name that make it look like a role."""
CONTEXTS = frozenset(
    (
        "passage",
        "context",
        "contexts",
        "document",
        "text",
        "description",
        "metadata",
        "table",
        "facts",
        "test",
    )
)
"""Columns whose texts may be long and are no model's."""
