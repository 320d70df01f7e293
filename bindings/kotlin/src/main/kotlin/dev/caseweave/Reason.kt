package dev.caseweave

/** Why a call failed: a lower-case fragment without record content, fit for a log. */
public val CaseweaveException.reason: String
    get() = when (this) {
        is CaseweaveException.InvalidInput -> reason
        is CaseweaveException.NotFound -> reason
        is CaseweaveException.AlreadyExists -> reason
        is CaseweaveException.NotAllowed -> reason
        is CaseweaveException.UpgradeRequired -> reason
        is CaseweaveException.StorageFull -> reason
        is CaseweaveException.StorageCorrupt -> reason
        is CaseweaveException.WrongKey -> reason
        is CaseweaveException.SyncRejected -> reason
        is CaseweaveException.Interrupted -> reason
        is CaseweaveException.Unexpected -> reason
    }
