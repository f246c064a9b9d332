//! A durable host on a disk that fails in every way that a disk may: nothing acknowledged is lost,
//! nothing that could be lost was shown, and no version names two things.
//!
//! One owner writes to a state on a simulated disk, and meets two peers, to whom it shows what it
//! has. The power is cut between any two steps of the disk, processes end, writes fail, files are
//! damaged and put back; then the state is opened again and compared with what was acknowledged.
//! `CUTS=n` is how often the power is cut, `SEED=n` looks at other runs.

mod bugs;
mod changes;
mod checks;
mod copies;
mod cuts;
mod ends;
mod faults;
mod files;
mod lives;
mod older;
mod places;
mod space;
mod time;
mod world;
