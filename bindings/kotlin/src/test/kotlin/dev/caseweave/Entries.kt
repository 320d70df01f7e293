package dev.caseweave

import java.time.Instant
import java.time.LocalDate
import java.time.ZoneOffset

/** Edits as an app makes them, on one device. */
class Entries(private val device: Caseweave) {
    suspend fun openCase(given: String, family: String, on: LocalDate = TODAY): DocumentId {
        val id = device.newId()
        val person = PersonUpdate(givenName = given, familyName = family)
        device.edit(id, Edit.Case(CaseEdit.Open(id, on, CaseUpdate(sector = Sector.Health), person)))
        return id
    }

    suspend fun addPhone(case: DocumentId, number: String): EntityId {
        val id = device.newId()
        device.edit(case, Edit.Phone(PhoneEdit.Add(id, PhoneUpdate(number = number))))
        return id
    }

    suspend fun changePhone(case: DocumentId, id: EntityId, number: String) {
        device.edit(case, Edit.Phone(PhoneEdit.Update(id, PhoneUpdate(number = number))))
    }

    suspend fun startNote(case: DocumentId, text: String): EntityId {
        val id = device.newId()
        device.edit(case, Edit.Note(NoteEdit.Start(id, NoteUpdate(sort = NoteKind.Progress), text)))
        return id
    }

    suspend fun change(case: DocumentId, note: EntityId, before: String, change: EditorChange) {
        device.edit(case, Edit.Note(NoteEdit.Splice(note, change.toSplice(before))))
    }

    /** A visit from plan to check-out, without coverage. */
    suspend fun visit(case: DocumentId, purpose: String): EntityId {
        val id = device.newId()
        val nowhere = Location.Missing(NoLocationReason.NoSignal)
        fun moment(minutes: Long) =
            VisitMoment(NOON.plusSeconds(60 * minutes), "America/Chicago", 60_000 * minutes, nowhere, manual = false)
        device.edit(
            case,
            Edit.Visit(VisitEdit.Plan(id, VisitUpdate(purpose = purpose, service = "T1019", plannedOn = TODAY))),
            Edit.Visit(VisitEdit.CheckIn(device.newId(), id, moment(0))),
            Edit.Visit(VisitEdit.CheckOut(device.newId(), id, moment(45))),
        )
        return id
    }

    companion object {
        val TODAY: LocalDate = LocalDate.of(2026, 6, 15)
        val NOON: Instant = Instant.parse("2026-06-15T12:00:00Z")

        // The library's clock is the machine's. This is past by any.
        val LONG_AGO: LocalDate = LocalDate.of(2000, 1, 3)

        /** A day that is yet to come for the whole of a test, for what the library looks only some days ahead of: it takes no clock from apps. */
        fun soon(days: Long): LocalDate = LocalDate.now(ZoneOffset.UTC).plusDays(days)
    }
}
