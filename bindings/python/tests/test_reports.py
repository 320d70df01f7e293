"""What leaves the agency: summaries as far as consents go, the person's plan, figures, visits for a payer."""

import datetime
import json

import pytest
from caseweave import (
    CaseEdit,
    CaseUpdate,
    CaseweaveError,
    ConsentEdit,
    ConsentUpdate,
    Edit,
    EvvFormat,
    EvvQuery,
    GoalEdit,
    GoalUpdate,
    NeedDomain,
    NeedEdit,
    NeedUpdate,
    RecordPart,
    ReportLocale,
    ReportOptions,
    consent_holds,
)
from entries import TODAY, open_case, visit

CHICAGO = "America/Chicago"
NOTICE = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."


def summary(recipient=None, sections=None):
    return ReportOptions(
        locale=ReportLocale.EN_US,
        zone=CHICAGO,
        sections=[RecordPart.GOALS(), RecordPart.NEEDS()] if sections is None else sections,
        recipient=recipient,
        say_left_out=recipient is not None,
    )


@pytest.fixture
def phone(server, ana):
    with server.device(ana, "phone") as phone:
        yield phone


@pytest.fixture
def case(phone):
    """A case with a goal and a need."""
    case = open_case(phone, "Rosa", "Díaz")
    hunger = NeedUpdate(domain=NeedDomain.FOOD_INSECURITY(), statement="Skips meals")
    phone.edit(
        case,
        Edit.GOAL(GoalEdit.ADD(phone.new_id(), GoalUpdate(statement="Walk to the store"))),
        Edit.NEED(NeedEdit.ADD(phone.new_id(), hunger)),
    )
    return case


def consent(phone, case, part2):
    clinic = ConsentUpdate(
        recipient="Lakeside Clinic",
        subject="What the clinic needs",
        purpose="Treatment",
        covers=[RecordPart.GOALS()],
        part2=part2,
    )
    phone.edit(case, Edit.CONSENT(ConsentEdit.RECORD(phone.new_id(), clinic)))


def refused(phone, case, options):
    with pytest.raises(CaseweaveError.InvalidInput) as refused:
        phone.report(case, options)
    return refused.value.field


def test_a_summary_for_the_workers_holds_the_chosen_sections_as_html_and_markdown(phone, case):
    report = phone.report(case, summary())
    for text in (report.html, report.markdown):
        assert "Walk to the store" in text and "Skips meals" in text
    assert report.html.startswith("<!DOCTYPE html>") and '<html lang="en-US">' in report.html
    assert "<script" not in report.html
    assert report.markdown.startswith("# ")
    assert report.disclosures == []
    assert refused(phone, case, summary(sections=[])) == "sections"


def test_a_recipient_gets_what_a_consent_covers_and_nothing_else_and_it_is_on_record(phone, case):
    assert refused(phone, case, summary("Lakeside Clinic")) == "recipient"
    assert phone.case(case).disclosures == []
    consent(phone, case, part2=False)

    report = phone.report(case, summary("lakeside clinic"))
    for text in (report.html, report.markdown):
        assert "Walk to the store" in text and "Skips meals" not in text
    [logged] = phone.case(case).disclosures
    assert report.disclosures == [logged.meta.id]
    assert (logged.recipient, logged.purpose) == ("Lakeside Clinic", "Treatment")


def test_whether_a_consent_holds_is_asked_of_a_moment_in_a_zone(phone, case):
    june = ConsentUpdate(
        recipient="Lakeside Clinic", subject="All", since=datetime.date(2026, 6, 1), until=datetime.date(2026, 6, 30)
    )
    id = phone.new_id()
    phone.edit(case, Edit.CONSENT(ConsentEdit.RECORD(id, june)))

    def held(day, hour, zone):
        [given] = phone.case(case).consents
        return consent_holds(given, datetime.datetime(2026, *day, hour, tzinfo=datetime.timezone.utc), zone)

    assert [held(day, 12, "UTC") for day in ((5, 31), (6, 1), (6, 30), (7, 1))] == [False, True, True, False]
    # At three in the morning of 1 July in London it is 30 June in Chicago.
    assert held((7, 1), 3, CHICAGO)
    with pytest.raises(CaseweaveError.InvalidInput) as nowhere:
        held((6, 1), 12, "Mars")
    assert nowhere.value.field == "zone"
    phone.edit(case, Edit.CONSENT(ConsentEdit.WITHDRAW(id, "Changed her mind")))
    assert not held((6, 1), 12, "UTC")


def test_records_under_part_2_need_a_consent_that_names_them_and_carry_the_notice(phone, case):
    phone.edit(case, Edit.CASE(CaseEdit.UPDATE(CaseUpdate(part2=True))))
    consent(phone, case, part2=False)
    assert refused(phone, case, summary("Lakeside Clinic")) == "recipient"
    consent(phone, case, part2=True)
    report = phone.report(case, summary("Lakeside Clinic"))
    assert NOTICE in report.html and NOTICE in report.markdown


def test_the_person_gets_their_plan_in_their_language(phone, case):
    plan = phone.plan(case, ReportLocale.ES_US, CHICAGO)
    assert '<html lang="es-US">' in plan.html and "Lo que usted quiere" in plan.html
    assert "Walk to the store" in plan.markdown and "Skips meals" not in plan.markdown
    assert phone.case(case).disclosures == []


def test_figures_count_what_was_done_in_a_period(phone, case):
    visit(phone, case, "Wound care")
    first, last = datetime.date(2026, 6, 1), datetime.date(2026, 6, 30)
    report = phone.caseload_figures(first, last, ReportLocale.EN_US, CHICAGO)
    figures = report.figures
    assert (figures.cases_open, figures.cases_opened) == (1, 1)
    assert (figures.visits_done, figures.visit_minutes) == (1, 45)
    assert '<html lang="en-US">' in report.html and report.markdown.startswith("# ")
    with pytest.raises(CaseweaveError.InvalidInput) as backwards:
        phone.caseload_figures(last, first, ReportLocale.EN_US, CHICAGO)
    assert backwards.value.field == "to"


def test_the_visits_of_a_day_are_told_point_by_point_and_exported_as_json_too(phone, case, ana):
    visited = visit(phone, case, "Wound care")
    day = EvvQuery(first_day=TODAY, last_day=TODAY, zone=CHICAGO)
    report = phone.evv_report(day)
    [record] = report.visits
    assert (report.to, report.zone) == (TODAY, CHICAGO)
    assert (record.visit, record.service, record.person, record.date) == (visited, "T1019", "Rosa Díaz", TODAY)
    assert (record.begin, record.end) == ("2026-06-15T07:00:00-05:00", "2026-06-15T07:45:00-05:00")
    assert (record.provider, record.provider_name, record.begin_point) == (ana, "Ana", None)
    assert (record.status, record.exceptions, record.signed) == ("exceptions", ["no_location"], [])
    exported = phone.evv_export(day, EvvFormat.JSON)
    json.loads(exported)
    assert all(part in exported for part in (visited, "T1019", "Rosa Díaz", "no_location"))
    earlier = TODAY - datetime.timedelta(days=1)
    before = EvvQuery(first_day=earlier, last_day=earlier, zone=CHICAGO)
    assert visited not in phone.evv_export(before, EvvFormat.JSON)
