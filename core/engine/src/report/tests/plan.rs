//! The person's own plan: plain words, and nothing that is for other readers.

use insta::assert_snapshot;

use super::record::Record;
use crate::report::ReportLocale;
use crate::report::texts::{EN, ES, PlanTexts};

#[test]
fn a_plan_in_english() {
    assert_snapshot!(Record::rich().plan(ReportLocale::EnUs).markdown());
}

#[test]
fn a_plan_in_spanish() {
    assert_snapshot!(Record::rich().plan(ReportLocale::EsUs).html());
}

#[test]
fn a_plan_of_an_empty_record_says_whom_to_ask() {
    assert_snapshot!(Record::empty("Rosa").plan(ReportLocale::EnUs).markdown());
}

#[test]
fn a_plan_holds_no_diagnosis_no_risk_and_no_remark_of_staff() {
    let plan = Record::rich().plan(ReportLocale::EnUs);
    let text = plan.html();
    for shown in [
        "w-goals",
        "w-interventions",
        "w-contacts",
        "w-care-team",
        "Monday, November 9, 2026",
        "Meals on Wheels",
    ] {
        assert!(text.contains(shown), "{shown}");
    }
    for hidden in [
        "w-needs",
        "w-risks",
        "w-alert",
        "w-notes",
        "w-draft",
        "w-tasks",
        "w-purpose",
        "w-visits",
        "w-remark",
        "w-referrals",
        "PHQ",
        "w-advocacy",
        "w-communications",
        "w-authorizations",
        "w-person",
    ] {
        assert!(!text.contains(hidden), "{hidden}");
    }
}

#[test]
fn a_visit_that_is_over_is_not_in_the_plan() {
    assert!(
        !Record::rich()
            .plan(ReportLocale::EnUs)
            .markdown()
            .contains("October")
    );
}

/// The sentences of a plan that are ours.
fn sentences(texts: &PlanTexts) -> Vec<&'static str> {
    let texts = [
        texts.intro,
        texts.no_goals,
        texts.no_steps,
        texts.no_visits,
        texts.no_calls,
        texts.closing,
    ];
    let sentences = texts.into_iter().flat_map(|text| text.split_inclusive('.'));
    sentences
        .map(str::trim)
        .filter(|sentence| !sentence.is_empty())
        .collect()
}

/// Sentences, words, and syllables: groups of vowels, in English without a silent e at the end.
fn counted(texts: &PlanTexts, english: bool) -> (f64, f64, f64) {
    let sentences = sentences(texts);
    let words: Vec<&str> = sentences
        .iter()
        .flat_map(|sentence| sentence.split_whitespace())
        .collect();
    let syllables = words
        .iter()
        .map(|word| syllables(word, english))
        .sum::<u32>();
    let count = |number: usize| f64::from(u32::try_from(number).unwrap());
    (
        count(sentences.len()),
        count(words.len()),
        f64::from(syllables),
    )
}

fn syllables(word: &str, english: bool) -> u32 {
    let word: String = word
        .to_lowercase()
        .chars()
        .filter(|sign| sign.is_alphabetic())
        .collect();
    let word = if english {
        word.strip_suffix('e').unwrap_or(&word)
    } else {
        &word
    };
    let vowel = |sign: char| "aeiouyáéíóúü".contains(sign);
    let mut groups = 0;
    let mut before = false;
    for sign in word.chars() {
        groups += u32::from(vowel(sign) && !before);
        before = vowel(sign);
    }
    groups.max(1)
}

/// Source: Kincaid et al. 1975, grade level.
#[test]
fn the_english_of_a_plan_can_be_read_in_the_sixth_grade() {
    let (sentences, words, syllables) = counted(&EN.plan, true);
    let grade = 0.39 * words / sentences + 11.8 * syllables / words - 15.59;
    assert!(grade <= 6.0, "{grade:.1}");
}

/// Source: Fernández Huerta 1959; 80 and more is easy, read in the sixth grade.
#[test]
fn the_spanish_of_a_plan_can_be_read_in_the_sixth_grade() {
    let (sentences, words, syllables) = counted(&ES.plan, false);
    let ease = 206.84 - 60.0 * syllables / words - 1.02 * words / sentences;
    assert!(ease >= 80.0, "{ease:.1}");
}

#[test]
fn no_sentence_of_a_plan_is_longer_than_fifteen_words() {
    for texts in [&EN.plan, &ES.plan] {
        for sentence in sentences(texts) {
            assert!(sentence.split_whitespace().count() <= 15, "{sentence}");
        }
    }
}
