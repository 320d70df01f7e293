package dev.caseweave

import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Files
import java.nio.file.Path

/** Records that come from other systems and go to them. */
class TransferTest {
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

    @Test
    fun `an export holds every case and every note`() = runTest {
        val phone = server.device(ana, "phone")
        val cases = listOf("Díaz", "Wu").map { Entries(phone).openCase("Rosa", it) }
        Entries(phone).startNote(cases[0], "Calm \uD83D\uDE42 today.")
        val file = directory.resolve("records.jsonl")

        val report = phone.exportRecords(file)

        assertEquals(ExportReport(cases = 2u, lines = 8u, unreadable = emptyList()), report)
        val lines = Files.readAllLines(file)
        assertEquals(8, lines.size)
        assertTrue(lines.first().startsWith("""{"type":"export","format":1,"""))
        assertEquals("""{"type":"end","cases":2,"unreadable":0,"lines":7}""", lines.last())
        assertTrue(lines.any { """"state":"draft","draft":"Calm 🙂 today."""" in it })
        val nowhere = directory.resolve("nowhere").resolve("records.jsonl")
        assertEquals(103u, failure<CaseweaveException.Unexpected> { phone.exportRecords(nowhere) }.code)
    }
}
