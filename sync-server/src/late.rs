//! Late work: what a worker wrote before learning that the right to write had ended.
//!
//! It is checked as any other upload, against the record with the same worker's earlier late work in it, and kept aside as it
//! came: durable, outside record and feed. A lead lets it in, by the same way as any other upload, or keeps it out.

use std::collections::{BTreeSet, HashMap, HashSet};

use caseweave_engine::ids::{DeviceId, DocumentId, EntityId, ScopeId, WorkerId};
use caseweave_engine::sync::server::{self, Held, Merge, Plan, change_message};
use caseweave_engine::sync::wire::{
    DocumentKind, Refused, Role, Verdict, WireDeclined, WireRequest, WireVerdict,
};
use caseweave_engine::sync::{pack, unpack};
use rusqlite::{Connection, OptionalExtension, params};
use serde_bytes::ByteArray;

use crate::audit::{self, Entry};
use crate::cache::Cache;
use crate::device::find_device;
use crate::error::Error;
use crate::feed::next_position;
use crate::grants::standing;
use crate::place::Place;
use crate::record::find_document;
use crate::rows;
use crate::seams::id_parts;
use crate::step::Step;
use crate::upload;

/// After this time work is no longer late but lost on the way: it is refused.
const LATE_MS: i64 = 90 * 86_400_000;
/// Names of intentions are told up to this many bytes.
const MOST_INTENTIONS: usize = 1_024;

/// One bundle of late work that is to be kept.
pub(crate) struct Late {
    scope: ScopeId,
    upload: WireRequest,
}

/// One row of late work.
pub(crate) struct Row {
    pub(crate) scope: ScopeId,
    pub(crate) worker: WorkerId,
    pub(crate) device: DeviceId,
    pub(crate) upload: WireRequest,
}

/// Who may write where, besides those who may.
type Also = HashSet<(WorkerId, ScopeId)>;

/// Finds what of the refused upload is late work, changes the verdicts on it, and says what is to be kept.
pub(crate) fn judge(
    step: &Step<'_>,
    cache: &mut Cache,
    place: &Place,
    merge: &mut Merge,
) -> Result<Vec<Late>, Error> {
    let confirmed = confirm(step, place)?;
    let mut late = Vec::new();
    if merge.verdicts.is_empty() {
        return Ok(late);
    }
    let scopes = scopes(step)?;
    for scope in scopes.iter().flatten().collect::<BTreeSet<_>>() {
        if !is_late(step, *scope, confirmed)? {
            continue;
        }
        let bundles = step
            .plan
            .bundles_within(|index| scopes.get(index) == Some(&Some(*scope)));
        let (part, groups) = step.plan.part(step.request, &bundles);
        let Ok(plan) = Plan::of(&part) else {
            continue;
        };
        let judging = Step {
            request: &part,
            plan: &plan,
            ..*step
        };
        let judged = against_earlier(&judging, cache, *scope)?;
        late.extend(kept(&judging, *scope, &judged));
        replace_verdicts(merge, &groups, &judged);
    }
    Ok(late)
}

/// How far the device surely knows the feed: as far as the furthest place it ever showed.
fn confirm(step: &Step<'_>, place: &Place) -> Result<i64, Error> {
    let before: i64 = step
        .transaction
        .prepare_cached("SELECT confirmed_seq FROM devices WHERE number = ?1")?
        .query_row([step.device.number], |row| row.get(0))?;
    let now = place.confirmed();
    if now > before {
        step.transaction
            .prepare_cached("UPDATE devices SET confirmed_seq = ?2 WHERE number = ?1")?
            .execute(params![step.device.number, now])?;
    }
    Ok(now.max(before))
}

/// The scope of each document of the request, where it has one.
fn scopes(step: &Step<'_>) -> Result<Vec<Option<ScopeId>>, Error> {
    let mut scopes = Vec::new();
    for upload in &step.request.documents {
        let stored = find_document(step.transaction, upload.document)?;
        let claimed = upload.creates.map(|creation| creation.scope);
        scopes.push(stored.map(|stored| stored.scope).or(claimed));
    }
    Ok(scopes)
}

/// Whether the sender lost the right to write there, lately, and does not know it yet; or is a device that was revoked.
fn is_late(step: &Step<'_>, scope: ScopeId, confirmed: i64) -> Result<bool, Error> {
    let worker = step.device.author.worker;
    let role = standing(step.transaction, scope, worker)?.map(|grant| grant.role);
    if role >= Some(Role::Contributor) {
        // What a revoked device still sends may have been written by whoever holds it: people decide.
        return Ok(step.device.revoked);
    }
    let ended: Option<(i64, i64)> = step
        .transaction
        .prepare_cached(
            "SELECT until_seq, ended_ms FROM grants WHERE scope = ?1 AND worker = ?2 AND role <> 'reader'
             ORDER BY from_seq DESC LIMIT 1",
        )?
        .query_row(params![scope.to_bytes(), worker.to_bytes()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    Ok(ended.is_some_and(|(seq, at_ms)| confirmed < seq && step.now_ms - at_ms < LATE_MS))
}

/// Judges an upload as if its author might write, upon the record with all earlier late work of the same author.
fn against_earlier(step: &Step<'_>, cache: &mut Cache, scope: ScopeId) -> Result<Merge, Error> {
    let worker = step.device.author.worker;
    let also = Also::from([(worker, scope)]);
    let mut beside: HashMap<DocumentId, Held> = HashMap::new();
    for (device, upload) in earlier(step.transaction, worker, scope)? {
        let Some((device, plan)) =
            find_device(step.transaction, device)?.zip(Plan::of(&upload).ok())
        else {
            continue;
        };
        let again = Step {
            device,
            request: &upload,
            plan: &plan,
            ..*step
        };
        for document in merge_beside(&again, cache, &also, &beside)?.documents {
            let created = document.creates.map(|creation| creation.kind);
            let known = beside.get(&document.id).map(|held| held.kind);
            let Some(kind) = created.or(known).or(kind_of(step, document.id)?) else {
                continue;
            };
            let held = Held {
                kind,
                scope: document.scope,
                bytes: document.replica.save().len(),
                replica: Some(document.replica),
            };
            beside.insert(document.id, held);
        }
    }
    merge_beside(step, cache, &also, &beside)
}

fn kind_of(step: &Step<'_>, document: DocumentId) -> Result<Option<DocumentKind>, Error> {
    Ok(find_document(step.transaction, document)?.map(|held| held.kind))
}

fn merge_beside(
    step: &Step<'_>,
    cache: &mut Cache,
    also: &Also,
    beside: &HashMap<DocumentId, Held>,
) -> Result<Merge, Error> {
    let mut holdings = upload::gather(step, cache, also)?;
    for upload in &step.request.documents {
        if let Some(held) = beside.get(&upload.document) {
            holdings.documents.insert(upload.document, held.clone());
        }
    }
    Ok(server::merge(step.request, step.plan, &holdings))
}

/// The bundles that are taken and bring something new, each as a request of its own.
fn kept(step: &Step<'_>, scope: ScopeId, judged: &Merge) -> Vec<Late> {
    let fresh: HashSet<[u8; 32]> = judged
        .documents
        .iter()
        .flat_map(|document| &document.changes)
        .map(|change| change.hash)
        .collect();
    let is_new = |group: &usize| {
        step.plan
            .group(*group)
            .any(|(_, hash)| fresh.contains(&hash))
    };
    let parts = (0..step.plan.bundle_count()).map(|bundle| step.plan.part(step.request, &[bundle]));
    let news = parts.filter(|(_, groups)| groups.iter().any(is_new));
    news.map(|(upload, _)| Late { scope, upload }).collect()
}

/// Puts the verdicts on a part in the place of those on the whole. Nothing is asked for again that could only fail again.
fn replace_verdicts(merge: &mut Merge, groups: &[usize], judged: &Merge) {
    let mut on_part: HashMap<usize, Verdict> = HashMap::new();
    for verdict in &judged.verdicts {
        let group = usize::try_from(verdict.group).unwrap_or(usize::MAX);
        let verdict = match &verdict.verdict {
            Verdict::MissingDependencies(_) => Verdict::Refused(Refused::NotAllowed),
            other => other.clone(),
        };
        on_part.insert(group, verdict);
    }
    let refused = |verdict: &Verdict| matches!(verdict, Verdict::Refused(_));
    if !on_part.values().any(refused)
        && let Some(first) = on_part.keys().min().copied()
    {
        on_part.insert(first, Verdict::Refused(Refused::NotAllowed));
    }
    for (number, group) in groups.iter().enumerate() {
        let Ok(group) = u32::try_from(*group) else {
            continue;
        };
        let verdict = on_part.remove(&number).unwrap_or(Verdict::Held);
        merge.verdicts.retain(|known| known.group != group);
        merge.verdicts.push(WireVerdict { group, verdict });
    }
    merge.verdicts.sort_by_key(|verdict| verdict.group);
}

/// Writes late work down and tells the leads.
pub(crate) fn store(step: &Step<'_>, late: &[Late]) -> Result<(), Error> {
    for one in late {
        let id = next_id(step)?;
        let author = step.device.author;
        step.transaction
            .prepare_cached(
                "INSERT INTO held (id, scope, worker, device, received_ms, intentions, state, upload)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'open', ?7)",
            )?
            .execute(params![
                id.to_bytes(),
                one.scope.to_bytes(),
                author.worker.to_bytes(),
                author.device.to_bytes(),
                step.now_ms,
                intentions(&one.upload),
                pack(&one.upload)?,
            ])?;
        tell_leads(step, one.scope, id)?;
        let entry = Entry::new("late_work_held", Some(author.device), "held");
        audit::append(step.transaction, step.now_ms, &entry)?;
    }
    Ok(())
}

/// Ids sort in the order late work came, also within a millisecond, so that devices show it in an order in which it fits.
fn next_id(step: &Step<'_>) -> Result<EntityId, Error> {
    let (ms, mut random) = id_parts(&*step.context.clock, &*step.context.entropy)?;
    let number: u32 = step
        .transaction
        .prepare_cached("SELECT coalesce(max(number), 0) & 0xffffffff FROM held")?
        .query_row([], |row| row.get(0))?;
    for (byte, of_number) in random.iter_mut().zip(number.to_be_bytes()) {
        *byte = of_number;
    }
    Ok(EntityId::from_parts(ms, random))
}

fn intentions(upload: &WireRequest) -> String {
    let mut names: Vec<String> = Vec::new();
    let changes = upload.documents.iter().flat_map(|upload| &upload.changes);
    for message in changes.filter_map(|bytes| change_message(bytes)) {
        for name in message.split(',').map(str::trim) {
            let length: usize = names.iter().map(|name| name.len() + 1).sum();
            let fits = length + name.len() <= MOST_INTENTIONS;
            if fits && !name.is_empty() && !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
    }
    names.join(",")
}

fn tell_leads(step: &Step<'_>, scope: ScopeId, held: EntityId) -> Result<(), Error> {
    let seq = next_position(step.transaction)?;
    step.transaction
        .prepare_cached(
            "INSERT INTO held_feed (worker, seq, held)
             SELECT worker, ?2, ?3 FROM grants WHERE scope = ?1 AND until_seq IS NULL AND role = 'lead'",
        )?
        .execute(params![scope.to_bytes(), seq, held.to_bytes()])?;
    Ok(())
}

/// Tells the author what became of late work.
fn tell(step: &Step<'_>, author: WorkerId, held: EntityId) -> Result<(), Error> {
    let seq = next_position(step.transaction)?;
    step.transaction
        .prepare_cached("INSERT INTO held_feed (worker, seq, held) VALUES (?1, ?2, ?3)")?
        .execute(params![author.to_bytes(), seq, held.to_bytes()])?;
    Ok(())
}

/// What the author of declined work is told: scope and upload, the second and third columns of a row.
pub(crate) fn declined_of(row: &rusqlite::Row<'_>) -> Result<WireDeclined, Error> {
    let upload = upload_of(row, 2)?;
    let damaged = Error::DamagedRow { what: "late work" };
    let plan = Plan::of(&upload).map_err(|_| damaged)?;
    let changes = (0..upload.groups.len()).flat_map(|group| plan.group(group));
    Ok(WireDeclined {
        scope: ScopeId::from_bytes(rows::bytes(row, 1, "scope of late work")?),
        changes: changes.map(|(_, hash)| ByteArray::new(hash)).collect(),
    })
}

/// Tells a new lead what waits.
pub(crate) fn tell_open(
    step: &Step<'_>,
    scope: ScopeId,
    worker: WorkerId,
    seq: i64,
) -> Result<(), Error> {
    step.transaction
        .prepare_cached(
            "INSERT INTO held_feed (worker, seq, held) SELECT ?2, ?3, id FROM held WHERE scope = ?1 AND state = 'open'",
        )?
        .execute(params![scope.to_bytes(), worker.to_bytes(), seq])?;
    Ok(())
}

/// Lets late work into the record. Says whether it fits.
pub(crate) fn accept(
    step: &Step<'_>,
    cache: &mut Cache,
    scope: ScopeId,
    held: EntityId,
) -> Result<bool, Error> {
    let Some(row) = find_open(step.transaction, held)?.filter(|row| row.scope == scope) else {
        return Ok(false);
    };
    let Some(device) = find_device(step.transaction, row.device)? else {
        return Ok(false);
    };
    let Ok(plan) = Plan::of(&row.upload) else {
        return Ok(false);
    };
    let entering = Step {
        device,
        request: &row.upload,
        plan: &plan,
        ..*step
    };
    let also = Also::from([(row.worker, scope)]);
    let merge = merge_beside(&entering, cache, &also, &HashMap::new())?;
    if !merge.verdicts.is_empty() {
        return Ok(false);
    }
    upload::write(&entering, cache, &merge)?;
    close(step, scope, held, "accepted")?;
    Ok(true)
}

/// Keeps late work out of the record.
pub(crate) fn decline(step: &Step<'_>, scope: ScopeId, held: EntityId) -> Result<bool, Error> {
    let Some(row) = find_open(step.transaction, held)?.filter(|row| row.scope == scope) else {
        return Ok(false);
    };
    close(step, scope, held, "declined")?;
    tell(step, row.worker, held)?;
    Ok(true)
}

fn close(
    step: &Step<'_>,
    scope: ScopeId,
    held: EntityId,
    state: &'static str,
) -> Result<(), Error> {
    let by = step.device.author.device;
    step.transaction
        .prepare_cached(
            "UPDATE held SET state = ?2, decided_by = ?3, decided_ms = ?4 WHERE id = ?1",
        )?
        .execute(params![held.to_bytes(), state, by.to_bytes(), step.now_ms])?;
    tell_leads(step, scope, held)?;
    let entry = Entry::new("late_work_decided", Some(by), state);
    audit::append(step.transaction, step.now_ms, &entry)
}

/// What a worker sent late for a scope and is not in the record, in the order it came.
fn earlier(
    connection: &Connection,
    worker: WorkerId,
    scope: ScopeId,
) -> Result<Vec<(DeviceId, WireRequest)>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT device, upload FROM held WHERE scope = ?1 AND worker = ?2 AND state <> 'accepted' ORDER BY number",
    )?;
    let mut found = statement.query(params![scope.to_bytes(), worker.to_bytes()])?;
    let mut earlier = Vec::new();
    while let Some(row) = found.next()? {
        let device = DeviceId::from_bytes(rows::bytes(row, 0, "device of late work")?);
        earlier.push((device, upload_of(row, 1)?));
    }
    Ok(earlier)
}

fn find_open(connection: &Connection, held: EntityId) -> Result<Option<Row>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT scope, worker, device, upload FROM held WHERE id = ?1 AND state = 'open'",
    )?;
    let mut found = statement.query([held.to_bytes()])?;
    found.next()?.map(read).transpose()
}

/// Reads scope, worker, device and upload of late work, the first four columns of a row.
pub(crate) fn read(row: &rusqlite::Row<'_>) -> Result<Row, Error> {
    Ok(Row {
        scope: ScopeId::from_bytes(rows::bytes(row, 0, "scope of late work")?),
        worker: WorkerId::from_bytes(rows::bytes(row, 1, "worker of late work")?),
        device: DeviceId::from_bytes(rows::bytes(row, 2, "device of late work")?),
        upload: upload_of(row, 3)?,
    })
}

fn upload_of(row: &rusqlite::Row<'_>, column: usize) -> Result<WireRequest, Error> {
    let damaged = Error::DamagedRow { what: "late work" };
    let bytes = row
        .get_ref(column)?
        .as_blob()
        .map_err(|_| Error::DamagedRow { what: "late work" })?;
    unpack(bytes).map_err(|_| damaged)
}
