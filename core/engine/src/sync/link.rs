//! The one-time link by which a device enrols: what an administrator's command prints and a QR code carries.

use std::fmt;
use std::str::FromStr;

use crate::ids::ServerId;

/// `caseweave://enrol?server=<server id>&secret=<64 hexadecimal digits>&url=<address of the server>`.
#[derive(Clone, PartialEq, Eq)]
pub struct EnrolmentLink {
    /// Which server gave the secret out.
    pub server: ServerId,
    /// The secret: 32 random bytes, good once, for 15 minutes.
    pub secret: [u8; 32],
    /// Where the server is reached, such as `https://sync.example.org`.
    pub url: String,
}

/// A text that is no enrolment link. The text is not kept: it may hold a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a caseweave enrolment link")]
pub struct InvalidLink;

const PREFIX: &str = "caseweave://enrol?";

impl fmt::Display for EnrolmentLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}server={}&secret=", self.server)?;
        for byte in self.secret {
            write!(f, "{byte:02x}")?;
        }
        write!(f, "&url={}", self.url)
    }
}

/// Shows no secret, so that a link in a log tells nothing.
impl fmt::Debug for EnrolmentLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EnrolmentLink({} at {})", self.server, self.url)
    }
}

impl FromStr for EnrolmentLink {
    type Err = InvalidLink;

    /// The address comes last and is taken whole, so it needs no escaping.
    fn from_str(text: &str) -> Result<Self, InvalidLink> {
        let rest = text.trim().strip_prefix(PREFIX).ok_or(InvalidLink)?;
        let rest = rest.strip_prefix("server=").ok_or(InvalidLink)?;
        let (server, rest) = rest.split_once("&secret=").ok_or(InvalidLink)?;
        let (secret, url) = rest.split_once("&url=").ok_or(InvalidLink)?;
        if !(url.starts_with("https://") || url.starts_with("http://")) {
            return Err(InvalidLink);
        }
        Ok(Self {
            server: server.parse().map_err(|_| InvalidLink)?,
            secret: unhex(secret)?,
            url: url.trim_end_matches('/').to_owned(),
        })
    }
}

fn unhex(text: &str) -> Result<[u8; 32], InvalidLink> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let digits = digits
        .filter(|digits| digits.len() == 64)
        .ok_or(InvalidLink)?;
    let mut secret = [0; 32];
    for (byte, pair) in secret.iter_mut().zip(digits.chunks_exact(2)) {
        if let [high, low] = pair {
            *byte = high << 4 | low;
        }
    }
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_reads_back_as_written_and_shows_no_secret_in_logs() {
        let link = EnrolmentLink {
            server: ServerId::from_bytes([7; 16]),
            secret: [0xab; 32],
            url: "https://sync.example.org:8443/base?x=1&y=2".into(),
        };
        assert_eq!(link.to_string().parse(), Ok(link.clone()));
        assert!(!format!("{link:?}").contains("abab"));
    }

    #[test]
    fn anything_else_is_no_link() {
        for text in [
            "",
            "https://x",
            "caseweave://enrol?server=x&secret=00&url=https://x",
        ] {
            assert_eq!(text.parse::<EnrolmentLink>(), Err(InvalidLink));
        }
    }
}
