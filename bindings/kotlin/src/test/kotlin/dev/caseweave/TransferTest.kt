package dev.caseweave

import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.nio.file.Files

/** Records that come from other systems and go to them. */
class TransferTest : AgencyTest() {
    @Test
    fun `an export holds every case and every note`() = runTest {
        val phone = server.device(ana, "phone")
        val cases = listOf("Díaz", "Wu").map { Entries(phone).openCase("Rosa", it) }
        Entries(phone).startNote(cases[0], "Calm \uD83D\uDE42 today.")
        val file = directory.resolve("records.jsonl")

        val report = phone.exportRecords(file)

        assertEquals(ExportReport(cases = 2u, compartments = 0u, providers = 0u, lines = 8u, unreadable = emptyList()), report)
        val lines = Files.readAllLines(file)
        assertEquals(8, lines.size)
        assertTrue(lines.first().startsWith("""{"type":"export","format":1,"""))
        assertEquals("""{"type":"end","cases":2,"compartments":0,"providers":0,"unreadable":0,"lines":7}""", lines.last())
        assertTrue(lines.any { """"state":"draft","draft":"Calm 🙂 today."""" in it })
        val nowhere = directory.resolve("nowhere").resolve("records.jsonl")
        assertEquals(103u, failure<CaseweaveException.Unexpected> { phone.exportRecords(nowhere) }.code)
    }

    @Test
    fun `an import opens a case for each row once and names what is wrong by line and column`() = runTest {
        val phone = server.device(ana, "phone")
        val map = ImportMap(
            system = "Old system",
            columns = listOf(
                ImportColumn("Id", "source"),
                ImportColumn("Name", "person.family_name"),
                ImportColumn("Born", "person.birth_date"),
                ImportColumn("Sex", "person.sex", codes = mapOf("F" to "female")),
            ),
            fixed = mapOf("case.opened_on" to "01.06.2026"),
            dateFormat = "%d.%m.%Y",
            delimiter = ";",
        )
        val csv = "Id;Name;Born;Sex\n1;Díaz;01.04.1950;F\n2;Wu;1950-04-01;\n1;Díaz;;\n"

        val tried = phone.importCases(csv, map, dryRun = true)
        assertEquals(emptyList<CaseRow>(), phone.list().rows)
        val made = phone.importCases(csv, map)

        val fault = CellProblem("Born", "person.birth_date", CellFault.NotADay)
        val rest = listOf(RowOutcome.Refused(listOf(fault)), RowOutcome.Repeated(2uL))
        assertEquals(listOf(RowOutcome.WouldOpen) + rest, tried.rows.map { it.outcome })
        val case = phone.list().rows.single().case
        assertEquals(listOf(RowOutcome.Opened(case)) + rest, made.rows.map { it.outcome })
        assertEquals(listOf(2uL, 3uL, 4uL), made.rows.map { it.line })
        val view = phone.case(case)
        assertEquals(Sex.Female to "Old system", view.person.sex to view.identifiers.single().system)
        val again = phone.importCases(csv, map)
        assertEquals(RowOutcome.AlreadyThere(case), again.rows.first().outcome)
        val other = failure<CaseweaveException.InvalidInput> { phone.importCases("Name\n", map) }
        assertEquals("columns", other.`field`)
    }
}
