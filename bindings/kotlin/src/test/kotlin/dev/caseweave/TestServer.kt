package dev.caseweave

import java.io.BufferedReader
import java.nio.file.Files
import java.nio.file.Path
import java.security.KeyStore
import java.util.Base64
import javax.net.ssl.SSLContext
import javax.net.ssl.TrustManagerFactory

/** The real server, in a process and a directory of its own, with one agency. Speaks TLS under a certificate of its own making. */
class TestServer(private val directory: Path) : AutoCloseable {
    private val data = Files.createDirectories(directory.resolve("server"))
    private val organisation = command("org", "add", "--data", data.toString(), "Agency")
    private val process: Process
    private val url: String

    /** Trusts this server and nobody else. */
    val trust: SSLContext get() = CERTIFICATE.trust

    init {
        process = start(
            "serve", "--data", data.toString(), "--listen", "127.0.0.1:0",
            "--tls-cert", CERTIFICATE.chain.toString(), "--tls-key", CERTIFICATE.key.toString(),
        )
        val address = process.inputReader().heard().removePrefix("listening on ")
        url = "https://$address"
    }

    fun worker(name: String): WorkerId =
        command("worker", "add", "--data", data.toString(), "--org", organisation, name)

    fun link(worker: WorkerId): String = command(
        "device", "enrol", "--data", data.toString(), "--org", organisation, "--worker", worker, "--url", url,
    )

    fun revoke(device: DeviceId) {
        command("device", "revoke", "--data", data.toString(), "--org", organisation, device)
    }

    /** Sets the agency's settings. */
    fun set(settings: String) {
        val file = Files.writeString(directory.resolve("settings.json"), settings).toString()
        command("settings", "set", "--data", data.toString(), "--org", organisation, file)
    }

    /** A new device of a worker: its own directory, vault and handle. Pauses take no time. */
    suspend fun device(
        worker: WorkerId,
        name: String,
        http: HttpDriver = UrlConnectionDriver(trust),
        pauses: Pauses = Pauses(),
    ): Caseweave = Caseweave.enrol(link(worker), home(name), vault(name), http, pauses.retry())

    fun home(name: String): Path = directory.resolve(name)

    fun vault(name: String) = FileKeyVault(directory.resolve("$name-keys"))

    override fun close() {
        process.destroy()
        process.waitFor()
    }

    private fun start(vararg arguments: String): Process {
        val program = checkNotNull(System.getProperty("caseweave.server.binary")) { "caseweave.server.binary is not set" }
        return ProcessBuilder(program, *arguments).redirectError(directory.resolve("server.log").toFile()).start()
    }

    private fun command(vararg arguments: String): String {
        val command = start(*arguments)
        val printed = command.inputReader().readText().trim()
        check(command.waitFor() == 0) { "${arguments.take(2)} failed: ${Files.readString(directory.resolve("server.log"))}" }
        return printed
    }

    private fun BufferedReader.heard(): String =
        checkNotNull(readLine()) { "the server ended: ${Files.readString(directory.resolve("server.log"))}" }

    private companion object {
        /** Making a key takes a second, so every server of a run has the same. */
        val CERTIFICATE by lazy { Certificate(Files.createTempDirectory("caseweave-tls")) }
    }
}

/** A self-signed certificate for 127.0.0.1. */
private class Certificate(directory: Path) {
    val chain: Path = directory.resolve("chain.pem")
    val key: Path = directory.resolve("key.pem")
    val trust: SSLContext

    init {
        val file = directory.resolve("keys.p12")
        val keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString()
        val made = ProcessBuilder(
            keytool, "-genkeypair", "-alias", "server", "-keyalg", "RSA", "-keysize", "2048", "-validity", "2",
            "-dname", "CN=caseweave test", "-ext", "san=ip:127.0.0.1", "-storetype", "PKCS12", "-storepass", PASSWORD,
            "-keystore", file.toString(),
        ).redirectErrorStream(true).redirectOutput(directory.resolve("keytool.log").toFile()).start()
        check(made.waitFor() == 0) { Files.readString(directory.resolve("keytool.log")) }
        val store = KeyStore.getInstance(file.toFile(), PASSWORD.toCharArray())
        pem(chain, "CERTIFICATE", store.getCertificate("server").encoded)
        pem(key, "PRIVATE KEY", store.getKey("server", PASSWORD.toCharArray()).encoded)
        trust = trusting(store)
    }

    private fun trusting(keys: KeyStore): SSLContext {
        val trusted = KeyStore.getInstance("PKCS12").apply {
            load(null, null)
            setCertificateEntry("server", keys.getCertificate("server"))
        }
        val managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm()).apply { init(trusted) }
        return SSLContext.getInstance("TLS").apply { init(null, managers.trustManagers, null) }
    }

    private fun pem(file: Path, label: String, bytes: ByteArray) {
        val lines = Base64.getMimeEncoder(64, "\n".encodeToByteArray()).encodeToString(bytes)
        Files.writeString(file, "-----BEGIN $label-----\n$lines\n-----END $label-----\n")
    }

    private companion object {
        const val PASSWORD = "for this test"
    }
}
