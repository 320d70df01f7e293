package dev.caseweave

import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.IOException
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

class RetryTest {
    @Test
    fun `pauses double up to the longest and are drawn anew each time`() = runTest {
        val pauses = mutableListOf<Duration>()
        val most = object : Random() {
            override fun nextBits(bitCount: Int) = -1 ushr (32 - bitCount)
        }
        val retry = Retry(attempts = 6, first = 1.seconds, longest = 8.seconds, random = most, pause = { pauses += it })

        failure<CaseweaveException.Interrupted> { retry.untilAnswered { throw IOException("lost") } }

        val bounds = listOf(2, 4, 8, 8, 8).map { it.seconds }
        assertEquals(bounds.size, pauses.size)
        assertTrue(pauses.zip(bounds).all { (pause, bound) -> pause <= bound && pause > bound * 0.99 }, "$pauses")
    }

    @Test
    fun `a refusal is told at once`() = runTest {
        var attempts = 0
        failure<CaseweaveException.SyncRejected> {
            Pauses().retry().untilAnswered {
                attempts++
                throw CaseweaveException.SyncRejected("device_revoked", "the device was revoked")
            }
        }
        assertEquals(1, attempts)
    }
}
