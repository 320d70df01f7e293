package dev.caseweave

import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

/** What a list screen filters and sorts by. */
class CaseListTest : AgencyTest() {
    @Test
    fun `a list shows the cases of a programme, a language, and those to visit or overdue`() = runTest {
        val phone = server.device(ana, "phone")
        val entries = Entries(phone)
        val (rosa, lin, tom) = listOf("Díaz", "Lin", "Young").map { entries.openCase("A", it) }
        phone.edit(
            rosa,
            Edit.Case(CaseEdit.Update(CaseUpdate(programme = "Home visits", sector = Sector.SocialWork))),
            Edit.Person(PersonEdit.Update(PersonUpdate(preferredLanguage = "es-MX"))),
        )
        phone.edit(lin, Edit.Visit(VisitEdit.Plan(phone.newId(), VisitUpdate(plannedOn = Entries.TODAY))))
        phone.edit(tom, Edit.Task(TaskEdit.Add(phone.newId(), TaskUpdate(title = "Call", dueOn = Entries.TODAY))))
        val (today, tomorrow) = listOf(0L, 1L).map { LocalDay(Entries.TODAY.plusDays(it), "America/Chicago") }

        suspend fun shown(query: ListQuery) = phone.list(query).rows.map { it.case }
        assertEquals(listOf(rosa), shown(ListQuery(programme = "Home visits")))
        assertEquals(listOf(rosa), shown(ListQuery(sector = Sector.SocialWork, language = "es")))
        assertEquals(emptyList<DocumentId>(), shown(ListQuery(language = "en")))
        assertEquals(listOf(lin), shown(ListQuery(nextVisitBefore = tomorrow)))
        assertEquals(emptyList<DocumentId>(), shown(ListQuery(nextVisitBefore = today)))
        assertEquals(listOf(tom), shown(ListQuery(overdueOn = tomorrow, sort = Sort.NEXT_DUE)))
        assertEquals(emptyList<DocumentId>(), shown(ListQuery(overdueOn = today)))
        assertEquals(listOf(tom, rosa), shown(ListQuery(sort = Sort.NEXT_DUE)).filter { it != lin })
        val nowhere = failure<CaseweaveException.InvalidInput> { shown(ListQuery(overdueOn = LocalDay(Entries.TODAY, "Mars"))) }
        assertEquals("zone", nowhere.`field`)
    }

    @Test
    fun `a list is sorted by status and by risk, and shows who lives together`() = runTest {
        val phone = server.device(ana, "phone")
        val (rosa, lin, tom) = listOf("Díaz", "Lin", "Young").map { Entries(phone).openCase("A", it) }
        phone.edit(rosa, Edit.Case(CaseEdit.Close(Entries.TODAY, ClosureReason.GoalsMet)))
        phone.edit(lin, Edit.Case(CaseEdit.Update(CaseUpdate(riskLevel = RiskLevel.Low))))
        phone.edit(tom, Edit.Case(CaseEdit.Update(CaseUpdate(riskLevel = RiskLevel.High))))
        val household = phone.newId()
        for (case in listOf(tom, rosa)) {
            val link = HouseholdLinkUpdate(household = household, relation = "Cousin")
            phone.edit(case, Edit.Household(HouseholdEdit.Add(phone.newId(), link)))
        }

        suspend fun shown(query: ListQuery) = phone.list(query).rows.map { it.case }
        assertEquals(listOf(lin, tom, rosa), shown(ListQuery(sort = Sort.STATUS)))
        assertEquals(listOf(tom, lin, rosa), shown(ListQuery(sort = Sort.RISK)))
        val first = phone.list(ListQuery(sort = Sort.RISK, limit = 2u))
        assertEquals(listOf(rosa), shown(ListQuery(sort = Sort.RISK, after = first.next)))
        assertEquals(listOf(rosa, tom), shown(ListQuery(household = household)))
        assertEquals(listOf(tom, rosa), shown(ListQuery(household = household, sort = Sort.RISK)))
        assertEquals(emptyList<DocumentId>(), shown(ListQuery(household = phone.newId())))
    }

    @Test
    fun `a list shows closed cases that were changed after the closing`() = runTest {
        val phone = server.device(ana, "phone")
        val tablet = server.device(ana, "tablet")
        val case = Entries(phone).openCase("Rosa", "Díaz")
        Entries(phone).openCase("Lin", "Wu")
        phone.sync()
        tablet.sync()
        phone.edit(case, Edit.Case(CaseEdit.Close(Entries.TODAY, ClosureReason.GoalsMet)))
        Entries(tablet).addPhone(case, "555 0100")
        listOf(phone, tablet, phone).forEach { it.sync() }

        val late = phone.list(ListQuery(changedAfterClosing = true)).rows.single()
        assertEquals(case to 1u, late.case to late.lateChanges)
        assertEquals(listOf(ClosedCaseRow(case, 1u)), phone.inbox().changedAfterClosing)
        phone.edit(case, Edit.Case(CaseEdit.ConfirmClosing))
        assertEquals(Inbox(emptyList(), emptyList()), phone.inbox())
        assertEquals(emptyList<CaseRow>(), phone.list(ListQuery(changedAfterClosing = true)).rows)
    }
}
