"""Templates: what is put in, and what must be there."""

from __future__ import annotations

import pytest

from limbeck.errors import LimbeckError
from limbeck.texts.templates import check_fields, fill


def test_what_is_put_in_is_not_read_again():
    assert fill("{a} and {b}", a="{b}", b="2") == "{b} and 2"
    assert fill("{a} {c} {}", a="1") == "1 {c} {}"


def test_a_field_that_is_missing_is_named():
    check_fields("{a}{b}", ("a", "b"), "here")
    with pytest.raises(LimbeckError, match=r"here: the template '\{a\}' has no \{b\}"):
        check_fields("{a}", ("a", "b"), "here")
