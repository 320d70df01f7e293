package dev.caseweave

import java.io.IOException
import kotlin.random.Random
import kotlin.time.Duration

/** Pauses between attempts that take no time and are written down. */
class Pauses {
    val taken = mutableListOf<Duration>()

    fun retry(attempts: Int = 5) = Retry(attempts = attempts, random = Random(1), pause = { taken += it })
}

/** A network that loses answers, or requests, when told to. */
class LossyDriver(private val inner: HttpDriver) : HttpDriver {
    var repliesToLose = 0
    var requestsToLose = 0

    override suspend fun send(request: HttpRequest): HttpAnswer {
        if (requestsToLose-- > 0) throw IOException("the request is lost")
        val answer = inner.send(request)
        if (repliesToLose-- > 0) throw IOException("the reply is lost")
        return answer
    }
}
