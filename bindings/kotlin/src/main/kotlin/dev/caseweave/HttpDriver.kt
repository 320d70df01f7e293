package dev.caseweave

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.withContext
import java.io.IOException
import java.net.HttpURLConnection
import java.net.URI
import javax.net.ssl.HttpsURLConnection
import javax.net.ssl.SSLContext
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/** Carries requests to the server. Bring your own to use the app's HTTP client, its proxies and its certificate pins. */
public fun interface HttpDriver {
    /**
     * Sends a request as it is, once, following no redirect, and returns the answer whatever its status.
     *
     * @throws IOException no answer came
     */
    @Throws(IOException::class)
    public suspend fun send(request: HttpRequest): HttpAnswer
}

/** What the server answered. */
public class HttpAnswer(
    /** The status, such as 200. */
    public val status: Int,
    /** The body. */
    public val body: ByteArray,
)

/**
 * Carries requests with `HttpURLConnection`, which the JVM and Android both have.
 *
 * @param trust whose certificates are accepted; the platform's, when not given
 * @param connecting how long connecting may take
 * @param answering how long the server may be silent
 */
public class UrlConnectionDriver(
    private val trust: SSLContext? = null,
    private val connecting: Duration = 15.seconds,
    private val answering: Duration = 60.seconds,
) : HttpDriver {
    override suspend fun send(request: HttpRequest): HttpAnswer = withContext(Dispatchers.IO) {
        val connection = URI(request.url).toURL().openConnection() as HttpURLConnection
        try {
            connection.prepare(request)
            connection.outputStream.use { it.write(request.body) }
            val status = connection.responseCode
            val body = if (status < 400) connection.inputStream else connection.errorStream
            HttpAnswer(status, body?.use { it.readBytes() } ?: ByteArray(0))
        } finally {
            connection.disconnect()
        }
    }

    private fun HttpURLConnection.prepare(request: HttpRequest) {
        if (this is HttpsURLConnection && trust != null) sslSocketFactory = trust.socketFactory
        connectTimeout = connecting.inWholeMilliseconds.toInt()
        readTimeout = answering.inWholeMilliseconds.toInt()
        instanceFollowRedirects = false
        requestMethod = request.method
        doOutput = true
        // The body is not streamed: HttpURLConnection then hides the answer behind an exception when its status is 401. It may send a
        // request twice by itself instead, which the server notices and the library takes for an interruption.
        request.headers.forEach { setRequestProperty(it.name, it.value) }
    }
}

/**
 * How often and after which pauses a request without an answer is tried again.
 *
 * The n-th pause is drawn between nothing and [first] times 2 to the n, at most [longest], so that devices that lost the server
 * together do not come back together. Source: Marc Brooker, "Exponential Backoff And Jitter", AWS, 2015 ("full jitter").
 *
 * @param attempts how often a request is sent before its failure is told; an answer begins the count anew
 * @param random where pauses are drawn from
 * @param pause waits; tests put their own in its place
 */
public class Retry(
    private val attempts: Int = 5,
    private val first: Duration = 1.seconds,
    private val longest: Duration = 60.seconds,
    private val random: Random = Random.Default,
    private val pause: suspend (Duration) -> Unit = { delay(it) },
) {
    internal suspend fun <T> untilAnswered(attempt: suspend () -> T): T {
        var failures = 0
        while (true) {
            try {
                return attempt()
            } catch (lost: IOException) {
                if (++failures >= attempts) throw interrupted(lost)
            } catch (lost: CaseweaveException.Interrupted) {
                if (++failures >= attempts) throw lost
            }
            pause(pauseAfter(failures))
        }
    }

    private fun pauseAfter(failures: Int): Duration {
        val most = minOf(longest, first * (1L shl minOf(failures, 20)).toDouble())
        return most * random.nextDouble()
    }

    private fun interrupted(lost: IOException) =
        CaseweaveException.Interrupted("no answer from the server: ${lost.javaClass.simpleName}").apply { initCause(lost) }
}
