//! The server's own HTTP on the loopback, and a stretch of wire before it on which bytes are counted. Without TLS: what TLS
//! adds depends on how long a connection lives.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use caseweave::HttpRequest;
use caseweave_engine::sync::wire::{SYNC_ROUTE, WireRequest, WireResponse};
use caseweave_engine::sync::{pack, unpack};
use caseweave_server::{Server, http};
use caseweave_testkit::Carrier;
use tokio::runtime::Runtime;

/// Longest answer.
const MOST_ANSWERED: u64 = 8 * 1024 * 1024;

/// A server that listens on the loopback, and the counted wire to it.
pub(crate) struct Socket {
    wire: SocketAddr,
    counted: Arc<Counted>,
    agent: ureq::Agent,
    runtime: Option<Runtime>,
}

#[derive(Default)]
struct Counted {
    up: AtomicUsize,
    down: AtomicUsize,
}

/// What went over the wire.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    /// The exchanges' messages.
    pub(crate) exchanges: Vec<(WireRequest, WireResponse)>,
    /// Bytes of bodies up.
    pub(crate) body_up: usize,
    /// Bytes of bodies down, with padding.
    pub(crate) body_down: usize,
    /// Bytes of bodies down before padding.
    pub(crate) plain_down: usize,
    /// Bytes on the socket, both ways, headers and all.
    pub(crate) socket: usize,
}

impl Traffic {
    pub(crate) fn requests(&self) -> usize {
        self.exchanges.len()
    }

    /// Bytes of bodies, both ways, before padding.
    pub(crate) fn bodies(&self) -> usize {
        self.body_up + self.plain_down
    }
}

impl Socket {
    pub(crate) fn open(server: Arc<Server>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (tell, told) = std::sync::mpsc::channel();
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let serving = http::serve(server, anywhere, None, move |address| {
            tell.send(address).unwrap();
        });
        runtime.spawn(serving);
        let counted = Arc::new(Counted::default());
        let wire = wire_to(told.recv().unwrap(), Arc::clone(&counted));
        let config = ureq::Agent::config_builder().http_status_as_error(false);
        Self {
            wire,
            counted,
            agent: config.build().into(),
            runtime: Some(runtime),
        }
    }

    /// A carrier over the wire that notes what it carries.
    pub(crate) fn carrier(&self) -> Counter<'_> {
        Counter {
            socket: self,
            before: self.counted.both(),
            traffic: Traffic::default(),
        }
    }

    fn post(&self, request: &HttpRequest) -> (u16, Vec<u8>) {
        let path = request.url.splitn(4, '/').nth(3).unwrap();
        let mut post = self.agent.post(format!("http://{}/{path}", self.wire));
        for (name, value) in &request.headers {
            post = post.header(name, value);
        }
        let mut response = post.send(&request.body[..]).unwrap();
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(MOST_ANSWERED);
        (status, body.read_to_vec().unwrap())
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Counted {
    fn both(&self) -> usize {
        self.up.load(Ordering::SeqCst) + self.down.load(Ordering::SeqCst)
    }
}

/// Carries requests over the counted wire.
pub(crate) struct Counter<'a> {
    socket: &'a Socket,
    before: usize,
    traffic: Traffic,
}

impl Counter<'_> {
    /// What went over the wire since it was made.
    pub(crate) fn traffic(self) -> Traffic {
        Traffic {
            socket: self.socket.counted.both() - self.before,
            ..self.traffic
        }
    }
}

impl Carrier for Counter<'_> {
    fn carry(&mut self, request: &HttpRequest) -> Option<(u16, Vec<u8>)> {
        let (status, body) = self.socket.post(request);
        if request.url.ends_with(SYNC_ROUTE) {
            let response: WireResponse = unpack(&body).unwrap();
            self.traffic.body_up += request.body.len();
            self.traffic.body_down += body.len();
            self.traffic.plain_down += pack(&response).unwrap().len();
            let request = unpack(&request.body).unwrap();
            self.traffic.exchanges.push((request, response));
        }
        Some((status, body))
    }
}

/// Listens, and carries every connection to the server, counting.
fn wire_to(server: SocketAddr, counted: Arc<Counted>) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let upstream = TcpStream::connect(server).unwrap();
            let [counts, counted] = [Arc::clone(&counted), Arc::clone(&counted)];
            let back = (upstream.try_clone().unwrap(), client.try_clone().unwrap());
            thread::spawn(move || carry(client, upstream, &counts.up));
            thread::spawn(move || carry(back.0, back.1, &counted.down));
        }
    });
    address
}

/// Counts before it passes on: who has an answer finds it counted.
fn carry(mut from: TcpStream, mut to: TcpStream, count: &AtomicUsize) {
    let mut buffer = [0; 64 * 1024];
    while let Ok(length) = from.read(&mut buffer) {
        count.fetch_add(length, Ordering::SeqCst);
        if length == 0 || to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
