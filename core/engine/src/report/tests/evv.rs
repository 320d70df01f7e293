//! Cells of the export; what it says of real visits stands in the tests of whole devices.

use crate::report::evv::safe;

#[test]
fn no_cell_begins_as_a_formula_does() {
    for text in [
        "=cmd|' /C calc'!A0",
        "+1",
        "-2",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
    ] {
        assert_eq!(safe(text), format!("'{text}"));
    }
    for text in ["", "T1019", "a=b", "'=1"] {
        assert_eq!(safe(text), text);
    }
}
