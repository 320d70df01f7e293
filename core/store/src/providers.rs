//! The resource directory, as this device has it: providers by name, found by what somebody needs.

use caseweave_engine::ids::{EntityId, ProviderId};
use caseweave_engine::projection::{ProviderRow, ServiceRow, fold};
use rusqlite::types::Value;
use rusqlite::{Row, params, params_from_iter};

use crate::error::Result;
use crate::queries::Conditions;
use crate::row;
use crate::transaction::{ReadTx, WriteTx};

/// What to look for in the directory. The default is every provider that is not closed, by name, 50 to a page. Need, language, area
/// and age are those of one service; where neither a need nor an age is asked for, the provider's own language and area count too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderQuery {
    /// Words that names of provider or services, or who can have a service, begin with; each is found somewhere.
    pub text: Option<String>,
    /// Code of a need that a service answers.
    pub need: Option<String>,
    /// A language, as a BCP 47 tag; `es` stands for `es-MX` too. Source: RFC 4647, section 3.3.1.
    pub language: Option<String>,
    /// Names of places and postal codes: each word begins one of the area.
    pub area: Option<String>,
    /// The age in completed years of somebody who shall be eligible; a service that names no age takes everybody.
    pub age: Option<i64>,
    /// Whether closed ones are shown too, after the others.
    pub closed: bool,
    /// Where the page before ended.
    pub after: Option<ProviderCursor>,
    /// Rows of a page.
    pub limit: usize,
}

impl Default for ProviderQuery {
    fn default() -> Self {
        Self {
            text: None,
            need: None,
            language: None,
            area: None,
            age: None,
            closed: false,
            after: None,
            limit: 50,
        }
    }
}

/// Where a page ended: the last row's place in the order, so that rows that come or go meanwhile move nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderCursor {
    /// Whether it was closed.
    pub closed: bool,
    /// Its folded name.
    pub sort_name: String,
    /// The last provider.
    pub provider: ProviderId,
}

/// One page of the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderPage {
    /// Providers, each with those of its services that were asked for.
    pub rows: Vec<ProviderRow>,
    /// Where it ended, when there is more.
    pub next: Option<ProviderCursor>,
}

impl ProviderQuery {
    /// The statement and its parameters; one row more than the page has, to see whether there is another.
    pub(crate) fn sql(&self) -> (String, Vec<Value>) {
        let mut conditions = Conditions::default();
        if !self.closed {
            conditions.add("closed = 0", []);
        }
        if let Some(after) = &self.after {
            let id = Value::Blob(after.provider.to_bytes().to_vec());
            let place = [
                Value::Integer(after.closed.into()),
                Value::Text(after.sort_name.clone()),
                id,
            ];
            conditions.add("(closed, sort_name, case_id) > (?, ?, ?)", place);
        }
        self.named(&mut conditions);
        self.offering(&mut conditions);
        let Conditions { texts, mut values } = conditions;
        values.push(Value::Integer(self.limit.saturating_add(1) as i64));
        let texts = texts.join(" AND ");
        let sql = format!(
            "SELECT * FROM provider WHERE {texts} ORDER BY closed, sort_name, case_id LIMIT ?"
        );
        (sql, values)
    }

    /// Each word begins one of the provider or of a service.
    fn named(&self, conditions: &mut Conditions) {
        for word in beginnings(self.text.as_deref()) {
            conditions.add(
                "(instr(words, ?) OR EXISTS (SELECT 1 FROM service WHERE service.case_id = provider.case_id \
                 AND instr(service.words, ?)))",
                [word.clone(), word],
            );
        }
    }

    /// One service that is all that is asked for, or the provider where nothing is asked that only a service tells.
    fn offering(&self, conditions: &mut Conditions) {
        let services = self.of_services();
        if services.texts.len() == 1 {
            return;
        }
        let offers = format!(
            "EXISTS (SELECT 1 FROM service WHERE service.case_id = provider.case_id AND {})",
            services.texts.join(" AND ")
        );
        if self.need.is_some() || self.age.is_some() {
            return conditions.add(offers, services.values);
        }
        let mut own = Conditions::default();
        self.reached(&mut own);
        let either = format!("({offers} OR ({}))", own.texts.join(" AND "));
        conditions.add(either, services.values.into_iter().chain(own.values));
    }

    fn of_services(&self) -> Conditions {
        let mut conditions = Conditions::default();
        let need = self.need.as_ref().map(|need| format!(" {need} "));
        conditions.add_where("instr(' ' || needs || ' ', ?)", need.map(Value::Text));
        if let Some(age) = self.age {
            conditions.add(
                "coalesce(age_from, ?) <= ? AND coalesce(age_to, ?) >= ?",
                [age; 4].map(Value::Integer),
            );
        }
        self.reached(&mut conditions);
        conditions
    }

    /// In whose language and where: of a provider and of a service alike.
    fn reached(&self, conditions: &mut Conditions) {
        let language = self.language.as_ref();
        let language = language.map(|tag| format!(" {}-", tag.trim().to_lowercase()));
        conditions.add_where(
            "instr(' ' || replace(lower(languages), ' ', '- ') || '-', ?)",
            language.map(Value::Text),
        );
        for word in beginnings(self.area.as_deref()) {
            conditions.add("instr(places, ?)", [word]);
        }
    }
}

/// The words of a text as [`folded`] ones begin: a blank and the word.
fn beginnings(text: Option<&str>) -> impl Iterator<Item = Value> {
    let text = folded(text.into_iter());
    let words: Vec<_> = text
        .split_whitespace()
        .map(|word| Value::Text(format!(" {word}")))
        .collect();
    words.into_iter()
}

/// Folded words, a blank before each.
fn folded<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let texts: Vec<String> = texts.map(fold).collect();
    let words = texts
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    words
        .filter(|word| !word.is_empty())
        .map(|word| format!(" {word}"))
        .collect()
}

impl ReadTx<'_> {
    /// One page of the directory.
    pub fn providers(&self, query: &ProviderQuery) -> Result<ProviderPage> {
        let (sql, values) = query.sql();
        let mut rows = self.rows(&sql, params_from_iter(values), read_provider)?;
        let more = rows.len() > query.limit;
        rows.truncate(query.limit);
        let next = rows.last().filter(|_| more).map(|row| ProviderCursor {
            closed: row.closed,
            sort_name: row.sort_name.clone(),
            provider: row.id,
        });
        for row in &mut rows {
            row.services = self.services(query, row.id)?;
        }
        Ok(ProviderPage { rows, next })
    }

    /// The services of a provider that are what is asked for.
    fn services(&self, query: &ProviderQuery, provider: ProviderId) -> Result<Vec<ServiceRow>> {
        let Conditions { texts, mut values } = query.of_services();
        values.push(Value::Blob(provider.to_bytes().to_vec()));
        let sql = format!(
            "SELECT * FROM service WHERE {} AND case_id = ? ORDER BY id",
            texts.join(" AND ")
        );
        self.rows(&sql, params_from_iter(values), read_service)
    }

    /// The name of a provider; nothing where there is none of this id.
    pub fn provider_name(&self, id: ProviderId) -> Result<Option<String>> {
        let sql = "SELECT name FROM provider WHERE case_id = ?1";
        self.row(sql, [id.to_bytes()], |row| Ok(row.get(0)?))
    }

    /// The providers on this device, by id.
    pub fn provider_ids(&self) -> Result<Vec<ProviderId>> {
        let sql = "SELECT case_id FROM provider ORDER BY case_id";
        self.rows(sql, [], |row| Ok(row::document(row, "case_id")?))
    }
}

impl WriteTx<'_> {
    /// Writes a provider's row, and makes those of its services exactly the given ones.
    pub(crate) fn put_provider(&self, provider: &ProviderRow) -> Result<()> {
        self.run(
            "INSERT OR REPLACE INTO provider (case_id, name, sort_name, sort, phone, area, languages, verified_on, closed, \
             changed_ms, words, places) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            params![
                provider.id.to_bytes(),
                provider.name,
                provider.sort_name,
                provider.sort,
                provider.phone,
                provider.area,
                provider.languages.join(" "),
                provider.verified_on.map(row::day_number),
                provider.closed,
                provider.changed_at.timestamp_millis(),
                folded([provider.name.as_str()].into_iter()),
                folded(provider.area.as_deref().into_iter())
            ],
        )?;
        let id = provider.id.to_bytes();
        self.run("DELETE FROM service WHERE case_id = ?1", [id])?;
        provider
            .services
            .iter()
            .try_for_each(|service| self.put_service(provider.id, service))
    }

    fn put_service(&self, provider: ProviderId, service: &ServiceRow) -> Result<()> {
        let said = [Some(service.name.as_str()), service.eligibility.as_deref()];
        self.run(
            "INSERT INTO service (case_id, id, name, needs, area, languages, eligibility, age_from, age_to, accepting, words, \
             places) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            params![
                provider.to_bytes(),
                service.id.to_bytes(),
                service.name,
                service.needs.join(" "),
                service.area,
                service.languages.join(" "),
                service.eligibility,
                service.age_from,
                service.age_to,
                service.accepting,
                folded(said.into_iter().flatten()),
                folded(service.area.as_deref().into_iter())
            ],
        )?;
        Ok(())
    }
}

fn read_provider(row: &Row<'_>) -> Result<ProviderRow> {
    Ok(ProviderRow {
        id: row::document(row, "case_id")?,
        name: row.get("name")?,
        sort_name: row.get("sort_name")?,
        sort: row.get("sort")?,
        phone: row.get("phone")?,
        area: row.get("area")?,
        languages: codes(row, "languages")?,
        verified_on: row::day(row, "verified_on")?,
        closed: row.get("closed")?,
        changed_at: row::moment(row, "changed_ms")?.ok_or_else(row::impossible)?,
        services: Vec::new(),
    })
}

fn read_service(row: &Row<'_>) -> Result<ServiceRow> {
    Ok(ServiceRow {
        id: EntityId::from_bytes(row.get("id")?),
        name: row.get("name")?,
        needs: codes(row, "needs")?,
        area: row.get("area")?,
        languages: codes(row, "languages")?,
        eligibility: row.get("eligibility")?,
        age_from: row.get("age_from")?,
        age_to: row.get("age_to")?,
        accepting: row.get("accepting")?,
    })
}

fn codes(row: &Row<'_>, column: &str) -> Result<Vec<String>> {
    let codes: String = row.get(column)?;
    Ok(codes.split_whitespace().map(str::to_owned).collect())
}
