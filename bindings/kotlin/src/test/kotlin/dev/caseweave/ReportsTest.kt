package dev.caseweave

import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import java.time.Instant
import java.time.LocalDate
import java.time.ZoneId

/** What leaves the agency: summaries as far as consents go, the person's plan, figures, visits for a payer. */
class ReportsTest : AgencyTest() {
    private val chicago = ZoneId.of("America/Chicago")

    private fun summary(recipient: String? = null) = ReportOptions(
        ReportLocale.EN_US, chicago.id, listOf(RecordPart.Goals, RecordPart.Needs), recipient, sayLeftOut = recipient != null,
    )

    /** A case with a goal and a need. */
    private suspend fun caseWithPlan(phone: Caseweave): DocumentId {
        val case = Entries(phone).openCase("Rosa", "Díaz")
        val hunger = NeedUpdate(domain = NeedDomain.FoodInsecurity, statement = "Skips meals")
        phone.edit(
            case,
            Edit.Goal(GoalEdit.Add(phone.newId(), GoalUpdate(statement = "Walk to the store"))),
            Edit.Need(NeedEdit.Add(phone.newId(), hunger)),
        )
        return case
    }

    private suspend fun consent(phone: Caseweave, case: DocumentId, part2: Boolean) {
        val clinic = ConsentUpdate(
            recipient = "Lakeside Clinic", subject = "What the clinic needs", purpose = "Treatment",
            covers = listOf(RecordPart.Goals), part2 = part2,
        )
        phone.edit(case, Edit.Consent(ConsentEdit.Record(phone.newId(), clinic)))
    }

    private suspend fun refusedField(call: suspend () -> Unit): String = failure<CaseweaveException.InvalidInput> { call() }.`field`

    @Test
    fun `a summary for the workers holds the chosen sections as HTML and Markdown`() = runTest {
        val phone = server.device(ana, "phone")
        val case = caseWithPlan(phone)
        val report = phone.report(case, summary())
        for (text in listOf(report.html, report.markdown)) {
            assertTrue("Walk to the store" in text && "Skips meals" in text, text)
        }
        assertTrue(report.html.startsWith("<!DOCTYPE html>") && "<html lang=\"en-US\">" in report.html, report.html)
        assertFalse("<script" in report.html)
        assertTrue(report.markdown.startsWith("# "), report.markdown)
        assertEquals(emptyList<EntityId>(), report.disclosures)
        assertEquals("sections", refusedField { phone.report(case, summary().copy(sections = emptyList())) })
    }

    @Test
    fun `a recipient gets what a consent covers and nothing else and it is on record`() = runTest {
        val phone = server.device(ana, "phone")
        val case = caseWithPlan(phone)
        assertEquals("recipient", refusedField { phone.report(case, summary("Lakeside Clinic")) })
        assertEquals(emptyList<Disclosure>(), phone.case(case).disclosures)
        consent(phone, case, part2 = false)

        val report = phone.report(case, summary("lakeside clinic"))
        assertTrue("Walk to the store" in report.html && "Walk to the store" in report.markdown)
        assertFalse("Skips meals" in report.html || "Skips meals" in report.markdown)
        val logged = phone.case(case).disclosures.single()
        assertEquals(report.disclosures, listOf(logged.meta.id))
        assertEquals("Lakeside Clinic" to "Treatment", logged.recipient to logged.purpose)
    }

    @Test
    fun `whether a consent holds is asked of a moment in a zone`() = runTest {
        val phone = server.device(ana, "phone")
        val case = caseWithPlan(phone)
        val june = ConsentUpdate(
            recipient = "Lakeside Clinic", subject = "All", since = LocalDate.of(2026, 6, 1), until = LocalDate.of(2026, 6, 30),
        )
        val id = phone.newId()
        phone.edit(case, Edit.Consent(ConsentEdit.Record(id, june)))
        suspend fun held(at: String, zone: String = "UTC") =
            consentHolds(phone.case(case).consents.single(), Instant.parse("2026-${at}:00:00Z"), zone)
        assertEquals(listOf(false, true, true, false), listOf("05-31T12", "06-01T12", "06-30T12", "07-01T12").map { held(it) })
        // At three in the morning of 1 July in London it is 30 June in Chicago.
        assertTrue(held("07-01T03", chicago.id))
        assertEquals("zone", refusedField { held("06-01T12", "Mars") })
        phone.edit(case, Edit.Consent(ConsentEdit.Withdraw(id, "Changed her mind")))
        assertFalse(held("06-01T12"))
    }

    @Test
    fun `records under Part 2 need a consent that names them and carry the notice`() = runTest {
        val phone = server.device(ana, "phone")
        val case = caseWithPlan(phone)
        phone.edit(case, Edit.Case(CaseEdit.Update(CaseUpdate(part2 = true))))
        consent(phone, case, part2 = false)
        assertEquals("recipient", refusedField { phone.report(case, summary("Lakeside Clinic")) })
        consent(phone, case, part2 = true)
        val report = phone.report(case, summary("Lakeside Clinic"))
        for (text in listOf(report.html, report.markdown)) {
            assertTrue("42 CFR part 2 prohibits unauthorized use or disclosure of these records." in text, text)
        }
    }

    @Test
    fun `the person gets their plan in their language`() = runTest {
        val phone = server.device(ana, "phone")
        val case = caseWithPlan(phone)
        val plan = phone.plan(case, ReportLocale.ES_US, chicago)
        assertTrue("<html lang=\"es-US\">" in plan.html && "Lo que usted quiere" in plan.html, plan.html)
        assertTrue("Walk to the store" in plan.markdown)
        assertFalse("Skips meals" in plan.markdown)
        assertEquals(emptyList<Disclosure>(), phone.case(case).disclosures)
    }

    @Test
    fun `figures count what was done in a period`() = runTest {
        val phone = server.device(ana, "phone")
        val case = caseWithPlan(phone)
        Entries(phone).visit(case, "Wound care")
        val june = LocalDate.of(2026, 6, 1)..LocalDate.of(2026, 6, 30)
        val report = phone.caseloadFigures(june, ReportLocale.EN_US, chicago)
        val figures = report.figures
        assertEquals(1uL to 1uL, figures.casesOpen to figures.casesOpened)
        assertEquals(1uL to 45uL, figures.visitsDone to figures.visitMinutes)
        assertTrue("<html lang=\"en-US\">" in report.html && report.markdown.startsWith("# "))
        val backwards = june.endInclusive..june.start
        assertEquals("to", assertThrows<CaseweaveException.InvalidInput> { phone.caseloadFigures(backwards, ReportLocale.EN_US, chicago) }.`field`)
    }

    @Test
    fun `the visits of a day are told point by point and exported as JSON too`() = runTest {
        val phone = server.device(ana, "phone")
        val case = caseWithPlan(phone)
        val visit = Entries(phone).visit(case, "Wound care")
        val day = EvvQuery(Entries.TODAY, Entries.TODAY, chicago.id)
        val record = phone.evvReport(day).visits.single()
        assertEquals(listOf(visit, "T1019", "Rosa Díaz"), listOf(record.visit, record.service, record.person))
        assertEquals("2026-06-15T07:00:00-05:00" to "2026-06-15T07:45:00-05:00", record.begin to record.end)
        assertEquals(Triple(ana, "Ana", null), Triple(record.provider, record.providerName, record.beginPoint))
        assertEquals("exceptions" to listOf("no_location"), record.status to record.exceptions)
        val json = phone.evvExport(day, EvvFormat.JSON)
        for (part in listOf(visit, "T1019", "Rosa Díaz", "no_location")) assertTrue(part in json, json)
        val before = EvvQuery(Entries.TODAY.minusDays(2), Entries.TODAY.minusDays(1), chicago.id)
        assertFalse(visit in phone.evvExport(before, EvvFormat.JSON))
    }
}
