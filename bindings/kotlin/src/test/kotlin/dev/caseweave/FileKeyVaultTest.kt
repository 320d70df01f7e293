package dev.caseweave

import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.attribute.PosixFilePermissions

class FileKeyVaultTest {
    @TempDir
    lateinit var directory: Path
    private val secret = ByteArray(32) { it.toByte() }

    @Test
    fun `a vault opens what another one on the same files sealed`() {
        val sealed = FileKeyVault(directory).seal("database", secret)

        assertArrayEquals(secret, FileKeyVault(directory).open("database", sealed))
    }

    @Test
    fun `key files are for their owner only`() {
        FileKeyVault(directory).seal("database", secret)

        val file = Files.list(directory).use { it.toList().single() }
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
    }

    @Test
    fun `a key file that was cut short when it was made is made anew`() {
        Files.createFile(directory.resolve("database.key"))
        val vault = FileKeyVault(directory)

        assertArrayEquals(secret, vault.open("database", vault.seal("database", secret)))
        assertEquals(listOf("database.key"), Files.list(directory).use { files -> files.map { it.fileName.toString() }.toList() })
    }

    @Test
    fun `what was changed, renamed or deleted does not open`() {
        val vault = FileKeyVault(directory)
        val sealed = vault.seal("database", secret)
        vault.seal("device", secret)
        val changed = sealed.copyOf().also { it[20] = (it[20].toInt() xor 1).toByte() }

        assertThrows(KeyVaultException.Failed::class.java) { vault.open("database", changed) }
        assertThrows(KeyVaultException.Failed::class.java) { vault.open("device", sealed) }
        assertThrows(KeyVaultException.Failed::class.java) { vault.open("database", sealed.copyOf(5)) }
        vault.delete("database")
        assertThrows(KeyVaultException.Failed::class.java) { vault.open("database", sealed) }
    }
}
