package dev.caseweave

/**
 * A change as a text editor reports it: what stands from [start] to before [end], in UTF-16 units as in Kotlin strings, became
 * [replacement].
 *
 * A record counts in Unicode scalar values, in which an emoji is one and not two; [toSplice] and [toEditorChange] convert.
 */
public data class EditorChange(val start: Int, val end: Int, val replacement: String) {
    /**
     * The same change for a record. Ends that fall inside a surrogate pair, as a comparison of two texts unit by unit finds them,
     * are moved to its bounds.
     *
     * @param before the text before the change
     */
    public fun toSplice(before: String): TextSplice {
        val from = if (splitsPair(before, start)) start - 1 else start
        val to = if (splitsPair(before, end)) end + 1 else end
        return TextSplice(
            at = before.codePointCount(0, from).toUInt(),
            delete = before.codePointCount(from, to).toUInt(),
            insert = before.substring(from, start) + replacement + before.substring(end, to),
        )
    }

    /** The text after the change. */
    public fun applyTo(before: String): String = before.replaceRange(start, end, replacement)
}

/**
 * The same splice for a text editor.
 *
 * @param before the text before the splice
 */
public fun TextSplice.toEditorChange(before: String): EditorChange {
    val start = before.offsetByCodePoints(0, at.toInt())
    return EditorChange(start, before.offsetByCodePoints(start, delete.toInt()), insert)
}

private fun splitsPair(text: String, index: Int): Boolean =
    index in 1 until text.length && text[index - 1].isHighSurrogate() && text[index].isLowSurrogate()
