//! Writes the Kotlin, Swift and Python bindings of a built library: `caseweave-bindgen LIBRARY OUT`.
//!
//! The library must not be stripped: the description of the surface is in it. Generated code is left unformatted, so that the result
//! is the same wherever it is made. `cargo xtask bindings` compares it with `bindings/golden`.

use std::env;
use std::process::ExitCode;

use anyhow::Result;
use uniffi_bindgen::bindings::{
    GenerateOptions, SwiftBindingsOptions, TargetLanguage, generate, generate_swift_bindings,
};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [library, out] = arguments.as_slice() else {
        eprintln!("usage: caseweave-bindgen LIBRARY OUT");
        return ExitCode::from(2);
    };
    let written = kotlin(library, out)
        .and_then(|()| python(library, out))
        .and_then(|()| swift(library, out));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot write the bindings of {library}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn kotlin(library: &str, out: &str) -> Result<()> {
    generate(one_language(
        TargetLanguage::Kotlin,
        library,
        format!("{out}/kotlin"),
    ))
}

fn python(library: &str, out: &str) -> Result<()> {
    generate(one_language(
        TargetLanguage::Python,
        library,
        format!("{out}/python"),
    ))
}

fn one_language(language: TargetLanguage, library: &str, out_dir: String) -> GenerateOptions {
    GenerateOptions {
        languages: vec![language],
        source: library.into(),
        out_dir: out_dir.into(),
        format: false,
        ..GenerateOptions::default()
    }
}

/// Source, header and module map. A plain module, not a framework module: the headers of a static library's XCFramework want that.
fn swift(library: &str, out: &str) -> Result<()> {
    generate_swift_bindings(SwiftBindingsOptions {
        generate_swift_sources: true,
        generate_headers: true,
        generate_modulemap: true,
        source: library.into(),
        out_dir: format!("{out}/swift").into(),
        xcframework: false,
        module_name: Some("CaseweaveFFI".to_owned()),
        modulemap_filename: Some("CaseweaveFFI.modulemap".to_owned()),
        metadata_no_deps: false,
        link_frameworks: Vec::new(),
        config: None,
    })
}
