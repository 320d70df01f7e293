"""Everything that a case holds: put down on one device, read, found and told on another."""

from caseweave import (
    AddressEdit,
    AddressUpdate,
    AdvocacyEdit,
    AdvocacyKind,
    AdvocacyUpdate,
    AmendmentEdit,
    AmendmentUpdate,
    Answer,
    ApprovalEdit,
    ApprovalSubject,
    ApprovalUpdate,
    AssessmentEdit,
    AssessmentUpdate,
    AttachmentContent,
    AttachmentEdit,
    AttachmentUpdate,
    AuthorizationEdit,
    AuthorizationUpdate,
    CareTeamEdit,
    CareTeamMemberUpdate,
    CaseEdit,
    CaseLinkEdit,
    CaseLinkKind,
    CaseLinkUpdate,
    CaseUpdate,
    CommunicationEdit,
    CommunicationOutcome,
    CommunicationUpdate,
    ConsentEdit,
    ConsentForm,
    ConsentUpdate,
    ContactEdit,
    ContactUpdate,
    DisclosureEdit,
    DisclosureUpdate,
    Edit,
    ExtensionEdit,
    GoalEdit,
    GoalUpdate,
    HouseholdEdit,
    HouseholdLinkUpdate,
    IdentifierEdit,
    IdentifierUpdate,
    InterventionEdit,
    InterventionUpdate,
    ItemAnswer,
    Kind,
    Medium,
    NeedDomain,
    NeedEdit,
    NeedUpdate,
    NoteEdit,
    NoteKind,
    NoteUpdate,
    OutcomeEdit,
    OutcomeUpdate,
    PersonEdit,
    PersonUpdate,
    PhoneEdit,
    PhoneUpdate,
    ReferralEdit,
    ReferralUpdate,
    RemovalEdit,
    RiskEdit,
    RiskUpdate,
    TaskEdit,
    TaskUpdate,
    VisitEdit,
    VisitUpdate,
)
from entries import NOON, TODAY, open_case

WORD = "Quittengelee"
# What is no part of a case, or stands in it only after two wrote apart; with tests of their own.
ELSEWHERE = {"COMPARTMENT", "PROVIDER", "SERVICE", "CONFLICT"}
# What identifies the person stands in the history and is no event.
UNTOLD = {Kind.PERSON, Kind.PHONE, Kind.ADDRESS, Kind.IDENTIFIER}


def whole(phone, other):
    """One of everything, by kind: its id and the edits that put it down. Each bears the word where it takes words."""
    new = {kind: phone.new_id() for kind in Kind}
    assessment, consent = new[Kind.ASSESSMENT], new[Kind.CONSENT]
    letter = AttachmentContent(media_type="image/jpeg", size=7, hash="ab" * 32)
    weekly = TaskUpdate(title=WORD, due_on=TODAY, recurrence="FREQ=WEEKLY")
    answers = [ItemAnswer(item=str(item), answer=Answer.CHOICE(1)) for item in (1, 2)]
    edits = {
        Kind.PHONE: [Edit.PHONE(PhoneEdit.ADD(new[Kind.PHONE], PhoneUpdate(number="555 0100")))],
        Kind.ADDRESS: [Edit.ADDRESS(AddressEdit.ADD(new[Kind.ADDRESS], AddressUpdate(line=WORD)))],
        Kind.IDENTIFIER: [Edit.IDENTIFIER(IdentifierEdit.ADD(new[Kind.IDENTIFIER], IdentifierUpdate(value=WORD)))],
        Kind.CONTACT: [Edit.CONTACT(ContactEdit.ADD(new[Kind.CONTACT], ContactUpdate(name=WORD)))],
        Kind.CARE_TEAM_MEMBER: [
            Edit.CARE_TEAM(CareTeamEdit.ADD(new[Kind.CARE_TEAM_MEMBER], CareTeamMemberUpdate(name=WORD)))
        ],
        Kind.VISIT: [Edit.VISIT(VisitEdit.PLAN(new[Kind.VISIT], VisitUpdate(purpose=WORD, planned_on=TODAY)))],
        Kind.NOTE: [Edit.NOTE(NoteEdit.START(new[Kind.NOTE], NoteUpdate(sort=NoteKind.LEGAL(), title=WORD), "Calm."))],
        Kind.TASK: [Edit.TASK(TaskEdit.ADD(new[Kind.TASK], weekly))],
        Kind.TASK_OCCURRENCE: [
            Edit.TASK(TaskEdit.COMPLETE_OCCURRENCE(new[Kind.TASK_OCCURRENCE], new[Kind.TASK], TODAY, WORD))
        ],
        Kind.GOAL: [Edit.GOAL(GoalEdit.ADD(new[Kind.GOAL], GoalUpdate(statement=WORD)))],
        Kind.CONSENT: [
            Edit.CONSENT(
                ConsentEdit.RECORD(consent, ConsentUpdate(recipient="Clinic", subject=WORD, form=ConsentForm.VERBAL()))
            )
        ],
        Kind.NEED: [
            Edit.NEED(
                NeedEdit.ADD(new[Kind.NEED], NeedUpdate(domain=NeedDomain.FOOD_INSECURITY(), statement=WORD)),
            )
        ],
        Kind.INTERVENTION: [
            Edit.INTERVENTION(InterventionEdit.ADD(new[Kind.INTERVENTION], InterventionUpdate(title=WORD)))
        ],
        Kind.REFERRAL: [Edit.REFERRAL(ReferralEdit.ADD(new[Kind.REFERRAL], ReferralUpdate(service=WORD)))],
        Kind.AUTHORIZATION: [
            Edit.AUTHORIZATION(
                AuthorizationEdit.ADD(new[Kind.AUTHORIZATION], AuthorizationUpdate(payer=WORD, service="T1019"))
            )
        ],
        Kind.ADVOCACY: [
            Edit.ADVOCACY(
                AdvocacyEdit.ADD(new[Kind.ADVOCACY], AdvocacyUpdate(sort=AdvocacyKind.APPEAL(), subject=WORD))
            )
        ],
        Kind.RISK: [Edit.RISK(RiskEdit.ADD(new[Kind.RISK], RiskUpdate(hazard=WORD)))],
        Kind.OUTCOME: [
            Edit.OUTCOME(OutcomeEdit.ADD(new[Kind.OUTCOME], OutcomeUpdate(measure=WORD, value=3.5, on=TODAY)))
        ],
        Kind.HOUSEHOLD_LINK: [
            Edit.HOUSEHOLD(
                HouseholdEdit.ADD(
                    new[Kind.HOUSEHOLD_LINK], HouseholdLinkUpdate(household=phone.new_id(), relation=WORD)
                )
            )
        ],
        Kind.CASE_LINK: [
            Edit.CASE_LINK(
                CaseLinkEdit.ADD(
                    new[Kind.CASE_LINK], CaseLinkUpdate(other=other, sort=CaseLinkKind.RELATED(), remark=WORD)
                )
            )
        ],
        Kind.ATTACHMENT: [
            Edit.ATTACHMENT(AttachmentEdit.ADD(new[Kind.ATTACHMENT], AttachmentUpdate(name=WORD), letter))
        ],
        Kind.APPROVAL: [
            Edit.APPROVAL(
                ApprovalEdit.ADD(new[Kind.APPROVAL], ApprovalUpdate(subject=ApprovalSubject.PLAN(), remark=WORD))
            )
        ],
        Kind.AMENDMENT: [Edit.AMENDMENT(AmendmentEdit.ADD(new[Kind.AMENDMENT], AmendmentUpdate(subject=WORD)))],
        Kind.DISCLOSURE: [
            Edit.DISCLOSURE(
                DisclosureEdit.RECORD(
                    new[Kind.DISCLOSURE],
                    DisclosureUpdate(recipient="Clinic", subject=WORD, at=NOON, consent=consent),
                )
            )
        ],
        Kind.COMMUNICATION: [
            Edit.COMMUNICATION(
                CommunicationEdit.ADD(
                    new[Kind.COMMUNICATION],
                    CommunicationUpdate(
                        at=NOON, medium=Medium.CALL(), outcome=CommunicationOutcome.NO_ANSWER(), summary=WORD
                    ),
                )
            )
        ],
        Kind.ASSESSMENT: [
            Edit.ASSESSMENT(AssessmentEdit.START(assessment, "phq-2", 1, AssessmentUpdate(remark=WORD))),
            Edit.ASSESSMENT(AssessmentEdit.RECORD_ANSWERS(assessment, answers)),
            Edit.ASSESSMENT(AssessmentEdit.COMPLETE(assessment)),
        ],
        Kind.PERSON: [Edit.PERSON(PersonEdit.UPDATE(PersonUpdate(former_name=WORD)))],
        Kind.CASE: [Edit.CASE(CaseEdit.UPDATE(CaseUpdate(presenting_issue=WORD)))],
    }
    touched = [
        Edit.REMOVAL(RemovalEdit.REMOVE(Kind.PHONE, new[Kind.PHONE], "Typed twice")),
        Edit.EXTENSION(ExtensionEdit.SET(Kind.NEED, new[Kind.NEED], "org.example.score", "3")),
    ]
    return new, edits, touched


def test_everything_a_case_holds_is_put_down_read_found_and_told(server, ana):
    with server.device(ana, "phone") as phone, server.device(ana, "tablet") as tablet:
        other, case = open_case(phone, "Lin", "Wu"), open_case(phone, "Rosa", "Díaz")
        ids, edits, touched = whole(phone, other)
        calls = [*edits.values(), touched]
        for call in calls:
            phone.edit(case, *call)
        used = {type(edit).__name__.removeprefix("Edit.") for call in calls for edit in call}
        assert used | ELSEWHERE == {name for name in dir(Edit) if name.isupper()}
        for device in (phone, tablet):
            device.sync()

        view = tablet.case(case)
        assert view == phone.case(case)
        empty = {name for name, value in vars(view).items() if isinstance(value, list) and not value}
        assert empty == {"conflicts", "changed_after_closing"}
        assert view.phones[0].meta.removed == "Typed twice"

        hits = {hit.kind: hit.id for hit in tablet.search(WORD, 100)}
        of_the_record = {Kind.CASE: case, Kind.PERSON: case}
        found = {kind: of_the_record.get(kind, ids[kind]) for kind in edits if kind != Kind.PHONE}
        assert {kind: str(id) for kind, id in hits.items()} == {kind: str(id) for kind, id in found.items()}

        history = tablet.history(case)
        assert len(history) == 1 + len(calls)
        made = ",".join(entry.intentions for entry in history[1:]).split(",")
        assert len(made) == sum(len(call) for call in calls)
        told = {item.kind for item in tablet.timeline(case, limit=200).items}
        assert told >= set(edits) - UNTOLD, set(edits) - told
