//! The upload half of an exchange: what the server holds goes into the merge, what comes out of it is written down.

use std::collections::{BTreeSet, HashMap, HashSet};

use caseweave_engine::ids::{DeviceId, DocumentId, ScopeId, WorkerId};
use caseweave_engine::sync::server::{self, Held, Holdings, Merge, MergedDocument, Signer};
use caseweave_engine::sync::wire::{DocumentKind, Role, Verdict};
use rusqlite::params;

use crate::audit::{self, Entry};
use crate::cache::Cache;
use crate::device::{Device, find_device};
use crate::error::Error;
use crate::feed::next_position;
use crate::grants::{Grant, standing, tell};
use crate::record::{find_document, materialise, store_document};
use crate::step::Step;
use crate::{drafts, forgotten, rows};

/// Judges the upload. Writes nothing.
pub(crate) fn merge(step: &Step<'_>, cache: &mut Cache) -> Result<Merge, Error> {
    if step.request.documents.is_empty() {
        return Ok(Merge::default());
    }
    let holdings = gather(step, cache, &HashSet::new())?;
    Ok(server::merge(step.request, step.plan, &holdings))
}

/// What bears on the request of a step. `also` may write besides those who may.
pub(crate) fn gather(
    step: &Step<'_>,
    cache: &mut Cache,
    also: &HashSet<(WorkerId, ScopeId)>,
) -> Result<Holdings, Error> {
    let mut signers = HashMap::new();
    let sender = step.device.author.device;
    for device in std::iter::once(sender).chain(step.plan.signers()) {
        if let Some(found) = find_device(step.transaction, device)? {
            let Device {
                author,
                key,
                revoked,
                ..
            } = found;
            signers.insert(
                device,
                Signer {
                    author,
                    key,
                    revoked,
                },
            );
        }
    }
    let mut documents = HashMap::new();
    for upload in &step.request.documents {
        if let Some(held) = find_document(step.transaction, upload.document)? {
            documents.insert(upload.document, held);
        }
    }
    let Roles { mut writers, leads } = roles(step, &signers, &documents)?;
    writers.extend(also);
    for (id, held) in &mut documents {
        if writers.contains(&(step.device.author.worker, held.scope)) {
            held.replica = Some(materialise(step.transaction, cache, *id)?);
        }
    }
    Ok(Holdings {
        sender,
        signers,
        shown: forgotten::shown(step)?,
        documents,
        writers,
        leads,
        receipts: step.receipts.clone(),
    })
}

/// Who may write where, and who leads.
#[derive(Default)]
struct Roles {
    writers: HashSet<(WorkerId, ScopeId)>,
    leads: HashSet<(WorkerId, ScopeId)>,
}

fn roles(
    step: &Step<'_>,
    signers: &HashMap<DeviceId, Signer>,
    documents: &HashMap<DocumentId, Held>,
) -> Result<Roles, Error> {
    let workers: BTreeSet<WorkerId> = signers
        .values()
        .map(|signer| signer.author.worker)
        .collect();
    let creations = step
        .request
        .documents
        .iter()
        .filter_map(|upload| upload.creates);
    let scopes: BTreeSet<ScopeId> = documents
        .values()
        .map(|held| held.scope)
        .chain(creations.map(|creation| creation.scope))
        .collect();
    let mut roles = Roles::default();
    if step.device.revoked {
        // Its work on what exists is late, all of it. A case that it creates has no lead yet who could be asked.
        return Ok(roles);
    }
    for worker in workers {
        for scope in &scopes {
            let role = standing(step.transaction, *scope, worker)?.map(|grant| grant.role);
            if role >= Some(Role::Contributor) {
                roles.writers.insert((worker, *scope));
            }
            if role == Some(Role::Lead) {
                roles.leads.insert((worker, *scope));
            }
        }
    }
    Ok(roles)
}

/// Writes down what was merged, under one new sequence number. Nothing new writes nothing.
pub(crate) fn store(step: &Step<'_>, cache: &mut Cache, merge: &Merge) -> Result<(), Error> {
    note_verdicts(step, merge)?;
    if merge.documents.is_empty() {
        return Ok(());
    }
    write(step, cache, merge)?;
    store_next_on(step, merge)
}

/// Writes documents down for everyone who may read them.
pub(crate) fn write(step: &Step<'_>, cache: &mut Cache, merge: &Merge) -> Result<(), Error> {
    if merge.documents.is_empty() {
        return Ok(());
    }
    for device in &merge.returned {
        forgotten::take_back(step, device)?;
    }
    let seq = next_position(step.transaction)?;
    for document in merge
        .documents
        .iter()
        .filter(|document| creates_case(document))
    {
        let creator = document.creator.unwrap_or(step.device.author);
        create_scope(step, document.scope, creator.worker, seq)?;
    }
    for document in &merge.documents {
        store_document(step, document, seq)?;
    }
    let scopes = merge.documents.iter().map(|document| document.scope);
    for scope in scopes.collect::<BTreeSet<_>>() {
        let mut documents = merge.documents.iter();
        let case = documents.find(|document| ScopeId::of(document.id) == scope);
        let case = case.map(|case| case.replica.clone());
        drafts::look_at(step.transaction, cache, (scope, seq), case)?;
    }
    let device = Some(step.device.author.device);
    let runs = merge.documents.iter().flat_map(|document| &document.runs);
    let adopted = runs.filter(|run| run.envelope.is_adoption()).count();
    if adopted > 0 {
        let entry = Entry {
            what: "unproven_work_adopted",
            device,
            code: "adopted",
            times: i64::try_from(adopted).unwrap_or(i64::MAX),
        };
        audit::append(step.transaction, step.now_ms, &entry)?;
    }
    let entry = Entry::new("stored", device, "stored");
    audit::append(step.transaction, step.now_ms, &entry)
}

fn note_verdicts(step: &Step<'_>, merge: &Merge) -> Result<(), Error> {
    let mut counts: HashMap<&'static str, i64> = HashMap::new();
    for verdict in &merge.verdicts {
        if let Verdict::Refused(refused) = verdict.verdict {
            *counts.entry(refused.code()).or_default() += 1;
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_unstable();
    for (code, times) in counts {
        let device = Some(step.device.author.device);
        audit::append(
            step.transaction,
            step.now_ms,
            &Entry {
                what: "group_refused",
                device,
                code,
                times,
            },
        )?;
    }
    Ok(())
}

fn creates_case(document: &MergedDocument) -> bool {
    document
        .creates
        .is_some_and(|creation| creation.kind == DocumentKind::Case)
}

/// Whoever created a case leads it. Who brings back a case that this server lost, with its creator's signature, goes on writing:
/// he had it, so he had been given it, and more of it may follow.
fn create_scope(step: &Step<'_>, scope: ScopeId, creator: WorkerId, seq: i64) -> Result<(), Error> {
    step.transaction
        .prepare_cached("INSERT INTO scopes (id) VALUES (?1)")?
        .execute([scope.to_bytes()])?;
    let author = step.device.author;
    let mut members = vec![(creator, Role::Lead)];
    if author.worker != creator {
        members.push((author.worker, Role::Contributor));
        let entry = Entry::new("lost_case_returned", Some(author.device), "returned");
        audit::append(step.transaction, step.now_ms, &entry)?;
    }
    for (worker, role) in &members {
        step.transaction
            .prepare_cached(
                "INSERT INTO grants (scope, worker, role, from_seq, given_by) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                scope.to_bytes(),
                worker.to_bytes(),
                rows::role_name(*role),
                seq,
                author.device.to_bytes()
            ])?;
        for (subject, role) in &members {
            let grant = Grant {
                role: *role,
                until_ms: None,
            };
            tell(
                step.transaction,
                *worker,
                seq,
                (scope, *subject),
                Some(grant),
            )?;
        }
    }
    Ok(())
}

/// The day of the next planned visit, as the last stored group of each scope that moved says.
fn store_next_on(step: &Step<'_>, merge: &Merge) -> Result<(), Error> {
    let scopes: HashMap<DocumentId, ScopeId> = merge
        .documents
        .iter()
        .map(|document| (document.id, document.scope))
        .collect();
    let mut days: HashMap<ScopeId, Option<i32>> = HashMap::new();
    for &group in &merge.stored {
        let Some(group) = usize::try_from(group)
            .ok()
            .and_then(|group| step.request.groups.get(group))
        else {
            continue;
        };
        for part in &group.parts {
            let index = usize::try_from(part.document).ok();
            let upload = index.and_then(|index| step.request.documents.get(index));
            if let Some(scope) = upload.and_then(|upload| scopes.get(&upload.document)) {
                days.insert(*scope, group.next_on);
            }
        }
    }
    for (scope, day) in days {
        step.transaction
            .prepare_cached("UPDATE scopes SET next_on = ?2 WHERE id = ?1")?
            .execute(params![scope.to_bytes(), day])?;
    }
    Ok(())
}
