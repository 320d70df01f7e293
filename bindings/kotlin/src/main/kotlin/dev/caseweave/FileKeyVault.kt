package dev.caseweave

import java.io.IOException
import java.nio.ByteBuffer
import java.nio.channels.FileChannel
import java.nio.file.FileAlreadyExistsException
import java.nio.file.FileSystems
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardOpenOption.WRITE
import java.nio.file.attribute.FileAttribute
import java.nio.file.attribute.PosixFilePermissions
import java.security.GeneralSecurityException
import java.security.SecureRandom
import javax.crypto.Cipher
import javax.crypto.spec.GCMParameterSpec
import javax.crypto.spec.SecretKeySpec

/**
 * A vault for desktops and tests: seals with AES-256-GCM under keys that lie in files only their owner may read.
 *
 * Whoever reads the user's files reads the keys. On Android seal with a key of the Keystore instead: implement [KeyVault] around a
 * `Cipher` from the `AndroidKeyStore` provider.
 *
 * @param directory holds one key file for each name; made when it is not there. Keep it apart from the record's directory.
 */
public class FileKeyVault(private val directory: Path) : KeyVault {
    private val random = SecureRandom()

    override fun seal(name: String, secret: ByteArray): ByteArray = telling {
        val nonce = ByteArray(NONCE_BYTES).also(random::nextBytes)
        nonce + cipher(Cipher.ENCRYPT_MODE, keyOrNew(name), nonce).doFinal(secret)
    }

    override fun open(name: String, sealed: ByteArray): ByteArray = telling {
        if (sealed.size < NONCE_BYTES) throw KeyVaultException.Failed("the sealed secret is cut short")
        val nonce = sealed.copyOf(NONCE_BYTES)
        cipher(Cipher.DECRYPT_MODE, key(name), nonce).doFinal(sealed, NONCE_BYTES, sealed.size - NONCE_BYTES)
    }

    override fun delete(name: String): Unit = telling { Files.deleteIfExists(file(name)) }

    /** A key stands under its name whole or not at all; a file that an older version was killed over has sealed nothing. */
    private fun keyOrNew(name: String): ByteArray {
        val file = file(name)
        if (Files.exists(file) && Files.size(file) < KEY_BYTES) Files.delete(file)
        if (Files.exists(file)) return key(name)
        Files.createDirectories(directory)
        val new = ByteArray(KEY_BYTES).also(random::nextBytes)
        val scratch = Files.createTempFile(directory, "$name.", ".new", *ownerOnly())
        try {
            FileChannel.open(scratch, WRITE).use { channel ->
                channel.write(ByteBuffer.wrap(new))
                channel.force(true)
            }
            Files.createLink(file, scratch)
        } catch (_: FileAlreadyExistsException) {
            return key(name)
        } finally {
            Files.delete(scratch)
        }
        return new
    }

    private fun key(name: String): ByteArray = Files.readAllBytes(file(name))

    private fun file(name: String): Path {
        require(NAME.matches(name)) { "the name of a key has another form" }
        return directory.resolve("$name.key")
    }

    /** Owner-only permissions, where the file system knows permissions. */
    private fun ownerOnly(): Array<FileAttribute<*>> =
        if ("posix" in FileSystems.getDefault().supportedFileAttributeViews()) {
            arrayOf(PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))
        } else {
            emptyArray()
        }

    private fun cipher(mode: Int, key: ByteArray, nonce: ByteArray): Cipher =
        Cipher.getInstance("AES/GCM/NoPadding").apply {
            init(mode, SecretKeySpec(key, "AES"), GCMParameterSpec(TAG_BITS, nonce))
        }

    private fun <T> telling(call: () -> T): T = try {
        call()
    } catch (error: IOException) {
        throw KeyVaultException.Failed("a key file cannot be used: ${error.javaClass.simpleName}")
    } catch (error: GeneralSecurityException) {
        throw KeyVaultException.Failed("the key does not fit: ${error.javaClass.simpleName}")
    }

    private companion object {
        const val KEY_BYTES = 32
        const val NONCE_BYTES = 12
        const val TAG_BITS = 128
        val NAME = Regex("[a-z0-9._-]+")
    }
}
