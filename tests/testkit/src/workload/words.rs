//! Texts as workers write them: words of the field drawn by rank and by what they follow, numbers, times and names between them.
//!
//! They compress as written English does, alone and many together: 20 KB shrink to about 41 % (zstd 6), 3 MB to about 32 %. Manuals
//! and licences shrink to 35-43 % and about 30 %. Words drawn by rank alone would say nothing of the next one, and 3 MB of
//! them would take 35 %.

use std::cell::Cell;

use crate::Dice;

/// Words in about the order of how often notes use them. Endings make them about 2,500 forms.
const STEMS: &str = "the and to of her she with for was he in his a at on is that not no has had by from said will this be who \
home today visit call need help care plan work client daughter son mother week morning evening night \
pain walk sleep eat drink fall stair kitchen bathroom door bed chair window street bus ride car pharmacy \
doctor nurse clinic hospital appointment medication dose tablet insulin pressure sugar pulse weight fever \
cough breath swelling wound dressing bandage skin ankle hip knee shoulder back chest stomach eye ear tooth \
report ask answer agree refuse forget remember promise explain show read write sign review check measure \
order bring carry clean cook wash dress shop pay spend save borrow owe rent bill letter form benefit \
insurance claim payer approval denial appeal hearing lawyer guardian court police school teacher landlord \
neighbour friend church group class meeting phone message voicemail text email photo record file note goal \
step progress task referral service transport meal grocery voucher heater blanket lamp ramp rail walker \
wheelchair cane brace glasses battery alarm key lock garden dog cat bird television radio newspaper \
anxious calm tired dizzy weak strong steady confused clear angry sad cheerful lonely hopeful worried proud \
quiet loud cold warm hot dry wet dirty tidy safe unsafe early late slow quick new old small large empty \
full broken open closed alone together often rarely again still already almost about after before during \
until since because although while without against between around under over near toward inside outside \
first second third last next other same different better worse good bad more less most least few many \
monday tuesday wednesday thursday friday saturday sunday january march april june august october december \
breakfast lunch dinner coffee tea water juice bread rice bean soup fish chicken fruit vegetable salt \
depress relapse sober recover counsel support listen encourage teach practise stretch lift turn transfer \
oxygen inhaler catheter drain tube syringe glucose cholesterol thyroid kidney liver lung heart stroke \
seizure tremor asthma diabetes arthritis dementia cancer infection allergy rash itch bruise fracture \
surgery discharge admission transfusion biopsy scan lab result specialist therapist dentist podiatrist \
psychiatrist interpreter supervisor coordinator volunteer shelter housing eviction utility electric gas \
repair plumber mould carpet curtain basement attic porch driveway corner bridge market bakery library \
station airport holiday birthday wedding funeral grandson granddaughter cousin nephew uncle aunt husband \
wife partner baby toddler teenager veteran pension salary factory office shift uniform licence passport \
visa citizenship language spanish mandarin arabic somali tagalog vietnamese portuguese creole translate \
concern complain notice observe describe mention request decline accept delay cancel confirm arrange \
schedule contact return arrive leave stay move travel drive wait hurry rest worry hope trust manage cope \
struggle improve decline recover increase decrease continue stop start finish change adjust replace remove";

/// Endings, one drawn for every second word or so: they need not always make a word of the dictionary.
const ENDINGS: [&str; 6] = ["", "s", "ed", "ing", "ly", "er"];

const GIVEN: [&str; 24] = [
    "Rosa", "Ben", "Lea", "Omar", "Mei", "Ida", "Juan", "Zoë", "Amina", "Viktor", "Grace", "Tomás",
    "Ngozi", "Piotr", "Salma", "Hank", "Leticia", "Bao", "Ruth", "Emeka", "Jolene", "Anahí",
    "Walter", "Fatou",
];
const FAMILY: [&str; 24] = [
    "Díaz",
    "Okafor",
    "Müller",
    "Nguyen",
    "Smith",
    "Haddad",
    "Rossi",
    "Jackson",
    "Kowalski",
    "Hernández",
    "Abdi",
    "Park",
    "O'Brien",
    "Ferreira",
    "Tran",
    "Williams",
    "Yazzie",
    "Chen",
    "Baptiste",
    "Larsen",
    "Ortiz",
    "Reyes",
    "Washington",
    "Patel",
];

/// How many of ten words are among those that often follow the word before.
const FOLLOWING: u64 = 7;
/// How many words often follow a word.
const FOLLOWERS: u64 = 20;

/// A writer of texts.
pub(super) struct Words<'a> {
    dice: &'a Dice,
    stems: Vec<&'static str>,
    /// The place of the word written last.
    last: Cell<usize>,
}

impl<'a> Words<'a> {
    pub(super) fn new(dice: &'a Dice) -> Self {
        Self {
            dice,
            stems: STEMS.split_whitespace().collect(),
            last: Cell::new(0),
        }
    }

    pub(super) fn given_name(&self) -> String {
        (*self.dice.pick(&GIVEN)).to_owned()
    }

    pub(super) fn family_name(&self) -> String {
        (*self.dice.pick(&FAMILY)).to_owned()
    }

    /// A phone number in the reserved range.
    pub(super) fn number(&self) -> String {
        let (area, line) = (200 + self.dice.below(700), self.dice.below(10_000));
        format!("+1 {area} 555 {line:04}")
    }

    /// A line of about so many characters.
    pub(super) fn line(&self, length: usize) -> String {
        self.text(length).trim_end_matches('.').to_owned()
    }

    /// Sentences of exactly so many characters.
    pub(super) fn text(&self, length: usize) -> String {
        let mut text = String::new();
        let mut left = 0;
        while text.chars().count() < length {
            if left == 0 {
                left = 5 + self.dice.below(12);
                text.push_str(&capitalised(&self.word()));
            } else {
                text.push(' ');
                text.push_str(&self.inside());
            }
            left -= 1;
            if left == 0 {
                text.push_str(". ");
            }
        }
        let cut: String = text.chars().take(length - 1).collect();
        format!("{}.", cut.trim_end()).replace("..", ".")
    }

    /// A word inside a sentence: now and then a measurement, a time or a name.
    fn inside(&self) -> String {
        match self.dice.below(24) {
            0 => format!("{}/{}", 95 + self.dice.below(90), 50 + self.dice.below(60)),
            1 => format!("{}:{:02}", 7 + self.dice.below(12), self.dice.below(60)),
            2 => self.given_name(),
            3 => self.dice.below(300).to_string(),
            _ => self.word(),
        }
    }

    /// A word: one of those that often follow the last one, or any, the frequent ones more often.
    fn word(&self) -> String {
        let chance = if self.dice.below(10) < FOLLOWING {
            let follower = rank(self.dice.below(1 << 32), FOLLOWERS as usize);
            mixed(self.last.get() as u64 * FOLLOWERS + follower as u64)
        } else {
            mixed(self.dice.below(1 << 32))
        };
        let at = rank(chance >> 32, self.stems.len());
        self.last.set(at);
        let stem = self.stems.get(at).copied().unwrap_or_default();
        let bare = at < 25 || chance.is_multiple_of(2);
        let ending = ENDINGS.get((chance >> 1) as usize % ENDINGS.len());
        let ending = ending.filter(|_| !bare).copied().unwrap_or_default();
        format!("{stem}{ending}")
    }
}

/// A rank below `most` by a law of Zipf's kind, from a chance of 32 bits.
fn rank(chance: u64, most: usize) -> usize {
    let drawn = chance as f64 / (1_u64 << 32) as f64;
    let rank = (most as f64).powf(drawn) - 1.0;
    (rank as usize).min(most - 1)
}

/// The same bits for the same number, and no pattern in them: which words follow which is the same in every text.
/// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
fn mixed(number: u64) -> u64 {
    let bits = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_have_the_length_that_was_asked_for() {
        let dice = Dice::new(1, "words");
        let words = Words::new(&dice);
        for _ in 0..100 {
            let length = words.text(600).chars().count();
            assert!((595..=600).contains(&length), "{length}");
        }
    }

    #[test]
    fn notes_pack_as_written_english_does() {
        let dice = Dice::new(1, "words");
        let words = Words::new(&dice);
        let share = |notes: usize| {
            let notes: String = (0..notes).map(|_| words.text(600)).collect();
            let packed = caseweave_engine::sync::pack(&notes).unwrap();
            packed.len() as f64 / notes.len() as f64
        };
        let (few, many) = (share(33), share(2_000));
        // A short body is packed harder than a long one.
        assert!((0.37..0.42).contains(&few), "{few}");
        assert!((0.30..0.35).contains(&many), "{many}");
    }

    #[test]
    fn common_words_make_half_of_a_text() {
        let dice = Dice::new(1, "words");
        let text = Words::new(&dice).text(60_000).to_lowercase();
        let mut counts = std::collections::HashMap::new();
        for word in text.split_whitespace() {
            *counts.entry(word.trim_end_matches('.')).or_insert(0) += 1;
        }
        let mut counts: Vec<usize> = counts.into_values().collect();
        counts.sort_unstable_by(|one, other| other.cmp(one));
        let all: usize = counts.iter().sum();
        let common: usize = counts.iter().take(50).sum();
        assert!(counts.len() > 1_500, "{} words", counts.len());
        assert!(
            (0.35..0.65).contains(&(common as f64 / all as f64)),
            "{common} of {all}"
        );
    }
}
