//! What may not grow unnoticed: the instructions of what matters most, as they were when somebody
//! last looked.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use crate::callgrind;

/// What our side of the contest is asked.
const REQUESTS: [&str; 6] = ["w1 on", "w1 off", "w2 plain", "w7 encode", "w7 decode", "w7 apply"];

/// A compiler may be a few percent better or worse; a change of the code that costs more than that
/// is to be meant.
const MOST_GROWTH: f64 = 1.05;

/// Compare what is counted with what is in the file; with `update`, write it down.
pub(crate) fn run(update: bool) -> Result<(), Box<dyn Error>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("instructions.json");
    let mut counts = BTreeMap::new();
    for request in REQUESTS {
        let Some(count) = callgrind::count(request)? else { return Ok(()) };
        counts.insert(request, count);
    }
    if update {
        fs::write(&file, serde_json::to_string_pretty(&counts)? + "\n")?;
    }
    let known: BTreeMap<String, u64> = serde_json::from_str(&fs::read_to_string(&file)?)?;
    let mut grown = Vec::new();
    for (request, count) in counts {
        let before = *known.get(request).ok_or(format!("{request:?} is not in the file"))?;
        let ratio = count as f64 / before as f64;
        println!("{request:10} {count:>12} instructions, {:+.2} %", (ratio - 1.0) * 100.0);
        if ratio > MOST_GROWTH {
            grown.push(request);
        }
    }
    if grown.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{grown:?} takes over 5 % more instructions than {} says. If that is meant, say so with \
         `make bench-check UPDATE=1`.",
        file.display()
    )
    .into())
}
