"""Records that come from other systems and go to them."""

import json

import pytest
from caseweave import CaseweaveError, ExportReport
from entries import open_case, start_note


def test_an_export_holds_every_case_and_every_note(server, ana, tmp_path):
    phone = server.device(ana, "phone")
    cases = [open_case(phone, "Rosa", family) for family in ("Díaz", "Wu")]
    note = start_note(phone, cases[0], "Calm 🙂 today.")
    file = tmp_path / "records.jsonl"

    report = phone.export_records(file)

    assert report == ExportReport(cases=2, lines=8, unreadable=[])
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert len(lines) == 8
    assert (lines[0]["type"], lines[0]["format"], lines[0]["worker"]) == ("export", 1, ana)
    assert lines[-1] == {"type": "end", "cases": 2, "unreadable": 0, "lines": 7}
    [told] = [line for line in lines if line.get("kind") == "note"]
    assert (told["id"], told["case"], told["draft"]) == (note, cases[0], "Calm 🙂 today.")
    with pytest.raises(CaseweaveError.Unexpected) as refused:
        phone.export_records(tmp_path / "nowhere" / "records.jsonl")
    assert refused.value.code == 103
