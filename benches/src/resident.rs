//! How much memory this process has.

use std::fs;

/// Bytes that are in memory now, `VmRSS`, or the most that ever were, `VmHWM`.
pub(crate) fn resident(name: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("a Linux machine");
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kib.and_then(|kib| kib.parse::<f64>().ok()).expect("a number of KiB") * 1024.0
}
