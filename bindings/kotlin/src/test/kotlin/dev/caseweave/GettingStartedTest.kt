package dev.caseweave

import dev.caseweave.example.firstDay
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Files
import java.nio.file.Path

class GettingStartedTest {
    @TempDir
    lateinit var directory: Path

    @Test
    fun `the example of the documentation runs against a server`() = runTest {
        TestServer(directory).use { server ->
            val link = server.link(server.worker("Ana"))
            val view = firstDay(link, server.home("phone"), directory.resolve("keys"), UrlConnectionDriver(server.trust))

            assertEquals("Díaz", view.person.familyName)
            assertEquals(listOf("555 0100"), view.phones.map { it.number })
        }
    }

    @Test
    fun `the documentation shows the example that is tested`() {
        val source = Files.readString(Path.of("src/test/kotlin/dev/caseweave/GettingStarted.kt"))
        val shown = source.substringAfter("package dev.caseweave.example\n").trim()
        for (document in listOf("../docs/kotlin.md", "../../README.md")) {
            assertTrue(shown in Files.readString(Path.of(document)), "$document shows another example")
        }
    }
}
