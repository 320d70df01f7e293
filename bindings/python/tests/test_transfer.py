"""Records that come from other systems and go to them."""

import json

import pytest
from caseweave import (
    CaseweaveError,
    CellFault,
    CellProblem,
    ExportReport,
    ImportColumn,
    ImportMap,
    RowOutcome,
    Sex,
)
from entries import open_case, start_note


def test_an_export_holds_every_case_and_every_note(server, ana, tmp_path):
    phone = server.device(ana, "phone")
    cases = [open_case(phone, "Rosa", family) for family in ("Díaz", "Wu")]
    note = start_note(phone, cases[0], "Calm 🙂 today.")
    file = tmp_path / "records.jsonl"

    report = phone.export_records(file)

    assert report == ExportReport(cases=2, compartments=0, providers=0, lines=8, unreadable=[])
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert len(lines) == 8
    assert (lines[0]["type"], lines[0]["format"], lines[0]["worker"]) == ("export", 1, ana)
    assert lines[-1] == {"type": "end", "cases": 2, "compartments": 0, "providers": 0, "unreadable": 0, "lines": 7}
    [told] = [line for line in lines if line.get("kind") == "note"]
    assert (told["id"], told["case"], told["draft"]) == (note, cases[0], "Calm 🙂 today.")
    with pytest.raises(CaseweaveError.Unexpected) as refused:
        phone.export_records(tmp_path / "nowhere" / "records.jsonl")
    assert refused.value.code == 103


def test_an_import_opens_a_case_for_each_row_once_and_names_what_is_wrong_by_line_and_column(server, ana):
    phone = server.device(ana, "phone")
    columns = {"Id": "source", "Name": "person.family_name", "Born": "person.birth_date"}
    table = ImportMap(
        system="Old system",
        columns=[
            *(ImportColumn(header=header, field=field) for header, field in columns.items()),
            ImportColumn(header="Sex", field="person.sex", codes={"F": "female"}),
        ],
        fixed={"case.opened_on": "01.06.2026"},
        date_format="%d.%m.%Y",
        delimiter=";",
    )
    csv = "Id;Name;Born;Sex\n1;Díaz;01.04.1950;F\n2;Wu;1950-04-01;\n1;Díaz;;\n"

    tried = phone.import_cases(csv, table, dry_run=True)
    assert phone.cases().rows == []
    made = phone.import_cases(csv, table)

    fault = CellProblem(column="Born", field="person.birth_date", fault=CellFault.NOT_A_DAY())
    rest = [RowOutcome.REFUSED([fault]), RowOutcome.REPEATED(2)]
    assert [row.outcome for row in tried.rows] == [RowOutcome.WOULD_OPEN(), *rest]
    [row] = phone.cases().rows
    assert [told.outcome for told in made.rows] == [RowOutcome.OPENED(row.case), *rest]
    assert [told.line for told in made.rows] == [2, 3, 4]
    view = phone.case(row.case)
    assert (view.person.sex, view.identifiers[0].system) == (Sex.FEMALE(), "Old system")
    again = phone.import_cases(csv, table)
    assert again.rows[0].outcome == RowOutcome.ALREADY_THERE(row.case)
    with pytest.raises(CaseweaveError.InvalidInput) as other:
        phone.import_cases("Name\n", table)
    assert other.value.field == "columns"
