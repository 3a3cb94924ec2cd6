"""Discrete codes for chunks of a thought's tokens: a small autoencoder with a codebook (VQ-VAE).

Token Assorted (arXiv 2502.03275, section 3.1): what reads sees prompt and thought, each chunk of tokens
becomes the nearest vector of the codebook, and what writes restores the tokens from prompt and codes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from limbeck.networks.template import encode_spans

if TYPE_CHECKING:
    from limbeck.networks.batch import Row

FILE = "codes.safetensors"
OPEN, CLOSE = "<|codes|>", "<|/codes|>"
DECAY = 0.98
"""Of the moving means of what each code stands for: of the last fifty batches or so."""
STALE = 0.05
"""A code that stands for fewer vectors of a batch than this, in the moving mean, is put where one lies."""


def word(code: int) -> str:
    """The token that stands for a code."""
    return f"<|code-{code}|>"


@dataclass(frozen=True)
class Chunked:
    """Rows cut into chunks: ``prompt_BP`` and ``chunk_BCS`` of ids, and which of them are there."""

    prompt_BP: Tensor
    chunk_BCS: Tensor
    has_prompt_BP: Tensor
    has_BC: Tensor

    @classmethod
    def of(cls, rows: Sequence[tuple[Any, Any]], size: int) -> Chunked:
        """From a prompt's ids and a thought's for each; what is left of a thought behind whole chunks is
        not coded."""
        longest = max(len(prompt) for prompt, _ in rows)
        most = max(1, *(len(thought) // size for _, thought in rows))
        shapes = (len(rows), longest), (len(rows), most, size)
        ids = [torch.zeros(shape, dtype=torch.long) for shape in shapes]
        there = [torch.zeros(shape[:2], dtype=torch.bool) for shape in shapes]
        made = cls(*ids, *there)
        for place, (prompt, thought) in enumerate(rows):
            count = len(thought) // size
            made.prompt_BP[place, : len(prompt)] = torch.as_tensor(np.asarray(prompt, np.int64))
            made.has_prompt_BP[place, : len(prompt)] = True
            whole = np.asarray(thought[: count * size], np.int64).reshape(count, size)
            made.chunk_BCS[place, :count] = torch.as_tensor(whole)
            made.has_BC[place, :count] = True
        return made


class ChunkCodes(nn.Module):
    """Reads, codes and restores.

    Args:
        vocab: tokens there are.
        size: tokens of a chunk.
        codes: vectors in the codebook.
        longest: positions of a prompt, and of a thought.
    """

    def __init__(self, *, vocab: int, size: int, codes: int, width: int, longest: int) -> None:
        super().__init__()
        self.settings = {"vocab": vocab, "size": size, "codes": codes, "width": width, "longest": longest}
        self.size, self.width = size, width
        self.words, self.inner = nn.Embedding(vocab, width), nn.Embedding(size, width)
        self.prompt_place, self.chunk_place = nn.Embedding(longest, width), nn.Embedding(longest, width)
        self.reader, self.writer = _layer(width), _layer(width)
        self.down, self.head = nn.Linear(size * width, width), nn.Linear(width, vocab)
        self.book_VD: Tensor
        self.share_V: Tensor
        self.sum_VD: Tensor
        self.register_buffer("book_VD", torch.randn(codes, width))
        self.register_buffer("share_V", torch.ones(codes))
        self.register_buffer("sum_VD", self.book_VD.clone())

    def forward(self, rows: Chunked, commitment: float) -> tuple[Tensor, Tensor, Tensor]:
        """The loss: cross-entropy of the chunks' tokens and ``commitment`` times the squared distance to
        the codebook; with the codes ``[B, C]`` and, in training, the codebook moved.

        Returns:
            The loss, the codes, the share of tokens restored.
        """
        vector_BCD = self.read(rows)
        code_BC = self.nearest(vector_BCD)
        if self.training:
            self._move(vector_BCD[rows.has_BC].detach(), code_BC[rows.has_BC])
        book_BCD = self.book_VD[code_BC]
        # Straight through: the codebook's vector forward, what was read backward.
        passed_BCD = vector_BCD + (book_BCD - vector_BCD).detach()
        logits_BCSV = self.write(rows, passed_BCD)
        logits_NV, target_N = logits_BCSV[rows.has_BC].flatten(0, 1), rows.chunk_BCS[rows.has_BC].flatten()
        apart = (vector_BCD - book_BCD.detach())[rows.has_BC].square().mean()
        loss = functional.cross_entropy(logits_NV, target_N) + commitment * apart
        return loss, code_BC, (logits_NV.argmax(-1) == target_N).float().mean()

    def read(self, rows: Chunked) -> Tensor:
        """A vector for each chunk, ``[B, C, D]``, of about unit variance."""
        chunks_BTD = self.words(rows.chunk_BCS) + self._chunk_places(rows)
        states_BTD = self._through(self.reader, rows, chunks_BTD.flatten(1, 2))
        told_BCD = self.down(states_BTD.unflatten(1, (-1, self.size)).flatten(2, 3))
        vector_BCD: Tensor = functional.layer_norm(told_BCD, told_BCD.shape[-1:])
        return vector_BCD

    def write(self, rows: Chunked, vector_BCD: Tensor) -> Tensor:
        """Logits of the chunks' tokens, ``[B, C, S, V]``."""
        asked_BTD = (vector_BCD[:, :, None] + self._chunk_places(rows)).flatten(1, 2)
        logits = self.head(self._through(self.writer, rows, asked_BTD))
        logits_BCSV: Tensor = logits.unflatten(1, (-1, self.size))
        return logits_BCSV

    def nearest(self, vector_BCD: Tensor) -> Tensor:
        """The code nearest to each vector."""
        apart_NV: Tensor = torch.cdist(vector_BCD.flatten(0, 1), self.book_VD)
        code_BC: Tensor = apart_NV.argmin(-1).unflatten(0, vector_BCD.shape[:2])
        return code_BC

    @torch.no_grad()
    def codes(self, prompt: Any, thought: Any) -> list[int]:
        """The codes of a thought's whole chunks, from left to right; each row alone, so that no code
        depends on what else is asked."""
        rows = Chunked.of([(prompt, thought)], self.size)
        told: list[int] = self.nearest(self.read(rows))[0, : len(thought) // self.size].tolist()
        return told

    def _chunk_places(self, rows: Chunked) -> Tensor:
        chunks = torch.arange(rows.chunk_BCS.shape[1], device=self.book_VD.device)
        places: Tensor = self.chunk_place(chunks)[:, None] + self.inner.weight
        return places

    def _through(self, layer: nn.Module, rows: Chunked, chunks_BTD: Tensor) -> Tensor:
        longest, chunks = rows.prompt_BP.shape[1], rows.has_BC.shape[1]
        places = torch.arange(longest, device=self.book_VD.device)
        prompt_BPD = self.words(rows.prompt_BP) + self.prompt_place(places)
        there_BT = torch.cat([rows.has_prompt_BP, rows.has_BC.repeat_interleave(self.size, 1)], 1)
        # A chunk sees the prompt and chunks up to itself: a code that foretold later ones could not be
        # written by a student from left to right.
        order_T = torch.arange(1, chunks + 1).repeat_interleave(self.size)
        order_T = torch.cat([torch.zeros(longest, dtype=torch.long), order_T]).to(self.book_VD.device)
        unseen_TT = order_T[None] > order_T[:, None]
        out_BTD: Tensor = layer(
            torch.cat([prompt_BPD, chunks_BTD], 1), src_mask=unseen_TT, src_key_padding_mask=~there_BT
        )
        return out_BTD[:, rows.prompt_BP.shape[1] :]

    @torch.no_grad()
    def _move(self, vector_ND: Tensor, code_N: Tensor) -> None:
        """Codes go where what they stand for lies (moving means, as van den Oord et al. 2017, appendix
        A.1); codes that stand for nothing go where some vector lies, drawn at random."""
        chosen_NV = functional.one_hot(code_N, len(self.book_VD)).to(vector_ND.dtype)
        self.share_V.mul_(DECAY).add_(chosen_NV.sum(0), alpha=1 - DECAY)
        self.sum_VD.mul_(DECAY).add_(chosen_NV.T @ vector_ND, alpha=1 - DECAY)
        self.book_VD.copy_(self.sum_VD / self.share_V[:, None].clamp(min=1e-5))
        stale_V = self.share_V < STALE
        drawn = torch.randint(len(vector_ND), (int(stale_V.sum()),))
        self.book_VD[stale_V] = self.sum_VD[stale_V] = vector_ND[drawn]
        self.share_V[stale_V] = 1.0

    def save(self, folder: Path) -> None:
        """Write it to a folder."""
        from safetensors.torch import save_file

        folder.mkdir(parents=True, exist_ok=True)
        state = {name: value.contiguous() for name, value in self.state_dict().items()}
        save_file(state, folder / FILE, metadata={"settings": json.dumps(self.settings)})

    @classmethod
    def open(cls, folder: str) -> ChunkCodes:
        """Read it from a folder."""
        from safetensors import safe_open

        with safe_open(Path(folder) / FILE, "pt") as file:
            made = cls(**json.loads(file.metadata()["settings"]))
            made.load_state_dict({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
        return made.eval()


def perplexity(counts: Sequence[int]) -> float:
    """How many codes, used equally often, are as even as these: e to the entropy."""
    share = np.array([count for count in counts if count], dtype=float)
    share /= share.sum()
    return float(np.exp(-(share * np.log(share)).sum()))


def thought_tokens(tokenizer: Any, row: Row, answer_of: Callable[[str], str]) -> int:
    """How many of a row's completion tokens end before its answer.

    0 where the text, cut anew, is not the same tokens, or does not have the answer.

    Args:
        answer_of: the answer in a completion's text.
    """
    ids = row.ids[row.start :].tolist()
    end = len(ids) - (ids[-1:] == [tokenizer.eos_token_id])
    text = tokenizer.decode(ids[:end])
    ((again, spans),) = encode_spans(tokenizer, [text])
    before = text.rfind(answer_of(text))
    return sum(right <= before for _, right in spans) if again == ids[:end] else 0


def _layer(width: int) -> nn.TransformerEncoderLayer:
    return nn.TransformerEncoderLayer(
        width, 4, 2 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    )
