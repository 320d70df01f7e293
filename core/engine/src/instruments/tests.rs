//! Scoring against the published tables, and refusals of definitions that cannot stand.

use super::*;

fn shipped(id: &str) -> Arc<Instrument> {
    Arc::clone(Instruments::shipped().get(id, 1).unwrap())
}

fn chosen(item: &str, value: i64) -> ItemAnswer {
    ItemAnswer {
        item: item.into(),
        answer: Answer::Choice { value },
    }
}

/// Answers to the first items that add up to a total, the greatest answers first.
fn adding_up_to(instrument: &Instrument, items: usize, total: i64) -> Vec<ItemAnswer> {
    let mut left = total;
    let answers = instrument.items.iter().take(items).map(|item| {
        let value = left.min(3);
        left -= value;
        chosen(&item.code, value)
    });
    let answers: Vec<_> = answers.collect();
    assert_eq!(left, 0, "the items reach {total}");
    answers
}

fn outcome(judgement: &Judgement, scale: &str) -> ScaleOutcome {
    let found = judgement.scores.iter().find(|score| score.scale == scale);
    found.unwrap().outcome.clone()
}

fn scored(score: i64, band: &str) -> ScaleOutcome {
    ScaleOutcome::Scored {
        score,
        band: Some(band.into()),
    }
}

fn raised(judgement: &Judgement) -> Vec<&str> {
    let codes = judgement.alerts.iter().map(|alert| alert.code.as_str());
    codes.collect()
}

/// An instrument, a scale of it, and its bands: lowest score, highest score, code.
type Published = (
    &'static str,
    &'static str,
    &'static [(i64, i64, &'static str)],
);

/// Every score of every scale, and the band that it lies in by what was published; `adl` and `iadl` are our own neutral ones.
const BANDS: &[Published] = &[
    // Kroenke, Spitzer, Williams 2003.
    ("phq-2", "total", &[(0, 2, "negative"), (3, 6, "positive")]),
    // Kroenke, Spitzer, Williams 2001, table 4.
    (
        "phq-9",
        "total",
        &[
            (0, 4, "minimal"),
            (5, 9, "mild"),
            (10, 14, "moderate"),
            (15, 19, "moderately_severe"),
            (20, 27, "severe"),
        ],
    ),
    // Spitzer, Kroenke, Williams, Löwe 2006: cut points 5, 10 and 15.
    (
        "gad-7",
        "total",
        &[
            (0, 4, "minimal"),
            (5, 9, "mild"),
            (10, 14, "moderate"),
            (15, 21, "severe"),
        ],
    ),
    ("adl", "total", &[(0, 0, "none"), (1, 12, "some")]),
    ("iadl", "total", &[(0, 0, "none"), (1, 16, "some")]),
    // CMS, AHC HRSN: any underlined answer shows a need; the four questions on safety from 11 of 4 to 20.
    ("ahc-hrsn", "housing", &[(0, 0, "no_need"), (1, 2, "need")]),
    ("ahc-hrsn", "home", &[(0, 0, "no_need"), (1, 7, "need")]),
    ("ahc-hrsn", "food", &[(0, 0, "no_need"), (1, 2, "need")]),
    (
        "ahc-hrsn",
        "transportation",
        &[(0, 0, "no_need"), (1, 1, "need")],
    ),
    (
        "ahc-hrsn",
        "utilities",
        &[(0, 0, "no_need"), (1, 1, "need")],
    ),
    (
        "ahc-hrsn",
        "safety",
        &[(4, 10, "no_need"), (11, 20, "need")],
    ),
];

/// Answers to the items of a scale that add up to a total, the greatest answers first; nothing where no answers do.
fn answers_to(instrument: &Instrument, scale: &Scale, total: i64) -> Option<Vec<ItemAnswer>> {
    let options = |code: &String| {
        let item = instrument.items.iter().find(|item| item.code == *code);
        match &item.unwrap().kind {
            ItemKind::Choice { options } => options.clone(),
            other => panic!("{other:?} is in no scale"),
        }
    };
    let least = |code: &String| {
        options(code)
            .iter()
            .map(|option| option.score)
            .min()
            .unwrap()
    };
    let mut left = total - scale.items.iter().map(least).sum::<i64>();
    let mut answers = Vec::new();
    for code in &scale.items {
        let options = options(code).into_iter();
        let fitting = options.filter(|option| option.score - least(code) <= left);
        let option = fitting.max_by_key(|option| option.score)?;
        left -= option.score - least(code);
        answers.push(chosen(code, option.value));
    }
    (left == 0).then_some(answers)
}

#[test]
fn every_score_of_every_scale_lies_in_its_published_band() {
    for instrument in Instruments::shipped().iter() {
        for scale in &instrument.scales {
            let said = format!("{} {}", instrument.id, scale.code);
            let mut rows = BANDS.iter();
            let row = rows.find(|row| (row.0, row.1) == (&instrument.id, &scale.code));
            let (.., bands) = row.unwrap_or_else(|| panic!("{said} has no table"));
            for (from, to, band) in *bands {
                for total in *from..=*to {
                    let answers = answers_to(instrument, scale, total).unwrap();
                    let judged = outcome(&instrument.score(&answers), &scale.code);
                    assert_eq!(judged, scored(total, band), "{said}");
                }
            }
            let (lowest, highest) = (bands[0].0, bands[bands.len() - 1].1);
            for beyond in [lowest - 1, highest + 1] {
                assert_eq!(answers_to(instrument, scale, beyond), None, "{said}");
            }
        }
    }
}

#[test]
fn any_answer_above_zero_on_item_nine_alerts_whatever_the_total() {
    let phq9 = shipped("phq-9");
    let mut answers = adding_up_to(&phq9, 9, 0);
    assert_eq!(raised(&phq9.score(&answers)), [""; 0]);
    for value in 1..=3 {
        answers[8] = chosen("9", value);
        let judgement = phq9.score(&answers);
        assert_eq!(outcome(&judgement, "total"), scored(value, "minimal"));
        assert_eq!(raised(&judgement), ["self_harm"]);
    }
    let alone = phq9.score(&[chosen("9", 1)]);
    assert_eq!(raised(&alone), ["self_harm"]);
}

#[test]
fn an_item_in_conflict_alerts_for_each_of_its_answers() {
    let phq9 = shipped("phq-9");
    let mut answers = adding_up_to(&phq9, 9, 0);
    answers.push(chosen("9", 2));
    let judgement = phq9.score(&answers);
    assert_eq!(outcome(&judgement, "total"), scored(0, "minimal"));
    assert_eq!(raised(&judgement), ["self_harm"]);
}

#[test]
fn an_incomplete_form_is_not_scorable_and_names_what_is_missing() {
    let phq9 = shipped("phq-9");
    let mut answers = adding_up_to(&phq9, 9, 4);
    answers.retain(|answer| answer.item != "3" && answer.item != "8");
    let judgement = phq9.score(&answers);
    let missing = vec!["3".to_owned(), "8".to_owned()];
    let expected = ScaleOutcome::NotScorable {
        missing: missing.clone(),
    };
    assert_eq!(outcome(&judgement, "total"), expected);
    assert_eq!(judgement.unanswered, missing);
    let nothing = phq9.score(&[]);
    assert!(
        matches!(outcome(&nothing, "total"), ScaleOutcome::NotScorable { missing } if missing.len() == 9)
    );
}

#[test]
fn an_answer_that_is_no_option_counts_as_missing() {
    let phq9 = shipped("phq-9");
    let mut answers = adding_up_to(&phq9, 9, 9);
    answers[4] = chosen("5", 7);
    answers.push(chosen("of another version", 1));
    let judgement = phq9.score(&answers);
    let missing = vec!["5".to_owned()];
    assert_eq!(
        outcome(&judgement, "total"),
        ScaleOutcome::NotScorable { missing }
    );
    assert_eq!(judgement.unusable, ["5", "of another version"]);
}

#[test]
fn a_total_alert_is_raised_once_the_answers_reach_it_whatever_is_missing() {
    let phq9 = shipped("phq-9");
    let seven: Vec<_> = (1..=7).map(|item| chosen(&item.to_string(), 3)).collect();
    let judgement = phq9.score(&seven);
    assert!(matches!(
        outcome(&judgement, "total"),
        ScaleOutcome::NotScorable { .. }
    ));
    assert_eq!(raised(&judgement), ["severe"]);
    assert_eq!(raised(&phq9.score(&seven[..6])), [""; 0]);
}

#[test]
fn difficulty_is_asked_only_where_a_problem_was_named() {
    let phq9 = shipped("phq-9");
    let mut answers = adding_up_to(&phq9, 9, 0);
    answers.push(chosen("difficulty", 1));
    assert_eq!(phq9.score(&answers).not_counted, ["difficulty"]);
    answers[0] = chosen("1", 1);
    assert_eq!(phq9.score(&answers).not_counted, [""; 0]);
}

#[test]
fn social_needs_show_by_gravity_domain() {
    let tool = shipped("ahc-hrsn");
    let needs = |answers: &[ItemAnswer]| -> Vec<String> {
        let alerts = tool.score(answers).alerts;
        alerts.into_iter().filter_map(|alert| alert.need).collect()
    };
    let calm: Vec<_> = tool
        .items
        .iter()
        .map(|item| {
            let is_frequency =
                ["hurt", "insulted", "threatened", "screamed_at"].contains(&&*item.code);
            chosen(&item.code, i64::from(is_frequency))
        })
        .collect();
    assert_eq!(needs(&calm), [""; 0]);
    for (item, value, need) in [
        ("living", 1, "housing-instability"),
        ("living", 2, "homelessness"),
        ("leaks", 1, "inadequate-housing"),
        ("food_worry", 1, "food-insecurity"),
        ("food_lack", 2, "food-insecurity"),
        ("transportation", 1, "transportation-insecurity"),
        ("utilities", 1, "utility-insecurity"),
        ("utilities", 2, "utility-insecurity"),
    ] {
        let mut answers = calm.clone();
        answers.retain(|answer| answer.item != item);
        answers.push(chosen(item, value));
        assert_eq!(needs(&answers), [need], "{item}");
    }
    // The published cut point of the four questions on safety: 11 of 4 to 20.
    let safety = |values: [i64; 4]| {
        let items = ["hurt", "insulted", "threatened", "screamed_at"];
        let answers: Vec<_> = items
            .iter()
            .zip(values)
            .map(|(item, value)| chosen(item, value))
            .collect();
        (outcome(&tool.score(&answers), "safety"), needs(&answers))
    };
    assert_eq!(safety([1, 1, 1, 1]).0, scored(4, "no_need"));
    assert_eq!(safety([3, 3, 3, 1]), (scored(10, "no_need"), vec![]));
    let violence = vec!["intimate-partner-violence".to_owned()];
    assert_eq!(safety([3, 3, 3, 2]), (scored(11, "need"), violence));
    assert_eq!(safety([5, 5, 5, 5]).0, scored(20, "need"));
}

#[test]
fn shipped_definitions_say_everything_in_english_and_spanish() {
    for text in SHIPPED {
        let instrument = parse::parse(text).unwrap();
        assert_eq!(instrument.languages, ["en", "es"], "{}", instrument.id);
        for texts in every_text(&instrument) {
            assert_eq!(texts.len(), 2, "{}", instrument.id);
            assert!(texts.values().all(|text| !text.trim().is_empty()));
        }
    }
    let phq9 = shipped("phq-9");
    assert_eq!(
        phq9.items[8].text["es"],
        "Pensamientos de que estaría mejor muerto(a) o de lastimarse de alguna manera"
    );
    assert!(phq9.licence["en"].contains("No permission required"));
    assert!(phq9.licence["es"].contains("No se requiere permiso"));
}

fn every_text(instrument: &Instrument) -> Vec<&Texts> {
    let mut texts = vec![&instrument.title, &instrument.licence];
    texts.extend(&instrument.instruction);
    for item in &instrument.items {
        texts.push(&item.text);
        if let ItemKind::Choice { options } = &item.kind {
            texts.extend(options.iter().map(|option| &option.text));
        }
    }
    for scale in &instrument.scales {
        texts.push(&scale.title);
        texts.extend(scale.bands.iter().map(|band| &band.text));
    }
    texts.extend(instrument.alerts.iter().map(|alert| &alert.text));
    texts
}

#[test]
fn shipped_codes_are_those_of_loinc() {
    let codes = |id: &str| -> (Option<String>, Option<String>, Vec<String>) {
        let instrument = shipped(id);
        let items = instrument
            .items
            .iter()
            .filter_map(|item| item.loinc.clone());
        (
            instrument.loinc.clone(),
            instrument.scales[0].loinc.clone(),
            items.collect(),
        )
    };
    let phq = [
        "44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3",
        "44260-8", "69722-7",
    ];
    let gad = [
        "69725-0", "68509-9", "69733-4", "69734-2", "69735-9", "69689-8", "69736-7",
    ];
    let of = |panel: &str, total: &str, items: &[&str]| {
        let items = items.iter().map(|&item| item.to_owned()).collect();
        (Some(panel.to_owned()), Some(total.to_owned()), items)
    };
    assert_eq!(codes("phq-2"), of("55757-9", "55758-7", &phq[..2]));
    assert_eq!(codes("phq-9"), of("44249-1", "44261-6", &phq));
    assert_eq!(codes("gad-7"), of("69737-5", "70274-6", &gad));
    for id in ["phq-2", "phq-9", "gad-7"] {
        let instrument = shipped(id);
        let ItemKind::Choice { options } = &instrument.items[0].kind else {
            panic!("a frequency is a choice");
        };
        let answers: Vec<_> = options
            .iter()
            .map(|option| option.loinc.as_deref().unwrap())
            .collect();
        assert_eq!(answers, ["LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9"]);
    }
}

/// An agency's own definition, one field a line, so that lines can be told.
const OWN: &str = r#"{
  "id": "org.example.strain",
  "version": 1,
  "title": {"en": "Strain", "es": "Carga"},
  "source": "The agency's own",
  "licence": {"en": "Internal", "es": "Interno"},
  "languages": ["en", "es"],
  "options": {
    "agree": [
      {"value": 1, "text": {"en": "No", "es": "No"}},
      {"value": 2, "text": {"en": "Partly", "es": "En parte"}},
      {"value": 5, "score": 4, "text": {"en": "Yes", "es": "Sí"}}
    ]
  },
  "items": [
    {"code": "tired", "options": "agree", "text": {"en": "Tired", "es": "Cansancio"}},
    {"code": "coping", "options": "agree", "text": {"en": "Coping", "es": "Se maneja"}},
    {"code": "nights", "options": "agree", "asked_if": {"items": ["tired"], "at_least": 2}, "text": {"en": "Nights", "es": "Noches"}},
    {"code": "hours", "kind": "number", "least": 0, "most": 168, "unit": "h", "optional": true, "text": {"en": "Hours", "es": "Horas"}},
    {"code": "more", "kind": "words", "optional": true, "text": {"en": "More", "es": "Más"}}
  ],
  "scales": [
    {
      "code": "total",
      "title": {"en": "Total", "es": "Total"},
      "items": ["tired", "coping", "nights"],
      "reversed": ["coping"],
      "bands": [
        {"code": "low", "from": 2, "to": 5, "text": {"en": "Low", "es": "Baja"}},
        {"code": "high", "from": 6, "to": 12, "text": {"en": "High", "es": "Alta"}}
      ]
    },
    {
      "code": "night",
      "title": {"en": "Night", "es": "Noche"},
      "items": ["nights"]
    }
  ],
  "alerts": [
    {"code": "alone", "item": "coping", "at_most": 1, "text": {"en": "Not coping", "es": "No se maneja"}},
    {"code": "strained", "scale": "total", "at_least": 10, "need": "stress", "text": {"en": "Strained", "es": "Con carga"}}
  ]
}"#;

fn own() -> Arc<Instrument> {
    Instruments::shipped().register(OWN).unwrap()
}

#[test]
fn a_reversed_item_counts_the_other_way_round() {
    let judgement = own().score(&[chosen("tired", 1), chosen("coping", 5)]);
    assert_eq!(outcome(&judgement, "total"), scored(2, "low"));
    let judgement = own().score(&[chosen("tired", 1), chosen("coping", 1)]);
    assert_eq!(outcome(&judgement, "total"), scored(5, "low"));
    assert_eq!(raised(&judgement), ["alone"]);
}

#[test]
fn a_skipped_question_is_not_missing_and_an_open_condition_is() {
    let tired = own().score(&[chosen("tired", 5), chosen("coping", 5), chosen("nights", 5)]);
    assert_eq!(outcome(&tired, "total"), scored(9, "high"));
    assert_eq!(
        outcome(&tired, "night"),
        ScaleOutcome::Scored {
            score: 4,
            band: None
        }
    );
    let rested = own().score(&[chosen("tired", 1), chosen("coping", 5), chosen("nights", 5)]);
    assert_eq!(outcome(&rested, "total"), scored(2, "low"));
    assert_eq!(outcome(&rested, "night"), ScaleOutcome::NotAsked);
    assert_eq!(rested.not_counted, ["nights"]);
    let open = own().score(&[chosen("coping", 5)]);
    let missing = vec!["tired".to_owned()];
    assert_eq!(
        outcome(&open, "total"),
        ScaleOutcome::NotScorable {
            missing: missing.clone()
        }
    );
    assert_eq!(
        outcome(&open, "night"),
        ScaleOutcome::NotScorable { missing }
    );
}

#[test]
fn numbers_and_words_are_checked_and_never_scored() {
    let own = own();
    let number = |value| Answer::Number { value };
    let words = |text: &str| Answer::Words { text: text.into() };
    assert_eq!(own.check("hours", &number(168.0)), Ok(()));
    assert_eq!(own.check("more", &words("at night")), Ok(()));
    for (item, answer) in [
        ("hours", number(168.5)),
        ("hours", number(f64::NAN)),
        ("hours", words("many")),
        ("more", words("  ")),
        ("more", words(&"x".repeat(4_001))),
        ("more", Answer::Choice { value: 1 }),
        ("tired", Answer::Choice { value: 4 }),
        ("tired", number(1.0)),
        ("unknown", Answer::Choice { value: 1 }),
    ] {
        assert!(own.check(item, &answer).is_err(), "{item} {answer:?}");
    }
    assert_eq!((own.scales[0].lowest, own.scales[0].highest), (2, 12));
}

/// The definition with one line replaced is refused on that line at that field.
fn refused(line: usize, with: &str, field: &str, reason: &str) {
    let mut lines: Vec<&str> = OWN.lines().collect();
    lines[line - 1] = with;
    let error = Instruments::shipped()
        .register(&lines.join("\n"))
        .unwrap_err();
    let RegisterError::Invalid(error) = error else {
        panic!("{error}");
    };
    assert_eq!(
        (error.line, error.field.as_str()),
        (u32::try_from(line).unwrap(), field),
        "{error}"
    );
    assert!(error.reason.contains(reason), "{error}");
}

#[test]
fn a_refusal_names_line_and_field() {
    refused(2, r#""id": "strain","#, "id", "namespace");
    refused(2, r#""id": "org example","#, "id", "is not a code");
    refused(3, r#""version": "1","#, "version", "is not a whole number");
    refused(3, r#""version": 0,"#, "version", "is not from 1");
    refused(3, r#""version": 1.5,"#, "version", "is not a whole number");
    refused(
        3,
        r#""version": 99999999999999999999,"#,
        "version",
        "is not a whole number",
    );
    refused(3, r#""vresion": 1,"#, "vresion", "is unknown here");
    refused(
        3,
        r#""version": 1, "version": 1,"#,
        "version",
        "stands there twice",
    );
    refused(
        4,
        r#""title": {"en": "Strain"},"#,
        "title",
        "lacks the language es",
    );
    refused(
        4,
        r#""title": {"en": "Strain", "es": "Carga", "fr": "Charge"},"#,
        "title.fr",
        "is not among",
    );
    refused(
        4,
        r#""title": {"en": "", "es": "Carga"},"#,
        "title.en",
        "is empty",
    );
    refused(4, r#""title": ["Strain"],"#, "title", "is not an object");
    refused(5, r#""source": 3,"#, "source", "is not text");
    refused(7, r#""languages": [],"#, "languages", "is an empty list");
    refused(
        7,
        r#""languages": ["en", "en"],"#,
        "languages[1]",
        "is used twice",
    );
    refused(
        7,
        r#""languages": ["en", "e s"],"#,
        "languages[1]",
        "BCP 47",
    );
    refused(
        11,
        r#"{"value": 1, "text": {"en": "Partly", "es": "En parte"}},"#,
        "options.agree[1].value",
        "is used twice",
    );
    refused(
        11,
        r#"{"value": 2, "loinc": "LA6568-4", "text": {"en": "Partly", "es": "En parte"}},"#,
        "options.agree[1].loinc",
        "check digit",
    );
    refused(
        11,
        r#"{"text": {"en": "Partly", "es": "En parte"}},"#,
        "options.agree[1].value",
        "is missing",
    );
    refused(
        16,
        r#"{"code": "a b", "options": "agree", "text": {"en": "Tired", "es": "Cansancio"}},"#,
        "items[0].code",
        "is not a code",
    );
    refused(
        16,
        r#"{"code": "tired", "options": "aggree", "text": {"en": "Tired", "es": "Cansancio"}},"#,
        "items[0].options",
        "is none of",
    );
    refused(
        16,
        r#"{"code": "tired", "loinc": "44250-8", "options": "agree", "text": {"en": "Tired", "es": "Cansancio"}},"#,
        "items[0].loinc",
        "check digit",
    );
    refused(
        16,
        r#"{"code": "tired", "kind": "scale", "text": {"en": "Tired", "es": "Cansancio"}},"#,
        "items[0].kind",
        "is none of",
    );
    refused(
        17,
        r#"{"code": "tired", "options": "agree", "text": {"en": "Coping", "es": "Se maneja"}},"#,
        "items[1].code",
        "is used twice",
    );
    refused(
        18,
        r#"{"code": "nights", "options": "agree", "asked_if": {"items": ["hours"], "at_least": 2}, "text": {"en": "Nights", "es": "Noches"}},"#,
        "items[2].asked_if.items[0]",
        "stands before",
    );
    refused(
        18,
        r#"{"code": "nights", "options": "agree", "asked_if": {"items": ["tired"], "at_least": 5}, "text": {"en": "Nights", "es": "Noches"}},"#,
        "items[2].asked_if.at_least",
        "is not from",
    );
    refused(
        19,
        r#"{"code": "hours", "kind": "number", "least": 9, "most": 8, "text": {"en": "Hours", "es": "Horas"}},"#,
        "items[3].most",
        "is less than",
    );
    refused(
        19,
        r#"{"code": "hours", "kind": "number", "least": 0, "most": 8, "options": "agree", "text": {"en": "Hours", "es": "Horas"}},"#,
        "items[3].options",
        "does not belong",
    );
    refused(
        19,
        r#"{"code": "hours", "kind": "number", "least": 0, "most": 1e12, "text": {"en": "Hours", "es": "Horas"}},"#,
        "items[3].most",
        "too large",
    );
    refused(
        20,
        r#"{"code": "more", "kind": "words", "optional": "yes", "text": {"en": "More", "es": "Más"}}"#,
        "items[4].optional",
        "neither true nor false",
    );
    refused(
        26,
        r#""items": ["tired", "coping", "nihgts"],"#,
        "scales[0].items[2]",
        "is no item",
    );
    refused(
        26,
        r#""items": ["tired", "coping", "hours"],"#,
        "scales[0].items[2]",
        "does not count",
    );
    refused(
        26,
        r#""items": ["tired", "coping", "tired"],"#,
        "scales[0].items[2]",
        "is used twice",
    );
    refused(
        27,
        r#""reversed": ["hours"],"#,
        "scales[0].reversed[0]",
        "is not among",
    );
    refused(
        29,
        r#"{"code": "low", "from": 0, "to": 5, "text": {"en": "Low", "es": "Baja"}},"#,
        "scales[0].bands[0].from",
        "begins at 2",
    );
    refused(
        30,
        r#"{"code": "high", "from": 7, "to": 12, "text": {"en": "High", "es": "Alta"}}"#,
        "scales[0].bands[1].from",
        "begins at 6",
    );
    refused(
        30,
        r#"{"code": "high", "from": 6, "to": 13, "text": {"en": "High", "es": "Alta"}}"#,
        "scales[0].bands[1].to",
        "is not from 6 to 12",
    );
    refused(34, r#""code": "total","#, "scales[1].code", "is used twice");
    refused(
        40,
        r#"{"code": "alone", "item": "copping", "at_most": 1, "text": {"en": "Not coping", "es": "No se maneja"}},"#,
        "alerts[0].item",
        "is no item",
    );
    refused(
        40,
        r#"{"code": "alone", "item": "coping", "scale": "total", "at_most": 1, "text": {"en": "Not coping", "es": "No se maneja"}},"#,
        "alerts[0]",
        "either an item or a scale",
    );
    refused(
        40,
        r#"{"code": "alone", "item": "coping", "text": {"en": "Not coping", "es": "No se maneja"}},"#,
        "alerts[0]",
        "neither at_least nor at_most",
    );
    refused(
        41,
        r#"{"code": "strained", "scale": "total", "at_least": 13, "text": {"en": "Strained", "es": "Con carga"}}"#,
        "alerts[1].at_least",
        "is not from 2 to 12",
    );
    refused(
        41,
        r#"{"code": "strained", "scale": "totl", "at_least": 10, "text": {"en": "Strained", "es": "Con carga"}}"#,
        "alerts[1].scale",
        "is none of the scales",
    );
    refused(
        41,
        r#"{"code": "strained", "scale": "total", "at_least": 10, "need": "hunger", "text": {"en": "Strained", "es": "Con carga"}}"#,
        "alerts[1].need",
        "is none of",
    );
}

#[test]
fn bands_that_end_too_early_name_the_scores_they_leave_out() {
    let text = OWN.replace(r#""from": 6, "to": 12"#, r#""from": 6, "to": 11"#);
    let error = Instruments::shipped().register(&text).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 28: scales[0].bands leave out the scores from 12 to 12"
    );
}

#[test]
fn what_is_not_json_is_refused_where_it_breaks() {
    refused(
        16,
        r#"{"code": "tired", "options": agree},"#,
        "items[0].options",
        "is not JSON at column 30",
    );
    let half = &OWN[..OWN.find(r#""Cansancio"#).unwrap()];
    let Err(RegisterError::Invalid(error)) = Instruments::shipped().register(half) else {
        panic!("half a file is not a definition");
    };
    assert_eq!((error.line, error.field.as_str()), (16, "items[0].text.es"));
    assert_eq!(error.reason, "ends too early");
    for text in ["", "[]", "3", "{} {}", &"[".repeat(10_000)] {
        assert!(Instruments::shipped().register(text).is_err());
    }
    let large = format!("{OWN}{}", " ".repeat(MAX_DEFINITION_BYTES));
    assert!(
        Instruments::shipped()
            .register(&large)
            .unwrap_err()
            .to_string()
            .contains("is larger")
    );
}

#[test]
fn at_most_five_hundred_questions_are_asked() {
    let item = |n: usize| format!(r#"{{"code": "q{n}", "kind": "words", "text": {{"en": "Q"}}}}"#);
    let definition = |count: usize| {
        let items: Vec<_> = (0..count).map(item).collect();
        format!(
            r#"{{"id": "org.example.long", "version": 1, "title": {{"en": "L"}}, "source": "s", "licence": {{"en": "l"}}, "languages": ["en"], "items": [{}]}}"#,
            items.join(",\n")
        )
    };
    assert!(Instruments::shipped().register(&definition(500)).is_ok());
    let error = Instruments::shipped()
        .register(&definition(501))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 501: items has more than 500 entries"
    );
}

#[test]
fn a_version_never_changes_and_new_ones_stand_beside_it() {
    let mut instruments = Instruments::shipped();
    let first = instruments.register(OWN).unwrap();
    assert_eq!(instruments.register(OWN).unwrap(), first);
    let other = OWN.replace(r#""en": "Tired""#, r#""en": "Weary""#);
    let taken = RegisterError::Taken {
        id: first.id.clone(),
        version: 1,
    };
    assert_eq!(instruments.register(&other), Err(taken));
    let second = other.replace(r#""version": 1"#, r#""version": 2"#);
    instruments.register(&second).unwrap();
    assert_eq!(instruments.get(&first.id, 1), Some(&first));
    assert_eq!(instruments.newest(&first.id).unwrap().version, 2);
    assert_eq!(instruments.iter().count(), SHIPPED.len() + 2);
    assert_eq!(instruments.newest("org.example"), None);
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}", at in 0..OWN.len(), cut in 0..20_usize) {
        let _ = Instruments::shipped().register(&text);
        let (mut from, mut to) = (at, (at + cut).min(OWN.len()));
        while !OWN.is_char_boundary(from) { from -= 1; }
        while !OWN.is_char_boundary(to) { to += 1; }
        let _ = Instruments::shipped().register(&format!("{}{text}{}", &OWN[..from], &OWN[to..]));
    }

    #[test]
    fn a_score_lies_within_its_scale(values in proptest::collection::vec(0..6_i64, 18), id in 0..6_usize) {
        let instrument = Arc::clone(Instruments::shipped().iter().nth(id).unwrap());
        let answers: Vec<_> = instrument.items.iter().zip(values).map(|(item, value)| chosen(&item.code, value)).collect();
        for (score, scale) in instrument.score(&answers).scores.iter().zip(&instrument.scales) {
            if let ScaleOutcome::Scored { score, band } = &score.outcome {
                assert!((scale.lowest..=scale.highest).contains(score));
                assert!(band.is_some());
            }
        }
    }
}
