//! What happened to states, in numbers.

/// What happened to states, all in all.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figures {
    pub(crate) lives: u64,
    pub(crate) kills: u64,
    /// Of these, before the state was open.
    pub(crate) opening: u64,
    /// And with a new file beside the old one.
    pub(crate) rewriting: u64,
    /// And while the host was laid down.
    pub(crate) closing: u64,
    pub(crate) acknowledged: u64,
    pub(crate) shown: u64,
    pub(crate) generations: u64,
    pub(crate) lost: u64,
}

impl Figures {
    pub(crate) fn add(&mut self, other: Figures) {
        self.lives += other.lives;
        self.kills += other.kills;
        self.opening += other.opening;
        self.rewriting += other.rewriting;
        self.closing += other.closing;
        self.acknowledged += other.acknowledged;
        self.shown += other.shown;
        self.generations += other.generations;
        self.lost += other.lost;
    }
}
