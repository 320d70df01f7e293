"""Restricted compartments: opened about a case, shared with one of two colleagues."""

import pytest
from caseweave import (
    CaseweaveError,
    CompartmentEdit,
    CompartmentUpdate,
    Edit,
    NeedDomain,
    NeedEdit,
    NeedUpdate,
    NoteEdit,
    NoteState,
    Role,
)
from entries import add_phone, open_case, start_note


def test_a_compartment_is_seen_by_the_colleague_it_is_shared_with_and_by_no_other(server, ana):
    ben, cleo = server.worker("Ben"), server.worker("Cleo")
    anas, bens, cleos = server.device(ana, "anas"), server.device(ben, "bens"), server.device(cleo, "cleos")
    case = open_case(anas, "Rosa", "Díaz")
    for colleague in (ben, cleo):
        anas.share(case, colleague, Role.CONTRIBUTOR)
    room = anas.new_compartment_id()
    anas.edit(room, Edit.COMPARTMENT(CompartmentEdit.OPEN(room, case, CompartmentUpdate(title="Therapy"))))
    note = start_note(anas, room, "Marzipan.")
    need = NeedUpdate(domain=NeedDomain.INTIMATE_PARTNER_VIOLENCE())
    anas.edit(room, Edit.NOTE(NoteEdit.SIGN(note)), Edit.NEED(NeedEdit.ADD(anas.new_id(), need)))
    anas.share(room, cleo, Role.CONTRIBUTOR)
    with pytest.raises(CaseweaveError.InvalidInput) as refused:
        add_phone(anas, room, "555 0100")
    assert refused.value.field == "phone"
    for device in (anas, bens, cleos):
        device.sync()

    [row] = cleos.compartments(case)
    assert (row.id, row.title, row.notes, row.needs) == (room, "Therapy", 1, 1)
    view = cleos.compartment(room)
    assert (view.case, view.notes[0].state) == (case, NoteState.SIGNED)
    [hit] = cleos.search("marzipan")
    assert (hit.case, hit.compartment) == (case, room)
    assert [change.intentions for change in cleos.history(room)][0] == "open_compartment"
    start_note(cleos, room, "From Cleo.")
    for device in (cleos, anas, bens):
        device.sync()
    assert len(anas.compartment(room).notes) == 2
    assert anas.compartment_at(room, view.revision).notes[0].signed == view.notes[0].signed

    assert bens.case(case) == anas.case(case)
    assert (bens.compartments(), bens.search("marzipan"), bens.access(room)) == ([], [], [])
    with pytest.raises(CaseweaveError.NotFound):
        bens.compartment(room)
    anas.withdraw(room, cleo)
    for device in (anas, cleos):
        device.sync()
    assert (cleos.compartments(), cleos.search("marzipan")) == ([], [])
