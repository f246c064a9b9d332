//! Two nodes of chitchat, and exchanges that happen when they are told to.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use chitchat::transport::ChannelTransport;
use chitchat::{
    Chitchat, ChitchatConfig, ChitchatHandle, ChitchatId, FailureDetectorConfig, ProtocolVersion,
    VersionedValue, spawn_chitchat,
};
use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;

use crate::input::id;

/// Longer than any run: nothing happens that was not asked for.
const NEVER: Duration = Duration::from_secs(1 << 30);
/// Of the two nodes themselves, above those of all participants.
const A: usize = 8_000_000;
const B: usize = A + 1;

/// Syn, SynAck, Ack.
pub(super) const MESSAGES: u64 = 3;

pub(crate) struct Pair {
    runtime: Runtime,
    transport: ChannelTransport,
    a: ChitchatHandle,
    b: ChitchatHandle,
}

/// Keys, values and ids are ASCII.
pub(crate) fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("it is ASCII")
}

pub(crate) fn chitchat_id(number: usize) -> ChitchatId {
    let [_, b, c, d] = (number as u32).to_be_bytes();
    ChitchatId::new(text(id(number)), 1, SocketAddr::from(([10, b, c, d], 7946)))
}

impl Pair {
    pub(crate) fn new() -> Result<Pair, Box<dyn Error>> {
        let runtime = Builder::new_current_thread().enable_time().build()?;
        let transport = ChannelTransport::default();
        let spawn = |number| runtime.block_on(spawn_chitchat(config(number), vec![], &transport));
        let (a, b) = (spawn(A)?, spawn(B)?);
        let pair = Pair { runtime, transport, a, b };
        // Their first rounds are due at once, and go to nobody.
        pair.runtime.block_on(rest());
        Ok(pair)
    }

    pub(crate) fn with_a<T>(&self, work: impl FnMut(&mut Chitchat) -> T) -> T {
        self.runtime.block_on(self.a.with_chitchat(work))
    }

    pub(crate) fn with_b<T>(&self, work: impl FnMut(&mut Chitchat) -> T) -> T {
        self.runtime.block_on(self.b.with_chitchat(work))
    }

    pub(crate) fn teach_a(&self, who: usize, entries: &[(String, VersionedValue)], version: u64) {
        let id = chitchat_id(who);
        self.with_a(|node| {
            node.reset_node_state_if_update(&id, entries.iter().cloned(), version, 0);
        });
    }

    pub(crate) fn teach_b(&self, who: usize, entries: &[(String, VersionedValue)], version: u64) {
        let id = chitchat_id(who);
        self.with_b(|node| {
            node.reset_node_state_if_update(&id, entries.iter().cloned(), version, 0);
        });
    }

    /// Of all messages until now.
    pub(crate) fn bytes(&self) -> u64 {
        self.transport.statistics().num_bytes_total
    }

    /// One exchange that A begins.
    pub(crate) fn exchange(&self) {
        let until = self.transport.statistics().num_messages_total + MESSAGES;
        self.runtime.block_on(async {
            self.a.gossip(chitchat_id(B).gossip_advertise_addr).expect("it runs");
            while self.transport.statistics().num_messages_total < until {
                yield_now().await;
            }
            rest().await;
        });
    }

    /// Whether A has all that B set.
    pub(crate) fn is_b_known(&self) -> bool {
        let version =
            |node: &mut Chitchat| node.node_state(&chitchat_id(B)).map(|b| b.max_version());
        self.with_a(version) == self.with_b(version)
    }

    pub(crate) fn assert_level(&self, participants: usize) {
        let versions = |node: &mut Chitchat| {
            let version = |who| node.node_state(&chitchat_id(who)).map(|held| held.max_version());
            (0..participants).map(version).collect::<Vec<_>>()
        };
        assert_eq!(self.with_a(versions), self.with_b(versions));
    }
}

/// Let both take in what was sent.
pub(super) async fn rest() {
    for _ in 0..4 {
        yield_now().await;
    }
}

pub(super) fn config(number: usize) -> ChitchatConfig {
    let chitchat_id = chitchat_id(number);
    ChitchatConfig {
        listen_addr: chitchat_id.gossip_advertise_addr,
        chitchat_id,
        cluster_id: "bench".to_owned(),
        gossip_interval: NEVER,
        seed_nodes: Vec::new(),
        failure_detector_config: FailureDetectorConfig::default(),
        marked_for_deletion_grace_period: NEVER,
        catchup_callback: None,
        extra_liveness_predicate: None,
        // The newer one, which compresses digests.
        protocol_version: ProtocolVersion::V1,
    }
}
