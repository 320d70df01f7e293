package dev.caseweave

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext

/** The versions of this library, one for each thing that can change by itself. */
public typealias Versions = dev.caseweave.ffi.Versions

/**
 * Returns the versions of this library.
 *
 * The first call loads the native library from disk, so it runs on [Dispatchers.IO].
 */
public suspend fun versions(): Versions = withContext(Dispatchers.IO) { dev.caseweave.ffi.versions() }
