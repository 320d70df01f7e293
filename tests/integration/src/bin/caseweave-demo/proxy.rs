//! A proxy on the loopback that loses every seventh reply: the request arrives, the answer does not come back.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

/// How often a reply is lost.
const LOST: u32 = 7;
/// How long the server says nothing once it has replied.
const QUIET: Duration = Duration::from_millis(700);

/// A running proxy.
pub struct Proxy {
    /// The port it listens on.
    pub port: u16,
    /// Replies that were lost.
    pub lost: Arc<AtomicU32>,
}

impl Proxy {
    /// Starts one before a server. Each connection carries one request.
    pub fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let lost = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&lost);
        thread::spawn(move || {
            for (number, client) in (1_u32..).zip(listener.incoming().flatten()) {
                let loses = number.is_multiple_of(LOST);
                let counted = loses.then(|| Arc::clone(&counted));
                thread::spawn(move || carry(client, server, counted.as_deref()));
            }
        });
        Self { port, lost }
    }
}

/// Both ways until either side ends. A reply is lost once the connection has carried one: the handshake's answers go through, so that the
/// request reaches the server.
fn carry(client: TcpStream, server: SocketAddr, loses: Option<&AtomicU32>) {
    let Ok(upstream) = TcpStream::connect(server) else {
        return;
    };
    let (mut from_client, mut to_server) =
        (client.try_clone().unwrap(), upstream.try_clone().unwrap());
    let up = thread::spawn(move || {
        let _ = std::io::copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Write);
    });
    answer(upstream, client, loses);
    let _ = up.join();
}

fn answer(mut upstream: TcpStream, mut client: TcpStream, loses: Option<&AtomicU32>) {
    let mut buffer = [0; 16 * 1024];
    let mut reads = 0;
    while let Ok(length) = upstream.read(&mut buffer) {
        reads += 1;
        // The server's first flight is the handshake; what follows it is the reply.
        if let Some(lost) = loses.filter(|_| length > 0 && reads > 1) {
            lost.fetch_add(1, Ordering::Relaxed);
            break;
        }
        if length == 0 || client.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    if loses.is_some() {
        // The request goes on reaching the server, and its reply ends here: whatever comes until nothing has come for a while.
        let _ = upstream.set_read_timeout(Some(QUIET));
        let _ = std::io::copy(&mut upstream, &mut std::io::sink());
        let _ = upstream.shutdown(Shutdown::Both);
    }
    let _ = client.shutdown(Shutdown::Both);
}
