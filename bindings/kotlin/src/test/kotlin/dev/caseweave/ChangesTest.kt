package dev.caseweave

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Path

class ChangesTest {
    @TempDir
    lateinit var directory: Path

    @Test
    fun `screens hear of edits here and of news from the server until the record is closed`() = runBlocking(Dispatchers.Default) {
        TestServer(directory).use { server ->
            val ana = server.worker("Ana")
            val phone = server.device(ana, "phone")
            val tablet = server.device(ana, "tablet")
            val old = Entries(phone).openCase("Rosa", "Díaz")
            tablet.sync()
            val heard = Channel<List<DocumentId>>(Channel.UNLIMITED)
            val screen = launch { tablet.changes.collect(heard::send) }

            assertEquals(emptyList<DocumentId>(), heard.receive())

            val own = Entries(tablet).openCase("Ida", "Brown")
            assertEquals(listOf(own), heard.receive())
            Entries(phone).addPhone(old, "555 0100")
            phone.sync()
            tablet.sync()
            while (old !in heard.receive()) continue

            tablet.close()
            screen.join()
        }
    }
}
