//! The file in which administrators write settings: read strictly, so that a slip of the pen is refused with its line and field.

use std::collections::BTreeSet;

use super::AgencySettings;
use crate::domain::CorrectionReason;
use crate::ids::WorkerId;
use crate::instruments::field::{Field, Object, Result};
use crate::instruments::{Instruments, InvalidDefinition, RegisterError, json};

/// Bytes of the file, and of what is told to devices: some dozens of instruments with their texts.
pub const MAX_SETTINGS_BYTES: usize = 1024 * 1024;

const MAX_CODES: usize = 200;
const MAX_CODE: usize = 40;
const MAX_APPROVERS: usize = 1_000;
const MAX_DAYS: i64 = 90;
const DAY_MINUTES: i64 = 1_440;
const YEAR_DAYS: i64 = 366;
const MOST_POINTS: i64 = 1_000;
const MOST_PERCENT: i64 = 1_000;

/// What a refusal of the file as a whole names.
const WHOLE: &str = "settings";

/// Whole numbers of `evv`, with the least and the most of each.
const EVV_NUMBERS: [(&str, i64, i64); 5] = [
    ("radius_m", 10, 50_000),
    ("early_minutes", 0, DAY_MINUTES),
    ("late_minutes", 0, DAY_MINUTES),
    ("short_minutes", 0, DAY_MINUTES),
    ("clock_seconds", 1, 3_600),
];
const EVV_FLAGS: [&str; 2] = ["worker_signs", "person_signs"];

/// The same of `worklist`: points, percentages, days, minutes.
const WEIGHTS: [(&str, i64, i64); 27] = [
    ("check_out_overdue", 0, MOST_POINTS),
    ("overdue", 0, MOST_POINTS),
    ("due_today", 0, MOST_POINTS),
    ("visit_missed", 0, MOST_POINTS),
    ("appeal_deadline", 0, MOST_POINTS),
    ("authorization_expires", 0, MOST_POINTS),
    ("units_used_up", 0, MOST_POINTS),
    ("referral_follow_up", 0, MOST_POINTS),
    ("no_contact", 0, MOST_POINTS),
    ("conflict", 0, MOST_POINTS),
    ("day", 0, MOST_POINTS),
    ("most_days", 0, YEAR_DAYS),
    ("low", 0, MOST_PERCENT),
    ("normal", 0, MOST_PERCENT),
    ("high", 0, MOST_PERCENT),
    ("critical", 0, MOST_PERCENT),
    ("medium_risk", 0, MOST_PERCENT),
    ("high_risk", 0, MOST_PERCENT),
    ("safety_alert", 0, MOST_PERCENT),
    ("contact_days", 1, YEAR_DAYS),
    ("contact_days_medium", 1, YEAR_DAYS),
    ("contact_days_high", 1, YEAR_DAYS),
    ("authorization_days", 0, YEAR_DAYS),
    ("appeal_days", 0, YEAR_DAYS),
    ("missed_days", 0, YEAR_DAYS),
    ("check_out_minutes", 0, DAY_MINUTES),
    ("longest_visit_minutes", 15, DAY_MINUTES),
];

impl AgencySettings {
    /// The settings that follow these, from an administrator's file. What the file leaves out has its default, but instruments
    /// stay. A file that names a version was made from that one, and stands only where nobody has set another since.
    ///
    /// # Errors
    /// [`InvalidDefinition`]: the line and field that cannot stand.
    pub fn next(&self, text: &str) -> Result<Self> {
        if text.len() > MAX_SETTINGS_BYTES {
            return Err(whole(format!("is larger than {MAX_SETTINGS_BYTES} bytes")));
        }
        let root = json::read(text)?;
        let root = Field::root(&root).object(&[
            "version",
            "evv",
            "offline_lease_days",
            "note_settling_days",
            "worklist",
            "approvals",
            "reason_codes",
            "instruments",
        ])?;
        self.follows(&root)?;
        root.get("evv").map_or(Ok(()), evv)?;
        for days in ["offline_lease_days", "note_settling_days"] {
            number(&root, days, 1, MAX_DAYS)?;
        }
        root.get("worklist").map_or(Ok(()), |field| {
            numbers(&field.object(&WEIGHTS.map(|(key, ..)| key))?, &WEIGHTS)
        })?;
        root.get("approvals").map_or(Ok(()), approvals)?;
        root.get("reason_codes").map_or(Ok(()), reason_codes)?;
        let mut next = Self::read(text).ok_or_else(|| whole("cannot be read"))?;
        next.instruments = self.instruments_with(&root, next.instruments)?;
        next.version = self.version + 1;
        if next.to_json().len() > MAX_SETTINGS_BYTES {
            let reason = format!("is larger than {MAX_SETTINGS_BYTES} bytes with what stays");
            return Err(whole(reason));
        }
        Ok(next)
    }

    fn follows(&self, root: &Object<'_>) -> Result<()> {
        match root.get("version") {
            Some(field) if field.integer(0, i64::from(i32::MAX))? != self.version => {
                let reason = format!(
                    "is not {}, which is in force: begin from that",
                    self.version
                );
                Err(field.wrong(reason))
            }
            _ => Ok(()),
        }
    }

    /// The instruments that are there, and new ones.
    fn instruments_with(&self, root: &Object<'_>, named: Vec<String>) -> Result<Vec<String>> {
        let mut known = Instruments::shipped();
        for earlier in &self.instruments {
            // One that this version of the library refuses stays where it is.
            known.register(earlier).ok();
        }
        let fields = match root.get("instruments") {
            Some(field) => field.list(crate::instruments::MAX_REGISTERED)?,
            None => Vec::new(),
        };
        let mut instruments = self.instruments.clone();
        for (field, definition) in fields.iter().zip(named) {
            let before = known.iter().count();
            known
                .register_within(field)
                .map_err(|error| unfit(field, error))?;
            if known.iter().count() > before {
                instruments.push(definition);
            }
        }
        Ok(instruments)
    }
}

fn whole(reason: impl Into<String>) -> InvalidDefinition {
    InvalidDefinition {
        line: 1,
        field: WHOLE.into(),
        reason: reason.into(),
    }
}

fn unfit(field: &Field<'_>, error: RegisterError) -> InvalidDefinition {
    match error {
        RegisterError::Invalid(invalid) => invalid,
        other => field.wrong(format!("cannot be added: {other}")),
    }
}

fn number(object: &Object<'_>, key: &str, least: i64, most: i64) -> Result<()> {
    let field = object.get(key);
    field.map_or(Ok(()), |field| field.integer(least, most).map(|_| ()))
}

fn numbers(object: &Object<'_>, bounds: &[(&str, i64, i64)]) -> Result<()> {
    let mut bounds = bounds.iter();
    bounds.try_for_each(|(key, least, most)| number(object, key, *least, *most))
}

fn flag(object: &Object<'_>, key: &str) -> Result<()> {
    let field = object.get(key);
    field.map_or(Ok(()), |field| field.flag().map(|_| ()))
}

fn evv(field: &Field<'_>) -> Result<()> {
    let keys = EVV_NUMBERS.iter().map(|(key, ..)| *key);
    let evv = field.object(&keys.chain(EVV_FLAGS).collect::<Vec<_>>())?;
    numbers(&evv, &EVV_NUMBERS)?;
    EVV_FLAGS.iter().try_for_each(|key| flag(&evv, key))
}

fn approvals(field: &Field<'_>) -> Result<()> {
    let rules = field.object(&["closure", "own_work", "approvers"])?;
    flag(&rules, "closure")?;
    flag(&rules, "own_work")?;
    let Some(approvers) = rules.get("approvers") else {
        return Ok(());
    };
    for approver in approvers.list(MAX_APPROVERS)? {
        let named = approver.text(MAX_CODE)?;
        if named.parse::<WorkerId>().is_err() {
            return Err(approver.wrong("is not the id of a worker"));
        }
    }
    Ok(())
}

fn reason_codes(field: &Field<'_>) -> Result<()> {
    let mut seen = BTreeSet::new();
    for reason in field.list(MAX_CODES)? {
        let reason = reason.object(&["code", "text", "memo"])?;
        let field = reason.need("code")?;
        let code = field.code(MAX_CODE)?;
        if CorrectionReason::KNOWN.contains(&CorrectionReason::from_code(&code)) {
            return Err(field.wrong("is one of the library's own"));
        }
        if !seen.insert(code) {
            return Err(field.wrong("is used twice"));
        }
        texts(reason.need("text")?)?;
        flag(&reason, "memo")?;
    }
    Ok(())
}

fn texts(field: &Field<'_>) -> Result<()> {
    let texts = field.entries()?;
    if texts.is_empty() {
        return Err(field.wrong("is in no language"));
    }
    for (language, text) in texts {
        crate::domain::language_tag(language).map_err(|reason| text.wrong(reason))?;
        text.text(crate::guard::MAX_NAME_CHARS)?;
    }
    Ok(())
}

/// Definitions stand in the file as they are, and in memory as text.
pub(super) mod definitions {
    use serde::de::Error as _;
    use serde::ser::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use serde_json::Value;

    pub(crate) fn serialize<S: Serializer>(
        definitions: &[String],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let values: Result<Vec<Value>, _> = definitions
            .iter()
            .map(|text| serde_json::from_str(text))
            .collect();
        values.map_err(S::Error::custom)?.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<String>, D::Error> {
        let values = Vec::<Value>::deserialize(deserializer)?;
        let texts = values.iter().map(serde_json::to_string).collect();
        let texts: Result<Vec<String>, _> = texts;
        texts.map_err(D::Error::custom)
    }
}
