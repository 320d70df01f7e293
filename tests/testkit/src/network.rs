//! The network between a device and the server: carries requests, or loses them.

use caseweave::HttpRequest;

use crate::Agency;

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It arrives, and so does its answer.
    Arrives,
    /// It never arrives.
    RequestLost,
    /// It arrives; its answer does not.
    ReplyLost,
    /// It arrives twice; the second answer comes back.
    Doubled,
}

/// Brings requests to a server and answers back.
pub trait Carrier {
    /// Sends a request; nothing when the answer is lost.
    fn carry(&mut self, request: &HttpRequest) -> Option<(u16, Vec<u8>)>;
}

impl Carrier for Network<'_> {
    fn carry(&mut self, request: &HttpRequest) -> Option<(u16, Vec<u8>)> {
        self.send(request)
    }
}

/// A network to one agency's server.
pub struct Network<'a> {
    agency: &'a Agency,
    fate: Box<dyn FnMut() -> Fate + 'a>,
    /// Requests that were sent.
    pub requests: u32,
    /// Bytes of bodies, both ways.
    pub bytes: usize,
}

impl<'a> Network<'a> {
    pub(crate) fn new(agency: &'a Agency) -> Self {
        Self {
            agency,
            fate: Box::new(|| Fate::Arrives),
            requests: 0,
            bytes: 0,
        }
    }

    /// The same network, where each request meets the fate that is drawn for it.
    pub fn with_fate(mut self, fate: impl FnMut() -> Fate + 'a) -> Self {
        self.fate = Box::new(fate);
        self
    }

    /// Sends a request; nothing when the answer is lost.
    pub fn send(&mut self, request: &HttpRequest) -> Option<(u16, Vec<u8>)> {
        self.requests += 1;
        self.bytes += request.body.len();
        let fate = (self.fate)();
        if fate == Fate::RequestLost {
            return None;
        }
        let mut answer = self.agency.answer(request);
        if fate == Fate::Doubled {
            // A proxy that repeats: the server sees the same number twice and answers the second with a refusal, which a
            // device takes for an interruption like any other.
            answer = self.agency.answer(request);
        }
        self.bytes += answer.1.len();
        (fate != Fate::ReplyLost).then_some(answer)
    }
}
