package dev.caseweave

import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.takeWhile
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import java.nio.file.Path
import java.time.ZoneId

/**
 * One enrolled installation's encrypted record of its caseload. One instance a directory; share it between coroutines.
 *
 * Every function that suspends runs on [Dispatchers.IO], so all of them may be called from the main thread. Reading never waits for
 * writing. An edit is on disk when [edit] returns. Failures are [CaseweaveException]s; [CaseweaveException.reason] says why.
 */
public class Caseweave private constructor(
    private val handle: CaseweaveHandle,
    private val http: HttpDriver,
    private val retry: Retry,
) : AutoCloseable {
    private val exchange = Mutex()

    /** Counts wake-ups; [CLOSED] once there will be none. */
    private val wakes = MutableStateFlow(0L)

    init {
        val counter = wakes
        handle.onChange(object : ChangeListener {
            override fun changed() = counter.update { if (it == CLOSED) it else it + 1 }
        })
    }

    /**
     * The ids of cases that changed, by edits here and by what the server sent. The first list is empty and says that nothing is missed
     * from here on: load what is shown then, and again when its case is named. Changes that come faster than they are collected
     * arrive together. Ends when this is closed.
     */
    public val changes: Flow<List<DocumentId>> = flow {
        var revision = onDisk { handle.changesSince(Long.MAX_VALUE) }.revision
        emit(emptyList())
        wakes.takeWhile { it != CLOSED }.collect {
            val touched = unlessLocked { handle.changesSince(revision) } ?: return@collect
            revision = touched.revision
            if (touched.cases.isNotEmpty()) emit(touched.cases)
        }
    }

    /** A new id, for a case or whatever else an edit adds. An edit that is repeated with the same id is seen to be the same. */
    public fun newId(): EntityId = handle.newId()

    /** A new id for a restricted compartment, for the edit that opens it. It cannot be guessed from other ids of this device. */
    public fun newCompartmentId(): DocumentId = handle.newCompartmentId()

    /**
     * Until when this device shows the record without hearing from its server. Once that time is over, whatever shows the record
     * fails with [CaseweaveException.NotAllowed] until a [sync] was answered; edits are still kept and sent.
     */
    public suspend fun lease(): Lease = onDisk { handle.lease() }

    /** Who this installation is. */
    public suspend fun whoAmI(): WhoAmI = onDisk { handle.whoAmI() }

    /**
     * Makes edits to one case, one restricted compartment or one provider: all of them or none. They travel together and are accepted together.
     *
     * @throws CaseweaveException.InvalidInput an edit cannot stand; `field` names what is wrong, nothing was changed
     */
    public suspend fun edit(case: DocumentId, vararg edits: Edit): EditReceipt = edit(case, edits.asList())

    /** Makes edits to one case, one restricted compartment or one provider: all of them or none. */
    public suspend fun edit(case: DocumentId, edits: List<Edit>): EditReceipt = onDisk { handle.edit(case, edits) }

    /** The whole case, complete enough to render a screen. */
    public suspend fun case(id: DocumentId): CaseView = onDisk { handle.case(id) }

    /** The case as it stood at a revision that a view, a receipt or the history named, without drafts. */
    public suspend fun caseAt(id: DocumentId, revision: String): CaseView = onDisk { handle.caseAt(id, revision) }

    /**
     * The restricted compartments that this worker may see, those about one [case] if it is given. A case tells nothing of the others. Calls
     * that take a case's id take a compartment's too.
     */
    public suspend fun compartments(case: DocumentId? = null): List<CompartmentRow> = onDisk { handle.compartments(case) }

    /** The whole restricted compartment, complete enough to render a screen. */
    public suspend fun compartment(id: DocumentId): CompartmentView = onDisk { handle.compartment(id) }

    /** The compartment as it stood at a revision that a view, a receipt or the history named, without drafts. */
    public suspend fun compartmentAt(id: DocumentId, revision: String): CompartmentView =
        onDisk { handle.compartmentAt(id, revision) }

    /**
     * One page of the directory by name, each provider with those of its services that were asked for. Calls that take a case's id take a
     * provider's too.
     */
    public suspend fun providers(query: ProviderQuery = ProviderQuery()): ProviderPage = onDisk { handle.providers(query) }

    /** The whole provider, complete enough to render a screen. */
    public suspend fun provider(id: DocumentId): ProviderView = onDisk { handle.provider(id) }

    /** The provider as it stood at a revision that a view, a receipt or the history named. */
    public suspend fun providerAt(id: DocumentId, revision: String): ProviderView = onDisk { handle.providerAt(id, revision) }

    /**
     * What happened to a case: visits, notes, tasks, goals, consents, people and turns of the case, each dated, with its author. Newest
     * first, [limit] of them from 1 to 500; [after] is what the page before gave as its `next`.
     */
    public suspend fun timeline(case: DocumentId, after: String? = null, limit: Int = 50): Timeline =
        onDisk { handle.timeline(case, after, limit.coerceAtLeast(0).toUInt()) }

    /**
     * Checks the signature of every change of a case against the key of the device that made it. Where signatures are not here, the
     * next [sync] asks the server for them.
     */
    public suspend fun verify(case: DocumentId): CaseProof = onDisk { handle.verify(case) }

    /** The work of a case that nobody can prove: what waits for a lead's word, and what a lead has adopted. */
    public suspend fun unproven(case: DocumentId): List<UnprovenWork> = onDisk { handle.unproven(case) }

    /** Answers, as the case's lead, for the work of a case that nobody can prove. Gives the number of changes. */
    public suspend fun adoptUnproven(case: DocumentId): UInt = onDisk { handle.adoptUnproven(case) }

    /** What happened to a case: each change with who made it, when, each field before and after, and what is known of its signature. */
    public suspend fun history(case: DocumentId): List<ChangeRecord> = onDisk { handle.history(case) }

    /** The instruments that assessments can be made with: those of the library, and those that were registered. */
    public suspend fun instruments(): List<InstrumentSummary> = onDisk { handle.instruments() }

    /** An instrument with its questions and rules; the newest version, unless one is named. */
    public suspend fun instrument(id: String, version: Long? = null): Instrument = onDisk { handle.instrument(id, version) }

    /**
     * Registers an instrument of the agency's own. Saying the same again changes nothing; a version never changes.
     *
     * @throws CaseweaveException.InvalidInput with the line and the field of the definition that cannot stand
     */
    public suspend fun registerInstrument(definition: String): InstrumentSummary = onDisk { handle.registerInstrument(definition) }

    /** What answers come to, before or without keeping them. */
    public suspend fun score(instrument: String, version: Long, answers: List<ItemAnswer>): Judgement =
        onDisk { handle.score(instrument, version, answers) }

    /** The scores of an instrument over time, the earliest first. */
    public suspend fun assessmentTrend(case: DocumentId, instrument: String): List<TrendPoint> =
        onDisk { handle.assessmentTrend(case, instrument) }

    /** The agency's settings in force on this device: those the server told last, or the defaults of version 0. */
    public suspend fun settings(): AgencySettings = onDisk { handle.settings() }

    /** Visits under way that should have ended, the longest overdue first. Somebody may need help. */
    public suspend fun overdueCheckOuts(): List<VisitRow> = onDisk { handle.overdueCheckOuts() }

    /** The visits of a period with the six points of electronic visit verification, exceptions, corrections and signatures. */
    public suspend fun evvReport(query: EvvQuery): EvvReport = onDisk { handle.evvReport(query) }

    /** The same as text, to be given to a payer. */
    public suspend fun evvExport(query: EvvQuery, format: EvvFormat): String = onDisk { handle.evvExport(query, format) }

    /**
     * A case's summary as HTML and Markdown. For a recipient it holds what a consent in force covers and nothing else, and the disclosure is
     * recorded in the case before this returns.
     *
     * @throws CaseweaveException.InvalidInput no consent in force allows any of it; nothing was recorded
     */
    public suspend fun report(case: DocumentId, options: ReportOptions): Report = onDisk { handle.report(case, options) }

    /** The person's own plan in plain words. Giving it to the person is no disclosure. */
    public suspend fun plan(case: DocumentId, locale: ReportLocale, zone: ZoneId): Report =
        onDisk { handle.plan(case, locale, zone.id) }

    /** What was done in the caseload in a range of days of a zone, in numbers that name nobody. */
    public suspend fun caseloadFigures(days: ClosedRange<Day>, locale: ReportLocale, zone: ZoneId): CaseloadReport =
        onDisk { handle.caseloadFigures(days.start, days.endInclusive, locale, zone.id) }

    /**
     * Writes everything that this device shows of the record to a file, as lines of JSON. The file is not encrypted, and stands under its name
     * only once it is whole.
     */
    public suspend fun exportRecords(into: Path): ExportReport = onDisk { handle.exportRecords(into.toString()) }

    /**
     * Opens a case for each row of a CSV table whose person is not on this device yet by the identifier in the column `source`. With [dryRun]
     * nothing is changed. The same table again opens nothing. Import on one device, and let the others have it from the server.
     *
     * @throws CaseweaveException.InvalidInput the map does not fit the table; what is wrong with single rows stands in the report
     */
    public suspend fun importCases(csv: String, map: ImportMap, dryRun: Boolean = false): ImportReport =
        onDisk { handle.importCases(csv, map, dryRun) }

    /** A page of the caseload: every case by name, unless the query says otherwise. */
    public suspend fun list(query: ListQuery = ListQuery()): CasePage = onDisk { handle.list(query) }

    /** What has, for every word of [text], a word that begins with it. The best first. */
    public suspend fun search(text: String, limit: Int = 50): List<SearchHit> =
        onDisk { handle.search(text, limit.coerceAtLeast(0).toUInt()) }

    /** Visits, whatever their status, and open tasks in a range of days of a zone; of one worker, if given. */
    public suspend fun agenda(days: ClosedRange<Day>, zone: ZoneId, worker: WorkerId? = null): Agenda =
        onDisk { handle.agenda(days.start, days.endInclusive, zone.id, worker) }

    /**
     * The cases that wait for something, the most pressing first, each with its reasons. [zone] is the time zone whose calendar counts the
     * days. With a worker: their tasks and visits, and what is nobody's in the cases they lead.
     */
    public suspend fun worklist(zone: ZoneId, worker: WorkerId? = null, limit: Int = 50): List<WorkItem> =
        onDisk { handle.worklist(zone.id, worker, limit.coerceAtLeast(0).toUInt()) }

    /** What each worker has to carry, the heaviest load first. */
    public suspend fun workload(zone: ZoneId): List<Workload> = onDisk { handle.workload(zone.id) }

    /**
     * Puts a case, or one thing in it, off until a day that is yet to come in a zone: the worklist leaves it out until then. Stays on this
     * device.
     */
    public suspend fun snooze(case: DocumentId, until: Day, zone: ZoneId, reason: String, entity: EntityId? = null): Unit =
        onDisk { handle.snooze(Snooze(case, entity, until, reason), zone.id) }

    /** Takes up again what was put off. */
    public suspend fun wake(case: DocumentId, entity: EntityId? = null): Unit = onDisk { handle.wake(case, entity) }

    /** Everything that was put off on this device; also what came back meanwhile. */
    public suspend fun snoozes(): List<Snooze> = onDisk { handle.snoozes() }

    /** An order for a worker's planned visits of a day, so that the way is short. Planned times are not looked at. */
    public suspend fun suggestedRoute(day: Day, zone: ZoneId, worker: WorkerId? = null, start: Point? = null): List<Stop> =
        onDisk { handle.suggestedRoute(day, zone.id, worker, start) }

    /** The next visits and tasks of this device's worker within 31 days, the earliest first: for the phone's own notifications. */
    public suspend fun nextReminders(zone: ZoneId, limit: Int = 50): List<Reminder> =
        onDisk { handle.nextReminders(zone.id, limit.coerceAtLeast(0).toUInt()) }

    /**
     * The cases on this device whose person is perhaps the same, the likeliest first, at most 20; closed ones too. Ask before a case is
     * opened. Nothing is ever merged: a link between the cases says that both are one, and removing the link takes it back.
     */
    public suspend fun duplicates(draft: PersonDraft): List<Duplicate> = onDisk { handle.duplicates(draft) }

    /** Every open conflict of the caseload, and the closed cases that were changed since. What is to be decided stands in the case's view. */
    public suspend fun inbox(): Inbox = onDisk { handle.inbox() }

    /** How a case stands with the server, from receipts alone; the whole caseload, where none is named. */
    public suspend fun status(case: DocumentId? = null): CaseSync = onDisk { handle.status(case) }

    /** What was set aside: work the server refused, and bytes that did not hold. */
    public suspend fun quarantined(case: DocumentId? = null): List<Quarantined> = onDisk { handle.quarantined(case) }

    /** Says that somebody has dealt with what was set aside under a number: it stays, and is counted and listed as refused no more. */
    public suspend fun dismissQuarantined(id: Long): Unit = onDisk { handle.dismissQuarantined(id) }

    /** Checks the whole database. Takes seconds. */
    public suspend fun checkStorage(): IntegrityReport = onDisk { handle.checkStorage() }

    /**
     * Locks, and renames the database aside: for damage that shows while it is open ([CaseweaveException.StorageCorrupt] without a place).
     * Gives where it is now, for [rescue] with `into` where it was, `caseweave.db` in the directory; then [unlock].
     *
     * @throws CaseweaveException.Interrupted a call has not ended; call again
     */
    public suspend fun setAside(): Path = onDisk { Path.of(handle.setAside()) }

    /** Gives a worker a role in a case from the next exchange on. The server decides: see [decisions]. */
    public suspend fun share(case: DocumentId, worker: WorkerId, role: Role, until: Timestamp? = null): EntityId =
        onDisk { handle.share(case, worker, role, until) }

    /** Takes a worker's role in a case away from the next exchange on. */
    public suspend fun withdraw(case: DocumentId, worker: WorkerId): EntityId = onDisk { handle.withdraw(case, worker) }

    /** Lets late work into the record from the next exchange on. */
    public suspend fun acceptLateWork(id: EntityId): EntityId = onDisk { handle.acceptLateWork(id) }

    /** Keeps late work out of the record; the server keeps it for audit. */
    public suspend fun declineLateWork(id: EntityId): EntityId = onDisk { handle.declineLateWork(id) }

    /** Who may do what in a case, as the server said last. */
    public suspend fun access(case: DocumentId): List<CaseAccess> = onDisk { handle.access(case) }

    /** The agency's workers, with whom a case can be shared. */
    public suspend fun colleagues(): List<Colleague> = onDisk { handle.colleagues() }

    /** The decisions about a case's access that were made on this device, and what became of them. */
    public suspend fun decisions(case: DocumentId): List<AccessDecision> = onDisk { handle.decisions(case) }

    /** Late work that waits for a lead's word; of one case, if given. */
    public suspend fun lateWork(case: DocumentId? = null): List<LateWork> = onDisk { handle.lateWork(case) }

    /**
     * Exchanges with the server until both sides are equal, and returns what came of it. Calls wait for one another. What was saved
     * before a lost answer or an ended process is sent again and taken once.
     *
     * @throws CaseweaveException.Interrupted the server was not to be had, as often as [Retry] allows; nothing was lost
     * @throws CaseweaveException.SyncRejected the server refused; with the code `device_revoked` this installation's keys and files are gone,
     *   after everything that waited was taken
     */
    public suspend fun sync(): SyncProgress = exchange.withLock {
        onDisk { handle.startSync() }.use { session ->
            var sum = SyncProgress(0u, 0u, 0u, more = true)
            while (sum.more) {
                sum += retry.untilAnswered { step(session) } ?: NOTHING
            }
            sum
        }
    }

    /** One request and its answer; nothing when both sides are equal. A lost request is not repeated: the next one is made anew. */
    private suspend fun step(session: SyncSession): SyncProgress? {
        val request = onDisk { session.nextRequest() } ?: return null
        val answer = http.send(request)
        return onDisk { session.onResponse(answer.status.toUShort(), direct(answer.body)) }
    }

    /** Drops the keys and everything that was read. Until [unlock] every call fails with [CaseweaveException.NotAllowed]. */
    public suspend fun lock(): Unit = onDisk { handle.lock() }

    /** Asks the vault again and opens the database. */
    public suspend fun unlock(): Unit = onDisk { handle.unlock() }

    /** Closes for good: every later call fails with [CaseweaveException.NotAllowed]. Everything was durable before. */
    override fun close() {
        wakes.value = CLOSED
        handle.shutDown()
    }

    public companion object {
        private const val CLOSED = -1L
        private val NOTHING = SyncProgress(0u, 0u, 0u, more = false)

        /** The versions of the library under this package. */
        public suspend fun versions(): Versions = onDisk { dev.caseweave.versions() }

        /**
         * Opens an installation that was enrolled before.
         *
         * @throws CaseweaveException.NotFound nothing was enrolled in this directory
         * @throws CaseweaveException.WrongKey the vault did not give the key, or it does not fit
         * @throws CaseweaveException.StorageCorrupt the file is damaged and was set aside; see [rescue]
         * @throws CaseweaveException.UpgradeRequired a newer version wrote it; it was left alone
         */
        public suspend fun open(
            directory: Path,
            vault: KeyVault,
            http: HttpDriver = UrlConnectionDriver(),
            retry: Retry = Retry(),
        ): Caseweave = Caseweave(onDisk { CaseweaveHandle.open(directory.toString(), vault) }, http, retry)

        /**
         * Makes this device a worker's, with the one-time link that an administrator gave out.
         *
         * @param directory of the app's own, not shared and not backed up: the encrypted database is put there
         * @throws CaseweaveException.InvalidInput the text is no link
         * @throws CaseweaveException.SyncRejected the link is unknown, used or expired
         * @throws CaseweaveException.AlreadyExists the directory holds an installation
         */
        public suspend fun enrol(
            link: String,
            directory: Path,
            vault: KeyVault,
            http: HttpDriver = UrlConnectionDriver(),
            retry: Retry = Retry(),
        ): Caseweave = onDisk { Enrolment.begin(link, directory.toString(), vault) }.use { enrolment ->
            val request = onDisk { enrolment.request() }
            val handle = retry.untilAnswered {
                val answer = http.send(request)
                onDisk { enrolment.finish(answer.status.toUShort(), direct(answer.body)) }
            }
            Caseweave(handle, http, retry)
        }

        /** Reads what can be read of a damaged database, set aside by a failed [open], into a new file under the same key. */
        public suspend fun rescue(directory: Path, vault: KeyVault, damaged: Path, into: Path): RescueReport =
            onDisk { dev.caseweave.rescue(directory.toString(), vault, damaged.toString(), into.toString()) }
    }
}
