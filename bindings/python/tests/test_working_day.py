"""A case manager's day over two devices: assessed, referred, authorized units used, all of it apart and then together."""

import datetime
import zoneinfo

from caseweave import (
    AddressEdit,
    AddressUpdate,
    AddressUse,
    AdvocacyEdit,
    AdvocacyKind,
    AdvocacyStatus,
    AdvocacyUpdate,
    Answer,
    AssessmentEdit,
    AssessmentResult,
    AssessmentUpdate,
    AuthorizationAlert,
    AuthorizationEdit,
    AuthorizationStatus,
    AuthorizationUpdate,
    CaseweaveError,
    CorrectableField,
    CorrectionReason,
    Edit,
    EvvException,
    EvvFormat,
    EvvQuery,
    EvvStatus,
    Fact,
    ItemAnswer,
    Kind,
    Likeness,
    NoteEdit,
    NoteFact,
    NoteState,
    PersonDraft,
    PersonUpdate,
    Point,
    Proof,
    Reason,
    ReferralEdit,
    ReferralStatus,
    ReferralUpdate,
    Role,
    ScaleOutcome,
    TaskEdit,
    TaskFact,
    TaskStatus,
    TaskUpdate,
    Value,
    VisitEdit,
    VisitUpdate,
    authorization_alerts,
    referral_is_overdue,
)
from entries import LONG_AGO, NOON, TODAY, add_phone, open_case, soon, start_note, visit
import pytest


# Where noon of one day in UTC is the next day already.
KIRITIMATI = "Pacific/Kiritimati"


def answers(values):
    return [ItemAnswer(item=item, answer=Answer.CHOICE(value)) for item, value in values.items()]


def test_answers_given_apart_are_one_scored_assessment_that_alerts(server, ana):
    with server.device(ana, "phone") as phone, server.device(ana, "tablet") as tablet:
        case = open_case(phone, "Rosa", "Díaz")
        id = phone.new_id()
        phq9 = phone.instrument("phq-9")
        phone.edit(case, Edit.ASSESSMENT(AssessmentEdit.START(id, phq9.id, phq9.version, AssessmentUpdate())))
        phone.sync()
        tablet.sync()
        first = {str(item): 0 for item in range(1, 6)}
        second = {"6": 0, "7": 0, "8": 0, "9": 1}
        phone.edit(case, Edit.ASSESSMENT(AssessmentEdit.RECORD_ANSWERS(id, answers(first))))
        tablet.edit(case, Edit.ASSESSMENT(AssessmentEdit.RECORD_ANSWERS(id, answers(second))))
        for device in (phone, tablet, phone):
            device.sync()
        phone.edit(case, Edit.ASSESSMENT(AssessmentEdit.COMPLETE(id)))
        phone.sync()
        tablet.sync()

        [assessed] = tablet.case(case).assessments
        assert isinstance(assessed.result, AssessmentResult.JUDGED)
        judgement = assessed.result.judgement
        assert judgement.scores[0].outcome == ScaleOutcome.SCORED(1, "minimal")
        assert [alert.code for alert in judgement.alerts] == ["self_harm"]
        assert tablet.score("phq-9", phq9.version, answers(first | second)) == judgement
        [point] = tablet.assessment_trend(case, "phq-9")
        assert point.scores == judgement.scores


def test_an_instrument_that_cannot_stand_is_refused_with_its_line(server, ana):
    with server.device(ana, "phone") as phone:
        known = len(phone.instruments())
        with pytest.raises(CaseweaveError.InvalidInput) as refused:
            phone.register_instrument('{\n  "id": 7\n}')
        assert "line 2" in str(refused.value.reason)
        assert len(phone.instruments()) == known


def test_a_referral_is_followed_and_units_used_apart_add_up(server, ana):
    with server.device(ana, "phone") as phone, server.device(ana, "tablet") as tablet:
        case = open_case(phone, "Rosa", "Díaz")
        referral, authorization = phone.new_id(), phone.new_id()
        phone.edit(
            case,
            Edit.REFERRAL(ReferralEdit.ADD(referral, ReferralUpdate(service="Meals", provider="Kitchen", follow_up_on=TODAY))),
            Edit.AUTHORIZATION(
                AuthorizationEdit.ADD(
                    authorization,
                    AuthorizationUpdate(
                        payer="Payer", service="T1019", units=10, until=TODAY + datetime.timedelta(days=10)
                    ),
                )
            ),
            Edit.AUTHORIZATION(AuthorizationEdit.SET_STATUS(authorization, AuthorizationStatus.APPROVED())),
        )
        visits = [visit(phone, case, "Wound care"), visit(phone, case, "Medication")]
        phone.sync()
        tablet.sync()

        def use(device, visit, units):
            device.edit(case, Edit.AUTHORIZATION(AuthorizationEdit.RECORD_USAGE(authorization, visit, "T1019", units)))

        use(phone, visits[0], 4)
        use(tablet, visits[1], 3)
        tablet.edit(case, Edit.REFERRAL(ReferralEdit.SET_STATUS(referral, ReferralStatus.ACCEPTED())))
        with pytest.raises(CaseweaveError.InvalidInput) as refused:
            tablet.edit(case, Edit.REFERRAL(ReferralEdit.SET_STATUS(referral, ReferralStatus.DECLINED())))
        assert refused.value.field == "referral.status_reason"
        for device in (phone, tablet, phone):
            device.sync()
        use(phone, visits[0], 5)

        view = phone.case(case)
        [authorized] = view.authorizations
        assert (authorized.units_used, authorized.units_left) == (8, 2)
        days_left = [authorization_alerts(authorized, NOON, zone) for zone in ("UTC", KIRITIMATI)]
        assert days_left == [[AuthorizationAlert.EXPIRES(days, 2)] for days in (10, 9)]
        [referred] = view.referrals
        assert referred.status == ReferralStatus.ACCEPTED()
        assert [referral_is_overdue(referred, NOON, zone) for zone in ("UTC", KIRITIMATI)] == [False, True]
        assert view.conflicts == []
        assert [hit.id for hit in phone.search("kitch")] == [referral]


def test_an_alert_leads_the_worklist_until_it_is_answered_and_the_rest_can_be_put_off(server, ana):
    with server.device(ana, "phone") as phone:
        case = open_case(phone, "Rosa", "Díaz")
        id = phone.new_id()
        phone.edit(
            case,
            Edit.ASSESSMENT(AssessmentEdit.START(id, "phq-9", 1, AssessmentUpdate())),
            Edit.ASSESSMENT(AssessmentEdit.RECORD_ANSWERS(id, answers({str(item): 1 for item in range(1, 10)}))),
            Edit.ASSESSMENT(AssessmentEdit.COMPLETE(id)),
        )
        [item] = phone.worklist("UTC")
        assert item.reasons[0] == Reason.SCORE_ALERT(id, "phq-9", ["self_harm"])

        response = AssessmentEdit.RESPOND_TO_ALERTS(phone.new_id(), id, "Called the crisis line with her")
        phone.edit(case, Edit.ASSESSMENT(response))
        [item] = phone.worklist("UTC")
        assert not any(isinstance(reason, Reason.SCORE_ALERT) for reason in item.reasons)
        phone.snooze(case, datetime.date(9999, 1, 1), "UTC", "in hospital")
        assert phone.worklist("UTC") == []
        assert [put_off.reason for put_off in phone.snoozes()] == ["in hospital"]
        phone.wake(case)
        assert [item.case for item in phone.worklist("UTC")] == [case]


def test_a_person_who_has_a_case_is_found_before_another_is_opened(server, ana):
    with server.device(ana, "phone") as phone:
        case = open_case(phone, "Rosa", "Díaz")
        add_phone(phone, case, "+1 612 555 0100")
        draft = PersonDraft(person=PersonUpdate(given_name="rosa", family_name="DIAZ"), phones=["612-555-0100"])

        [found] = phone.duplicates(draft)
        assert (found.case.case, found.score) == (case, 70)
        assert found.likenesses == [Likeness.NAME(), Likeness.PHONE("612-555-0100")]
        assert phone.duplicates(PersonDraft(person=PersonUpdate(given_name="Luis", family_name="Díaz"))) == []


def test_a_visit_is_judged_by_the_agencys_settings_corrected_signed_and_exported(server, ana):
    server.set('{"evv": {"worker_signs": true}, "reason_codes": [{"code": "flood", "text": {"en": "Flood", "es": "Inundación"}}]}')
    with server.device(ana, "phone") as phone:
        assert phone.settings().version == 0
        phone.sync()
        settings = phone.settings()
        assert (settings.version, settings.offline_lease_days) == (1, 14)
        assert settings.reason_codes[0].text["es"] == "Inundación"

        case = open_case(phone, "Rosa", "Díaz")
        visited = visit(phone, case, "Wound care")

        def judged():
            [view] = phone.case(case).visits
            return view

        assert judged().evv == EvvStatus.EXCEPTIONS([EvvException.NO_LOCATION(), EvvException.NOT_SIGNED()])

        def correct(code):
            reason = CorrectionReason.OTHER(code)
            return Edit.VISIT(VisitEdit.CORRECT(phone.new_id(), visited, CorrectableField.SERVICE(), "S5125", reason))

        with pytest.raises(CaseweaveError.InvalidInput) as refused:
            phone.edit(case, correct("drought"))
        assert refused.value.field == "visit_correction.reason"
        phone.edit(case, correct("flood"), Edit.VISIT(VisitEdit.SIGN(visited)))
        view = judged()
        assert view.evv == EvvStatus.EXCEPTIONS([EvvException.NO_LOCATION(), EvvException.CORRECTED()])
        assert (view.signed[0].intact, view.service, view.judged_by) == (True, "S5125", 1)

        day = EvvQuery(first_day=TODAY, last_day=TODAY, zone="America/Chicago")
        names, line = phone.evv_export(day, EvvFormat.CSV).strip().splitlines()
        assert names.startswith("service,person,")
        assert line.startswith("S5125,Rosa Díaz,,2026-06-15,")
        assert phone.overdue_check_outs() == []

        ben = server.worker("Ben")
        came = VisitEdit.CORRECT(
            phone.new_id(), visited, CorrectableField.WORKER(), ben, CorrectionReason.STAFF_CHANGE()
        )
        phone.edit(case, Edit.VISIT(came))
        assert judged().worker == ben
        assert EvvException.NOT_SIGNED() in judged().evv.found
        [record] = phone.evv_report(day).visits
        told = [(one.field, one.value, one.reason) for one in record.corrections]
        assert (record.provider, told[-1]) == (ben, ("worker", ben, "staff_change"))


def test_a_task_is_handed_over_done_by_the_colleague_and_told_in_timeline_and_history(server, ana):
    ben = server.worker("Ben")
    with server.device(ana, "phone") as hers, server.device(ben, "tablet") as his:
        case = open_case(hers, "Rosa", "Díaz")
        task = hers.new_id()
        due = TaskUpdate(title="Take the prescription to the pharmacy", due_on=LONG_AGO)
        hers.edit(case, Edit.TASK(TaskEdit.ADD(task, due)))
        hers.sync()
        hers.share(case, ben, Role.CONTRIBUTOR)
        hers.edit(case, Edit.TASK(TaskEdit.DELEGATE(task, ben, "You pass the pharmacy")))
        hers.sync()
        his.sync()
        assert [item.case for item in his.worklist("UTC", ben)] == [case]
        assert [load.tasks for load in his.workload("UTC") if load.worker == ben] == [1]
        his.edit(case, Edit.TASK(TaskEdit.ACCEPT(task)), Edit.TASK(TaskEdit.COMPLETE(task, "Handed in")))
        his.sync()
        hers.sync()

        [done] = hers.case(case).tasks
        assert (done.status, done.outcome, done.delegated_by) == (TaskStatus.DONE(), "Handed in", ana)
        told = [(item.author, item.fact[0]) for item in hers.timeline(case).items if item.kind == Kind.TASK]
        moved = [(author, fact) for author, fact in told if isinstance(fact, TaskFact.MOVED)]
        assert [(author, fact.status) for author, fact in moved] == [
            ("Ben", TaskStatus.DONE()),
            ("Ana", TaskStatus.REQUESTED()),
        ]
        assert moved[1][1].reason == "You pass the pharmacy"
        history = hers.history(case)
        last = history[-1]
        assert (last.name, last.intentions, last.proof) == ("Ben", "accept_task,complete_task", Proof.VERIFIED)
        assert any(field.path.field == "status" and field.after == Value.TEXT("done") for field in last.fields)
        assert hers.case_at(case, history[0].revision).tasks == []


def test_an_appeal_goes_from_position_to_agreement(server, ana):
    with server.device(ana, "phone") as phone:
        case = open_case(phone, "Rosa", "Díaz")
        appeal = phone.new_id()
        asked = AdvocacyUpdate(
            sort=AdvocacyKind.APPEAL(),
            subject="Aide hours cut",
            counterpart="Payer",
            position="14 hours a week",
            deadline=soon(3),
        )
        phone.edit(case, Edit.ADVOCACY(AdvocacyEdit.ADD(appeal, asked)))

        def deadlines():
            reasons = [reason for item in phone.worklist("UTC") for reason in item.reasons]
            return [reason for reason in reasons if isinstance(reason, Reason.APPEAL_DEADLINE)]

        [near] = deadlines()
        assert (near.subject, near.days in (2, 3)) == (appeal, True)

        def moved(status):
            return Edit.ADVOCACY(AdvocacyEdit.SET_STATUS(appeal, status))

        with pytest.raises(CaseweaveError.InvalidInput) as refused:
            phone.edit(case, moved(AdvocacyStatus.LOST()))
        assert refused.value.field.startswith("advocacy.")
        phone.edit(
            case,
            moved(AdvocacyStatus.FILED()),
            moved(AdvocacyStatus.OFFERED()),
            Edit.ADVOCACY(AdvocacyEdit.UPDATE(appeal, AdvocacyUpdate(offer="10 hours", agreement="12 hours"))),
            moved(AdvocacyStatus.AGREED()),
        )
        [action] = phone.case(case).advocacy
        assert (action.status, action.offer, action.agreement) == (AdvocacyStatus.AGREED(), "10 hours", "12 hours")
        assert deadlines() == []
        assert [hit.id for hit in phone.search("aide hours")] == [appeal]


def test_a_day_has_an_agenda_a_short_way_and_reminders(server, ana):
    zone = "America/Chicago"
    day = soon(3)
    with server.device(ana, "phone") as phone:

        def planned(north, hour):
            case, id = open_case(phone, "Rosa", "Díaz"), phone.new_id()
            start = datetime.datetime.combine(day, datetime.time(hour), zoneinfo.ZoneInfo(zone))
            home = AddressUpdate(line="12 Elm Street", usage=AddressUse.HOME(), latitude=north, longitude=-87.63)
            phone.edit(
                case,
                Edit.ADDRESS(AddressEdit.ADD(phone.new_id(), home)),
                Edit.VISIT(VisitEdit.PLAN(id, VisitUpdate(purpose=f"At {hour}", planned_start=start, worker=ana))),
            )
            return id

        far, near, nearer = planned(41.98, 9), planned(41.90, 10), planned(41.89, 11)
        task = phone.new_id()
        phone.edit(open_case(phone, "Lin", "Wu"), Edit.TASK(TaskEdit.ADD(task, TaskUpdate(title="Call", due_on=day))))

        agenda = phone.agenda(day, day, zone, ana)
        assert [visit.id for visit in agenda.visits] == [far, near, nearer]
        assert [row.id for row in agenda.tasks] == [task]
        way = phone.suggested_route(day, zone, ana, Point(latitude=41.88, longitude=-87.63))
        assert [stop.visit for stop in way] == [nearer, near, far]
        assert 1_100 < way[0].metres < 1_120
        assert [reminder.entity for reminder in phone.next_reminders(zone)] == [task, far, near, nearer]
        assert [reminder.title for reminder in phone.next_reminders(zone, 2)] == ["Call", "At 9"]


def test_of_two_versions_signed_apart_one_stands_by_decision_and_late_words_become_an_addendum(server, ana):
    with server.device(ana, "phone") as phone, server.device(ana, "tablet") as tablet:
        case = open_case(phone, "Rosa", "Díaz")
        note = start_note(phone, case, "Calm.")
        phone.sync()
        tablet.sync()
        for device, text in ((phone, "Calm. Ate."), (tablet, "Calm. Fell.")):
            device.edit(case, Edit.NOTE(NoteEdit.WRITE(note, text)), Edit.NOTE(NoteEdit.SIGN(note)))
        for device in (phone, tablet, phone):
            device.sync()

        def shown(device):
            [view] = device.case(case).notes
            return view

        assert shown(phone).state == NoteState.SIGNED_WITH_LATE_WORDS
        versions = {version.text: version.meta.id for version in shown(phone).signed}
        fell, ate = versions["Calm. Fell."], versions["Calm. Ate."]
        phone.edit(case, Edit.NOTE(NoteEdit.SETTLE(phone.new_id(), note, fell, "Saw her fall")))
        phone.sync()
        tablet.sync()
        [decision] = shown(tablet).settlements
        assert (decision.meta.created.worker, decision.signed_note, decision.reason) == (ana, fell, "Saw her fall")
        superseded = {version.meta.id: version.superseded_by for version in shown(tablet).signed}
        assert superseded == {fell: None, ate: decision.meta.id}
        assert shown(tablet).state == NoteState.SETTLED

        tablet.edit(
            case,
            Edit.NOTE(NoteEdit.WRITE(note, "Calm. Fell. Called her doctor.")),
            Edit.NOTE(NoteEdit.SIGN_ADDENDUM(note, "Forgot it")),
        )
        tablet.sync()
        phone.sync()
        [added] = [version for version in shown(phone).signed if version.adds_to]
        assert (added.adds_to, added.reason, added.intact) == (fell, "Forgot it", True)
        assert (shown(phone).state, len(shown(phone).signed)) == (NoteState.SIGNED, 3)
        facts = [item.fact[0] for item in phone.timeline(case).items if isinstance(item.fact, Fact.NOTE)]
        assert any(isinstance(fact, NoteFact.SETTLED) and fact.reason == "Saw her fall" for fact in facts)
