//! What members can do who do not keep to the protocol, and know what every member knows: the
//! cluster, the epoch, and whose participants there are. Each attack has a bound, in messages, in
//! bytes, or in exchanges until honest updates are through.

mod claims;
mod collisions;
mod epochs;
mod garbage;
mod hiding;
mod packed;
mod pair;
mod plain;
mod wants;
