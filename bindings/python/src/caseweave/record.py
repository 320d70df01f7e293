"""One installation's record of its caseload."""

import os
import pathlib
import threading
from collections.abc import Callable

from . import ffi
from .exchange import HttpDriver, Retry, UrllibDriver


class _Listener(ffi.ChangeListener):
    def __init__(self, call: Callable[[], None]):
        self._call = call

    def changed(self) -> None:
        self._call()


class Caseweave:
    """One enrolled installation's encrypted record of its caseload. One instance a directory; share it between threads.

    Every call is short and blocks; reading never waits for writing. An edit is on disk when `edit` returns. Failures are
    `CaseweaveError`s; their `reason` says why. Use it in a `with` statement, or `close` it.
    """

    def __init__(self, handle: ffi.CaseweaveHandle, http: HttpDriver, retry: Retry):
        """For `open` and `enrol`."""
        self._handle = handle
        self._http = http
        self._retry = retry
        self._exchange = threading.Lock()

    @classmethod
    def open(
        cls,
        directory: str | os.PathLike,
        vault: ffi.KeyVault,
        http: HttpDriver | None = None,
        retry: Retry | None = None,
    ) -> "Caseweave":
        """Opens an installation that was enrolled before.

        Raises `NotFound` (nothing was enrolled in this directory), `WrongKey`, `StorageCorrupt` (the file was set aside, see `rescue`),
        `UpgradeRequired`, `Interrupted` (another process has it open).
        """
        handle = ffi.CaseweaveHandle.open(os.fspath(directory), vault)
        return cls(handle, http or UrllibDriver(), retry or Retry())

    @classmethod
    def enrol(
        cls,
        link: str,
        directory: str | os.PathLike,
        vault: ffi.KeyVault,
        http: HttpDriver | None = None,
        retry: Retry | None = None,
    ) -> "Caseweave":
        """Makes this device a worker's, with the one-time link that an administrator gave out.

        The encrypted database is put into `directory`, which is the app's own, not shared and not backed up. Raises `InvalidInput` (no
        link), `SyncRejected` (the link is unknown, used or expired), `AlreadyExists` (the directory holds an installation).
        """
        http, retry = http or UrllibDriver(), retry or Retry()
        enrolment = ffi.Enrolment.begin(link, os.fspath(directory), vault)
        request = enrolment.request()
        handle = retry.until_answered(lambda: enrolment.finish(*http.send(request)))
        return cls(handle, http, retry)

    def __enter__(self) -> "Caseweave":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Closes for good: every later call raises `NotAllowed`. Everything was durable before."""
        self._handle.shut_down()

    def lock(self) -> None:
        """Drops the keys and everything that was read. Until `unlock` every call raises `NotAllowed`."""
        self._handle.lock()

    def unlock(self) -> None:
        """Asks the vault again and opens the database."""
        self._handle.unlock()

    def new_id(self) -> str:
        """A new id, for a case or whatever else an edit adds. An edit that is repeated with the same id is seen to be the same."""
        return self._handle.new_id()

    def new_compartment_id(self) -> str:
        """A new id for a restricted compartment, for the edit that opens it. It cannot be guessed from other ids of this device."""
        return self._handle.new_compartment_id()

    def who_am_i(self) -> ffi.WhoAmI:
        """Who this installation is."""
        return self._handle.who_am_i()

    def edit(self, case: str, *edits: ffi.Edit) -> ffi.EditReceipt:
        """Makes edits to one case, one restricted compartment or one provider: all of them or none. They travel together and are accepted together.

        Raises `InvalidInput` when one cannot stand; `field` names what is wrong, nothing was changed.
        """
        return self._handle.edit(case, list(edits))

    def sync(self) -> ffi.SyncProgress:
        """Exchanges with the server until both sides are equal, and returns what came of it. Calls wait for one another.

        What was saved before a lost answer or an ended process is sent again and taken once. Raises `Interrupted` (the server was not to
        be had, as often as `Retry` allows; nothing was lost), `SyncRejected` (for example because the device was revoked).
        """
        with self._exchange:
            session = self._handle.start_sync()
            total = ffi.SyncProgress(received_by_server=0, refused=0, documents_changed=0, more=True)
            while total.more:
                total = _sum(total, self._retry.until_answered(lambda: self._step(session)))
            return total

    def _step(self, session: ffi.SyncSession) -> ffi.SyncProgress | None:
        """One request and its answer. A lost request is not repeated: the next one is made anew."""
        request = session.next_request()
        if request is None:
            return None
        return session.on_response(*self._http.send(request))

    def on_change(self, call: Callable[[], None]) -> None:
        """Has a function called after each edit and each answer of the server that changed something; it replaces the one before.

        It is called on the thread that made the change and should only wake somebody: what changed is asked with `changes_since`.
        """
        self._handle.on_change(_Listener(call))

    def changes_since(self, revision: int) -> ffi.TouchedCases:
        """The cases that changed since a revision; 0 asks for all."""
        return self._handle.changes_since(revision)

    def case(self, case: str) -> ffi.CaseView:
        """The whole case, complete enough to render a screen."""
        return self._handle.case(case)

    def case_at(self, case: str, revision: str) -> ffi.CaseView:
        """The case as it stood at a revision that a view, a receipt or the history named, without drafts."""
        return self._handle.case_at(case, revision)

    def compartments(self, case: str | None = None) -> list[ffi.CompartmentRow]:
        """The restricted compartments that this worker may see, those about one case if it is given.

        A case tells nothing of the others. Calls that take a case's id take a compartment's too.
        """
        return self._handle.compartments(case)

    def compartment(self, id: str) -> ffi.CompartmentView:
        """The whole restricted compartment, complete enough to render a screen."""
        return self._handle.compartment(id)

    def compartment_at(self, id: str, revision: str) -> ffi.CompartmentView:
        """The compartment as it stood at a revision that a view, a receipt or the history named, without drafts."""
        return self._handle.compartment_at(id, revision)

    def providers(self, query: ffi.ProviderQuery | None = None) -> ffi.ProviderPage:
        """One page of the directory by name, each provider with those of its services that were asked for.

        Calls that take a case's id take a provider's too.
        """
        return self._handle.providers(query or ffi.ProviderQuery())

    def provider(self, id: str) -> ffi.ProviderView:
        """The whole provider, complete enough to render a screen."""
        return self._handle.provider(id)

    def provider_at(self, id: str, revision: str) -> ffi.ProviderView:
        """The provider as it stood at a revision that a view, a receipt or the history named."""
        return self._handle.provider_at(id, revision)

    def history(self, case: str) -> list[ffi.ChangeRecord]:
        """What happened to a case: each change with who made it, when, each field before and after, and what is known of its signature."""
        return self._handle.history(case)

    def timeline(self, case: str, after: str | None = None, limit: int = 50) -> ffi.Timeline:
        """What happened to a case: visits, notes, tasks, goals, consents, people and turns of the case, each dated, with its author.

        Newest first, `limit` of them from 1 to 500; `after` is what the page before gave as its `next`.
        """
        return self._handle.timeline(case, after, limit)

    def cases(self, query: ffi.ListQuery | None = None) -> ffi.CasePage:
        """A page of the caseload: every case by name, unless the query says otherwise."""
        return self._handle.list(query or ffi.ListQuery())

    def search(self, text: str, limit: int = 50) -> list[ffi.SearchHit]:
        """What has, for every word of the text, a word that begins with it. The best first."""
        return self._handle.search(text, limit)

    def agenda(self, from_day: ffi.Day, to_day: ffi.Day, zone: str, worker: str | None = None) -> ffi.Agenda:
        """Visits, whatever their status, and open tasks of a range of days in an IANA zone; of one worker, if given."""
        return self._handle.agenda(from_day, to_day, zone, worker)

    def worklist(self, zone: str, worker: str | None = None, limit: int = 50) -> list[ffi.WorkItem]:
        """The cases that wait for something, the most pressing first, each with its reasons.

        `zone` is the IANA time zone whose calendar counts the days. With a worker: their tasks and visits, and what is nobody's in the
        cases they lead.
        """
        return self._handle.worklist(zone, worker, limit)

    def workload(self, zone: str) -> list[ffi.Workload]:
        """What each worker has to carry, the heaviest load first."""
        return self._handle.workload(zone)

    def snooze(self, case: str, until: ffi.Day, zone: str, reason: str, entity: str | None = None) -> None:
        """Puts a case, or one thing in it, off until a day that is yet to come in an IANA zone: the worklist leaves it out until then.

        Stays on this device.
        """
        self._handle.snooze(ffi.Snooze(case=case, entity=entity, until=until, reason=reason), zone)

    def wake(self, case: str, entity: str | None = None) -> None:
        """Takes up again what was put off."""
        self._handle.wake(case, entity)

    def snoozes(self) -> list[ffi.Snooze]:
        """Everything that was put off on this device; also what came back meanwhile."""
        return self._handle.snoozes()

    def suggested_route(
        self, day: ffi.Day, zone: str, worker: str | None = None, start: ffi.Point | None = None
    ) -> list[ffi.Stop]:
        """An order for a worker's planned visits of a day, so that the way is short. Planned times are not looked at."""
        return self._handle.suggested_route(day, zone, worker, start)

    def next_reminders(self, zone: str, limit: int = 50) -> list[ffi.Reminder]:
        """The next visits and tasks of this device's worker within 31 days, the earliest first: for notifications."""
        return self._handle.next_reminders(zone, limit)

    def duplicates(self, draft: ffi.PersonDraft) -> list[ffi.Duplicate]:
        """The cases on this device whose person is perhaps the same, the likeliest first, at most 20; closed ones too.

        Ask before a case is opened. Nothing is ever merged: a link between the cases says that both are one, and removing the link takes
        it back.
        """
        return self._handle.duplicates(draft)

    def inbox(self) -> ffi.Inbox:
        """Every open conflict of the caseload, and the closed cases that were changed since.

        What is to be decided stands in the case's view.
        """
        return self._handle.inbox()

    def status(self, case: str | None = None) -> ffi.CaseSync:
        """How a case stands with the server, from receipts alone; the whole caseload, where none is named."""
        return self._handle.status(case)

    def quarantined(self, case: str | None = None) -> list[ffi.Quarantined]:
        """What was set aside: work the server refused, and bytes that did not hold."""
        return self._handle.quarantined(case)

    def dismiss_quarantined(self, id: int) -> None:
        """Says that somebody has dealt with what was set aside: it stays, and is counted and listed as refused no more."""
        self._handle.dismiss_quarantined(id)

    def instruments(self) -> list[ffi.InstrumentSummary]:
        """The instruments that assessments can be made with: those of the library, and those that were registered."""
        return self._handle.instruments()

    def instrument(self, id: str, version: int | None = None) -> ffi.Instrument:
        """An instrument with its questions and rules; the newest version, unless one is named."""
        return self._handle.instrument(id, version)

    def register_instrument(self, definition: str) -> ffi.InstrumentSummary:
        """Registers an instrument of the agency's own. Saying the same again changes nothing; a version never changes.

        Raises `CaseweaveError.InvalidInput` with the line and the field of the definition that cannot stand.
        """
        return self._handle.register_instrument(definition)

    def score(self, instrument: str, version: int, answers: list[ffi.ItemAnswer]) -> ffi.Judgement:
        """What answers come to, before or without keeping them."""
        return self._handle.score(instrument, version, answers)

    def assessment_trend(self, case: str, instrument: str) -> list[ffi.TrendPoint]:
        """The scores of an instrument over time, the earliest first."""
        return self._handle.assessment_trend(case, instrument)

    def settings(self) -> ffi.AgencySettings:
        """The agency's settings in force on this device: those the server told last, or the defaults of version 0."""
        return self._handle.settings()

    def overdue_check_outs(self) -> list[ffi.VisitRow]:
        """Visits under way that should have ended, the longest overdue first. Somebody may need help."""
        return self._handle.overdue_check_outs()

    def evv_report(self, query: ffi.EvvQuery) -> ffi.EvvReport:
        """The visits of a period with the six points of electronic visit verification, exceptions, corrections and signatures."""
        return self._handle.evv_report(query)

    def evv_export(self, query: ffi.EvvQuery, format: ffi.EvvFormat) -> str:
        """The same as text, to be given to a payer."""
        return self._handle.evv_export(query, format)

    def report(self, case: str, options: ffi.ReportOptions) -> ffi.Report:
        """A case's summary as HTML and Markdown.

        For a recipient it holds what a consent in force covers and nothing else, and the disclosure is recorded in the case before this
        returns. Raises `CaseweaveError.InvalidInput` where no consent in force allows any of it; then nothing was recorded.
        """
        return self._handle.report(case, options)

    def plan(self, case: str, locale: ffi.ReportLocale, zone: str) -> ffi.Report:
        """The person's own plan in plain words. Giving it to the person is no disclosure."""
        return self._handle.plan(case, locale, zone)

    def caseload_figures(
        self, from_day: ffi.Day, to_day: ffi.Day, locale: ffi.ReportLocale, zone: str
    ) -> ffi.CaseloadReport:
        """What was done in the caseload from one day to another, both included, in numbers that name nobody."""
        return self._handle.caseload_figures(from_day, to_day, locale, zone)

    def export_records(self, path: str | os.PathLike[str]) -> ffi.ExportReport:
        """Writes everything that this device shows of the record to a file, as lines of JSON.

        The file is not encrypted, and stands under its name only once it is whole.
        """
        return self._handle.export_records(os.fspath(path))

    def import_cases(self, csv: str, map: ffi.ImportMap, dry_run: bool = False) -> ffi.ImportReport:
        """Opens a case for each row of a CSV table whose person is not on this device yet by the identifier in the column `source`.

        A dry run changes nothing. The same table again opens nothing. Import on one device, and let the others have it from the server.
        Raises `CaseweaveError.InvalidInput` where the map does not fit the table; what is wrong with single rows stands in the report.
        """
        return self._handle.import_cases(csv, map, dry_run)

    def check_storage(self) -> ffi.IntegrityReport:
        """Checks the whole database. Takes seconds."""
        return self._handle.check_storage()

    def set_aside(self) -> pathlib.Path:
        """Locks, and renames the database aside: for damage that shows while it is open (`StorageCorrupt` without a place).

        Gives where it is now, for `rescue` with `into` where it was, `caseweave.db` in the directory; then `unlock`. Raises
        `CaseweaveError.Interrupted` where a call has not ended: call again.
        """
        return pathlib.Path(self._handle.set_aside())

    def verify(self, case: str) -> ffi.CaseProof:
        """Checks the signature of every change of a case against the key of the device that made it.

        Where signatures are not here, the next `sync` asks the server for them.
        """
        return self._handle.verify(case)

    def unproven(self, case: str) -> list[ffi.UnprovenWork]:
        """The work of a case that nobody can prove: what waits for a lead's word, and what a lead has adopted."""
        return self._handle.unproven(case)

    def adopt_unproven(self, case: str) -> int:
        """Answers, as the case's lead, for the work of a case that nobody can prove. Gives the number of changes."""
        return self._handle.adopt_unproven(case)

    def lease(self) -> ffi.Lease:
        """Until when this device shows the record without hearing from its server.

        Once that time is over, whatever shows the record fails with `NotAllowed` until a `sync` was answered; edits are still kept.
        """
        return self._handle.lease()

    def share(self, case: str, worker: str, role: ffi.Role, until: ffi.Timestamp | None = None) -> str:
        """Gives a worker a role in a case from the next exchange on. The server decides: see `decisions`."""
        return self._handle.share(case, worker, role, until)

    def withdraw(self, case: str, worker: str) -> str:
        """Takes a worker's role in a case away from the next exchange on."""
        return self._handle.withdraw(case, worker)

    def accept_late_work(self, id: str) -> str:
        """Lets late work into the record from the next exchange on."""
        return self._handle.accept_late_work(id)

    def decline_late_work(self, id: str) -> str:
        """Keeps late work out of the record; the server keeps it for audit."""
        return self._handle.decline_late_work(id)

    def access(self, case: str) -> list[ffi.CaseAccess]:
        """Who may do what in a case, as the server said last."""
        return self._handle.access(case)

    def colleagues(self) -> list[ffi.Colleague]:
        """The agency's workers, with whom a case can be shared."""
        return self._handle.colleagues()

    def decisions(self, case: str) -> list[ffi.AccessDecision]:
        """The decisions about a case's access that were made on this device, and what became of them."""
        return self._handle.decisions(case)

    def late_work(self, case: str | None = None) -> list[ffi.LateWork]:
        """Late work that waits for a lead's word; of one case, if given."""
        return self._handle.late_work(case)


def _sum(total: ffi.SyncProgress, step: ffi.SyncProgress | None) -> ffi.SyncProgress:
    step = step or ffi.SyncProgress(received_by_server=0, refused=0, documents_changed=0, more=False)
    return ffi.SyncProgress(
        received_by_server=total.received_by_server + step.received_by_server,
        refused=total.refused + step.refused,
        documents_changed=total.documents_changed + step.documents_changed,
        more=step.more,
    )
