"""What a list screen filters and sorts by."""

import datetime

import pytest
from caseweave import (
    CaseEdit,
    CaseUpdate,
    CaseweaveError,
    ClosureReason,
    Edit,
    HouseholdEdit,
    HouseholdLinkUpdate,
    ListQuery,
    LocalDay,
    PersonEdit,
    PersonUpdate,
    RiskLevel,
    Sector,
    Sort,
    TaskEdit,
    TaskUpdate,
    VisitEdit,
    VisitUpdate,
)
from entries import TODAY, add_phone, open_case


def test_a_list_shows_the_cases_of_a_programme_a_language_and_those_to_visit_or_overdue(server, ana):
    phone = server.device(ana, "phone")
    rosa, lin, tom = (open_case(phone, "A", family) for family in ("Díaz", "Lin", "Young"))
    phone.edit(
        rosa,
        Edit.CASE(CaseEdit.UPDATE(CaseUpdate(programme="Home visits", sector=Sector.SOCIAL_WORK()))),
        Edit.PERSON(PersonEdit.UPDATE(PersonUpdate(preferred_language="es-MX"))),
    )
    phone.edit(lin, Edit.VISIT(VisitEdit.PLAN(phone.new_id(), VisitUpdate(planned_on=TODAY))))
    phone.edit(tom, Edit.TASK(TaskEdit.ADD(phone.new_id(), TaskUpdate(title="Call", due_on=TODAY))))
    today, tomorrow = (LocalDay(day=TODAY + datetime.timedelta(days=days), zone="America/Chicago") for days in (0, 1))

    def shown(**query):
        return [row.case for row in phone.cases(ListQuery(**query)).rows]

    assert shown(programme="Home visits") == [rosa]
    assert shown(sector=Sector.SOCIAL_WORK(), language="es") == [rosa]
    assert shown(language="en") == []
    assert shown(next_visit_before=tomorrow) == [lin]
    assert shown(next_visit_before=today) == []
    assert shown(overdue_on=tomorrow, sort=Sort.NEXT_DUE) == [tom]
    assert shown(overdue_on=today) == []
    assert shown(sort=Sort.NEXT_DUE)[0] == tom
    with pytest.raises(CaseweaveError.InvalidInput) as nowhere:
        shown(overdue_on=LocalDay(day=TODAY, zone="Mars"))
    assert nowhere.value.field == "zone"


def test_a_list_is_sorted_by_status_and_by_risk_and_shows_who_lives_together(server, ana):
    phone = server.device(ana, "phone")
    rosa, lin, tom = (open_case(phone, "A", family) for family in ("Díaz", "Lin", "Young"))
    phone.edit(rosa, Edit.CASE(CaseEdit.CLOSE(TODAY, ClosureReason.GOALS_MET())))
    phone.edit(lin, Edit.CASE(CaseEdit.UPDATE(CaseUpdate(risk_level=RiskLevel.LOW()))))
    phone.edit(tom, Edit.CASE(CaseEdit.UPDATE(CaseUpdate(risk_level=RiskLevel.HIGH()))))
    household = phone.new_id()
    for case in (tom, rosa):
        link = HouseholdLinkUpdate(household=household, relation="Cousin")
        phone.edit(case, Edit.HOUSEHOLD(HouseholdEdit.ADD(phone.new_id(), link)))

    def shown(**query):
        return [row.case for row in phone.cases(ListQuery(**query)).rows]

    assert shown(sort=Sort.STATUS) == [lin, tom, rosa]
    assert shown(sort=Sort.RISK) == [tom, lin, rosa]
    first = phone.cases(ListQuery(sort=Sort.RISK, limit=2))
    assert shown(sort=Sort.RISK, after=first.next) == [rosa]
    assert shown(household=household) == [rosa, tom]
    assert shown(household=household, sort=Sort.RISK) == [tom, rosa]
    assert shown(household=phone.new_id()) == []


def test_a_list_shows_closed_cases_that_were_changed_after_the_closing(server, ana):
    phone, tablet = server.device(ana, "phone"), server.device(ana, "tablet")
    case = open_case(phone, "Rosa", "Díaz")
    open_case(phone, "Lin", "Wu")
    phone.sync()
    tablet.sync()
    phone.edit(case, Edit.CASE(CaseEdit.CLOSE(TODAY, ClosureReason.GOALS_MET())))
    add_phone(tablet, case, "555 0100")
    for device in (phone, tablet, phone):
        device.sync()

    [late] = phone.cases(ListQuery(changed_after_closing=True)).rows
    assert (late.case, late.late_changes) == (case, 1)
    [waiting] = phone.inbox().changed_after_closing
    assert (waiting.case, waiting.changes) == (case, 1)
    phone.edit(case, Edit.CASE(CaseEdit.CONFIRM_CLOSING()))
    assert phone.cases(ListQuery(changed_after_closing=True)).rows == []
    assert phone.inbox().changed_after_closing == []
