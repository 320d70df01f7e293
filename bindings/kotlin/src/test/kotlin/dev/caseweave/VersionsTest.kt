package dev.caseweave

import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class VersionsTest {
    @Test
    fun `the native library answers with the release of this package`() = runTest {
        val versions = Caseweave.versions()

        assertEquals(System.getProperty("caseweave.release"), versions.release)
        assertEquals(30u, versions.uniffiContract)
    }

    @Test
    fun `wire, document and database versions are positive numbers`() = runTest {
        val versions = Caseweave.versions()

        assertTrue(listOf(versions.wire, versions.document, versions.database).all { it > 0u })
    }
}
