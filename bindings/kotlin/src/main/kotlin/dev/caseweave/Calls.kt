package dev.caseweave

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import java.nio.ByteBuffer

// What the calls into the library share. They block, so they run where blocking is allowed.

internal suspend fun <T> onDisk(call: () -> T): T = withContext(Dispatchers.IO) { call() }

/** Bytes outside the heap: the library reads them where they are. */
internal fun direct(bytes: ByteArray): ByteBuffer = ByteBuffer.allocateDirect(bytes.size).put(bytes).flip()

internal suspend fun <T : Any> unlessLocked(call: () -> T): T? = try {
    onDisk(call)
} catch (_: CaseweaveException.NotAllowed) {
    null
}

internal operator fun SyncProgress.plus(next: SyncProgress) = SyncProgress(
    receivedByServer + next.receivedByServer,
    refused + next.refused,
    documentsChanged + next.documentsChanged,
    more = next.more,
)
