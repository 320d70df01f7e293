//! The case, the person, and the people around them.

use super::{Writer, joined, standing, word};
use crate::domain::{Address, CareTeamMember, Contact, Phone};
use crate::report::page::Block;

impl Writer<'_> {
    pub(super) fn case(&self) -> Option<Block> {
        let (texts, case) = (self.texts, &self.source.view.case);
        Block::facts([
            (texts.number, case.number.clone()),
            (texts.status, word(texts.case_status, case.status.as_ref())),
            (texts.sector, word(texts.sector_word, case.sector.as_ref())),
            (texts.programme, case.programme.clone()),
            (texts.opened, self.day(case.opened_on)),
            (texts.closed, self.day(case.closed_on)),
            (
                texts.closure_reason,
                word(texts.closure_word, case.closure_reason.as_ref()),
            ),
            (texts.outcome, case.closure_outcome.clone()),
            (
                texts.risk_level,
                word(texts.risk_word, case.risk_level.as_ref()),
            ),
            (texts.presenting_issue, case.presenting_issue.clone()),
            (texts.referred_by, case.referred_by.clone()),
            (texts.lead_worker, self.worker(case.lead_worker)),
        ])
    }

    pub(super) fn person(&self) -> Vec<Block> {
        let (texts, person) = (self.texts, &self.source.view.person);
        let names = [person.given_name.clone(), person.family_name.clone()];
        let year = person.birth_year.map(|year| year.to_string());
        let facts = Block::facts([
            (texts.name, joined(names, " ")),
            (texts.preferred_name, person.preferred_name.clone()),
            (texts.pronouns, person.pronouns.clone()),
            (texts.born, self.day(person.birth_date).or(year)),
            (texts.died, self.day(person.death_date)),
            (texts.sex, word(texts.sex_word, person.sex.as_ref())),
            (texts.languages, self.languages()),
            (
                texts.interpreter,
                word(texts.interpreter_word, person.interpreter.as_ref()),
            ),
            (
                texts.communication_needs,
                person.communication_needs.clone(),
            ),
            (texts.culture, person.culture.clone()),
            (texts.faith, person.faith.clone()),
            (texts.diet, person.diet.clone()),
            (texts.allergies, person.allergies.clone()),
            (texts.living_situation, person.living_situation.clone()),
            (texts.email, person.email.clone()),
        ]);
        facts.into_iter().chain(self.reach()).collect()
    }

    fn languages(&self) -> Option<String> {
        let person = &self.source.view.person;
        let others = person.other_languages.iter().flatten();
        let tags = person.preferred_language.iter().chain(others);
        joined(
            tags.map(|tag| Some((self.texts.language)(tag).to_owned())),
            ", ",
        )
    }

    /// Phones, addresses and numbers elsewhere. A shelter is never given out.
    fn reach(&self) -> Option<Block> {
        let (texts, view) = (self.texts, self.source.view);
        let named = |name: &'static str, use_: Option<String>| match use_ {
            Some(use_) => format!("{name} ({use_})"),
            None => name.to_owned(),
        };
        let phone = |phone: &Phone| {
            let name = named(texts.phone, word(texts.phone_use, phone.usage.as_ref()));
            (name, phone.number.clone())
        };
        let address = |address: &Address| {
            let name = named(
                texts.address,
                word(texts.address_use, address.usage.as_ref()),
            );
            (name, address_line(address))
        };
        let open = |address: &&Address| !view.is_shelter(address);
        let phones = standing(&view.phones, |one| &one.meta).map(phone);
        let addresses = standing(&view.addresses, |one| &one.meta)
            .filter(open)
            .map(address);
        let numbers = standing(&view.identifiers, |one| &one.meta);
        let numbers =
            numbers.map(|one| (one.system.clone().unwrap_or_default(), one.value.clone()));
        let facts: Vec<(String, Option<String>)> = phones.chain(addresses).chain(numbers).collect();
        Block::facts(
            facts
                .iter()
                .map(|(name, value)| (name.as_str(), value.clone())),
        )
    }

    pub(super) fn contacts(&self) -> Option<Block> {
        let texts = self.texts;
        let row = |contact: &Contact| {
            let part = word(texts.contact_kind, contact.part.as_ref());
            let phones = [contact.phone.clone(), contact.other_phone.clone()];
            [
                contact.name.clone(),
                joined([contact.relationship.clone(), part], ", "),
                contact.organisation.clone(),
                joined(phones, ", "),
                self.yes_or_no(contact.emergency),
                self.yes_or_no(contact.consent_to_talk),
            ]
        };
        let head = [
            texts.name,
            texts.role,
            texts.organisation,
            texts.phone,
            texts.emergency,
            texts.may_be_told,
        ];
        Block::table(
            head,
            standing(&self.source.view.contacts, |one| &one.meta).map(row),
        )
    }

    /// Those who are on the team on the day of the summary.
    pub(super) fn care_team(&self) -> Option<Block> {
        let texts = self.texts;
        let current = |member: &&CareTeamMember| member.serves_on(self.wording.today);
        let row = |member: &CareTeamMember| {
            [
                member.name.clone().or_else(|| self.worker(member.worker)),
                word(texts.team_role, member.role.as_ref()),
                member.organisation.clone(),
                member.phone.clone(),
                self.day(member.since),
            ]
        };
        let head = [
            texts.name,
            texts.role,
            texts.organisation,
            texts.phone,
            texts.since,
        ];
        let members = self.source.view.care_team.iter();
        Block::table(head, members.filter(current).map(row))
    }
}

fn address_line(address: &Address) -> Option<String> {
    let town = [
        address.city.clone(),
        address.region.clone(),
        address.postal_code.clone(),
    ];
    joined(
        [
            address.line.clone(),
            address.unit.clone(),
            joined(town, " "),
        ],
        ", ",
    )
}
