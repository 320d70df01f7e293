//! What texts and numbers are drawn, by what is asked for and how the field is called.

use crate::Drawer;

const WORDS: &[&str] = &[
    "calm", "fell", "Müller", "stairs", "pharmacy", "crêpes", "ramp", "slept", "555", "Tuesday",
    "naïve", "笑", "🦊",
];

/// A text: a date, a moment, one of the codes that the type names, or what the field's name wants.
pub(crate) fn text(drawer: &mut Drawer<'_>, wanted: &str) -> String {
    // Few days, so that what is written apart often names the same.
    let day = 1 + drawer.chance.below(3);
    if wanted.contains("RFC 3339") {
        let hour = drawer.chance.below(24);
        return format!("2026-06-{day:02}T{hour:02}:30:00Z");
    }
    if wanted.contains("date") {
        return format!("2026-06-{day:02}");
    }
    match wanted.split_once("codes ") {
        Some((_, codes)) => code(drawer, codes),
        None => named(drawer),
    }
}

/// Mostly a code that is listed; now and then one that only a newer version knows.
fn code(drawer: &mut Drawer<'_>, codes: &str) -> String {
    let codes: Vec<&str> = codes.split(", ").collect();
    match drawer.chance.below(12) {
        0 => "from_the_future".to_owned(),
        _ => drawer.pick(&codes).unwrap_or_default().to_owned(),
    }
}

fn named(drawer: &mut Drawer<'_>) -> String {
    let field = drawer.field();
    let small = drawer.chance.below(30);
    match field {
        "zone" => "America/Chicago".into(),
        "number" | "phone" | "other_phone" => format!("555 01{small:02}"),
        "key" => format!("org.example.{small}"),
        "json" => format!("{{\"score\":{small}}}"),
        "hash" => format!("{small:064x}"),
        "instrument" => drawer.pick(&["phq-9", "gad-7"]).unwrap_or_default().into(),
        // The last question of the longer one alerts.
        "item" | "clear" => (1 + small % 9).to_string(),
        "media_type" => "image/jpeg".into(),
        "recurrence" => format!("FREQ=DAILY;COUNT={}", 2 + small % 5),
        "value" => format!("2026-06-01T10:{small:02}:00Z"),
        "preferred_language" | "languages" | "other_languages" | "language" => drawer
            .pick(&["es", "zh-Hant", "vi"])
            .unwrap_or_default()
            .into(),
        _ => words(drawer),
    }
}

fn words(drawer: &mut Drawer<'_>) -> String {
    let count = 1 + drawer.chance.below(3);
    let words: Vec<&str> = (0..count).filter_map(|_| drawer.pick(WORDS)).collect();
    words.join(" ")
}

/// Below what a number of some name stays.
pub(crate) fn bound(field: &str) -> u64 {
    match field {
        "version" => 1,
        "at" | "delete" => 4,
        // The answers of a questionnaire are few.
        "value" => 4,
        _ => 30,
    }
}

/// Years are years.
pub(crate) fn raised<N: From<u16> + std::ops::Add<Output = N>>(field: &str, number: N) -> N {
    match field {
        "birth_year" => N::from(1950) + number,
        "version" => N::from(1) + number,
        _ => number,
    }
}
