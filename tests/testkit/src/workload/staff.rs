//! Workers whose phones speak the protocol without a database: their keys sign what the workload says they wrote.

use caseweave::WorkerId;
use caseweave_engine::identity::{
    Author, DeviceKey, EnrolmentClaim, Session, SignedRequest, hash_secret, sign_enrolment,
    sign_request,
};
use caseweave_engine::ids::ServerId;
use caseweave_engine::sync::wire::{
    Cursor, SYNC_ROUTE, WIRE_VERSION, WireEnrol, WireEnrolled, WireRequest, WireResponse,
};
use caseweave_engine::sync::{EnrolmentLink, pack, unpack};
use caseweave_server::Server;
use serde_bytes::{ByteArray, ByteBuf};

use crate::{Agency, Dice};

/// A worker with an enrolled phone.
#[derive(Debug)]
pub struct Member {
    /// The phone's key.
    pub key: DeviceKey,
    /// Worker and device.
    pub author: Author,
    server: ServerId,
}

impl Member {
    pub(super) fn enrol(agency: &Agency, worker: WorkerId, dice: &Dice) -> Self {
        let key = DeviceKey::from_seed(dice.bytes());
        let link: EnrolmentLink = agency.link(worker).parse().unwrap();
        let claim = EnrolmentClaim {
            server: link.server,
            secret_hash: hash_secret(&link.secret),
        };
        let request = WireEnrol {
            version: WIRE_VERSION,
            secret: ByteBuf::from(link.secret),
            key: key.public(),
            proof: ByteArray::new(sign_enrolment(&key, &claim)),
        };
        let answer = agency.server().enrol(&pack(&request).unwrap());
        assert_eq!(answer.status, 200);
        let enrolled: WireEnrolled = unpack(&answer.body).unwrap();
        let author = Author {
            worker: enrolled.worker,
            device: enrolled.device,
        };
        Self {
            key,
            author,
            server: enrolled.server,
        }
    }
}

/// Carries what the staff wrote to the server, in one phone's exchanges.
#[derive(Debug)]
pub(super) struct Courier {
    cursor: Option<Cursor>,
    number: u64,
}

impl Courier {
    pub(super) fn new() -> Self {
        Self {
            cursor: None,
            number: 0,
        }
    }

    /// Uploads what a request holds as a member's phone does, and reads what it is answered. Everything has to be taken.
    pub(super) fn carry(&mut self, server: &Server, member: &Member, mut request: WireRequest) {
        request.cursor = self.cursor;
        let body = pack(&request).unwrap();
        self.number += 1;
        let signed = SignedRequest {
            server: member.server,
            route: SYNC_ROUTE,
            body: &body,
        };
        let proof = sign_request(&member.key, member.author.device, self.number, &signed);
        let answer = server.exchange(Some(&proof.to_string()), &body);
        assert_eq!(answer.status, 200);
        let response: WireResponse = unpack(&answer.body).unwrap();
        assert_eq!(response.verdicts, [], "all of the workload is taken");
        self.cursor = Some(response.cursor);
    }
}

/// The run of an app with a number.
pub(super) fn session(dice: &Dice) -> Session {
    Session(dice.bytes())
}
