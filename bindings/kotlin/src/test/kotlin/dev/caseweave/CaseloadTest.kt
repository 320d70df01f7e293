package dev.caseweave

import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import java.nio.file.Files
import java.nio.file.Path

/** Two devices and the real server: what was done apart, offline, is whole on both afterwards. */
class CaseloadTest : AgencyTest() {
    private lateinit var ben: WorkerId

    @BeforeEach
    fun enrolBen() {
        ben = server.worker("Ben")
    }

    @Test
    fun `what two devices did apart is whole on both after they sync`() = runTest {
        val phone = server.device(ana, "phone")
        val tablet = server.device(ana, "tablet")
        val case = Entries(phone).openCase("Rosa", "Díaz")
        val number = Entries(phone).addPhone(case, "555 0100")
        val text = "Calm \uD83D\uDE42 today."
        val note = Entries(phone).startNote(case, text)
        syncAll(phone, tablet)

        val visits = listOf(Entries(phone).visit(case, "Wound care"), Entries(tablet).visit(case, "Medication"))
        Entries(phone).change(case, note, text, EditorChange(0, 4, "Rested"))
        Entries(tablet).change(case, note, text, EditorChange(8, 13, "since noon"))
        Entries(phone).changePhone(case, number, "555 0111")
        Entries(tablet).changePhone(case, number, "555 0122")
        syncAll(phone, tablet, phone)

        val view = tablet.case(case)
        assertEquals(phone.case(case), view)
        assertEquals(visits.toSet(), view.visits.map { it.visit.meta.id }.toSet())
        assertTrue(view.visits.all { it.visit.status == VisitStatus.Completed && it.startedAt == Entries.NOON })
        assertEquals("Rested \uD83D\uDE42 since noon.", view.notes.single().draft)
        val conflict = view.conflicts.single()
        assertEquals(FieldPath(Kind.PHONE, number, "number"), conflict.path)
        assertEquals(setOf("555 0111", "555 0122"), conflict.choices.map { (it.value as Value.Text).v1 }.toSet())
    }

    @Test
    fun `two workers who share a case write in it apart and both keep everything`() = runTest {
        val hers = server.device(ana, "hers")
        val his = server.device(ben, "his")
        val case = Entries(hers).openCase("Rosa", "Díaz")
        syncAll(hers, his)
        assertEquals(emptyList<CaseRow>(), his.list().rows)

        assertEquals(listOf("Ana", "Ben"), hers.colleagues().map { it.name })
        hers.share(case, ben, Role.CONTRIBUTOR)
        syncAll(hers, his)
        val visits = setOf(Entries(hers).visit(case, "Wound care"), Entries(his).visit(case, "Medication"))
        syncAll(hers, his, hers)

        assertEquals(listOf(ActionResult.DONE), hers.decisions(case).map { it.result })
        assertEquals(mapOf(ana to Role.LEAD, ben to Role.CONTRIBUTOR), his.access(case).associate { it.worker to it.role })
        assertEquals(visits, his.case(case).visits.map { it.visit.meta.id }.toSet())
        assertEquals(hers.case(case), his.case(case))
    }

    @Test
    fun `a settled conflict is settled on every device`() = runTest {
        val phone = server.device(ana, "phone")
        val tablet = server.device(ana, "tablet")
        val case = Entries(phone).openCase("Rosa", "Díaz")
        val number = Entries(phone).addPhone(case, "555 0100")
        syncAll(phone, tablet)
        Entries(phone).changePhone(case, number, "555 0111")
        Entries(tablet).changePhone(case, number, "555 0122")
        syncAll(phone, tablet, phone)
        assertEquals(listOf(case), phone.list(ListQuery(inConflict = true)).rows.map { it.case })

        val path = phone.case(case).conflicts.single().path
        assertEquals(listOf(ConflictRow(case, null, null, Kind.PHONE, number, path.`field`)), tablet.inbox().conflicts)
        phone.edit(case, Edit.Conflict(ConflictEdit.Settle(path, Value.Text("555 0122"))))
        syncAll(phone, tablet)

        assertEquals(Inbox(emptyList(), emptyList()), tablet.inbox())
        assertEquals("555 0122", tablet.case(case).phones.single().number)
        assertEquals(phone.case(case), tablet.case(case))
        assertEquals(CaseSync(0u, 0u, 0u), phone.status())
    }

    @Test
    fun `a lost reply is sent again after a pause and taken once`() = runTest {
        val network = LossyDriver(UrlConnectionDriver(server.trust))
        val pauses = Pauses()
        val phone = server.device(ana, "phone", network, pauses)
        val tablet = server.device(ana, "tablet")
        val case = Entries(phone).openCase("Rosa", "Díaz")
        Entries(phone).addPhone(case, "555 0100")

        network.repliesToLose = 2
        phone.sync()
        tablet.sync()

        assertEquals(2, pauses.taken.size)
        assertEquals(0u, phone.status().pending)
        assertEquals(listOf("555 0100"), tablet.case(case).phones.map { it.number })
        assertEquals(phone.case(case), tablet.case(case))
    }

    @Test
    fun `without the server edits stay and sync says that it was interrupted`() = runTest {
        val network = LossyDriver(UrlConnectionDriver(server.trust))
        val phone = server.device(ana, "phone", network)
        val case = Entries(phone).openCase("Rosa", "Díaz")

        network.requestsToLose = Int.MAX_VALUE
        val lost = failure<CaseweaveException.Interrupted> { phone.sync() }
        assertEquals("no answer from the server: IOException", lost.reason)
        assertEquals(1u, phone.status(case).pending)

        network.requestsToLose = 0
        phone.sync()
        assertEquals(0u, phone.status(case).pending)
    }

    @Test
    fun `a server under a certificate that is not trusted is told nothing`() = runTest {
        val case = server.device(ana, "phone").use { Entries(it).openCase("Rosa", "Díaz") }
        val phone = Caseweave.open(server.home("phone"), server.vault("phone"), UrlConnectionDriver(), Pauses().retry())

        val refused = failure<CaseweaveException.Interrupted> { phone.sync() }
        assertEquals("no answer from the server: SSLHandshakeException", refused.reason)
        assertEquals(1u, phone.status(case).pending)
    }

    @Test
    fun `a revoked device hands over its work and then its keys and files are gone`() = runTest {
        val phone = server.device(ana, "phone")
        val tablet = server.device(ana, "tablet")
        val case = Entries(phone).openCase("Rosa", "Díaz")
        syncAll(phone, tablet)
        val visit = Entries(phone).visit(case, "Wound care")
        server.revoke(phone.whoAmI().device)

        assertEquals("device_revoked", failure<CaseweaveException.SyncRejected> { phone.sync() }.code)
        assertEquals(emptyList<String>(), names(server.home("phone")))
        assertEquals(emptyList<String>(), names(server.home("phone-keys")))
        failure<CaseweaveException.NotAllowed> { phone.case(case) }
        failure<CaseweaveException.NotFound> { Caseweave.open(server.home("phone"), server.vault("phone")) }

        tablet.sync()
        tablet.acceptLateWork(tablet.lateWork(case).single().id)
        tablet.sync()
        assertEquals(listOf(visit), tablet.case(case).visits.map { it.visit.meta.id })
    }

    @Test
    fun `the timeline tells both workers what happened and who did it`() = runTest {
        val hers = server.device(ana, "hers")
        val his = server.device(ben, "his")
        val case = Entries(hers).openCase("Rosa", "Díaz")
        hers.share(case, ben, Role.CONTRIBUTOR)
        syncAll(hers, his)
        val visit = Entries(his).visit(case, "Wound care")
        syncAll(his, hers)

        val whole = hers.timeline(case)
        assertEquals(whole, his.timeline(case))
        val first = hers.timeline(case, limit = 2)
        assertEquals(whole.items, first.items + hers.timeline(case, first.next).items)
        val happened = whole.items.mapNotNull { item -> ((item.fact as? Fact.Visit)?.v1 as? VisitFact.Happened)?.let { item to it } }
        assertEquals(listOf(VisitEventKind.CheckOut, VisitEventKind.CheckIn), happened.map { it.second.event })
        assertTrue(happened.all { (item, fact) -> item.author == "Ben" && fact.visit == visit && fact.purpose == "Wound care" })
        assertEquals(When.At(Entries.NOON), happened.last().first.`when`)
    }

    @Test
    fun `every change is verified on the other device and its history says so`() = runTest {
        val phone = server.device(ana, "phone")
        val tablet = server.device(ana, "tablet")
        val case = Entries(phone).openCase("Rosa", "Díaz")
        Entries(phone).visit(case, "Wound care")
        assertTrue(phone.history(case).all { it.proof == Proof.UNCHECKED && it.receivedAt == null })
        syncAll(phone, tablet)

        tablet.verify(case)
        tablet.sync()
        val proof = tablet.verify(case)
        assertEquals(listOf(2u, 0u, 0u, 0u), listOf(proof.verified, proof.unchecked, proof.unproven, proof.failed))
        assertTrue(tablet.history(case).all { it.proof == Proof.VERIFIED && it.name == "Ana" && it.receivedAt != null })
        assertTrue(phone.history(case).all { it.proof == Proof.VERIFIED && it.receivedAt != null })
    }

    @Test
    fun `the lease runs for fourteen days from the last answer of the server`() = runTest {
        val phone = server.device(ana, "phone")
        val before = phone.lease()
        phone.sync()
        val after = phone.lease()

        assertEquals(14, java.time.Duration.between(after.confirmedAt, after.endsAt).toDays())
        assertTrue(after.confirmedAt >= before.confirmedAt && !after.ended)
    }

    @Test
    fun `a server whose certificate nobody vouches for is not spoken to`() = runTest {
        val stranger = Pauses().retry(attempts = 1)
        val lost = failure<CaseweaveException.Interrupted> {
            Caseweave.enrol(server.link(ana), server.home("phone"), server.vault("phone"), UrlConnectionDriver(), stranger)
        }
        assertEquals("no answer from the server: SSLHandshakeException", lost.reason)
        assertTrue(Files.notExists(server.home("phone")))
    }

    @Test
    fun `another vault does not open the record and the right one does`() = runTest {
        val phone = server.device(ana, "phone")
        val case = Entries(phone).openCase("Rosa", "Díaz")
        phone.close()

        val wrong = failure<CaseweaveException.WrongKey> { Caseweave.open(server.home("phone"), server.vault("another")) }
        assertTrue("a key file cannot be used" in wrong.reason, wrong.reason)
        Caseweave.open(server.home("phone"), server.vault("phone")).use { again ->
            assertEquals("Rosa", again.case(case).person.givenName)
        }
    }

    @Test
    fun `an edit that cannot stand names its field and changes nothing`() = runTest {
        val phone = server.device(ana, "phone")
        val case = Entries(phone).openCase("Rosa", "Díaz")
        val before = phone.case(case)

        val refused = failure<CaseweaveException.InvalidInput> { Entries(phone).addPhone(case, "no number") }
        assertEquals("phone.number", refused.field)
        assertEquals("does not hold 3 to 20 digits (in edit 0)", refused.reason)
        assertEquals(before, phone.case(case))
    }

    @Test
    fun `a text that is no id is refused as invalid input`() = runTest {
        val phone = server.device(ana, "phone")

        assertEquals("document_id", failure<CaseweaveException.InvalidInput> { phone.case("case 1") }.field)
    }

    @Test
    fun `a closed record says so whatever it is asked`() = runTest {
        val phone = server.device(ana, "phone")
        phone.close()
        phone.close()

        assertEquals("the record was closed", failure<CaseweaveException.NotAllowed> { phone.list() }.reason)
        assertEquals("the record was closed", failure<CaseweaveException.NotAllowed> { phone.sync() }.reason)
    }

    @Test
    fun `a locked record answers again once the vault gave its key`() = runTest {
        val phone = server.device(ana, "phone")
        val case = Entries(phone).openCase("Rosa", "Díaz")

        phone.lock()
        assertEquals("the record is locked", failure<CaseweaveException.NotAllowed> { phone.case(case) }.reason)
        phone.unlock()
        assertEquals(case, phone.case(case).id)
    }

    @Test
    fun `a database that is set aside is rescued and goes on`() = runTest {
        val phone = server.device(ana, "phone")
        val case = Entries(phone).openCase("Rosa", "Díaz")
        val damaged = phone.setAside()
        failure<CaseweaveException.NotAllowed> { phone.case(case) }

        val into = server.home("phone").resolve("caseweave.db")
        val report = Caseweave.rescue(server.home("phone"), server.vault("phone"), damaged, into)
        assertTrue(report.complete)
        phone.unlock()
        assertEquals(case, phone.case(case).id)
        assertEquals(1u, phone.status().pending.toUInt())
    }

    @Test
    fun `lists, search, agenda and history show what was written`() = runTest {
        val phone = server.device(ana, "phone")
        val cases = listOf("Álvarez", "Brown", "Chen").map { Entries(phone).openCase("Rosa", it) }
        val visit = Entries(phone).visit(cases[1], "Wound care")

        val first = phone.list(ListQuery(limit = 2u))
        assertEquals(cases.take(2), first.rows.map { it.case })
        assertEquals(listOf(cases[2]), phone.list(ListQuery(after = first.next)).rows.map { it.case })
        assertEquals(listOf(visit), phone.search("wou").map { it.id })
        assertEquals(listOf(cases[0]), phone.search("alvarez").map { it.case }.distinct())
        val planned = phone.list(ListQuery(statuses = listOf(CaseStatus.Closed)))
        assertEquals(emptyList<CaseRow>(), planned.rows)
        val history = phone.history(cases[1])
        assertEquals(listOf("open_case", "plan_visit,check_in,check_out"), history.map { it.intentions })
        assertEquals(0, phone.caseAt(cases[1], history.first().revision).visits.size)
        assertEquals("Ana", phone.whoAmI().workerName)
        assertTrue(phone.checkStorage().clean)
    }

    @Test
    fun `a cleared field is empty and a value of a newer version is kept as it came`() = runTest {
        val phone = server.device(ana, "phone")
        val case = Entries(phone).openCase("Rosa", "Díaz")
        val number = Entries(phone).addPhone(case, "555 0100")
        val newer = Sector.Other("housing")

        phone.edit(
            case,
            Edit.Phone(PhoneEdit.Update(number, PhoneUpdate(remark = "after noon"))),
            Edit.Phone(PhoneEdit.Update(number, PhoneUpdate(usage = PhoneUse.Home, clear = listOf(PhoneField.REMARK)))),
            Edit.Case(CaseEdit.Update(CaseUpdate(sector = newer))),
        )

        val view = phone.case(case)
        assertEquals(null, view.phones.single().remark)
        assertEquals("555 0100", view.phones.single().number)
        assertEquals(newer, view.case.sector)
    }

    private fun names(directory: Path): List<String> = Files.list(directory).use { files -> files.map { it.fileName.toString() }.toList() }
}

/** The exception of a type that a call must end with. */
suspend inline fun <reified T : Throwable> failure(crossinline call: suspend () -> Unit): T {
    val result = runCatching { call() }
    return assertThrows(T::class.java) { result.getOrThrow() }
}
