"""Two devices and the real server: what was done apart, offline, is whole on both afterwards."""

import datetime
import ssl

import caseweave
import pytest
import trustme
from agency import LossyDriver
from caseweave import (
    ActionResult,
    CaseweaveError,
    ConflictEdit,
    Edit,
    FieldPath,
    Inbox,
    Kind,
    ListQuery,
    Role,
    Value,
    VisitStatus,
)
from entries import NOON, TODAY, add_phone, change_phone, open_case, splice, start_note, visit


def sync_all(*devices):
    for device in devices:
        device.sync()


def test_what_two_devices_did_apart_is_whole_on_both_after_they_sync(server, ana):
    with server.device(ana, "phone") as phone, server.device(ana, "tablet") as tablet:
        case = open_case(phone, "Rosa", "Díaz")
        number = add_phone(phone, case, "555 0100")
        note = start_note(phone, case, "Calm 🙂 today.")
        sync_all(phone, tablet)

        visits = {visit(phone, case, "Wound care"), visit(tablet, case, "Medication")}
        splice(phone, case, note, 0, 4, "Rested")
        splice(tablet, case, note, 7, 5, "since noon")
        change_phone(phone, case, number, "555 0111")
        change_phone(tablet, case, number, "555 0122")
        sync_all(phone, tablet, phone)

        view = tablet.case(case)
        assert view == phone.case(case)
        assert {row.visit.meta.id for row in view.visits} == visits
        assert all(row.visit.status == VisitStatus.COMPLETED() and row.started_at == NOON for row in view.visits)
        assert [row.draft for row in view.notes] == ["Rested 🙂 since noon."]
        [conflict] = view.conflicts
        assert conflict.path == FieldPath(kind=Kind.PHONE, id=number, field="number")
        assert {choice.value[0] for choice in conflict.choices} == {"555 0111", "555 0122"}


def test_two_workers_who_share_a_case_write_in_it_apart_and_both_keep_everything(server, ana):
    ben = server.worker("Ben")
    hers, his = server.device(ana, "hers"), server.device(ben, "his")
    case = open_case(hers, "Rosa", "Díaz")
    sync_all(hers, his)
    assert his.cases().rows == []

    hers.share(case, ben, Role.CONTRIBUTOR)
    sync_all(hers, his)
    visits = {visit(hers, case, "Wound care"), visit(his, case, "Medication")}
    sync_all(hers, his, hers)

    assert [decision.result for decision in hers.decisions(case)] == [ActionResult.DONE]
    assert {row.worker: row.role for row in his.access(case)} == {ana: Role.LEAD, ben: Role.CONTRIBUTOR}
    assert {row.visit.meta.id for row in his.case(case).visits} == visits
    assert hers.case(case) == his.case(case)


def test_a_settled_conflict_is_settled_on_every_device(server, ana):
    phone, tablet = server.device(ana, "phone"), server.device(ana, "tablet")
    case = open_case(phone, "Rosa", "Díaz")
    number = add_phone(phone, case, "555 0100")
    sync_all(phone, tablet)
    change_phone(phone, case, number, "555 0111")
    change_phone(tablet, case, number, "555 0122")
    sync_all(phone, tablet, phone)
    assert [row.case for row in phone.cases(ListQuery(in_conflict=True)).rows] == [case]

    [conflict] = phone.case(case).conflicts
    phone.edit(case, Edit.CONFLICT(ConflictEdit.SETTLE(conflict.path, Value.TEXT("555 0122"))))
    sync_all(phone, tablet)

    assert tablet.inbox() == Inbox(conflicts=[], changed_after_closing=[])
    assert [row.number for row in tablet.case(case).phones] == ["555 0122"]
    assert phone.case(case) == tablet.case(case)
    assert phone.status().pending == 0


def test_a_lost_reply_is_sent_again_after_a_pause_and_taken_once(server, ana):
    network = LossyDriver()
    phone, tablet = server.device(ana, "phone", network), server.device(ana, "tablet")
    case = open_case(phone, "Rosa", "Díaz")
    add_phone(phone, case, "555 0100")

    network.replies_to_lose = 2
    sync_all(phone, tablet)

    assert len(server.pauses) == 2
    assert phone.status().pending == 0
    assert [row.number for row in tablet.case(case).phones] == ["555 0100"]


def test_without_the_server_edits_stay_and_sync_says_that_it_was_interrupted(server, ana):
    network = LossyDriver()
    phone = server.device(ana, "phone", network)
    case = open_case(phone, "Rosa", "Díaz")

    network.requests_to_lose = 5
    with pytest.raises(CaseweaveError.Interrupted) as lost:
        phone.sync()
    assert lost.value.reason == "no answer from the server: ConnectionError"
    assert phone.status(case).pending == 1

    phone.sync()
    assert phone.status(case).pending == 0


def test_a_server_under_a_certificate_that_is_not_trusted_is_told_nothing(server, ana):
    with server.device(ana, "phone") as phone:
        case = open_case(phone, "Rosa", "Díaz")
    stranger = ssl.create_default_context(cadata=trustme.CA().cert_pem.bytes().decode())
    http = caseweave.UrllibDriver(stranger)
    phone = caseweave.Caseweave.open(server.home("phone"), server.vault("phone"), http, server.retry())

    with pytest.raises(CaseweaveError.Interrupted) as refused:
        phone.sync()
    assert "certificate verify failed" in str(refused.value.__cause__)
    assert phone.status(case).pending == 1


def test_a_revoked_device_hands_over_its_work_and_then_its_keys_and_files_are_gone(server, ana):
    phone, tablet = server.device(ana, "phone"), server.device(ana, "tablet")
    case = open_case(phone, "Rosa", "Díaz")
    sync_all(phone, tablet)
    made = visit(phone, case, "Wound care")
    server.revoke(phone.who_am_i().device)

    with pytest.raises(CaseweaveError.SyncRejected) as refused:
        phone.sync()
    assert refused.value.code == "device_revoked"
    assert list(server.home("phone").iterdir()) == []
    assert not (server.directory / "phone.key").exists()
    with pytest.raises(CaseweaveError.NotAllowed):
        phone.case(case)

    tablet.sync()
    [late] = tablet.late_work(case)
    tablet.accept_late_work(late.id)
    tablet.sync()
    assert [row.visit.meta.id for row in tablet.case(case).visits] == [made]


def test_the_timeline_tells_both_workers_what_happened_and_who_did_it(server, ana):
    ben = server.worker("Ben")
    hers, his = server.device(ana, "hers"), server.device(ben, "his")
    case = open_case(hers, "Rosa", "Díaz")
    hers.share(case, ben, Role.CONTRIBUTOR)
    sync_all(hers, his)
    made = visit(his, case, "Wound care")
    sync_all(his, hers)

    whole = hers.timeline(case)
    assert whole == his.timeline(case)
    first = hers.timeline(case, limit=2)
    assert first.items + hers.timeline(case, first.next).items == whole.items
    facts = [(item, item.fact[0]) for item in whole.items if item.fact.is_VISIT()]
    happened = [(item, fact) for item, fact in facts if fact.is_HAPPENED()]
    events = [caseweave.VisitEventKind.CHECK_OUT(), caseweave.VisitEventKind.CHECK_IN()]
    assert [fact.event for _, fact in happened] == events
    assert {(item.author, fact.visit, fact.purpose) for item, fact in happened} == {("Ben", made, "Wound care")}


def test_every_change_is_verified_on_the_other_device_and_its_history_says_so(server, ana):
    phone, tablet = server.device(ana, "phone"), server.device(ana, "tablet")
    case = open_case(phone, "Rosa", "Díaz")
    visit(phone, case, "Wound care")
    assert {(entry.proof, entry.received_at) for entry in phone.history(case)} == {(caseweave.Proof.UNCHECKED, None)}
    sync_all(phone, tablet)

    tablet.verify(case)
    tablet.sync()
    proof = tablet.verify(case)
    assert (proof.verified, proof.unchecked, proof.unproven, proof.failed) == (2, 0, 0, 0)
    for device in (phone, tablet):
        assert {(entry.proof, entry.name) for entry in device.history(case)} == {(caseweave.Proof.VERIFIED, "Ana")}
        assert all(entry.received_at is not None for entry in device.history(case))


def test_the_lease_runs_for_fourteen_days_from_the_last_answer_of_the_server(server, ana):
    phone = server.device(ana, "phone")
    before = phone.lease()
    phone.sync()
    after = phone.lease()

    assert after.ends_at - after.confirmed_at == datetime.timedelta(days=14)
    assert after.confirmed_at >= before.confirmed_at and not after.ended


def test_another_vault_does_not_open_the_record_and_the_right_one_does(server, ana):
    with server.device(ana, "phone") as phone:
        case = open_case(phone, "Rosa", "Díaz")

    with pytest.raises(CaseweaveError.WrongKey) as wrong:
        caseweave.Caseweave.open(server.home("phone"), server.vault("another"))
    assert "the key does not fit" in wrong.value.reason
    with caseweave.Caseweave.open(server.home("phone"), server.vault("phone")) as again:
        assert again.case(case).person.given_name == "Rosa"


def test_an_exception_of_the_vault_is_a_wrong_key_and_leaves_the_record_usable(server, ana):
    class Broken(caseweave.KeyVault):
        def open(self, name, sealed):
            raise ValueError("the vault broke")

    with server.device(ana, "phone") as phone:
        case = open_case(phone, "Rosa", "Díaz")
    with pytest.raises(CaseweaveError.WrongKey) as wrong:
        caseweave.Caseweave.open(server.home("phone"), Broken())
    assert "the vault broke" in wrong.value.reason
    with caseweave.Caseweave.open(server.home("phone"), server.vault("phone")) as again:
        assert again.case(case).id == case


def test_an_edit_that_cannot_stand_names_its_field_and_changes_nothing(server, ana):
    phone = server.device(ana, "phone")
    case = open_case(phone, "Rosa", "Díaz")
    before = phone.case(case)

    with pytest.raises(CaseweaveError.InvalidInput) as refused:
        add_phone(phone, case, "no number")
    assert refused.value.field == "phone.number"
    assert refused.value.reason == "does not hold 3 to 20 digits (in edit 0)"
    assert phone.case(case) == before


def test_a_text_that_is_no_id_is_refused_as_invalid_input(server, ana):
    with pytest.raises(CaseweaveError.InvalidInput) as refused:
        server.device(ana, "phone").case("case 1")
    assert refused.value.field == "document_id"


def test_a_closed_record_says_so_and_a_locked_one_answers_again(server, ana):
    phone = server.device(ana, "phone")
    case = open_case(phone, "Rosa", "Díaz")

    phone.lock()
    with pytest.raises(CaseweaveError.NotAllowed, match="the record is locked"):
        phone.case(case)
    phone.unlock()
    assert phone.case(case).id == case

    phone.close()
    with pytest.raises(CaseweaveError.NotAllowed, match="the record was closed"):
        phone.case(case)


def test_a_database_that_is_set_aside_is_rescued_and_goes_on(server, ana):
    phone = server.device(ana, "phone")
    case = open_case(phone, "Rosa", "Díaz")
    damaged = phone.set_aside()
    with pytest.raises(CaseweaveError.NotAllowed):
        phone.case(case)

    home = server.home("phone")
    report = caseweave.rescue(str(home), server.vault("phone"), str(damaged), str(home / "caseweave.db"))
    assert report.complete
    phone.unlock()
    assert phone.case(case).id == case
    assert phone.status().pending == 1


def test_lists_search_agenda_and_history_show_what_was_written(server, ana):
    phone = server.device(ana, "phone")
    cases = [open_case(phone, "Rosa", family) for family in ("Álvarez", "Brown", "Chen")]
    seen = visit(phone, cases[1], "Wound care")

    first = phone.cases(ListQuery(limit=2))
    assert [row.case for row in first.rows] == cases[:2]
    assert [row.case for row in phone.cases(ListQuery(after=first.next)).rows] == cases[2:]
    assert [hit.id for hit in phone.search("wou")] == [seen]
    assert phone.agenda(TODAY, TODAY + datetime.timedelta(days=1), "America/Chicago").tasks == []
    history = phone.history(cases[1])
    assert [change.intentions for change in history] == ["open_case", "plan_visit,check_in,check_out"]
    assert phone.case_at(cases[1], history[0].revision).visits == []
    assert phone.who_am_i().worker_name == "Ana"
    assert phone.check_storage().clean


def test_the_listener_is_woken_by_edits_and_news_and_its_exception_harms_nothing(server, ana):
    phone, tablet = server.device(ana, "phone"), server.device(ana, "tablet")
    woken = []
    tablet.on_change(lambda: woken.append(tablet.changes_since(0).cases))
    case = open_case(phone, "Rosa", "Díaz")
    sync_all(phone, tablet)
    assert woken[-1] == [case]

    def broken():
        raise ValueError("a fault of the app")

    tablet.on_change(broken)
    add_phone(tablet, case, "555 0100")
    assert len(tablet.case(case).phones) == 1


def test_a_moment_without_a_time_zone_is_refused(server, ana):
    phone = server.device(ana, "phone")
    case = open_case(phone, "Rosa", "Díaz")
    planned = caseweave.VisitUpdate(planned_start=datetime.datetime(2026, 6, 15, 12))

    with pytest.raises(TypeError):
        phone.edit(case, Edit.VISIT(caseweave.VisitEdit.PLAN(phone.new_id(), planned)))


def test_a_cleared_field_is_empty_and_a_value_of_a_newer_version_is_kept_as_it_came(server, ana):
    phone = server.device(ana, "phone")
    case = open_case(phone, "Rosa", "Díaz")
    number = add_phone(phone, case, "555 0100")
    newer = caseweave.Sector.OTHER("housing")
    cleared = caseweave.PhoneUpdate(usage=caseweave.PhoneUse.HOME(), clear=[caseweave.PhoneField.REMARK])

    phone.edit(
        case,
        Edit.PHONE(caseweave.PhoneEdit.UPDATE(number, caseweave.PhoneUpdate(remark="after noon"))),
        Edit.PHONE(caseweave.PhoneEdit.UPDATE(number, cleared)),
        Edit.CASE(caseweave.CaseEdit.UPDATE(caseweave.CaseUpdate(sector=newer))),
    )

    view = phone.case(case)
    assert [(row.number, row.remark) for row in view.phones] == [("555 0100", None)]
    assert view.case.sector == newer
