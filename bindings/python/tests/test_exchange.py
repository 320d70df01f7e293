"""Pauses between attempts."""

import pytest
from caseweave import CaseweaveError, Retry


def test_pauses_double_up_to_the_longest():
    pauses = []
    retry = Retry(attempts=6, first=1.0, longest=8.0, draw=lambda: 1.0, pause=pauses.append)

    def lost():
        raise ConnectionError("lost")

    with pytest.raises(CaseweaveError.Interrupted):
        retry.until_answered(lost)
    assert pauses == [2.0, 4.0, 8.0, 8.0, 8.0]


def test_a_refusal_is_told_at_once():
    attempts = []

    def refused():
        attempts.append(1)
        raise CaseweaveError.SyncRejected("device_revoked", "the device was revoked")

    with pytest.raises(CaseweaveError.SyncRejected):
        Retry(pause=lambda _: None).until_answered(refused)
    assert len(attempts) == 1
