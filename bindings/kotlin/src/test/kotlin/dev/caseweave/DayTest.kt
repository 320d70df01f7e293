package dev.caseweave

import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.nio.file.Files
import java.nio.file.Path
import java.time.Instant
import java.time.LocalDate
import java.time.ZoneId
import java.time.ZoneOffset
import java.util.Locale

/**
 * One day of a case manager, from the worklist of the morning to that of the evening: two workers, two phones and the real server. The day
 * is that of `cargo xtask demo`, with the numbers it has there.
 */
class DayTest : AgencyTest() {
    @Test
    fun `a day from the worklist of the morning to that of the evening`() = runTest {
        server.set("""{"evv": {"worker_signs": true, "person_signs": true}}""")
        val ben = server.worker("Ben")
        val day = Day(server.device(ana, "hers"), server.device(ben, "his"), ana, ben)
        day.begin()
        day.morning()
        day.beginVisit()
        day.screening()
        day.note()
        day.endVisit()
        day.units()
        day.meals()
        day.handOver()
        day.apart()
        day.give(directory.resolve("summary.html"))
        day.evening()
    }
}

private const val CLINIC = "Lakeside Clinic"

/** Ana's day with the cases of Mei, Juan and Ida, and a task of it for Ben. */
private class Day(private val hers: Caseweave, private val his: Caseweave, private val ana: WorkerId, private val ben: WorkerId) {
    private val zone = whereItIsSeven()
    private val today = LocalDate.now(zone)
    private val visit = hers.newId()
    private val missed = hers.newId()
    private val fitting = hers.newId()
    private val authorization = hers.newId()
    private val referral = hers.newId()
    private val prescription = hers.newId()
    private val call = hers.newId()
    private lateinit var mei: DocumentId
    private lateinit var juan: DocumentId
    private lateinit var ida: DocumentId
    private lateinit var number: EntityId

    /** What last week left. */
    suspend fun begin() {
        mei = case("Mei")
        juan = case("Juan")
        ida = case("Ida")
        number = Entries(hers).addPhone(mei, "555 0100")
        hers.sync()
        hers.share(mei, ben, Role.CONTRIBUTOR)
        hers.sync()
        his.sync()
        atHome()
        underWay()
    }

    /** A case that Ana has led for a week. */
    private suspend fun case(given: String): DocumentId {
        val case = Entries(hers).openCase(given, "Díaz", ago(7))
        hers.edit(case, Edit.Case(CaseEdit.Update(CaseUpdate(leadWorker = ana))))
        return case
    }

    private fun ago(days: Long): LocalDate = today.minusDays(days)

    /** A time of the day, or of one a number of days later. */
    private fun at(hour: Int, minute: Int = 0, days: Long = 0): Instant = ago(-days).atTime(hour, minute).atZone(zone).toInstant()

    /** Where Mei lives, how pressing her risks are, and what she consents to. */
    private suspend fun atHome() {
        val consent = ConsentUpdate(
            recipient = CLINIC, subject = "What the clinic needs to treat her", purpose = "Treatment",
            covers = listOf(RecordPart.Assessments, RecordPart.Visits, RecordPart.Risks),
        )
        val home = AddressUpdate(line = "12 Elm Street", latitude = 41.88, longitude = -87.63)
        hers.edit(
            mei,
            Edit.Case(CaseEdit.Update(CaseUpdate(riskLevel = RiskLevel.High))),
            Edit.Address(AddressEdit.Add(hers.newId(), home)),
            Edit.Consent(ConsentEdit.Record(hers.newId(), consent)),
        )
    }

    /** 35 of 40 units used, a referral nobody asked after, a late task, a missed visit, and what is for today. */
    private suspend fun underWay() {
        val lastWeek = hers.newId()
        val care = AuthorizationUpdate(payer = "State plan", service = "T1019", units = 40, unit = "15 minutes")
        val meals = ReferralUpdate(service = "Meals at home", provider = "Lakeside Meals", sentOn = ago(7), followUpOn = ago(3))
        val renew = TaskUpdate(title = "Take the new prescription to the pharmacy", dueOn = ago(3))
        hers.edit(
            mei,
            planned(visit, 9),
            planned(lastWeek, 9, -7),
            Edit.Authorization(AuthorizationEdit.Add(authorization, care)),
            Edit.Authorization(AuthorizationEdit.SetStatus(authorization, AuthorizationStatus.Approved)),
            used(lastWeek, 35),
            Edit.Referral(ReferralEdit.Add(referral, meals)),
            Edit.Task(TaskEdit.Add(prescription, renew)),
            checkIn(lastWeek, -7),
            checkOut(lastWeek, -7),
            Edit.Visit(VisitEdit.Sign(lastWeek)),
        )
        hers.edit(juan, planned(missed, 9, -3), Edit.Visit(VisitEdit.Miss(missed, "Nobody opened")))
        val wheelchair = TaskUpdate(title = "Call about the wheelchair", dueOn = today)
        hers.edit(ida, Edit.Task(TaskEdit.Add(call, wheelchair)), planned(fitting, 14))
    }

    private fun planned(visit: EntityId, hour: Int, days: Long = 0): Edit {
        val fields = VisitUpdate(
            plannedStart = at(hour, days = days), plannedEnd = at(hour, 45, days), purpose = "Personal care", service = "T1019",
            place = Place.Home,
        )
        return Edit.Visit(VisitEdit.Plan(visit, fields))
    }

    /** At Mei's door, a number of minutes after nine. */
    private fun moment(minute: Int, days: Long): VisitMoment {
        val door = Location.Fix(41.88, -87.63, accuracyM = 12.0, mocked = false)
        return VisitMoment(at(9, minute, days), zone.id, 60_000L * minute, door, manual = false)
    }

    private fun checkIn(visit: EntityId, days: Long = 0) = Edit.Visit(VisitEdit.CheckIn(hers.newId(), visit, moment(0, days)))

    private fun checkOut(visit: EntityId, days: Long = 0) = Edit.Visit(VisitEdit.CheckOut(hers.newId(), visit, moment(45, days)))

    private fun used(visit: EntityId, units: Long) =
        Edit.Authorization(AuthorizationEdit.RecordUsage(authorization, visit, "T1019", units))

    /** Ana's worklist: each case with its reasons. */
    private suspend fun waits() = hers.worklist(zone, ana).map { it.case to it.reasons }

    private suspend fun meiWaitsFor() = waits().toMap().getValue(mei)

    private suspend fun shownVisit() = hers.case(mei).visits.single { it.visit.meta.id == visit }

    /** What waits, and why; what the day holds, in its order; what the phone will ring for. */
    suspend fun morning() {
        val forMei = listOf(
            Reason.Overdue(prescription, 3),
            Reason.ReferralFollowUp(referral, 3),
            Reason.UnitsNearlyUsed(authorization, 5, 40),
            Reason.HighRisk,
        )
        val forOthers = listOf(juan to listOf(Reason.VisitMissed(missed, 3)), ida to listOf(Reason.DueToday(call)))
        assertEquals(listOf(mei to forMei) + forOthers, waits())
        val agenda = hers.agenda(ago(3)..today, zone, ana)
        assertEquals(listOf(missed, visit, fitting), agenda.visits.map { it.id })
        assertEquals(listOf(prescription, call), agenda.tasks.map { it.id })
        assertEquals(listOf(call, visit, fitting), hers.nextReminders(zone).map { it.entity })
    }

    suspend fun beginVisit() {
        hers.edit(mei, checkIn(visit))
        assertEquals(VisitStatus.InProgress to EvvStatus.Open, shownVisit().let { it.visit.status to it.evv })
    }

    /** The PHQ-9, whose last question alerts whatever the total, and what Ana does about it. */
    suspend fun screening() {
        val id = hers.newId()
        val answers = listOf<Long>(2, 2, 2, 2, 1, 1, 1, 0, 1).mapIndexed { item, value -> ItemAnswer("${item + 1}", Answer.Choice(value)) }
        hers.edit(
            mei,
            Edit.Assessment(AssessmentEdit.Start(id, "phq-9", 1, AssessmentUpdate(visit = visit))),
            Edit.Assessment(AssessmentEdit.RecordAnswers(id, answers)),
            Edit.Assessment(AssessmentEdit.Complete(id)),
        )
        val judgement = (hers.case(mei).assessments.single().result as AssessmentResult.Judged).judgement
        assertEquals(ScaleOutcome.Scored(12, "moderate"), judgement.scores.first().outcome)
        assertEquals(mei to Reason.ScoreAlert(id, "phq-9", listOf("self_harm")), waits().first().let { it.first to it.second.first() })

        val plan = RiskUpdate(hazard = "Thoughts of self-harm", level = RiskLevel.High, plan = "Call 988, then her daughter")
        val done = "Asked in person; no plan, no means. Safety plan made with her daughter."
        hers.edit(
            mei,
            Edit.Risk(RiskEdit.Add(hers.newId(), plan)),
            Edit.Assessment(AssessmentEdit.RespondToAlerts(hers.newId(), id, done)),
        )
        assertTrue(meiWaitsFor().none { it is Reason.ScoreAlert })
    }

    /** Begun, saved as it grows, and signed. */
    suspend fun note() {
        val id = hers.newId()
        var text = ""
        hers.edit(mei, Edit.Note(NoteEdit.Start(id, NoteUpdate(sort = NoteKind.Progress, visit = visit), text)))
        suspend fun shown() = hers.case(mei).notes.single()
        for (words in listOf("Helped with bathing.", " Mei eats little", " and says that she sleeps badly.")) {
            text += words
            hers.edit(mei, Edit.Note(NoteEdit.Write(id, text)))
            assertEquals(NoteState.DRAFT to text, shown().let { it.state to it.draft })
        }
        hers.edit(mei, Edit.Note(NoteEdit.Sign(id)))
        val signed = shown().signed.single()
        assertEquals(Triple(NoteState.SIGNED, text, true), Triple(shown().state, signed.text, signed.intact))
    }

    /** Check-out, Mei's signature and Ana's: nothing is out of the ordinary. */
    suspend fun endVisit() {
        val picture = hers.newId()
        val drawn = PersonSignature.Drawn(picture, SignerRole.Person, null, at(9, 45))
        val signature = AttachmentUpdate(name = "Signature", sort = AttachmentKind.Signature)
        hers.edit(
            mei,
            checkOut(visit),
            Edit.Attachment(AttachmentEdit.Add(picture, signature, AttachmentContent("image/png", 900, "ab".repeat(32)))),
            Edit.Visit(VisitEdit.RecordSignature(hers.newId(), visit, drawn)),
        )
        assertEquals(EvvStatus.Exceptions(listOf(EvvException.NotSigned)), shownVisit().evv)
        hers.edit(mei, Edit.Visit(VisitEdit.Sign(visit)))
        assertEquals(EvvStatus.Complete to listOf(true), shownVisit().let { it.evv to it.signed.map { signed -> signed.intact } })
    }

    /** The visit uses 3 units: 2 of 40 are left. */
    suspend fun units() {
        hers.edit(mei, used(visit, 3))
        val authorized = hers.case(mei).authorizations.single()
        assertEquals(38L to 2L, authorized.unitsUsed to authorized.unitsLeft)
        assertTrue(Reason.UnitsNearlyUsed(authorization, 2, 40) in meiWaitsFor())
    }

    /** The referral is followed until somebody knows what came of it. */
    suspend fun meals() {
        val came = "The first meal came at noon"
        val moves = listOf(
            ReferralEdit.SetStatus(referral, ReferralStatus.Accepted),
            ReferralEdit.Update(referral, ReferralUpdate(outcome = came)),
            ReferralEdit.SetStatus(referral, ReferralStatus.Completed),
        )
        for (made in moves) hers.edit(mei, Edit.Referral(made))
        val meals = hers.case(mei).referrals.single()
        assertEquals(ReferralStatus.Completed to came, meals.status to meals.outcome)
    }

    /** The late task is Ben's once he accepts it. */
    suspend fun handOver() {
        hers.edit(mei, Edit.Task(TaskEdit.Delegate(prescription, ben, "You pass the pharmacy")))
        hers.sync()
        his.sync()
        val asked = his.worklist(zone, ben).single()
        assertEquals(mei to listOf(Reason.Overdue(prescription, 3), Reason.HighRisk), asked.case to asked.reasons)
        his.edit(mei, Edit.Task(TaskEdit.Accept(prescription)))
        his.edit(mei, Edit.Task(TaskEdit.Complete(prescription, "Handed in")))
        his.sync()
        hers.sync()
        val done = hers.case(mei).tasks.single()
        assertEquals(Triple(TaskStatus.Done, ben, "Handed in"), Triple(done.status, done.assignee, done.outcome))
        hers.edit(ida, Edit.Task(TaskEdit.Complete(call, "Comes on Thursday")))
    }

    /** Both write another phone number without the other; Ana asks Mei which one is right. */
    suspend fun apart() {
        Entries(hers).changePhone(mei, number, "555 0111")
        Entries(his).changePhone(mei, number, "555 0122")
        for (device in listOf(his, hers, his)) device.sync()
        assertEquals(listOf(mei), hers.inbox().conflicts.map { it.case })
        assertTrue(Reason.Conflict(1u) in meiWaitsFor())
        val conflict = hers.case(mei).conflicts.single()
        assertEquals(setOf("555 0111", "555 0122"), conflict.choices.map { (it.value as Value.Text).v1 }.toSet())
        hers.edit(mei, Edit.Conflict(ConflictEdit.Settle(conflict.path, Value.Text("555 0122"))))
        hers.sync()
        his.sync()
        assertEquals(listOf("555 0122"), his.case(mei).phones.map { it.number })
        assertEquals(emptyList<ConflictRow>(), his.inbox().conflicts)
    }

    /** The summary for the clinic, as far as Mei consents, and the visit for the payer. */
    suspend fun give(file: Path) {
        val parts = listOf(RecordPart.Assessments, RecordPart.Visits, RecordPart.Risks, RecordPart.Authorizations)
        Files.writeString(file, hers.report(mei, ReportOptions(ReportLocale.EN_US, zone.id, parts, CLINIC)).html)
        val page = Files.readString(file)
        val texts = listOf("PHQ-9", "Call 988", "12 Elm Street", "State plan")
        assertEquals(listOf(true, true, false, false), texts.map { it in page })
        assertEquals(listOf(CLINIC), hers.case(mei).disclosures.map { it.recipient })
        val line = hers.evvExport(EvvQuery(today, today, zone.id), EvvFormat.CSV).trim().lines().last()
        assertTrue(line.startsWith("T1019,Mei Díaz,,$today,home,") && ",State plan,3,complete," in line, line)
    }

    /** What still waits is less, what comes next is told, and both phones show the same record, proven. */
    suspend fun evening() {
        hers.edit(mei, planned(hers.newId(), 9, 7))
        val left = listOf(
            juan to listOf(Reason.VisitMissed(missed, 3)),
            mei to listOf(Reason.UnitsNearlyUsed(authorization, 2, 40), Reason.HighRisk),
        )
        assertEquals(left, waits())
        assertEquals(listOf(ida to today, mei to ago(-7)), hers.nextReminders(zone).map { it.case to it.on })
        hers.sync()
        his.sync()
        assertEquals(0u, hers.status().pending)
        assertEquals(his.case(mei), hers.case(mei))
        assertEquals(setOf(Proof.VERIFIED), hers.history(mei).map { it.proof }.toSet())
    }

    private companion object {
        /** Where it is between seven and eight now: the library's clock is the machine's, and no midnight may come between. */
        fun whereItIsSeven(): ZoneId {
            val east = 7 - Instant.now().atOffset(ZoneOffset.UTC).hour
            return ZoneId.of("Etc/GMT%+d".format(Locale.ROOT, if (east >= -12) -east else -east - 24))
        }
    }
}
