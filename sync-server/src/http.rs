//! The server on a socket: three routes, and limits on whoever calls them. Everything else is [`Server`]'s.

use std::error::Error as _;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use caseweave_engine::sync::MAX_BODY;
use caseweave_engine::sync::wire::{ENROL_ROUTE, MEDIA_TYPE, SYNC_ROUTE};
use http_body_util::LengthLimitError;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::sync::Semaphore;

use crate::answer::{Answer, Refusal};
use crate::server::Server;

/// Requests under way at once; one more is told to come back.
const MOST_REQUESTS: usize = 64;
/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// How long requests under way may take to finish when the server stops.
const GRACE: Duration = Duration::from_secs(20);
/// When to come back, in seconds.
const COME_BACK: HeaderValue = HeaderValue::from_static("5");

/// Certificate chain and private key, PEM files.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The chain, the server's certificate first.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Why the server cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The socket failed.
    #[error("socket failed")]
    Socket(#[from] std::io::Error),
    /// A certificate or key file cannot be read.
    #[error("certificate or key file cannot be read")]
    Pem(#[from] rustls::pki_types::pem::Error),
    /// Certificate and key cannot be used.
    #[error("certificate or key cannot be used")]
    Tls(#[from] rustls::Error),
}

/// What every request needs.
#[derive(Clone)]
struct Serving {
    server: Arc<Server>,
    permits: Arc<Semaphore>,
}

/// The routes over a server.
pub fn router(server: Arc<Server>) -> Router {
    let serving = Serving {
        server,
        permits: Arc::new(Semaphore::new(MOST_REQUESTS)),
    };
    Router::new()
        .route(SYNC_ROUTE, post(sync))
        .route(ENROL_ROUTE, post(enrol))
        .route("/healthz", get(|| async { "ok" }))
        .with_state(serving)
}

/// Serves until the process is told to stop (SIGTERM or ctrl-c), then lets requests under way finish.
///
/// `bound` is called once with the address, when connections are taken.
///
/// # Errors
/// - [`HttpError::Socket`]: the address cannot be had.
/// - [`HttpError::Pem`], [`HttpError::Tls`]: the files do not give a certificate and its key.
pub async fn serve(
    server: Arc<Server>,
    listen: SocketAddr,
    tls: Option<TlsFiles>,
    bound: impl FnOnce(SocketAddr),
) -> Result<(), HttpError> {
    let tls = tls.as_ref().map(tls_config).transpose()?;
    let listener = TcpListener::bind(listen)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let handle = Handle::new();
    tokio::spawn(stop_when_told(handle.clone()));
    let routes = router(server).into_make_service();
    bound(address);
    match tls {
        Some(tls) => {
            axum_server::from_tcp_rustls(listener, tls)?
                .handle(handle)
                .serve(routes)
                .await?
        }
        None => {
            axum_server::from_tcp(listener)?
                .handle(handle)
                .serve(routes)
                .await?
        }
    }
    Ok(())
}

fn tls_config(files: &TlsFiles) -> Result<RustlsConfig, HttpError> {
    let chain =
        CertificateDer::pem_file_iter(&files.certificate)?.collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_file(&files.key)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(RustlsConfig::from_config(Arc::new(config)))
}

async fn stop_when_told(handle: Handle<SocketAddr>) {
    told_to_stop().await;
    tracing::info!("stopping");
    handle.graceful_shutdown(Some(GRACE));
}

#[cfg(unix)]
async fn told_to_stop() {
    let terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
    let terminated = async {
        match terminated {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminated => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

#[cfg(not(unix))]
async fn told_to_stop() {
    drop(tokio::signal::ctrl_c().await);
}

async fn sync(State(serving): State<Serving>, request: Request) -> Response {
    let authorization = request.headers().get(AUTHORIZATION);
    let authorization = authorization
        .and_then(|header| header.to_str().ok())
        .map(str::to_owned);
    answer(serving, request, move |server, body| {
        server.exchange(authorization.as_deref(), body)
    })
    .await
}

async fn enrol(State(serving): State<Serving>, request: Request) -> Response {
    answer(serving, request, |server, body| server.enrol(body)).await
}

/// Reads the body within limits and has it answered on a thread that may block.
async fn answer(
    serving: Serving,
    request: Request,
    work: impl FnOnce(&Server, &[u8]) -> Answer + Send + 'static,
) -> Response {
    let Ok(permit) = serving.permits.try_acquire_owned() else {
        let mut busy = respond(Refusal::Busy.into());
        busy.headers_mut().insert(RETRY_AFTER, COME_BACK);
        return busy;
    };
    let body =
        match tokio::time::timeout(BODY_TIMEOUT, to_bytes(request.into_body(), MAX_BODY)).await {
            Ok(Ok(body)) => Some(body),
            Ok(Err(error)) if is_too_long(&error) => None,
            // It broke off: nobody hears the answer, and nothing is to be noted of it.
            Ok(Err(_)) => return StatusCode::BAD_REQUEST.into_response(),
            Err(_) => return StatusCode::REQUEST_TIMEOUT.into_response(),
        };
    let worked = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        match body {
            Some(body) => work(&serving.server, &body),
            None => serving.server.too_large(),
        }
    });
    // A panic inside has rolled its transaction back; the next request finds everything as it was.
    respond(worked.await.unwrap_or_else(|_| Refusal::Internal.into()))
}

fn is_too_long(error: &axum::Error) -> bool {
    error
        .source()
        .is_some_and(|source| source.is::<LengthLimitError>())
}

fn respond(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    tracing::debug!(
        status = answer.status,
        bytes = answer.body.len(),
        "answered"
    );
    let mut response = (status, Body::from(answer.body)).into_response();
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::body::Bytes;
    use http_body_util::channel::Channel;
    use tokio::time::Instant;

    use super::*;
    use crate::seams::{SystemClock, SystemEntropy};

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_given_up_and_makes_room_for_others() {
        let directory = tempfile::tempdir().unwrap();
        let server = Server::open(directory.path(), SystemClock, SystemEntropy).unwrap();
        let serving = Serving {
            server: Arc::new(server),
            permits: Arc::new(Semaphore::new(1)),
        };
        let (_sender, silent) = Channel::<Bytes, Infallible>::new(1);
        let begin = Instant::now();
        let request = Request::new(Body::new(silent));
        let answer = answer(serving.clone(), request, |_, _| unreachable!()).await;
        assert_eq!(answer.status(), StatusCode::REQUEST_TIMEOUT);
        assert_eq!(begin.elapsed(), BODY_TIMEOUT);
        assert_eq!(serving.permits.available_permits(), 1);
    }
}
