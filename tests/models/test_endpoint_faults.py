"""Every fault of the table, met by a real server on this machine."""

from __future__ import annotations

import endpoint_faults
import pytest
from endpoint_faults import FAULTS, Fault


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "-"))
def test_a_fault_is_seen_as_what_it_is(fault):
    assert not endpoint_faults.wrong(fault)


def test_the_table_can_tell_right_from_wrong():
    refused = Fault("400", endpoint_faults.always(400), "answered")
    assert "answered () was wanted" in endpoint_faults.wrong(refused)
    assert "2 requests were wanted" in endpoint_faults.wrong(
        Fault("200", lambda it: it.answer(), "answered", requests=2)
    )
    later = Fault("429", endpoint_faults.status(429, Retry_After="3"), "answered", requests=2, waits=(4.0,))
    assert "waits of (4.0,) were wanted" in endpoint_faults.wrong(later)


def test_there_are_enough_of_them():
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 50
