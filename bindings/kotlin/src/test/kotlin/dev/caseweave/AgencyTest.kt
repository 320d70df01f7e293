package dev.caseweave

import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Path

/** Tests with an agency of their own each: the real server, and one worker. */
abstract class AgencyTest {
    @TempDir
    lateinit var directory: Path
    protected lateinit var server: TestServer
    protected lateinit var ana: WorkerId

    @BeforeEach
    fun startServer() {
        server = TestServer(directory)
        ana = server.worker("Ana")
    }

    @AfterEach
    fun stopServer() = server.close()

    protected suspend fun syncAll(vararg devices: Caseweave) = devices.forEach { it.sync() }
}
