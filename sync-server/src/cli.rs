//! The commands of the program.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use caseweave_engine::ids::{DeviceId, OrganisationId, WorkerId};
use caseweave_server::http::{HttpError, TlsFiles, serve};
use caseweave_server::{Administration, Error, Server, SystemClock, SystemEntropy, check};
use clap::{Args, Parser, Subcommand};

/// Keeps the case records of agencies equal on all their devices.
#[derive(Debug, Parser)]
#[command(name = "caseweave-server", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves devices until told to stop.
    Serve(Serve),
    /// Organisations.
    #[command(subcommand)]
    Org(Org),
    /// Workers of an organisation.
    #[command(subcommand)]
    Worker(Worker),
    /// Devices of workers.
    #[command(subcommand)]
    Device(Device),
    /// Settings of an organisation.
    #[command(subcommand)]
    Settings(Settings),
    /// Checks everything stored; exits with 1 when something is not as it should be.
    Check(Data),
}

#[derive(Debug, Args)]
struct Data {
    /// The server's data directory; made where there is none.
    #[arg(long)]
    data: PathBuf,
}

#[derive(Debug, Args)]
struct Serve {
    #[command(flatten)]
    data: Data,
    /// Address and port; port 0 takes a free one. Prints `listening on <address>` once connections are taken.
    #[arg(long)]
    listen: SocketAddr,
    /// Certificate chain, PEM. Without it the server expects a proxy that speaks TLS.
    #[arg(long, requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Private key, PEM.
    #[arg(long, requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Org {
    /// Adds an organisation and prints its id.
    Add {
        #[command(flatten)]
        data: Data,
        /// Its name.
        name: String,
    },
}

#[derive(Debug, Args)]
struct InOrg {
    #[command(flatten)]
    data: Data,
    /// The organisation's id.
    #[arg(long)]
    org: OrganisationId,
}

#[derive(Debug, Subcommand)]
enum Worker {
    /// Adds a worker and prints the id.
    Add {
        #[command(flatten)]
        within: InOrg,
        /// The name shown to colleagues.
        name: String,
    },
}

#[derive(Debug, Subcommand)]
enum Device {
    /// Prints a link by which a worker enrols one device within 15 minutes, and nothing else.
    Enrol {
        #[command(flatten)]
        within: InOrg,
        /// The worker's id.
        #[arg(long)]
        worker: WorkerId,
        /// Where devices reach this server.
        #[arg(long)]
        url: String,
    },
    /// Prints every device: id, worker, name, standing.
    List {
        #[command(flatten)]
        within: InOrg,
    },
    /// Stops a device from its next request on.
    Revoke {
        #[command(flatten)]
        within: InOrg,
        /// The device's id.
        device: DeviceId,
    },
}

#[derive(Debug, Subcommand)]
enum Settings {
    /// Prints the settings in force as JSON.
    Show {
        #[command(flatten)]
        within: InOrg,
    },
    /// Sets what a file says, tells every device with its next exchange, and prints the new version. What the file leaves out has its
    /// default.
    Set {
        #[command(flatten)]
        within: InOrg,
        /// JSON, as `settings show` prints it.
        file: PathBuf,
    },
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The server's side failed.
    #[error(transparent)]
    Server(#[from] Error),
    /// Serving failed.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The runtime could not be started.
    #[error("runtime could not be started")]
    Runtime(#[from] std::io::Error),
}

/// Runs one command.
///
/// # Errors
/// - [`Failure`], to be printed.
pub fn run(cli: Cli) -> Result<ExitCode, Failure> {
    match cli.command {
        Command::Serve(command) => run_server(command)?,
        Command::Org(Org::Add { data, name }) => {
            println!("{}", open(&data.data)?.add_organisation(&name)?)
        }
        Command::Worker(Worker::Add { within, name }) => {
            println!(
                "{}",
                open(&within.data.data)?.add_worker(within.org, &name)?
            );
        }
        Command::Device(command) => run_device(command)?,
        Command::Settings(command) => run_settings(command)?,
        Command::Check(data) => return run_check(&data.data),
    }
    Ok(ExitCode::SUCCESS)
}

fn open(directory: &Path) -> Result<Administration, Error> {
    Administration::open(directory, SystemClock, SystemEntropy)
}

fn run_server(command: Serve) -> Result<(), Failure> {
    let server = Arc::new(Server::open(
        &command.data.data,
        SystemClock,
        SystemEntropy,
    )?);
    let tls = command
        .tls_cert
        .zip(command.tls_key)
        .map(|(certificate, key)| TlsFiles { certificate, key });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(serve(server, command.listen, tls, |address| {
        println!("listening on {address}")
    }))?;
    Ok(())
}

fn run_device(command: Device) -> Result<(), Failure> {
    match command {
        Device::Enrol {
            within,
            worker,
            url,
        } => {
            println!(
                "{}",
                open(&within.data.data)?.enrolment_link(within.org, worker, &url)?
            );
        }
        Device::List { within } => {
            for row in open(&within.data.data)?.devices(within.org)? {
                let standing = if row.revoked { "revoked" } else { "enrolled" };
                println!("{}\t{}\t{}\t{standing}", row.device, row.worker, row.name);
            }
        }
        Device::Revoke { within, device } => open(&within.data.data)?.revoke(within.org, device)?,
    }
    Ok(())
}

fn run_settings(command: Settings) -> Result<(), Failure> {
    match command {
        Settings::Show { within } => {
            let settings = open(&within.data.data)?.settings(within.org)?;
            println!("{}", settings.to_json());
        }
        Settings::Set { within, file } => {
            let file = std::fs::read_to_string(file).map_err(Error::Files)?;
            let settings = open(&within.data.data)?.set_settings(within.org, &file)?;
            println!("{}", settings.version);
        }
    }
    Ok(())
}

fn run_check(directory: &Path) -> Result<ExitCode, Failure> {
    let findings = check(&open(directory)?)?;
    for finding in &findings {
        println!("{finding}");
    }
    Ok(if findings.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
