//! The native library an app ships: its size without symbols, and what each part takes.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::caseload::Loads;
use crate::figure::{Bound, Section};
use crate::size::Size;

const MEGABYTE: f64 = 1e6;
/// Names that C sources of a part begin with; what is left is OpenSSL's.
const C_PARTS: [(&str, &[&str]); 3] = [
    (
        "SQLite and SQLCipher",
        &["sqlite", "fts5", "fts3", "sqlcipher", "rtree"],
    ),
    (
        "zstd",
        &[
            "zstd",
            "huf",
            "fse",
            "hist",
            "xxhash",
            "entropy",
            "pool",
            "cover",
            "divsufsort",
            "debug",
            "threading",
        ],
    ),
    ("C start-up", &["crt", "frame_dummy", "deregister"]),
];

/// The library that `CASEWEAVE_LIBRARY` names, not stripped: `cargo xtask bench` builds it with the profile `mobile`.
pub(super) fn run(_: &Size, _: &mut Loads) -> Section {
    let mut section = Section::new(
        "The native library",
        "The library of the profile `mobile` for this machine, stripped. The parts are the sizes of symbols before stripping; what \
         has none, such as constants, tables for unwinding and relocations, stands last.",
    );
    let Some(library) = std::env::var_os("CASEWEAVE_LIBRARY") else {
        return section;
    };
    let library = Path::new(&library);
    let size = stripped(library);
    section.add(
        "stripped",
        size as f64 / MEGABYTE,
        "MB",
        Bound::Asserted(9.5),
    );
    let parts = parts(&symbols(library));
    let mut named = 0;
    for (bytes, part) in by_size(parts) {
        named += bytes;
        section.add(part, bytes as f64 / MEGABYTE, "MB", Bound::None);
    }
    section.add(
        "without a symbol",
        size.saturating_sub(named) as f64 / MEGABYTE,
        "MB",
        Bound::None,
    );
    section
}

fn stripped(library: &Path) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("stripped.so");
    let strip = Command::new("strip")
        .arg("-o")
        .arg(&copy)
        .arg(library)
        .status();
    assert!(strip.unwrap().success());
    usize::try_from(std::fs::metadata(copy).unwrap().len()).unwrap()
}

/// A symbol with the source file it is local to, where it is.
struct Symbol {
    name: String,
    file: String,
    bytes: usize,
}

fn symbols(library: &Path) -> Vec<Symbol> {
    let output = Command::new("readelf")
        .args(["-sW"])
        .arg(library)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (_, table) = text
        .split_once("'.symtab'")
        .expect("the library is not stripped");
    let mut file = String::new();
    let mut symbols = Vec::new();
    for line in table.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, _, bytes, sort, binding, _, _, name, ..] = words[..] else {
            continue;
        };
        match sort {
            "FILE" => name.clone_into(&mut file),
            "FUNC" | "OBJECT" => symbols.push(Symbol {
                name: name.to_owned(),
                file: if binding == "LOCAL" {
                    file.clone()
                } else {
                    String::new()
                },
                bytes: bytes.parse().unwrap_or(0),
            }),
            _ => {}
        }
    }
    symbols
}

fn parts(symbols: &[Symbol]) -> BTreeMap<String, usize> {
    let mut parts = BTreeMap::new();
    for symbol in symbols {
        *parts.entry(part_of(symbol)).or_default() += symbol.bytes;
    }
    parts
}

fn part_of(symbol: &Symbol) -> String {
    match crate_of(&symbol.name) {
        Some(name) if name.starts_with("caseweave") => "caseweave".into(),
        Some(name)
            if [
                "core",
                "alloc",
                "std",
                "compiler_builtins",
                "gimli",
                "addr2line",
            ]
            .contains(&name) =>
        {
            "Rust's own library".into()
        }
        Some("automerge" | "hexane") => "Automerge".into(),
        Some(_) => "other crates".into(),
        None => c_part(symbol).into(),
    }
}

/// The crate of a mangled name: `_ZN` and a length, or `_R` with the crate's name in it.
fn crate_of(name: &str) -> Option<&str> {
    let after = name.strip_prefix("_ZN").or_else(|| {
        let rest = name.strip_prefix("_R")?;
        let root = rest.find("Cs")?;
        Some(rest[root..].split_once('_')?.1)
    })?;
    let digits = after.find(|letter: char| !letter.is_ascii_digit())?;
    let length: usize = after[..digits].parse().ok()?;
    let path = after.get(digits..digits + length)?;
    // `<impl core::fmt::Debug for automerge::Change>` and the like: the first crate named.
    let path = path
        .trim_start_matches("_$LT$")
        .trim_start_matches(['&', '$']);
    path.split(['.', '$']).next()
}

fn c_part(symbol: &Symbol) -> &'static str {
    let names = [symbol.name.to_lowercase(), symbol.file.to_lowercase()];
    let begins = |starts: &[&str]| {
        starts
            .iter()
            .any(|start| names.iter().any(|name| name.starts_with(start)))
    };
    let known = C_PARTS.iter().find(|(_, starts)| begins(starts));
    known.map_or("OpenSSL", |(part, _)| *part)
}

fn by_size(parts: BTreeMap<String, usize>) -> Vec<(usize, String)> {
    let mut parts: Vec<_> = parts
        .into_iter()
        .map(|(part, bytes)| (bytes, part))
        .collect();
    parts.sort_unstable_by(|one, other| other.cmp(one));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_told_apart_by_their_names() {
        let part = |name: &str, file: &str| {
            let (name, file) = (name.to_owned(), file.to_owned());
            part_of(&Symbol {
                name,
                file,
                bytes: 1,
            })
        };
        assert_eq!(part("_ZN9automerge4load17h00E", ""), "Automerge");
        assert_eq!(part("_ZN16caseweave_engine5guard17h00E", ""), "caseweave");
        assert_eq!(part("_RNvCs1234_4core3fmt", ""), "Rust's own library");
        assert_eq!(part("sqlite3_step", ""), "SQLite and SQLCipher");
        assert_eq!(part("balance", "sqlite3.c"), "SQLite and SQLCipher");
        assert_eq!(part("EVP_DigestInit", ""), "OpenSSL");
    }
}
