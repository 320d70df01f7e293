"""Edits as an app makes them."""

import datetime

from caseweave import (
    CaseEdit,
    CaseUpdate,
    Edit,
    Location,
    NoLocationReason,
    NoteEdit,
    NoteKind,
    NoteUpdate,
    PersonUpdate,
    PhoneEdit,
    PhoneUpdate,
    Sector,
    TextSplice,
    VisitEdit,
    VisitMoment,
    VisitUpdate,
)

TODAY = datetime.date(2026, 6, 15)
NOON = datetime.datetime(2026, 6, 15, 12, tzinfo=datetime.timezone.utc)
# The library's clock is the machine's. This is past by any.
LONG_AGO = datetime.date(2000, 1, 3)


def soon(days):
    """A day that is yet to come for the whole of a test, for what the library looks only some days ahead of: it takes no clock from apps."""
    return datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=days)


def open_case(device, given, family, on=TODAY):
    id = device.new_id()
    person = PersonUpdate(given_name=given, family_name=family)
    device.edit(id, Edit.CASE(CaseEdit.OPEN(id, on, CaseUpdate(sector=Sector.HEALTH()), person)))
    return id


def add_phone(device, case, number):
    id = device.new_id()
    device.edit(case, Edit.PHONE(PhoneEdit.ADD(id, PhoneUpdate(number=number))))
    return id


def change_phone(device, case, id, number):
    device.edit(case, Edit.PHONE(PhoneEdit.UPDATE(id, PhoneUpdate(number=number))))


def start_note(device, case, text):
    id = device.new_id()
    device.edit(case, Edit.NOTE(NoteEdit.START(id, NoteUpdate(sort=NoteKind.PROGRESS()), text)))
    return id


def splice(device, case, note, at, delete, insert):
    device.edit(case, Edit.NOTE(NoteEdit.SPLICE(note, TextSplice(at=at, delete=delete, insert=insert))))


def visit(device, case, purpose):
    """A visit from plan to check-out, without coverage."""
    id = device.new_id()

    def moment(minutes):
        return VisitMoment(
            at=NOON + datetime.timedelta(minutes=minutes),
            zone="America/Chicago",
            monotonic_ms=60_000 * minutes,
            location=Location.MISSING(NoLocationReason.NO_SIGNAL()),
            manual=False,
        )

    planned = VisitUpdate(purpose=purpose, service="T1019", planned_on=TODAY)
    device.edit(
        case,
        Edit.VISIT(VisitEdit.PLAN(id, planned)),
        Edit.VISIT(VisitEdit.CHECK_IN(device.new_id(), id, moment(0))),
        Edit.VISIT(VisitEdit.CHECK_OUT(device.new_id(), id, moment(45))),
    )
    return id
