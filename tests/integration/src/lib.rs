//! The promises of the README, tested from outside: each file of `tests/` is about one of them.
