//! A fleet of nodes that know nobody, with one key each, which call each other by turns as ours do.

use std::error::Error;

use chitchat::spawn_chitchat;
use chitchat::transport::ChannelTransport;
use serde_json::{Value, json};
use tokio::runtime::Builder;
use tokio::task::yield_now;

use super::pair::{MESSAGES, chitchat_id, config, rest, text};
use crate::input::{Values, key};

/// Rounds until all have everything, and bytes of each node.
pub(crate) fn spreading(count: usize) -> Result<Value, Box<dyn Error>> {
    let runtime = Builder::new_current_thread().enable_time().build()?;
    let transport = ChannelTransport::default();
    runtime.block_on(async {
        let mut nodes = Vec::new();
        for number in 0..count {
            let node = spawn_chitchat(config(number), vec![], &transport).await?;
            let (key, value) = (text(key(number)), text(Values::of(number).next(16)));
            node.with_chitchat(|node| node.self_node_state().set(&key, &value)).await;
            nodes.push(node);
        }
        rest().await;
        let before = transport.statistics().num_bytes_total;
        let mut rng = fastrand::Rng::with_seed(1);
        let mut turns: Vec<usize> = (0..count).collect();
        rng.shuffle(&mut turns);
        // Ours draw points of the round, too; so both make the same calls.
        (0..count).for_each(|_| _ = rng.f64());
        let mut exchanges = 0;
        let mut is_level = vec![false; count];
        while is_level.contains(&false) {
            let caller = turns[exchanges % count];
            let called = (caller + rng.usize(1..count)) % count;
            let until = transport.statistics().num_messages_total + MESSAGES;
            nodes[caller].gossip(chitchat_id(called).gossip_advertise_addr)?;
            while transport.statistics().num_messages_total < until {
                yield_now().await;
            }
            rest().await;
            for at in [caller, called] {
                let held = nodes[at].with_chitchat(|node| {
                    node.node_states().values().filter(|held| held.num_key_values() > 0).count()
                });
                is_level[at] = held.await == count;
            }
            exchanges += 1;
        }
        let bytes = (transport.statistics().num_bytes_total - before) as f64 / count as f64;
        Ok(json!({ "all": exchanges as f64 / count as f64, "bytes": bytes }))
    })
}
