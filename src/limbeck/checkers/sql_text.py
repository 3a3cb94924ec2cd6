"""Reads SQL as text: the query in an answer, and what its top-level ORDER BY sorts by."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from limbeck.texts.fences import blocks

_TOKEN = re.compile(
    r"""(?P<skip>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))
    |(?P<text>'(?:[^']|'')*+')
    |(?P<name>"(?:[^"]|"")*+"|`[^`]*`|\[[^\[\]]*\]|[^\W\d]\w*)
    |(?P<number>\d[\w.]*)
    |(?P<mark>.)""",
    re.X | re.S,
)
_LANGUAGE = re.compile(r"\A[ \t]*(?:sql|sqlite|duckdb|postgres(?:ql)?|mysql)\b", re.I)
_COMMAND = re.compile(
    r"\s*(?:\(\s*)*(?:select\b|with\s+(?:recursive\s+)?[\w\"]+\s*(?:\([^()]*\)\s*)?as\b|values\s*\("
    r"|insert\s|replace\s+into|update\s+\w+\s+set\b|delete\s+from"
    r"|drop\s|create\s|alter\s|attach\s|detach\s|pragma\s|vacuum\b|explain\s|copy\s)",
    re.I,
)
_BEGINS = re.compile(
    r"(?:^|[:`>])[ \t]*(?=select\b|with\s+(?:recursive\s+)?[\w\"]+\s*(?:\([^()]*\)\s*)?as\b)", re.I | re.M
)
_GOES_ON = re.compile(
    r"\s*(?:[()]|--|/\*"
    r"|(?:select|from|where|group|having|order|limit|union|intersect|except|join|inner|left|cross)\b)",
    re.I,
)
_FINAL = re.compile(
    r"\bfinal\s+(?:sql|query|answer)(?:\s+(?:query|statement))?[*_ \t]*(?:\bis\b)?[*_ \t]*:[*_]*", re.I
)
_INLINE = re.compile(r"(?<!`)(`{1,2})(?!`)(.+?)(?<!`)\1(?!`)", re.S)
_FIELDS = ("sql", "query", "sql_query", "final_sql", "final_query")
_COMPOUND = ("UNION", "INTERSECT", "EXCEPT")
_LONGEST = 50_000


class NoQuery(ValueError):
    """The text holds no query that could be run, and why."""


class Token(NamedTuple):
    """A piece of SQL, ``skip`` for blanks and comments, with its place and how many parentheses stand
    open."""

    kind: str
    text: str
    start: int
    end: int
    depth: int

    def is_word(self, *words: str) -> bool:
        return self.kind == "name" and self.text.upper() in words


def tokens(sql: str) -> list[Token]:
    """All tokens of a text, in order; together they are the text again."""
    all_tokens, depth = [], 0
    for match in _TOKEN.finditer(sql):
        kind, text = str(match.lastgroup), match.group()
        depth -= kind == "mark" and text == ")"
        all_tokens.append(Token(kind, text, match.start(), match.end(), depth))
        depth += kind == "mark" and text == "("
    return all_tokens


def find_query(text: str) -> str:
    """The one query of an answer: behind "Final SQL:", in its last fenced block with SQL, in JSON under
    ``sql`` or ``query``, in its last inline code, otherwise from a line that begins one.

    Raises:
        NoQuery: there is none, it is too long, several statements follow one another, or it is no SELECT.
    """
    if "</think>" in text:
        text = text[text.rindex("</think>") + 8 :]
    text = _of_json(text) or _behind_final(text)
    # A query may begin on the line of its fence, behind the language or without one.
    whole = [f"{block.head}\n{block.body or ''}" for block in blocks(text, any_head=True)]
    fenced = [_LANGUAGE.sub("", block, count=1).lstrip() for block in whole]
    queries = [query for query in fenced if _COMMAND.match(_uncommented(query))]
    query = _single(queries[-1], fenced=True) if queries else _unfenced(text)
    if any("\ud800" <= char <= "\udfff" for char in query):
        raise NoQuery("half a character of UTF-16 in the query")
    if len(query) > _LONGEST:
        raise NoQuery(f"a query longer than {_LONGEST:,} characters")
    first = next((token for token in tokens(query) if token.kind != "skip" and token.text != "("), None)
    if first is None or not first.is_word("SELECT", "WITH", "VALUES"):
        raise NoQuery(f"only a SELECT is run, not {first.text[:20] if first else 'nothing'}")
    return query


def _uncommented(sql: str) -> str:
    kept = [token for token in tokens(sql[:_LONGEST]) if token.kind != "skip" or token.text.isspace()]
    return "".join(token.text for token in kept)


def _of_json(text: str) -> str:
    """The query in an object of JSON that is all of a text, or its last fenced block; empty for none."""
    last = blocks(text, any_head=True)[-1:]
    for whole in (text, *((block.body or "") for block in last if block.language.lower() in ("json", ""))):
        if whole.strip()[:1] == "{" and len(whole) <= 2 * _LONGEST:
            try:
                held = json.loads(whole, strict=False)
            except (ValueError, RecursionError):
                continue
            queries = [held.get(name) for name in held if name.lower() in _FIELDS]
            if len(queries) == 1 and isinstance(queries[0], str):
                return queries[0]
    return ""


def _behind_final(text: str) -> str:
    """What follows the last "Final SQL:", where a query does; else the whole text."""
    for mark in reversed([*_FINAL.finditer(text)]):
        rest = text[mark.end() :]
        if _COMMAND.match(rest.lstrip(" \t\n*_`")) or _BEGINS.search(rest):
            return rest
    return text


def _unfenced(text: str) -> str:
    spans = [match[2].strip() for match in _INLINE.finditer(text)]
    if not _COMMAND.match(text) and (inline := [span for span in spans if _COMMAND.match(span)]):
        return _single(inline[-1], fenced=True)
    if match := _COMMAND.match(text):
        start = match.end() - len(match.group().lstrip())
    elif begins := _BEGINS.search(text):
        start = begins.end()
    else:
        raise NoQuery("no query found")
    rest = text[start : start + 2 * _LONGEST]
    for blank in re.finditer(r"\n[ \t]*\n\s*", rest):
        # An empty line ends a query, unless the next line is plainly more of it.
        if not _GOES_ON.match(rest, blank.end()):
            if _BEGINS.search(rest, blank.end()):
                raise NoQuery("several queries, none of them fenced")
            rest = rest[: blank.start()]
            break
    return _single(rest, fenced=False)


def _single(text: str, *, fenced: bool) -> str:
    """The statement up to its semicolon; behind it nothing but prose, which no fence holds, may stand."""
    if len(text) > 2 * _LONGEST:
        raise NoQuery(f"a query longer than {_LONGEST:,} characters")
    for token in tokens(text):
        if token.text == ";" and token.kind == "mark":
            rest = _uncommented(text[token.end :]).strip("; \t\r\n`")
            if rest and (fenced or _COMMAND.match(rest) or _BEGINS.search(rest)):
                raise NoQuery("several statements; one query is run")
            return text[: token.start].strip()
    return text.strip().rstrip("`").strip()


def is_ordered(sql: str) -> bool:
    """Whether an ORDER BY stands outside of all parentheses."""
    return _order_by(_words(sql)) is not None


def _words(sql: str) -> list[Token]:
    return [token for token in tokens(sql) if token.kind != "skip"]


def _order_by(words: list[Token]) -> int | None:
    """Which word is the ORDER of the top-level ORDER BY."""
    for place in range(len(words) - 2, -1, -1):
        if words[place].depth == 0 and words[place].is_word("ORDER") and words[place + 1].is_word("BY"):
            return place
    return None


def keyed(sql: str, names: list[str]) -> tuple[str, list[int]] | None:
    """The query with its sort keys as further columns, and which column each is; None where impossible.

    Rows with equal keys may come in any order, so whoever compares ordered results must know the keys. A key
    that is a number or an output name is a column already; another expression is put behind the output
    columns.

    Args:
        names: what the query's output columns are called.
    """
    words = _words(sql)
    order = _order_by(words)
    if order is None:
        return None
    terms, added, columns = _terms(words, order + 2, sql), list[str](), list[int]()
    known = {name.lower(): place for place, name in enumerate(names)}
    for term in terms:
        if re.search(r"\bcollate\b", term, re.I):  # equal under it is not equal as a value
            return None
        bare = term.strip('"`[]').lower()
        if term.isdigit():
            columns.append(int(term) - 1)
        elif bare in known:
            columns.append(known[bare])
        else:
            columns.append(len(names) + len(added))
            added.append(term)
    if not added:
        return sql, columns
    top = [word for word in words[:order] if word.depth == 0]
    select = next((place for place, word in enumerate(top) if word.is_word("SELECT")), None)
    tail = next((word for word in top[(select or 0) + 1 :] if word.is_word("FROM")), None)
    # One row for several rows of the table, or of several queries: a further column would change which rows
    # there are.
    if select is None or tail is None or any(word.is_word(*_COMPOUND) for word in top):
        return None
    if top[select + 1].is_word("DISTINCT"):
        return None
    return f"{sql[: tail.start]} , {' , '.join(added)} {sql[tail.start :]}", columns


def _terms(words: list[Token], start: int, sql: str) -> list[str]:
    """What an ORDER BY lists, without ASC, DESC, NULLS FIRST and what follows the list."""
    terms, begin, end = [], None, 0
    for word in [*words[start:], Token("mark", ",", len(sql), len(sql), 0)]:
        stops = word.depth == 0 and word.is_word("LIMIT", "OFFSET", "FETCH")
        if stops or (word.depth == 0 and word.text == ","):
            if begin is not None:
                terms.append(sql[begin:end])
            begin = None
            if stops:
                break
        elif word.depth or not word.is_word("ASC", "DESC", "NULLS", "FIRST", "LAST"):
            begin = word.start if begin is None else begin
            end = word.end
    return terms


def one_more(sql: str) -> tuple[str, int] | None:
    """A query that ends in ``LIMIT n`` with ``n + 1`` in its place, and n; None for any other."""
    words = _words(sql)
    if len(words) < 2 or not words[-2].is_word("LIMIT") or not words[-1].text.isdigit():
        return None
    number = words[-1]
    return f"{sql[: number.start]}{int(number.text) + 1}{sql[number.end :]}", int(number.text)
