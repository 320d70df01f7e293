package dev.caseweave

import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** Everything that a case holds: put down on one device, read, found and told on another. */
class WholeRecordTest : AgencyTest() {
    @Test
    fun `everything a case holds is put down, read, found and told`() = runTest {
        val phone = server.device(ana, "phone")
        val tablet = server.device(ana, "tablet")
        val other = Entries(phone).openCase("Lin", "Wu")
        val case = Entries(phone).openCase("Rosa", "Díaz")
        val ids = Kind.entries.associateWith { phone.newId() }
        val edits = whole({ ids.getValue(it) }, other)
        val touched =
            listOf(
                Edit.Removal(RemovalEdit.Remove(Kind.PHONE, ids.getValue(Kind.PHONE), "Typed twice")),
                Edit.Extension(ExtensionEdit.Set(Kind.NEED, ids.getValue(Kind.NEED), "org.example.score", "3")),
            )
        val calls = edits.values + listOf(touched)
        calls.forEach { phone.edit(case, *it.toTypedArray()) }
        val used = calls.flatten().map { it::class.java.simpleName }.toSet()
        val all = Edit::class.java.declaredClasses.filter { Edit::class.java.isAssignableFrom(it) }
        assertEquals(all.map { it.simpleName }.toSet(), used + ELSEWHERE)
        listOf(phone, tablet).forEach { it.sync() }

        val view = tablet.case(case)
        assertEquals(phone.case(case), view)
        val lists = CaseView::class.java.declaredFields.filter { it.type == List::class.java }
        val empty = lists.onEach { it.isAccessible = true }.filter { (it.get(view) as List<*>).isEmpty() }
        assertEquals(setOf("conflicts", "changedAfterClosing"), empty.map { it.name }.toSet())
        assertEquals("Typed twice", view.phones.single().meta.removed)

        val ofTheRecord = mapOf(Kind.CASE to case, Kind.PERSON to case)
        val expected = (edits.keys - Kind.PHONE).associateWith { ofTheRecord[it] ?: ids.getValue(it) }
        assertEquals(expected, tablet.search(WORD, 100).associate { it.kind to it.id })
        val made = tablet.history(case).drop(1).flatMap { it.intentions.split(",") }
        assertEquals(calls.flatten().size, made.size)
        val told = tablet.timeline(case, limit = 200).items.map { it.kind }.toSet()
        assertTrue(told.containsAll(edits.keys - UNTOLD), "${edits.keys - UNTOLD - told}")
    }

    /** One of everything, by kind. Each bears the word where it takes words. */
    private fun whole(id: (Kind) -> EntityId, other: DocumentId): Map<Kind, List<Edit>> {
        val assessment = id(Kind.ASSESSMENT)
        val consent = id(Kind.CONSENT)
        val letter = AttachmentContent(mediaType = "image/jpeg", size = 7, hash = "ab".repeat(32))
        val weekly = TaskUpdate(title = WORD, dueOn = Entries.TODAY, recurrence = "FREQ=WEEKLY")
        val given = ConsentUpdate(recipient = "Clinic", subject = WORD, form = ConsentForm.Verbal)
        val food = NeedUpdate(domain = NeedDomain.FoodInsecurity, statement = WORD)
        val hours = AuthorizationUpdate(payer = WORD, service = "T1019")
        val appeal = AdvocacyUpdate(sort = AdvocacyKind.Appeal, subject = WORD)
        val weight = OutcomeUpdate(measure = WORD, value = 3.5, on = Entries.TODAY)
        val home = HouseholdLinkUpdate(household = other, relation = WORD)
        val link = CaseLinkUpdate(other = other, sort = CaseLinkKind.Related, remark = WORD)
        val plan = ApprovalUpdate(subject = ApprovalSubject.Plan, remark = WORD)
        val said = DisclosureUpdate(recipient = "Clinic", subject = WORD, at = Entries.NOON, consent = consent)
        val call =
            CommunicationUpdate(
                at = Entries.NOON, medium = Medium.Call, outcome = CommunicationOutcome.NoAnswer, summary = WORD,
            )
        val answers = listOf("1", "2").map { ItemAnswer(it, Answer.Choice(1)) }
        val occurrence = TaskEdit.CompleteOccurrence(id(Kind.TASK_OCCURRENCE), id(Kind.TASK), Entries.TODAY, WORD)
        return mapOf(
            Kind.PHONE to listOf(Edit.Phone(PhoneEdit.Add(id(Kind.PHONE), PhoneUpdate(number = "555 0100")))),
            Kind.ADDRESS to listOf(Edit.Address(AddressEdit.Add(id(Kind.ADDRESS), AddressUpdate(line = WORD)))),
            Kind.IDENTIFIER to
                listOf(Edit.Identifier(IdentifierEdit.Add(id(Kind.IDENTIFIER), IdentifierUpdate(value = WORD)))),
            Kind.CONTACT to listOf(Edit.Contact(ContactEdit.Add(id(Kind.CONTACT), ContactUpdate(name = WORD)))),
            Kind.CARE_TEAM_MEMBER to
                listOf(Edit.CareTeam(CareTeamEdit.Add(id(Kind.CARE_TEAM_MEMBER), CareTeamMemberUpdate(name = WORD)))),
            Kind.VISIT to
                listOf(Edit.Visit(VisitEdit.Plan(id(Kind.VISIT), VisitUpdate(purpose = WORD, plannedOn = Entries.TODAY)))),
            Kind.NOTE to
                listOf(Edit.Note(NoteEdit.Start(id(Kind.NOTE), NoteUpdate(sort = NoteKind.Legal, title = WORD), "Calm."))),
            Kind.TASK to listOf(Edit.Task(TaskEdit.Add(id(Kind.TASK), weekly))),
            Kind.TASK_OCCURRENCE to listOf(Edit.Task(occurrence)),
            Kind.GOAL to listOf(Edit.Goal(GoalEdit.Add(id(Kind.GOAL), GoalUpdate(statement = WORD)))),
            Kind.CONSENT to listOf(Edit.Consent(ConsentEdit.Record(consent, given))),
            Kind.NEED to listOf(Edit.Need(NeedEdit.Add(id(Kind.NEED), food))),
            Kind.INTERVENTION to
                listOf(Edit.Intervention(InterventionEdit.Add(id(Kind.INTERVENTION), InterventionUpdate(title = WORD)))),
            Kind.REFERRAL to
                listOf(Edit.Referral(ReferralEdit.Add(id(Kind.REFERRAL), ReferralUpdate(service = WORD)))),
            Kind.AUTHORIZATION to
                listOf(Edit.Authorization(AuthorizationEdit.Add(id(Kind.AUTHORIZATION), hours))),
            Kind.ADVOCACY to listOf(Edit.Advocacy(AdvocacyEdit.Add(id(Kind.ADVOCACY), appeal))),
            Kind.RISK to listOf(Edit.Risk(RiskEdit.Add(id(Kind.RISK), RiskUpdate(hazard = WORD)))),
            Kind.OUTCOME to listOf(Edit.Outcome(OutcomeEdit.Add(id(Kind.OUTCOME), weight))),
            Kind.HOUSEHOLD_LINK to listOf(Edit.Household(HouseholdEdit.Add(id(Kind.HOUSEHOLD_LINK), home))),
            Kind.CASE_LINK to listOf(Edit.CaseLink(CaseLinkEdit.Add(id(Kind.CASE_LINK), link))),
            Kind.ATTACHMENT to
                listOf(Edit.Attachment(AttachmentEdit.Add(id(Kind.ATTACHMENT), AttachmentUpdate(name = WORD), letter))),
            Kind.APPROVAL to listOf(Edit.Approval(ApprovalEdit.Add(id(Kind.APPROVAL), plan))),
            Kind.AMENDMENT to
                listOf(Edit.Amendment(AmendmentEdit.Add(id(Kind.AMENDMENT), AmendmentUpdate(subject = WORD)))),
            Kind.DISCLOSURE to listOf(Edit.Disclosure(DisclosureEdit.Record(id(Kind.DISCLOSURE), said))),
            Kind.COMMUNICATION to listOf(Edit.Communication(CommunicationEdit.Add(id(Kind.COMMUNICATION), call))),
            Kind.ASSESSMENT to
                listOf(
                    Edit.Assessment(AssessmentEdit.Start(assessment, "phq-2", 1, AssessmentUpdate(remark = WORD))),
                    Edit.Assessment(AssessmentEdit.RecordAnswers(assessment, answers)),
                    Edit.Assessment(AssessmentEdit.Complete(assessment)),
                ),
            Kind.PERSON to listOf(Edit.Person(PersonEdit.Update(PersonUpdate(formerName = WORD)))),
            Kind.CASE to listOf(Edit.Case(CaseEdit.Update(CaseUpdate(presentingIssue = WORD)))),
        )
    }

    private companion object {
        const val WORD = "Quittengelee"

        /** What is no part of a case, or stands in it only after two wrote apart; with tests of their own. */
        val ELSEWHERE = setOf("Compartment", "Provider", "Service", "Conflict")

        /** What identifies the person stands in the history and is no event. */
        val UNTOLD = setOf(Kind.PERSON, Kind.PHONE, Kind.ADDRESS, Kind.IDENTIFIER)
    }
}
