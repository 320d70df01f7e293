package dev.caseweave

import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** Restricted compartments: opened about a case, shared with one of two colleagues. */
class CompartmentsTest : AgencyTest() {
    @Test
    fun `a compartment is seen by the colleague it is shared with and by no other`() = runTest {
        val (ben, cleo) = listOf("Ben", "Cleo").map { server.worker(it) }
        val anas = server.device(ana, "anas")
        val bens = server.device(ben, "bens")
        val cleos = server.device(cleo, "cleos")
        val case = Entries(anas).openCase("Rosa", "Díaz")
        listOf(ben, cleo).forEach { anas.share(case, it, Role.CONTRIBUTOR) }
        val room = anas.newCompartmentId()
        anas.edit(room, Edit.Compartment(CompartmentEdit.Open(room, case, CompartmentUpdate(title = "Therapy"))))
        val note = Entries(anas).startNote(room, "Marzipan.")
        val need = NeedUpdate(domain = NeedDomain.IntimatePartnerViolence)
        anas.edit(room, Edit.Note(NoteEdit.Sign(note)), Edit.Need(NeedEdit.Add(anas.newId(), need)))
        anas.share(room, cleo, Role.CONTRIBUTOR)
        val refused = failure<CaseweaveException.InvalidInput> { Entries(anas).addPhone(room, "555 0100") }
        assertEquals("phone", refused.`field`)
        listOf(anas, bens, cleos).forEach { it.sync() }

        val row = cleos.compartments(case).single()
        assertEquals(listOf(room, "Therapy", 1u, 1u), listOf(row.id, row.title, row.notes, row.needs))
        val view = cleos.compartment(room)
        assertEquals(case to NoteState.SIGNED, view.case to view.notes.single().state)
        val hit = cleos.search("marzipan").single()
        assertEquals(case to room, hit.case to hit.compartment)
        assertEquals("open_compartment", cleos.history(room).first().intentions)
        Entries(cleos).startNote(room, "From Cleo.")
        listOf(cleos, anas, bens).forEach { it.sync() }
        assertEquals(2, anas.compartment(room).notes.size)
        assertEquals(view.notes.single().signed, anas.compartmentAt(room, view.revision).notes.single().signed)

        assertEquals(anas.case(case), bens.case(case))
        assertTrue(bens.compartments().isEmpty() && bens.search("marzipan").isEmpty() && bens.access(room).isEmpty())
        failure<CaseweaveException.NotFound> { bens.compartment(room) }
        anas.withdraw(room, cleo)
        listOf(anas, cleos).forEach { it.sync() }
        assertTrue(cleos.compartments().isEmpty() && cleos.search("marzipan").isEmpty())
    }
}
