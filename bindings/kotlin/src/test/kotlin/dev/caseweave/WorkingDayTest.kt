package dev.caseweave

import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Path
import java.time.LocalDate
import java.time.ZoneId

/** A case manager's day over two devices: assessed, referred, authorized units used, all of it apart and then together. */
class WorkingDayTest {
    @TempDir
    lateinit var directory: Path
    private lateinit var server: TestServer
    private lateinit var ana: WorkerId

    @BeforeEach
    fun start() {
        server = TestServer(directory)
        ana = server.worker("Ana")
    }

    @AfterEach
    fun stop() = server.close()

    private fun answers(values: Map<String, Long>) = values.map { (item, value) -> ItemAnswer(item, Answer.Choice(value)) }

    private suspend fun sync(vararg devices: Caseweave) = devices.forEach { it.sync() }

    @Test
    fun `answers given apart are one scored assessment that alerts`() = runTest {
        val phone = server.device(ana, "phone")
        val tablet = server.device(ana, "tablet")
        val case = Entries(phone).openCase("Rosa", "Díaz")
        val id = phone.newId()
        val phq9 = phone.instrument("phq-9")
        phone.edit(case, Edit.Assessment(AssessmentEdit.Start(id, phq9.id, phq9.version, AssessmentUpdate())))
        sync(phone, tablet)
        val first = (1..5).associate { "$it" to 0L }
        val second = mapOf("6" to 0L, "7" to 0L, "8" to 0L, "9" to 1L)
        phone.edit(case, Edit.Assessment(AssessmentEdit.RecordAnswers(id, answers(first))))
        tablet.edit(case, Edit.Assessment(AssessmentEdit.RecordAnswers(id, answers(second))))
        sync(phone, tablet, phone)
        phone.edit(case, Edit.Assessment(AssessmentEdit.Complete(id)))
        sync(phone, tablet)

        val judgement = (tablet.case(case).assessments.single().result as AssessmentResult.Judged).judgement
        assertEquals(ScaleOutcome.Scored(1, "minimal"), judgement.scores.first().outcome)
        assertEquals(listOf("self_harm"), judgement.alerts.map { it.code })
        assertEquals(judgement, tablet.score("phq-9", phq9.version, answers(first + second)))
        assertEquals(judgement.scores, tablet.assessmentTrend(case, "phq-9").single().scores)
    }

    @Test
    fun `an instrument that cannot stand is refused with its line`() = runTest {
        val phone = server.device(ana, "phone")
        val known = phone.instruments()
        val refused = assertThrows<CaseweaveException.InvalidInput> { phone.registerInstrument("{\n  \"id\": 7\n}") }
        assertTrue("line 2" in refused.reason, refused.reason)
        assertEquals(known, phone.instruments())
    }

    @Test
    fun `a referral is followed and units used apart add up`() = runTest {
        val phone = server.device(ana, "phone")
        val tablet = server.device(ana, "tablet")
        val case = Entries(phone).openCase("Rosa", "Díaz")
        val referral = phone.newId()
        val authorization = phone.newId()
        val meals = ReferralUpdate(service = "Meals", provider = "Kitchen", followUpOn = Entries.TODAY)
        val care = AuthorizationUpdate(payer = "Payer", service = "T1019", units = 10)
        phone.edit(
            case,
            Edit.Referral(ReferralEdit.Add(referral, meals)),
            Edit.Authorization(AuthorizationEdit.Add(authorization, care)),
            Edit.Authorization(AuthorizationEdit.SetStatus(authorization, AuthorizationStatus.Approved)),
        )
        val visits = listOf(Entries(phone).visit(case, "Wound care"), Entries(phone).visit(case, "Medication"))
        sync(phone, tablet)

        suspend fun use(device: Caseweave, visit: EntityId, units: Long) {
            device.edit(case, Edit.Authorization(AuthorizationEdit.RecordUsage(authorization, visit, "T1019", units)))
        }
        use(phone, visits[0], 4)
        use(tablet, visits[1], 3)
        tablet.edit(case, Edit.Referral(ReferralEdit.SetStatus(referral, ReferralStatus.Accepted)))
        val refused = assertThrows<CaseweaveException.InvalidInput> {
            tablet.edit(case, Edit.Referral(ReferralEdit.SetStatus(referral, ReferralStatus.Declined)))
        }
        assertEquals("referral.status_reason", refused.field)
        sync(phone, tablet, phone)
        use(phone, visits[0], 5)

        val view = phone.case(case)
        val authorized = view.authorizations.single()
        assertEquals(8L to 2L, authorized.unitsUsed to authorized.unitsLeft)
        assertEquals(listOf(ReferralStatus.Accepted), view.referrals.map { it.status })
        assertEquals(emptyList<Conflict>(), view.conflicts)
        assertEquals(listOf(referral), phone.search("kitch").map { it.id })
    }

    @Test
    fun `an alert leads the worklist until it is answered and the rest can be put off`() = runTest {
        val phone = server.device(ana, "phone")
        val utc = ZoneId.of("UTC")
        val case = Entries(phone).openCase("Rosa", "Díaz")
        val id = phone.newId()
        phone.edit(
            case,
            Edit.Assessment(AssessmentEdit.Start(id, "phq-9", 1, AssessmentUpdate())),
            Edit.Assessment(AssessmentEdit.RecordAnswers(id, answers((1..9).associate { "$it" to 1L }))),
            Edit.Assessment(AssessmentEdit.Complete(id)),
        )
        val alert = Reason.ScoreAlert(id, "phq-9", listOf("self_harm"))
        assertEquals(alert, phone.worklist(utc).single().reasons.first())

        phone.edit(case, Edit.Assessment(AssessmentEdit.RespondToAlerts(phone.newId(), id, "Called the crisis line with her")))
        assertTrue(phone.worklist(utc).single().reasons.none { it is Reason.ScoreAlert })
        phone.snooze(case, LocalDate.of(9999, 1, 1), "in hospital")
        assertEquals(emptyList<WorkItem>(), phone.worklist(utc))
        assertEquals(listOf("in hospital"), phone.snoozes().map { it.reason })
        phone.wake(case)
        assertEquals(listOf(case), phone.worklist(utc).map { it.case })
    }

    @Test
    fun `a person who has a case is found before another is opened`() = runTest {
        val phone = server.device(ana, "phone")
        val case = Entries(phone).openCase("Rosa", "Díaz")
        Entries(phone).addPhone(case, "+1 612 555 0100")
        val draft = PersonDraft(PersonUpdate(givenName = "rosa", familyName = "DIAZ"), listOf("612-555-0100"))

        val found = phone.duplicates(draft).single()
        assertEquals(case to 70u, found.case.case to found.score)
        assertEquals(listOf(Likeness.Name, Likeness.Phone("612-555-0100")), found.likenesses)
        assertEquals(emptyList<Duplicate>(), phone.duplicates(PersonDraft(PersonUpdate(givenName = "Luis", familyName = "Díaz"))))
    }

    @Test
    fun `a visit is judged by the agency's settings, corrected, signed and exported`() = runTest {
        server.set("""{"evv": {"worker_signs": true}, "reason_codes": [{"code": "flood", "text": {"en": "Flood", "es": "Inundación"}}]}""")
        val phone = server.device(ana, "phone")
        assertEquals(0, phone.settings().version)
        phone.sync()
        val settings = phone.settings()
        assertEquals(1L to "Inundación", settings.version to settings.reasonCodes.single().text["es"])
        assertEquals(14u, settings.offlineLeaseDays)

        val case = Entries(phone).openCase("Rosa", "Díaz")
        val visit = Entries(phone).visit(case, "Wound care")
        suspend fun judged() = phone.case(case).visits.single()
        assertEquals(EvvStatus.Exceptions(listOf(EvvException.NoLocation, EvvException.NotSigned)), judged().evv)
        fun correct(id: EntityId, code: String) =
            Edit.Visit(VisitEdit.Correct(id, visit, CorrectableField.Service, "S5125", CorrectionReason.Other(code)))
        val refused = assertThrows<CaseweaveException.InvalidInput> { phone.edit(case, correct(phone.newId(), "drought")) }
        assertEquals("visit_correction.reason", refused.field)
        phone.edit(case, correct(phone.newId(), "flood"), Edit.Visit(VisitEdit.Sign(visit)))
        val view = judged()
        assertEquals(EvvStatus.Exceptions(listOf(EvvException.NoLocation, EvvException.Corrected)), view.evv)
        assertEquals(Triple(true, "S5125", 1L), Triple(view.signed.single().intact, view.service, view.judgedBy))

        val day = EvvQuery(Entries.TODAY, Entries.TODAY, "America/Chicago")
        val (names, line) = phone.evvExport(day, EvvFormat.CSV).trim().lines()
        assertTrue(names.startsWith("service,person,"), names)
        assertTrue(line.startsWith("S5125,Rosa Díaz,,2026-06-15,"), line)
        assertEquals(emptyList<VisitRow>(), phone.overdueCheckOuts())
    }
}
