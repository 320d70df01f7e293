package dev.caseweave

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

/** Editors count in UTF-16 units, records in Unicode scalar values. */
class EditorChangeTest {
    private val text = "a\uD83D\uDE42b\uD83D\uDC69\u200D\uD83D\uDC67c"

    @Test
    fun `an emoji before the change counts once in a record`() {
        val change = EditorChange(3, 4, "B")
        assertEquals(TextSplice(at = 2u, delete = 1u, insert = "B"), change.toSplice(text))
    }

    @Test
    fun `a change read back from its splice is the same change`() {
        for (change in listOf(
            EditorChange(0, 0, "\uD83C\uDF3B"),
            EditorChange(1, 3, ""),
            EditorChange(4, 9, "family"),
            EditorChange(text.length, text.length, "."),
        )) {
            assertEquals(change, change.toSplice(text).toEditorChange(text))
        }
    }

    @Test
    fun `a change that splits an emoji takes the whole of it`() {
        val sad = "a\uD83D\uDE41b" + text.substring(4)
        val byUnits = EditorChange(2, 3, "\uDE41")
        val splice = byUnits.toSplice(text)

        assertEquals(TextSplice(at = 1u, delete = 1u, insert = "\uD83D\uDE41"), splice)
        assertEquals(sad, splice.toEditorChange(text).applyTo(text))
    }
}
