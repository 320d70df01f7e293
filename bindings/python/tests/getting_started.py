import datetime

from caseweave import (
    CaseEdit, CaseUpdate, Caseweave, CaseweaveError, Edit, PersonUpdate, PhoneEdit, PhoneUpdate, Sector,
)


def first_day(link, home, vault):
    with Caseweave.enrol(link, home, vault) as caseweave:
        case, phone = caseweave.new_id(), caseweave.new_id()
        caseweave.edit(
            case,
            Edit.CASE(
                CaseEdit.OPEN(
                    id=case,
                    opened_on=datetime.date(2026, 6, 15),
                    case=CaseUpdate(sector=Sector.HEALTH()),
                    person=PersonUpdate(given_name="Rosa", family_name="Díaz"),
                )
            ),
            Edit.PHONE(PhoneEdit.ADD(id=phone, fields=PhoneUpdate(number="555 0100"))),
        )
        try:
            caseweave.sync()
        except CaseweaveError.Interrupted as later:
            print("Saved here, not sent yet:", later.reason)
        return caseweave.case(case)
