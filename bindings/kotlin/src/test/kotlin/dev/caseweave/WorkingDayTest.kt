package dev.caseweave

import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import java.time.LocalDate
import java.time.ZoneId

/** A case manager's day over two devices: assessed, referred, authorized units used, all of it apart and then together. */
class WorkingDayTest : AgencyTest() {
    private fun answers(values: Map<String, Long>) = values.map { (item, value) -> ItemAnswer(item, Answer.Choice(value)) }

    @Test
    fun `answers given apart are one scored assessment that alerts`() = runTest {
        val phone = server.device(ana, "phone")
        val tablet = server.device(ana, "tablet")
        val case = Entries(phone).openCase("Rosa", "Díaz")
        val id = phone.newId()
        val phq9 = phone.instrument("phq-9")
        phone.edit(case, Edit.Assessment(AssessmentEdit.Start(id, phq9.id, phq9.version, AssessmentUpdate())))
        syncAll(phone, tablet)
        val first = (1..5).associate { "$it" to 0L }
        val second = mapOf("6" to 0L, "7" to 0L, "8" to 0L, "9" to 1L)
        phone.edit(case, Edit.Assessment(AssessmentEdit.RecordAnswers(id, answers(first))))
        tablet.edit(case, Edit.Assessment(AssessmentEdit.RecordAnswers(id, answers(second))))
        syncAll(phone, tablet, phone)
        phone.edit(case, Edit.Assessment(AssessmentEdit.Complete(id)))
        syncAll(phone, tablet)

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
        val until = Entries.TODAY.plusDays(10)
        val care = AuthorizationUpdate(payer = "Payer", service = "T1019", units = 10, until = until)
        phone.edit(
            case,
            Edit.Referral(ReferralEdit.Add(referral, meals)),
            Edit.Authorization(AuthorizationEdit.Add(authorization, care)),
            Edit.Authorization(AuthorizationEdit.SetStatus(authorization, AuthorizationStatus.Approved)),
        )
        val visits = listOf(Entries(phone).visit(case, "Wound care"), Entries(phone).visit(case, "Medication"))
        syncAll(phone, tablet)

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
        syncAll(phone, tablet, phone)
        use(phone, visits[0], 5)

        val view = phone.case(case)
        val authorized = view.authorizations.single()
        assertEquals(8L to 2L, authorized.unitsUsed to authorized.unitsLeft)
        // Noon of one day in UTC is the next day on Kiritimati.
        val zones = listOf("UTC", "Pacific/Kiritimati")
        val expires = listOf(10L, 9L).map { listOf(AuthorizationAlert.Expires(it, 2)) }
        assertEquals(expires, zones.map { authorizationAlerts(authorized, Entries.NOON, it) })
        val referred = view.referrals.single()
        assertEquals(ReferralStatus.Accepted, referred.status)
        assertEquals(listOf(false, true), zones.map { referralIsOverdue(referred, Entries.NOON, it) })
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
        phone.snooze(case, LocalDate.of(9999, 1, 1), utc, "in hospital")
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
        assertEquals(0L, phone.settings().version)
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

        val ben = server.worker("Ben")
        val came = VisitEdit.Correct(phone.newId(), visit, CorrectableField.Worker, ben, CorrectionReason.StaffChange)
        phone.edit(case, Edit.Visit(came))
        assertEquals(ben, judged().worker)
        assertTrue(EvvException.NotSigned in (judged().evv as EvvStatus.Exceptions).found)
        val record = phone.evvReport(day).visits.single()
        val told = record.corrections.map { Triple(it.`field`, it.value, it.reason) }
        assertEquals(ben to Triple("worker", ben, "staff_change"), record.provider to told.last())
    }

    @Test
    fun `a task is handed over, done by the colleague, and told in timeline and history`() = runTest {
        val ben = server.worker("Ben")
        val hers = server.device(ana, "phone")
        val his = server.device(ben, "tablet")
        val case = Entries(hers).openCase("Rosa", "Díaz")
        val task = hers.newId()
        val due = TaskUpdate(title = "Take the prescription to the pharmacy", dueOn = Entries.LONG_AGO)
        hers.edit(case, Edit.Task(TaskEdit.Add(task, due)))
        hers.sync()
        hers.share(case, ben, Role.CONTRIBUTOR)
        hers.edit(case, Edit.Task(TaskEdit.Delegate(task, ben, "You pass the pharmacy")))
        syncAll(hers, his)
        assertEquals(listOf(case), his.worklist(ZoneId.of("UTC"), ben).map { it.case })
        assertEquals(1u, his.workload(ZoneId.of("UTC")).single { it.worker == ben }.tasks)
        his.edit(case, Edit.Task(TaskEdit.Accept(task)), Edit.Task(TaskEdit.Complete(task, "Handed in")))
        syncAll(his, hers)

        val done = hers.case(case).tasks.single()
        assertEquals(listOf(TaskStatus.Done, "Handed in", ana), listOf(done.status, done.outcome, done.delegatedBy))
        val told = hers.timeline(case).items.filter { it.kind == Kind.TASK }.map { it.author to (it.fact as Fact.Task).v1 }
        assertTrue(told.any { (who, fact) -> who == "Ana" && fact is TaskFact.Moved && fact.reason == "You pass the pharmacy" }, "$told")
        assertTrue(told.any { (who, fact) -> who == "Ben" && fact is TaskFact.Moved && fact.status == TaskStatus.Done }, "$told")
        val last = hers.history(case).last()
        assertEquals(Triple("Ben", "accept_task,complete_task", Proof.VERIFIED), Triple(last.name, last.intentions, last.proof))
        assertTrue(last.fields.any { it.path.`field` == "status" && it.after == Value.Text("done") }, "${last.fields}")
        val before = hers.history(case).first().revision
        assertEquals(emptyList<Task>(), hers.caseAt(case, before).tasks)
    }

    @Test
    fun `an appeal goes from position to agreement`() = runTest {
        val phone = server.device(ana, "phone")
        val case = Entries(phone).openCase("Rosa", "Díaz")
        val appeal = phone.newId()
        val asked = AdvocacyUpdate(
            sort = AdvocacyKind.Appeal, subject = "Aide hours cut", counterpart = "Payer", position = "14 hours a week",
            deadline = Entries.soon(3),
        )
        phone.edit(case, Edit.Advocacy(AdvocacyEdit.Add(appeal, asked)))
        suspend fun deadlines() = phone.worklist(ZoneId.of("UTC")).flatMap { it.reasons }.filterIsInstance<Reason.AppealDeadline>()
        val near = deadlines().single()
        assertEquals(appeal to true, near.subject to (near.days in 2..3))
        val refused = assertThrows<CaseweaveException.InvalidInput> {
            phone.edit(case, Edit.Advocacy(AdvocacyEdit.SetStatus(appeal, AdvocacyStatus.Lost)))
        }
        assertTrue(refused.field.startsWith("advocacy."), refused.field)
        phone.edit(
            case,
            Edit.Advocacy(AdvocacyEdit.SetStatus(appeal, AdvocacyStatus.Filed)),
            Edit.Advocacy(AdvocacyEdit.SetStatus(appeal, AdvocacyStatus.Offered)),
            Edit.Advocacy(AdvocacyEdit.Update(appeal, AdvocacyUpdate(offer = "10 hours", agreement = "12 hours"))),
            Edit.Advocacy(AdvocacyEdit.SetStatus(appeal, AdvocacyStatus.Agreed)),
        )
        val action = phone.case(case).advocacy.single()
        assertEquals(Triple(AdvocacyStatus.Agreed, "10 hours", "12 hours"), Triple(action.status, action.offer, action.agreement))
        assertEquals(emptyList<Reason>(), deadlines())
        assertEquals(listOf(appeal), phone.search("aide hours").map { it.id })
    }

    @Test
    fun `a day has an agenda, a short way and reminders`() = runTest {
        val phone = server.device(ana, "phone")
        val zone = ZoneId.of("America/Chicago")
        val day = Entries.soon(3)
        suspend fun visit(north: Double, hour: Int): EntityId {
            val case = Entries(phone).openCase("Rosa", "Díaz")
            val id = phone.newId()
            val start = day.atTime(hour, 0).atZone(zone).toInstant()
            val home = AddressUpdate(line = "12 Elm Street", usage = AddressUse.Home, latitude = north, longitude = -87.63)
            phone.edit(
                case,
                Edit.Address(AddressEdit.Add(phone.newId(), home)),
                Edit.Visit(VisitEdit.Plan(id, VisitUpdate(purpose = "At $hour", plannedStart = start, worker = ana))),
            )
            return id
        }
        val (far, near, nearer) = listOf(visit(41.98, 9), visit(41.90, 10), visit(41.89, 11))
        val task = phone.newId()
        phone.edit(Entries(phone).openCase("Lin", "Wu"), Edit.Task(TaskEdit.Add(task, TaskUpdate(title = "Call", dueOn = day))))

        val agenda = phone.agenda(day..day, zone, ana)
        assertEquals(listOf(far, near, nearer) to listOf(task), agenda.visits.map { it.id } to agenda.tasks.map { it.id })
        val way = phone.suggestedRoute(day, zone, ana, Point(41.88, -87.63))
        assertEquals(listOf(nearer, near, far), way.map { it.visit })
        assertTrue(way.first().metres!! in 1_100u..1_120u, "$way")
        val reminders = phone.nextReminders(zone)
        assertEquals(listOf(task, far, near, nearer), reminders.map { it.entity })
        assertEquals(listOf("Call", "At 9"), phone.nextReminders(zone, 2).map { it.title })
    }

    @Test
    fun `of two versions signed apart one stands by decision and late words become an addendum`() = runTest {
        val phone = server.device(ana, "phone")
        val tablet = server.device(ana, "tablet")
        val case = Entries(phone).openCase("Rosa", "Díaz")
        val note = Entries(phone).startNote(case, "Calm.")
        syncAll(phone, tablet)
        suspend fun sign(device: Caseweave, text: String) =
            device.edit(case, Edit.Note(NoteEdit.Write(note, text)), Edit.Note(NoteEdit.Sign(note)))
        sign(phone, "Calm. Ate.")
        sign(tablet, "Calm. Fell.")
        syncAll(phone, tablet, phone)
        suspend fun shown(device: Caseweave) = device.case(case).notes.single()
        assertEquals(NoteState.SIGNED_WITH_LATE_WORDS, shown(phone).state)

        val (fell, ate) = shown(phone).signed.partition { it.text == "Calm. Fell." }.let { it.first.single() to it.second.single() }
        phone.edit(case, Edit.Note(NoteEdit.Settle(phone.newId(), note, fell.meta.id, "Saw her fall")))
        syncAll(phone, tablet)
        val decision = shown(tablet).settlements.single()
        assertEquals(Triple(ana, fell.meta.id, "Saw her fall"), Triple(decision.meta.created.worker, decision.signedNote, decision.reason))
        assertEquals(decision.meta.id, shown(tablet).signed.single { it.meta.id == ate.meta.id }.supersededBy)
        assertEquals(NoteState.SETTLED, shown(tablet).state)

        tablet.edit(
            case,
            Edit.Note(NoteEdit.Write(note, "Calm. Fell. Called her doctor.")),
            Edit.Note(NoteEdit.SignAddendum(note, "Forgot it")),
        )
        syncAll(tablet, phone)
        val added = shown(phone).signed.single { it.addsTo != null }
        assertEquals(Triple(fell.meta.id, "Forgot it", true), Triple(added.addsTo, added.reason, added.intact))
        assertEquals(NoteState.SIGNED to 3, shown(phone).state to shown(phone).signed.size)
        val facts = phone.timeline(case).items.map { it.fact }.filterIsInstance<Fact.Note>().map { it.v1 }
        assertTrue(facts.any { it is NoteFact.Settled && it.reason == "Saw her fall" }, "$facts")
    }
}
