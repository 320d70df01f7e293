"""A case manager's day over two devices: assessed, referred, authorized units used, all of it apart and then together."""

import datetime

from caseweave import (
    Answer,
    AssessmentEdit,
    AssessmentResult,
    AssessmentUpdate,
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
    ItemAnswer,
    Likeness,
    PersonDraft,
    PersonUpdate,
    Reason,
    ReferralEdit,
    ReferralStatus,
    ReferralUpdate,
    ScaleOutcome,
    VisitEdit,
)
from entries import TODAY, add_phone, open_case, visit
import pytest


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
                AuthorizationEdit.ADD(authorization, AuthorizationUpdate(payer="Payer", service="T1019", units=10))
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
        assert [row.status for row in view.referrals] == [ReferralStatus.ACCEPTED()]
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
        phone.snooze(case, datetime.date(9999, 1, 1), "in hospital")
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
